"""Keeping documents by their texts, so that texts which come once never drive out those in use."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")

SIGHTS = 3
"""A text that came so often is in use."""


class Kept(Generic[V]):
    """What was made of texts, so many characters of them; the least recently used goes first.

    Texts in use have three quarters of the room for themselves.
    """

    def __init__(self, characters: int) -> None:
        self._characters = characters
        self._new = _Part[tuple[V, int]]()
        self._used = _Part[V]()

    def get(self, text: str) -> V | None:
        """Return what was made of a text, and count that it came again."""
        used = self._used.get(text)
        if used is not None:
            return used
        new = self._new.get(text)
        if new is None:
            return None
        value, sights = new
        if sights + 1 < SIGHTS:
            self._new.put(text, (value, sights + 1))
        else:
            self._new.remove(text)
            self._used.put(text, value)
            self._shrink()
        return value

    def keep(self, text: str, value: V) -> None:
        """Keep what was made of a text that came for the first time."""
        self._new.put(text, (value, 1))
        self._shrink()

    def _shrink(self) -> None:
        while self._used.characters > self._characters * 3 // 4:
            self._used.shrink()
        while self._new.characters + self._used.characters > self._characters:
            self._new.shrink()


class _Part(Generic[V]):
    def __init__(self) -> None:
        self.characters = 0
        self._values: OrderedDict[str, V] = OrderedDict()

    def get(self, text: str) -> V | None:
        value = self._values.get(text)
        if value is not None:
            self._values.move_to_end(text)
        return value

    def put(self, text: str, value: V) -> None:
        if text not in self._values:
            self.characters += len(text)
        self._values[text] = value

    def remove(self, text: str) -> None:
        del self._values[text]
        self.characters -= len(text)

    def shrink(self) -> None:
        """Drop the value that was used least recently."""
        text, _ = self._values.popitem(last=False)
        self.characters -= len(text)
