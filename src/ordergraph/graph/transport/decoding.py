"""The strict JSON decoder that everything from a client passes through."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

import orjson

LARGEST_INTEGER = 2**53 - 1
MOST_DIGITS = 400
DEEPEST = 60


class Undecodable(Exception):
    """What was sent is not the JSON that we take; the message says why and echoes nothing."""


def decode(raw: bytes) -> Any:
    """Return the value of a JSON text in UTF-8, without a single float in it.

    A number that is not a whole one within +-(2^53-1), which is what every client can write
    exactly, comes as a `Decimal` or a larger `int`, for the scalar it is meant for to judge: no
    float ever reaches a resolver (MON-1). Refused are nesting beyond 60, numbers beyond 400
    digits, NaN, NUL characters and lone surrogates.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        # Malformed, or a number too large for a float: only the slow decoder can tell.
        return _decode_exactly(raw)
    return value if _is_plain(value) else _decode_exactly(raw)


def _is_plain(value: Any) -> bool:
    """Judge a decoded value: false when its numbers have to be read exactly."""
    level: list[Any] = [value]
    plain = True
    for _ in range(DEEPEST + 1):
        below: list[Any] = []
        for item in level:
            kind = item.__class__
            if kind is str:
                _judge_text(item)
            elif kind is dict:
                below.extend(item)
                below.extend(item.values())
            elif kind is list:
                below.extend(item)
            elif kind is float or (kind is int and not -LARGEST_INTEGER <= item <= LARGEST_INTEGER):
                plain = False
        if not below:
            return plain
        level = below
    raise Undecodable(f"The body is nested more than {DEEPEST} levels deep.")


def _judge_text(text: str) -> None:
    if "\0" in text:
        raise Undecodable("The body contains a NUL character.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Undecodable("The body contains half of a character.") from None


def _decode_exactly(raw: bytes) -> Any:
    try:
        value = json.loads(
            raw.decode(), parse_int=_integer, parse_float=_decimal, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        raise Undecodable("The body is not valid JSON in UTF-8.") from None
    _is_plain(value)
    return value


def _integer(text: str) -> int:
    if len(text) > MOST_DIGITS + text.startswith("-"):
        raise Undecodable(f"The body has a number of more than {MOST_DIGITS} digits.")
    return int(text)


def _decimal(text: str) -> Decimal:
    value = Decimal(text) if len(text) <= MOST_DIGITS else None
    if value is None or abs(value.adjusted()) > MOST_DIGITS:
        raise Undecodable(f"The body has a number of more than {MOST_DIGITS} digits.")
    return value


def _refuse_constant(_text: str) -> NoReturn:
    raise Undecodable("The body is not valid JSON in UTF-8.")
