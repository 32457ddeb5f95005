"""Reading JSON objects strictly: every member is of its kind, none is unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar, cast
from uuid import UUID

from ordergraph.core.ids import Prefix, decode
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.core.sparse import OMITTED, Omitted

E = TypeVar("E", bound=StrEnum)


class JsonObject:
    """An object that is being read; what is wrong with it is noted with its path.

    A member that is not there is `OMITTED`. `finish` notes the members that nobody asked for.
    """

    def __init__(self, value: object, problems: list[Problem], path: tuple[str, ...] = ()) -> None:
        self.path = path
        self._problems = problems
        self._left: dict[str, Any] = {}
        if isinstance(value, dict):
            self._left = dict(cast(Mapping[str, Any], value))
        else:
            self._note("This is a JSON object.")

    def has(self, name: str) -> bool:
        """Tell whether there is such a member."""
        return name in self._left

    def text(self, name: str) -> str | Omitted | None:
        """Return a text or null."""
        return self._of(str, name, "This is a text.", nullable=True)

    def words(self, name: str) -> str | Omitted:
        """Return a text that is not null."""
        return self._of(str, name, "This is a text.")

    def boolean(self, name: str) -> bool | Omitted:
        """Return true or false."""
        return self._of(bool, name, "This is true or false.")

    def whole(self, name: str) -> int | Omitted | None:
        """Return a whole number or null."""
        return self._of(int, name, "This is a whole number.", nullable=True)

    def one_of(self, kind: type[E], name: str) -> E | Omitted:
        """Return a member of an enumeration."""
        value = self.words(name)
        if value is OMITTED or value in kind.__members__:
            return value if value is OMITTED else kind(value)
        self._note(f"This is one of {', '.join(kind)}.", name, code=ErrorCode.INVALID_ENUM)
        return OMITTED

    def id(self, prefix: Prefix, name: str) -> UUID | Omitted | None:
        """Return an id of a kind, or null."""
        value = self.text(name)
        if not isinstance(value, str):
            return value
        try:
            return decode(prefix, value, (*self.path, name))
        except Problem as problem:
            self._problems.append(problem)
            return OMITTED

    def texts(self, name: str) -> Sequence[str] | Omitted:
        """Return a list of texts; null is an empty one."""
        values = self._items(name)
        if values is OMITTED:
            return OMITTED
        if not all(isinstance(each, str) for each in values):
            self._note("This is a list of texts.", name)
            return OMITTED
        return [str(each) for each in values]

    def map(self, name: str) -> Mapping[str, Any] | Omitted:
        """Return an object as it is; null is an empty one."""
        value = self._of(dict, name, "This is a JSON object.", nullable=True)
        return value if value is OMITTED else cast(Mapping[str, Any], value or {})

    def object(self, name: str) -> JsonObject | None:
        """Return an object to be read, or None where there is none."""
        value = self._left.pop(name, None)
        return None if value is None else JsonObject(value, self._problems, (*self.path, name))

    def objects(self, name: str) -> Sequence[JsonObject] | Omitted:
        """Return a list of objects to be read; null is an empty one."""
        values = self._items(name)
        if values is OMITTED:
            return OMITTED
        return [
            JsonObject(each, self._problems, (*self.path, name, str(index)))
            for index, each in enumerate(values)
        ]

    def money(self, name: str) -> Money | Omitted | None:
        """Return an amount of minor units with its currency, or null."""
        if name in self._left and self._left[name] is None:
            del self._left[name]
            return None
        inner = self.object(name)
        if inner is None:
            return OMITTED
        amount, currency = inner.whole("amount"), inner.words("currency")
        inner.finish()
        if isinstance(amount, int) and currency is not OMITTED:
            return Money(amount, currency)
        self._note("An amount has amount, in minor units, and currency.", name)
        return OMITTED

    def finish(self) -> None:
        """Note the members that are left: a misspelled one is not to be ignored."""
        for name in self._left:
            self._note(f"There is no member {name[:50]!r}.", name[:50])

    def _items(self, name: str) -> Sequence[Any] | Omitted:
        value = self._of(list, name, "This is a list.", nullable=True)
        return value if value is OMITTED else cast(Sequence[Any], value or [])

    def _of(self, kind: type, name: str, message: str, *, nullable: bool = False) -> Any:
        if name not in self._left:
            return OMITTED
        value = self._left.pop(name)
        if type(value) is kind or (nullable and value is None):
            return value
        self._note(message, name)
        return OMITTED

    def _note(self, message: str, *path: str, code: ErrorCode = ErrorCode.INVALID_FIELD) -> None:
        self._problems.append(Problem(code, message, (*self.path, *path)))


def texts_within(value: object) -> Iterator[str]:
    """Yield every text in a JSON value, names of members included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in cast(Mapping[str, object], value).items():
            yield name
            yield from texts_within(inner)
    elif isinstance(value, list):
        for inner in cast(Sequence[object], value):
            yield from texts_within(inner)
