"""TypeIDs: a kind's prefix and the 26 base32 characters of a UUIDv7 (ID-1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from uuid import UUID

import uuid_utils
from uuid_utils.compat import uuid7

from ordergraph.core.problems import ErrorCode, Problem

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
_SUFFIX = re.compile(f"[0-7][{_ALPHABET}]{{25}}")
_DIGITS = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
"""From our 32 digits to those that `int` reads."""

_MOST_CHARACTERS = 64
_MOST_WRITTEN = 5_000
"""How many ids of one kind are remembered as they are written: about 200 bytes each."""


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
    BUNDLE_COMPONENT = "bunc"
    MODIFIER_SET = "ms"
    MODIFIER_GROUP = "mg"
    MODIFIER = "mod"
    CATEGORY = "cat"
    INVENTORY_LEVEL = "invl"
    INVENTORY_ADJUSTMENT = "iadj"
    INVENTORY_HOLD = "ihld"
    LOCATION = "loc"
    CUSTOMER = "cus"
    COUPON = "cpn"
    TAX_RATE = "txr"
    ORDER = "ord"
    LINE_ITEM = "li"
    LINE_ITEM_MODIFIER = "olim"
    APPLIED_DISCOUNT = "odi"
    TIP = "tip"
    CHARGE = "chg"
    TAX_BREAKDOWN = "txb"
    ACTIVITY = "act"
    LEDGER_TRANSACTION = "ltx"
    PAYMENT = "pay"
    PAYMENT_ATTEMPT = "pat"
    PENDING_ACTION = "pact"
    REFUND = "ref"
    PAYMENT_REFUND = "pref"
    EVENT = "evt"
    REQUEST = "req"


def new_id() -> UUID:
    """Make a UUIDv7: ids sort by the time they were made."""
    return uuid7()


def encode(prefix: Prefix, value: UUID) -> str:
    """Write an id as clients see it, for example `ord_01jd...`."""
    return f"{prefix._value_}_{_suffix(value.int)}"


def new_text(prefix: Prefix) -> str:
    """Make the id of something that is only ever written, as a request."""
    return f"{prefix._value_}_{_suffix(uuid_utils.uuid7().int)}"


class Written(dict[int, str]):
    """The ids of one kind as clients see them, by the numbers of their UUIDs.

    Those that come again and again are remembered, so many of them.
    """

    def __init__(self, prefix: Prefix) -> None:
        super().__init__()
        self._beginning = f"{prefix.value}_"

    def __missing__(self, number: int) -> str:
        if len(self) >= _MOST_WRITTEN:
            self.clear()
        text = self[number] = self._beginning + _suffix(number)
        return text


def writer(prefix: Prefix) -> Callable[[UUID], str]:
    """Return what writes the ids of one kind and remembers those that come again and again."""
    written = Written(prefix)
    return lambda value: written[value.int]


def _suffix(number: int) -> str:
    # Numbers of 60 bits are shifted at a third of the price of one of 128.
    high, low = number >> 60, number & 0xFFFFFFFFFFFFFFF
    top, high, pairs = high >> 60, high & 0xFFFFFFFFFFFFFFF, _PAIRS
    return (
        f"{pairs[top]}{pairs[high >> 50]}{pairs[high >> 40 & 1023]}{pairs[high >> 30 & 1023]}"
        f"{pairs[high >> 20 & 1023]}{pairs[high >> 10 & 1023]}{pairs[high & 1023]}"
        f"{pairs[low >> 50]}{pairs[low >> 40 & 1023]}{pairs[low >> 30 & 1023]}"
        f"{pairs[low >> 20 & 1023]}{pairs[low >> 10 & 1023]}{pairs[low & 1023]}"
    )


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
        if prefix in _PREFIXES and _SUFFIX.fullmatch(suffix):
            return _PREFIXES[prefix], UUID(int=int(suffix.translate(_DIGITS), 32))
    raise Problem(
        ErrorCode.INVALID_ID, "This is not an id: expected a prefix and 26 characters.", field
    )


_PREFIXES = {prefix.value: prefix for prefix in Prefix}
