"""TypeIDs: a kind's prefix and the 26 base32 characters of a UUIDv7 (ID-1)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from uuid_utils.compat import uuid7

from ordergraph.core.problems import ErrorCode, Problem

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_PAIRS = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
_SUFFIX_LENGTH = 26
_MOST_CHARACTERS = 64


class Prefix(StrEnum):
    """What kind of thing an id names (domain 3.1)."""

    MERCHANT = "mer"
    ENVIRONMENT = "env"
    API_KEY = "key"
    PRODUCT = "prod"
    OPTION = "opt"
    OPTION_VALUE = "optv"
    VARIANT = "var"
    BUNDLE = "bun"
    INVENTORY_ADJUSTMENT = "iadj"
    LOCATION = "loc"
    CUSTOMER = "cus"
    COUPON = "cpn"
    TAX_RATE = "txr"
    ORDER = "ord"
    LINE_ITEM = "li"
    APPLIED_DISCOUNT = "odi"
    TIP = "tip"
    CHARGE = "chg"
    TAX_BREAKDOWN = "txb"
    ACTIVITY = "act"
    PAYMENT = "pay"
    PAYMENT_ATTEMPT = "pat"
    PENDING_ACTION = "pact"
    REFUND = "ref"
    EVENT = "evt"
    REQUEST = "req"


def new_id() -> UUID:
    """Make a UUIDv7: ids sort by the time they were made."""
    return uuid7()


def encode(prefix: Prefix, value: UUID) -> str:
    """Write an id as clients see it, for example `ord_01jd...`."""
    number = value.int
    pairs = [_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)]
    return f"{prefix.value}_{''.join(pairs)}"


def decode(prefix: Prefix, text: object, field: Sequence[str | int] = ()) -> UUID:
    """Read an id of the given kind; anything else is `INVALID_ID` at `field` (ID-2)."""
    found, value = split(text, field)
    if found is not prefix:
        raise Problem(
            ErrorCode.INVALID_ID,
            f"This is the id of another kind: expected one that begins with {prefix.value}_.",
            field,
        )
    return value


def split(text: object, field: Sequence[str | int] = ()) -> tuple[Prefix, UUID]:
    """Read an id of any kind; a malformed one is `INVALID_ID` at `field`."""
    if isinstance(text, str) and len(text) <= _MOST_CHARACTERS:
        prefix, _, suffix = text.rpartition("_")
        if prefix in _PREFIXES and len(suffix) == _SUFFIX_LENGTH and suffix[0] <= "7":
            number = 0
            for character in suffix:
                value = _VALUES.get(character)
                if value is None:
                    break
                number = number << 5 | value
            else:
                return Prefix(prefix), UUID(int=number)
    raise Problem(
        ErrorCode.INVALID_ID, "This is not an id: expected a prefix and 26 characters.", field
    )


_PREFIXES = frozenset(prefix.value for prefix in Prefix)
