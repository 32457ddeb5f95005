"""Statements rendered once from Core expressions, which the driver runs as prepared statements."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Enum, Executable
from sqlalchemy.dialects.postgresql import asyncpg

from ordergraph.runtime.db.scope import ENVIRONMENT

T = TypeVar("T")
Values = Mapping[str, Any]
NOTHING: Values = {}
Record = Sequence[Any]
"""A row as the driver gives it, by position: UUIDs, instants, decimals and JSON are values of
Python, an enumeration is its text."""

MOST_SHAPES = 256
"""How many shapes of one list are kept rendered, least recently used ones forgotten first."""

_DIALECT: Any = asyncpg.dialect()  # pyright: ignore[reportUnknownMemberType]
_namedtuple: Any = namedtuple  # whose names are known only when the program runs


class Prepared:
    """A statement whose text never changes: what differs between its runs are values by name.

    It is rendered when it first runs. Values that stand in the expression itself are written into
    the text, so they are constants of the code, or part of what the statement is cached by. The
    tenant's environment is bound by the reader, as in every statement of `within`.
    """

    __slots__ = ("_names", "_statement", "_text")

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._text = ""
        self._names: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The SQL in the driver's own spelling, with $1 for its first value."""
        if not self._text:
            self._text, self._names = _rendered(self._statement)
        return self._text

    def arguments(self, environment_id: UUID, values: Values) -> list[Any]:
        """Return the values in the order of the text; the scope is never a caller's."""
        assert self.text
        return [environment_id if name == _SCOPE else values[name] for name in self._names]


def maker(kind: Callable[..., T], columns: Sequence[ColumnElement[Any]]) -> Callable[[Record], T]:
    """Return what makes an object of a row of these columns, which are its fields in order."""
    members = [(place, _members(column)) for place, column in enumerate(columns)]
    enumerations = [(place, known) for place, known in members if known]

    def make(row: Record) -> T:
        values = list(row)
        for place, known in enumerations:
            values[place] = known[values[place]]
        return kind(*values)

    return make


def named(columns: Sequence[ColumnElement[Any]]) -> Callable[[Record], Any]:
    """Return what makes of a row of these columns an object with their names, as Core gives it."""
    names = [str(column.key) for column in columns]
    return maker(_namedtuple("Named", names), columns)


def _members(column: ColumnElement[Any]) -> Mapping[str | None, StrEnum | None]:
    kind: Any = column.type.enum_class if isinstance(column.type, Enum) else None
    return {} if kind is None else {None: None, **{member.value: member for member in kind}}


def _rendered(statement: Executable) -> tuple[str, tuple[str, ...]]:
    core: Any = statement  # SQLAlchemy says less of statements than they can do
    compiled = core.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return compiled.string, tuple(compiled.positiontup or ())


class _Compiler(_DIALECT.statement_compiler):  # pyright: ignore[reportUntypedBaseClass]
    """Writes values that stand in the statement into the text; the others come with each run."""

    def visit_bindparam(self, bindparam: BindParameter[Any], **how: Any) -> Any:
        how["literal_execute"] = how.get("literal_execute") or not bindparam.required
        compiler: Any = super()
        return compiler.visit_bindparam(bindparam, **how)

    def construct_params(self, *what: Any, **how: Any) -> Any:
        compiler: Any = super()
        return compiler.construct_params(*what, **{**how, "_check": False})


_DIALECT.statement_compiler = _Compiler
_SCOPE = ENVIRONMENT.key
