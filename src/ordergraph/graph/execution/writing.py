"""Writing the function that completes a value: Python for its fields, one line or two for each.

Objects and lists inside an object are written into the same function: a call for each of them
costs as much as several of their fields, and a closure for each field about three times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Any

from graphql import FieldNode

from ordergraph.graph.execution.completing import entries, missing, refused_or
from ordergraph.graph.execution.leaves import Leaf, Unfit
from ordergraph.graph.execution.running import EXPECTED, Awaited, Complete
from ordergraph.graph.execution.writable import writable_of

_MOST_FIELDS = 60
"""How many fields one function has; what is inside them has functions of its own beyond that."""

_DEEPEST = 5
"""How deep lists and objects are written into each other: Python nests 20 loops at most."""

_KEPT = 500
"""How many different texts are kept compiled: the same few come again in all operations."""

_AT_ONCE = frozenset({str, bool, int, list, tuple, type(None)})
"""Classes of values of which nothing can be awaited."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field's value comes from: an attribute, a function of the parent, or a fixed text."""

    attribute: str | None = None
    of_parent: Callable[[Any], Any] | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """A field that is read at once; only a fixed text has no `value`."""

    key: str
    source: Source
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Calling:
    """How a resolver is called: an expression of `{value}`, `run` and its names.

    `{index}` stands in the expression and in the names for a number that tells calls apart.
    """

    expression: str
    names: dict[str, Any]

    def written(self, value: str, index: int) -> tuple[str, dict[str, Any]]:
        """Return the call on the object called `value`, and what its names stand for."""
        names = {name.format(index=index): each for name, each in self.names.items()}
        return self.expression.format(value=value, index=index), names

    def function(self) -> Complete:
        """Return a function that does the call."""
        expression, names = self.written("value", 0)
        return _made("value", [], f"return {expression}", names)


@dataclass(frozen=True, slots=True)
class Call:
    """A field whose resolver may refuse, or answer later."""

    calling: Calling
    field: Awaited
    is_async: bool
    known: type | None = None
    """The class of values that are answered as they are."""


@dataclass(slots=True)
class Selection:
    """The fields of an object in the order of the answer."""

    keys: list[str] = field(default_factory=list[str])
    reads: list[Read] = field(default_factory=list[Read])
    calls: list[Call] = field(default_factory=list[Call])

    @property
    def size(self) -> int:
        """How many fields it has, with what would be written into the same function."""
        return len(self.keys) + sum(_size(read.value) for read in self.reads)


@dataclass(frozen=True, slots=True)
class Object:
    """An object, or nothing; `is_fit` is asked once for each class of objects, if at all."""

    selection: Selection
    is_fit: Callable[[Any], bool] | None
    nullable: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A list; an entry that refuses is null where entries may be."""

    item: Value
    nodes: Sequence[FieldNode]
    nullable: bool
    nullable_items: bool


@dataclass(frozen=True, slots=True)
class Other:
    """What a function of its own completes."""

    complete: Complete


Value = Leaf | Object | Listed | Other


def function(value: Value) -> Complete:
    """Return the function that completes a value."""
    if isinstance(value, Other):
        return value.complete
    writing = _Writing()
    return _made("value", writing.lines, f"return {writing.put(value, 'value')}", writing.names)


class _Writing:
    """Writes one function."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {}
        self._fields = 0
        self._indent = ""
        self._depth = 0
        self._index = 0

    def put(self, value: Value, expression: str) -> str:
        """Write what completes an expression and return the expression of the result."""
        if isinstance(value, Leaf):
            result = self._name("leaf")
            lines, names = value.written(result, expression, self._index)
            self._add(*lines)
            self.names |= names
            return result
        if isinstance(value, Other) or self._is_full(value):
            return f"{self._known('complete', function(value))}({expression}, run)"
        self._depth += 1
        put = self._object if isinstance(value, Object) else self._list
        result = put(value, self._value(expression))  # pyright: ignore[reportArgumentType]
        self._depth -= 1
        return result

    def _object(self, value: Object, name: str) -> str:
        answer = self._name("answer")
        outer = self._indent
        if value.nullable:
            self._add(f"{answer} = None", f"if {name} is not None:")
            self._indent += " "
        if value.is_fit is not None:
            check = _check(value.is_fit)
            self._add(
                f"if {name}.__class__ not in {self._known('fit', check.fit)}:",
                f" {self._known('check', check)}({name})",
            )
        self._selection(value.selection, name, answer)
        self._indent = outer
        return answer

    def _list(self, value: Listed, name: str) -> str:
        answer, entry = self._name("answer"), self._name("entry")
        outer = self._indent
        if value.nullable:
            self._add(f"{answer} = None", f"if {name} is not None:")
            self._indent += " "
        plain = f"{name} if {name}.__class__ is list else {self._known('entries', entries)}({name})"
        self._add(f"{answer} = []", f"for {entry} in {plain}:")
        self._indent += " "
        if value.nullable_items:
            complete = refused_or(function(value.item), value.nodes)
            self._add(f"{self._known('item', complete)}({entry}, run, {answer})")
        else:
            self._add(f"{answer}.append({self.put(value.item, entry)})")
        self._indent = outer
        return answer

    def _selection(self, selection: Selection, name: str, answer: str) -> None:
        self._fields += len(selection.keys)
        values: dict[str, str] = {}
        for read in selection.reads:
            values[read.key] = self._read(read, name)
        written = ", ".join(f"{key!r}: {values.get(key, 'None')}" for key in selection.keys)
        self._add(f"{answer} = {{{written}}}")
        for call in selection.calls:
            self._call(call, name, answer)

    def _read(self, read: Read, name: str) -> str:
        source = read.source
        if source.text is not None or read.value is None:
            return repr(source.text)
        if source.attribute is not None:
            expression = f"{name}.{source.attribute}"
        else:
            expression = self._of_parent(source.of_parent, name)
        result = self.put(read.value, expression)
        return result if result.isidentifier() else self._value(result)

    def _of_parent(self, resolver: Any, name: str) -> str:
        own = writable_of(resolver)
        if own is None:
            return f"{self._known('source', resolver)}({name})"
        names = {key: self._known(key, value) for key, value in own.names.items()}
        return own.expression.format(parent=name, **names)

    def _call(self, call: Call, name: str, answer: str) -> None:
        found = self._name("found")
        expression, names = call.calling.written(name, self._index)
        field = self._known("field", call.field)
        later = f"run.pending.append(({answer}, {field}, {found}))"
        key = repr(call.field.key)
        self.names |= {**names, "EXPECTED": EXPECTED}
        self._add("try:", f" {found} = {expression}", "except EXPECTED as error:")
        if call.field.nullable:
            self._add(f" run.refuse(error, {answer}, {key}, {field}.nodes)")
        else:
            self._add(" raise")
        self._add("else:")
        if call.is_async:
            self._add(f" {later}")
            return
        if call.known is not None:
            known = self._known("known", call.known)
            self._add(f" if {found}.__class__ is {known}:", f"  {answer}[{key}] = {found}")
        at_once = self._known("at_once", _AT_ONCE)
        self._add(
            f" {'if' if call.known is None else 'elif'} {found}.__class__ in {at_once} "
            f"or not hasattr({found}, '__await__'):",
            f"  {answer}[{key}] = {field}.complete({found}, run)",
            " else:",
            f"  {later}",
        )

    def _is_full(self, value: Object | Listed) -> bool:
        if self._depth == 0:
            return False
        return self._depth >= _DEEPEST or self._fields + _size(value) > _MOST_FIELDS

    def _value(self, expression: str) -> str:
        """Give an expression a name, if it has none."""
        if expression.isidentifier():
            return expression
        name = self._name("value")
        self._add(f"{name} = {expression}")
        return name

    def _known(self, kind: str, value: Any) -> str:
        name = self._name(kind)
        self.names[name] = value
        return name

    def _name(self, kind: str) -> str:
        self._index += 1
        return f"{kind}{self._index}"

    def _add(self, *lines: str) -> None:
        self.lines += [f"{self._indent}{line}" for line in lines]


class _check:
    """Lets objects pass whose class fits, and remembers it; anything else is `Unfit`."""

    def __init__(self, is_fit: Callable[[Any], bool]) -> None:
        self.fit: set[type] = set()
        self._is_fit = is_fit

    def __call__(self, value: Any) -> None:
        if value is None:
            raise missing()
        if not self._is_fit(value):
            raise Unfit(f"a {type(value).__name__} is not of the field's type")
        self.fit.add(value.__class__)


def _size(value: Value | None) -> int:
    while isinstance(value, Listed):
        value = value.item
    return value.selection.size if isinstance(value, Object) else 0


def _made(parameter: str, lines: Sequence[str], last: str, names: dict[str, Any]) -> Complete:
    text = "\n ".join([f"def complete({parameter}, run):", *lines, last])
    exec(_compiled(text), names)  # noqa: S102  # names of the schema and of the document only
    return names["complete"]


@lru_cache(_KEPT)
def _compiled(text: str) -> CodeType:
    return compile(text, "<plan>", "exec")
