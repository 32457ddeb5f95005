"""Reading proofs strictly: what is missing, unknown or of another kind is told in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar, cast
from uuid import UUID

from ordergraph.core.ids import Prefix, decode
from ordergraph.core.percents import MOST_PERCENT, parse_percent
from ordergraph.core.problems import Problem
from ordergraph.core.proving.subjects import UnreadableProof

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_MOST = 10**18
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_VALUE = re.compile(r"\d{1,9}(\.\d{1,4})?")


@dataclass(frozen=True, slots=True)
class Place:
    """A value in a document, with the JSON pointer that leads there."""

    value: Any
    pointer: str = ""

    def refuse(self, expected: str) -> UnreadableProof:
        """Return what to raise where something else stands than what is expected."""
        return UnreadableProof(f"At {self.pointer or 'the top'} {expected} is expected.")

    def object(self) -> Mapping[str, Any]:
        """Return an object, whatever it has."""
        found: Any = self.value
        if not isinstance(found, dict):
            raise self.refuse("an object")
        return cast("dict[str, Any]", found)

    def members(self, names: Sequence[str], optional: Sequence[str] = ()) -> Mapping[str, Place]:
        """Return the members of an object: all of `names`, perhaps `optional` ones, no more."""
        found = self.object()
        for name in names:
            if name not in found:
                raise UnreadableProof(f"At {self.pointer or 'the top'} {name} is missing.")
        for name in found:
            if name not in names and name not in optional:
                raise UnreadableProof(
                    f"At {self.pointer or 'the top'} {name!r:.60} stands, which no proof has."
                )
        return {name: Place(each, f"{self.pointer}/{name}") for name, each in found.items()}

    def items(self) -> Iterator[Place]:
        """Return the items of a list."""
        found: Any = self.value
        if not isinstance(found, list):
            raise self.refuse("a list")
        for index, each in enumerate(cast("list[Any]", found)):
            yield Place(each, f"{self.pointer}/{index}")

    def integer(self) -> int:
        """Return a whole number."""
        if type(self.value) is not int or abs(self.value) > _MOST:
            raise self.refuse("a whole number")
        return self.value

    def natural(self) -> int:
        """Return a whole number that is not below 0."""
        if self.integer() < 0:
            raise self.refuse("a whole number of 0 or more")
        return self.integer()

    def flag(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self.refuse("true or false")
        return self.value

    def text(self) -> str:
        """Return a text that can be written again."""
        if not isinstance(self.value, str):
            raise self.refuse("a text")
        try:
            self.value.encode()
        except UnicodeEncodeError:
            raise self.refuse("a text of whole characters") from None
        return self.value

    def optional(self, read: Callable[[Place], T]) -> T | None:
        """Return None for null, else what `read` makes of it."""
        return None if self.value is None else read(self)

    def id(self, *prefixes: Prefix) -> UUID:
        """Return the id of one of these kinds."""
        text = self.text()
        for prefix in prefixes:
            if text.startswith(f"{prefix.value}_"):
                try:
                    return decode(prefix, text)
                except Problem:
                    break
        raise self.refuse(f"an id that begins with {prefixes[0].value}_")

    def percent(self) -> Decimal:
        """Return a percentage from 0 to 100 with at most four fraction digits."""
        try:
            return parse_percent(self.text(), Decimal(0), MOST_PERCENT)
        except Problem:
            raise self.refuse("a percentage such as 8.99") from None

    def member_of(self, kind: type[E]) -> E:
        """Return one of the values of an enumeration."""
        try:
            return kind(self.text())
        except ValueError:
            raise self.refuse(f"one of {', '.join(kind)}") from None

    def instant(self) -> datetime:
        """Return an instant in UTC."""
        text = self.text()
        try:
            if _INSTANT.fullmatch(text):
                return datetime.fromisoformat(text)
        except ValueError:
            pass
        raise self.refuse("an instant such as 2026-11-21T09:30:00.000000Z")

    def number(self) -> int | str:
        """Return a whole number, or a percentage as text."""
        if isinstance(self.value, str):
            if _VALUE.fullmatch(self.value):
                return self.value
            raise self.refuse("a whole number or a percentage")
        return self.integer()
