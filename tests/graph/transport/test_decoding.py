"""The strict decoder: what passes, what is refused, and that no float comes out."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.graph.transport.decoding import Undecodable, decode
from ordergraph.graph.transport.requests import read_request
from tests.graph.transport.conftest import Client, codes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("true", True),
        ("0", 0),
        ("-0", 0),
        ("9007199254740991", 2**53 - 1),
        ("9007199254740992", 2**53),
        ("18446744073709551616", 2**64),
        ("1" * 400, int("1" * 400)),
        ("2.0", Decimal("2.0")),
        ("0.1", Decimal("0.1")),
        ("1e400", Decimal("1e400")),
        ("-1.5", Decimal("-1.5")),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ('"\\\\u0000"', "\\u0000"),
        ("[" * 60 + "]" * 60, None),
    ],
)
def test_what_is_exact_passes(text: str, value: Any) -> None:
    decoded = decode(text.encode())
    if value is not None:
        assert (decoded, type(decoded)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nul",
        "NaN",
        "Infinity",
        "-Infinity",
        "[1,]",
        "{'a': 1}",
        "01",
        "1" * 401,
        "-" + "1" * 401,
        "1e401",
        "1e-401",
        "0." + "1" * 400,
        "1e999999999999",
        '"\x00"',
        '"\\u0000"',
        '{"\\u0000": 1}',
        '"\\ud800"',
        '[1.5, "\\ud800"]',
        '[1.5, "\\u0000"]',
        "[" * 61 + "1" + "]" * 61,
        "[1.5," + "[" * 60 + "1" + "]" * 60 + "]",
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_what_is_odd_is_refused_without_an_echo(text: str) -> None:
    with pytest.raises(Undecodable) as refusal:
        decode(text.encode())
    assert len(str(refusal.value)) < 80


@pytest.mark.parametrize("raw", [b"\xff", b'"\xc3"', b"\xef\xbb\xbf{}", '"ä"'.encode("utf-16")])
def test_what_is_not_utf_8_is_refused(raw: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(raw)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_characters="\0", codec="utf-8")), inner, max_size=4
        )
    ),
    max_leaves=20,
)


def without_floats(value: Any) -> bool:
    if isinstance(value, list):
        return all(without_floats(each) for each in value)
    if isinstance(value, dict):
        return all(without_floats(each) for each in value.values())
    return not isinstance(value, float)


@given(VALUES)
def test_any_json_is_decoded_to_equal_values_without_floats(value: Any) -> None:
    text = json.dumps(value)
    decoded = decode(text.encode())
    assert without_floats(decoded)
    assert decoded == json.loads(text, parse_float=Decimal)


@given(st.binary(max_size=60))
def test_any_bytes_are_decoded_or_refused(raw: bytes) -> None:
    try:
        decode(raw)
    except Undecodable:
        return


AMOUNT = "query ($value: Long!) { amount(value: $value) }"


@pytest.mark.parametrize("value", [2**53 - 1, -(2**53) + 1, 0])
async def test_a_long_takes_whole_numbers_that_every_client_writes_exactly(
    client: Client, value: int
) -> None:
    assert (await client.query(AMOUNT, value=value))["data"] == {"amount": repr(value)}
    assert (await client.query(f"{{ amount(value: {value}) }}"))["data"] == {"amount": repr(value)}


@pytest.mark.parametrize(
    "value", ["9007199254740992", "18446744073709551616", "2.0", "1e3", '"5"', "true", "1" * 400]
)
async def test_a_long_refuses_every_other_number(client: Client, value: str) -> None:
    body = f'{{"query": "{AMOUNT}", "variables": {{"value": {value}}}}}'
    answer = (await client.post(body.encode())).json()
    assert (codes(answer), "data" in answer) == (["INVALID_FIELD"], False)
    assert answer["errors"][0]["extensions"]["field"] == ["value"]
    literal = await client.query(f"{{ amount(value: {value}) }}")
    assert (codes(literal), "data" in literal) == (["INVALID_FIELD"], False)


@pytest.mark.parametrize(
    ("value", "seen"), [("3", "3"), ("2.0", "Decimal('2.0')"), ("0.1", "Decimal('0.1')")]
)
async def test_a_quantity_reaches_its_judge_exactly(client: Client, value: str, seen: str) -> None:
    document = "query ($value: Quantity!) { quantity(value: $value) }"
    body = f'{{"query": "{document}", "variables": {{"value": {value}}}}}'
    assert (await client.post(body.encode())).json()["data"] == {"quantity": seen}


@pytest.mark.parametrize("value", ["2.0", "2147483648", "1e2"])
async def test_an_int_takes_only_integers(client: Client, value: str) -> None:
    body = f'{{"query": "query ($v: Int!) {{ whole(value: $v) }}", "variables": {{"v": {value}}}}}'
    assert codes((await client.post(body.encode())).json()) == ["INVALID_FIELD"]


async def test_a_wrong_variable_is_told_with_its_path(client: Client) -> None:
    document = "query ($input: ThingInput!) { named(input: $input) }"
    answer = await client.query(document, input={"name": "x", "tags": [1, "2"]})
    assert answer["errors"][0]["extensions"]["field"] == ["input", "tags", "1"]
    assert codes(answer) == ["INVALID_FIELD"]


def test_a_document_may_not_write_a_nul_into_a_text() -> None:
    for escape in ("\\u0000", "\\u{0}", "\\u{000}"):
        with pytest.raises(Problem) as refused:
            read_request({"query": f'{{ find(text: "a{escape}b") }}'})
        assert refused.value.code is ErrorCode.INVALID_FIELD
    assert read_request({"query": '{ find(text: "\\u00e9") }'}).query
