"""What tokens look like and how a request presents them."""

import hashlib
from collections.abc import Callable

import pytest

from ordergraph.commerce.access.problems import KeyRefusal, Unauthenticated
from ordergraph.commerce.access.rules import KeyKind, presented_token, read_token, write_token

SECRET = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("kind", "livemode", "beginning"),
    [
        (KeyKind.SECRET, False, "og_test_sk_012345"),
        (KeyKind.SECRET, True, "og_live_sk_012345"),
        (KeyKind.PUBLISHABLE, False, "og_test_pk_012345"),
        (KeyKind.PUBLISHABLE, True, "og_live_pk_012345"),
    ],
)
def test_key_1_a_token_says_its_mode_and_kind_and_shows_six_characters(
    kind: KeyKind, livemode: bool, beginning: str
) -> None:
    token = write_token(kind, livemode, SECRET)
    assert token.text.startswith(f"{beginning[:11]}{SECRET}")
    assert len(token.text) == 11 + 64 + 8
    assert token.prefix == beginning
    assert token.hash == hashlib.sha256(token.text.encode()).digest()
    assert read_token(token.text) == token


def test_key_1_the_checksum_is_the_crc_of_what_stands_before_it() -> None:
    assert write_token(KeyKind.SECRET, False, SECRET).text.endswith("43edd257")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: text.replace("test", "live"),
        lambda text: text.replace("_sk_", "_pk_"),
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: text.upper(),
        lambda text: text + "\n",
        lambda _: "",
        lambda _: "sk_live_something_else",
    ],
)
def test_key_6_a_token_that_we_cannot_have_made_is_not_found(
    damage: Callable[[str], str],
) -> None:
    with pytest.raises(Unauthenticated) as refused:
        read_token(damage(write_token(KeyKind.SECRET, False, SECRET).text))
    assert refused.value.reason is KeyRefusal.API_KEY_NOT_FOUND
    assert refused.value.details() == {"reason": "API_KEY_NOT_FOUND"}


@pytest.mark.parametrize(
    ("authorization", "api_key"),
    [("Bearer abc", None), ("bearer  abc ", None), (None, "abc"), ("Bearer abc", " abc")],
)
def test_key_2_either_header_carries_the_token(
    authorization: str | None, api_key: str | None
) -> None:
    assert presented_token(authorization, api_key) == "abc"


@pytest.mark.parametrize(
    ("authorization", "api_key", "reason"),
    [
        ("Bearer abc", "abd", KeyRefusal.API_KEY_AMBIGUOUS),
        (None, None, KeyRefusal.API_KEY_REQUIRED),
        ("Basic abc", None, KeyRefusal.API_KEY_REQUIRED),
        ("Bearer", "", KeyRefusal.API_KEY_REQUIRED),
    ],
)
def test_key_2_no_token_and_two_tokens_are_refused(
    authorization: str | None, api_key: str | None, reason: KeyRefusal
) -> None:
    with pytest.raises(Unauthenticated) as refused:
        presented_token(authorization, api_key)
    assert refused.value.reason is reason
