"""Ids as clients write and read them: TypeIDs, exactly."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordergraph.core import ids
from ordergraph.core.ids import Prefix, Written, decode, encode, new_text, split, writer
from ordergraph.core.problems import ErrorCode, Problem

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def slowly(number: int) -> str:
    """Write 26 digits of base 32, one after the other."""
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(26)))


@pytest.mark.parametrize(
    ("number", "suffix"),
    [
        (0, "0" * 26),
        (1, "0" * 25 + "1"),
        (10, "0" * 25 + "a"),
        (2**128 - 1, "7" + "z" * 25),
        (0x0110C8531D0952D8D73E1194E95B5F19, "0123456789abcdefghjkmnpqrs"),
        (0x01890A5DAC96774BBCCEB302099A8057, "01h455vb4pex5vsknk084sn02q"),
    ],
)
def test_id_1_an_id_is_the_uuid_in_base_32_behind_its_prefix(number: int, suffix: str) -> None:
    assert encode(Prefix.ORDER, UUID(int=number)) == f"ord_{suffix}"
    assert split(f"prod_{suffix}") == (Prefix.PRODUCT, UUID(int=number))


@given(st.uuids())
def test_id_1_every_uuid_is_written_and_read(id: UUID) -> None:
    text = encode(Prefix.VARIANT, id)
    assert text == f"var_{slowly(id.int)}"
    assert decode(Prefix.VARIANT, text) == id
    assert writer(Prefix.VARIANT)(id) == text
    assert Written(Prefix.VARIANT)[id.int] == text


@pytest.mark.parametrize(
    "text",
    [
        "ord_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "ord_01h455vb4pex5vsknk084sn02",
        "ord_01h455vb4pex5vsknk084sn02q0",
        "ord_01h455vb4pex5vsknk084sn02l",
        "ord_01H455VB4PEX5VSKNK084SN02Q",
        "ord_01h455vb4pex5vsknk084sn_2q",
        "ord_ 1h455vb4pex5vsknk084sn02q",
        "ord_01h455vb4pex5vsknk084sn02q\n",
        "ord_٠1h455vb4pex5vsknk084sn02q",
        "nix_01h455vb4pex5vsknk084sn02q",
        "_01h455vb4pex5vsknk084sn02q",
        "01h455vb4pex5vsknk084sn02q",
        "",
        None,
        7,
    ],
)
def test_id_2_anything_else_is_no_id(text: object) -> None:
    with pytest.raises(Problem) as refused:
        split(text, ("id",))
    assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID_ID, ("id",))


def test_id_2_the_id_of_another_kind_is_refused() -> None:
    with pytest.raises(Problem):
        decode(Prefix.PRODUCT, encode(Prefix.VARIANT, UUID(int=1)))


def test_id_1_ids_that_are_only_written_are_in_the_order_of_their_making() -> None:
    made = [new_text(Prefix.REQUEST) for _ in range(100)]
    assert made == sorted(made)
    assert len(set(made)) == 100
    assert {split(text)[1].version for text in made} == {7}


def test_a_writer_remembers_only_so_many_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_MOST_WRITTEN", 3)
    write = writer(Prefix.VARIANT)
    first = write(UUID(int=1))
    assert write(UUID(int=1)) is first
    for number in range(2, 5):
        write(UUID(int=number))
    again = write(UUID(int=1))
    assert again == first
    assert again is not first
