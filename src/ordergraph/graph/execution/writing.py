"""Writing the function that completes an object: Python for its fields, one line or two for each.

A closure for each field costs about three times what the fields of a product list do this way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Any

from ordergraph.graph.execution.leaves import Leaf, Unfit, missing
from ordergraph.graph.execution.running import EXPECTED, Awaited, Complete, Run

_KEPT = 1_000
"""How many different texts are kept compiled: the same few come again in all operations."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field's value comes from: an attribute, a function of the parent, or a fixed text."""

    attribute: str | None = None
    of_parent: Callable[[Any], Any] | None = None
    of_run: Complete | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """A field that is read at once; `complete` is for what is no leaf."""

    key: str
    source: Source
    leaf: Leaf | None = None
    complete: Complete | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A field whose resolver may refuse, or answer later."""

    resolve: Complete
    field: Awaited
    is_async: bool


@dataclass(slots=True)
class Selection:
    """The fields of an object in the order of the answer."""

    keys: list[str] = field(default_factory=list[str])
    reads: list[Read] = field(default_factory=list[Read])
    calls: list[Call] = field(default_factory=list[Call])


def selected(selection: Selection) -> Complete:
    """Complete an object that is there and of the right type."""
    return _function(selection, [], {})


def checked(selection: Selection, is_fit: Callable[[Any], bool], *, nullable: bool) -> Complete:
    """Complete an object, or nothing; `is_fit` is asked once for each class of objects."""
    fit: set[type] = set()
    absent = missing(nullable)

    def check(value: Any) -> None:
        if not is_fit(value):
            raise Unfit(f"a {type(value).__name__} is not of the field's type")
        fit.add(value.__class__)

    lines = [
        "if value.__class__ not in fit:",
        "    if value is None:",
        "        return absent()",
        "    check(value)",
    ]
    return _function(selection, lines, {"fit": fit, "absent": absent, "check": check})


def _function(selection: Selection, lines: list[str], names: dict[str, Any]) -> Complete:
    values: dict[str, str] = {}
    for index, read in enumerate(selection.reads):
        values[read.key] = _read(read, index, lines, names)
    entries = ", ".join(f"{key!r}: {values.get(key, 'None')}" for key in selection.keys)
    if selection.calls:
        names["call"] = _calling(tuple(selection.calls))
        lines += [f"answer = {{{entries}}}", "call(value, run, answer)", "return answer"]
    else:
        lines.append(f"return {{{entries}}}")
    text = "\n    ".join(["def complete(value, run):", *lines])
    exec(_compiled(text), names)  # noqa: S102  # names of the schema and of the document only
    return names["complete"]


def _read(read: Read, index: int, lines: list[str], names: dict[str, Any]) -> str:
    """Write what reads a field and return the expression of its value."""
    value, source = f"value{index}", read.source
    if source.text is not None:
        return repr(source.text)
    if source.attribute is not None:
        expression = f"value.{source.attribute}"
    elif source.of_parent is not None:
        expression = f"source{index}(value)"
        names[f"source{index}"] = source.of_parent
    else:
        expression = f"source{index}(value, run)"
        names[f"source{index}"] = source.of_run
    if read.leaf is not None:
        written, named = read.leaf.written(value, expression, index)
        lines += written
        names |= named
    else:
        lines.append(f"{value} = complete{index}({expression}, run)")
        names[f"complete{index}"] = read.complete
    return value


@lru_cache(_KEPT)
def _compiled(text: str) -> CodeType:
    return compile(text, "<plan>", "exec")


def _calling(calls: tuple[Call, ...]) -> Callable[[Any, Run, dict[str, Any]], None]:
    """Return what calls resolvers for an answer in which their fields are null so far."""

    def call(value: Any, run: Run, answer: dict[str, Any]) -> None:
        for each in calls:
            field = each.field
            try:
                found = each.resolve(value, run)
            except EXPECTED as error:
                if not field.nullable:
                    raise
                run.refuse(error, answer, field.key, field.nodes)
                continue
            if each.is_async or hasattr(found, "__await__"):
                run.pending.append((answer, field, found))
            else:
                answer[field.key] = field.complete(found, run)

    return call
