"""Counting the statements of a piece of work, so that tests can hold a budget."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

_counter: ContextVar[Statements | None] = ContextVar("statements", default=None)


@dataclass(slots=True)
class Statements:
    """The statements sent so far, BEGIN and COMMIT included, in order."""

    texts: list[str] = field(default_factory=list[str])

    def __len__(self) -> int:
        return len(self.texts)


@contextmanager
def counted() -> Generator[Statements]:
    """Collect every statement that this task and its children send inside the block."""
    statements = Statements()
    token = _counter.set(statements)
    try:
        yield statements
    finally:
        _counter.reset(token)


def note(text: str) -> None:
    """Count one statement, if anybody counts."""
    statements = _counter.get()
    if statements is not None:
        statements.texts.append(text)
