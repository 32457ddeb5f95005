"""Rows as JSON: what belongs to one record travels in one statement, both ways.

An object here is a slotted dataclass whose field names are the table's column names.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Table

from ordergraph.runtime.db.base import TenantRow

T = TypeVar("T")


def read(kind: type[T], document: Mapping[str, Any]) -> T:
    """Make an object from a row that Postgres gave as JSON; unknown keys are left out."""
    return kind(**{name: convert(document[name]) for name, convert in _readers(kind)})


def document_of(row: type[TenantRow], alias: str) -> str:
    """Return SQL for a row of `alias` as JSON; decimals as text, so that no float comes between."""
    decimals = [str(name) for name, column in _table(row).c.items() if _is_decimal(column)]
    texts = ", ".join(f"'{name}', {alias}.\"{name}\"::text" for name in decimals)
    return f"to_jsonb({alias}.*)" + (f" || jsonb_build_object({texts})" if texts else "")


def _is_decimal(column: Any) -> bool:
    return column.type.python_type is Decimal


def row_of(row: type[TenantRow], document: Mapping[str, Any]) -> Any:
    """Make of a row that Postgres gave as JSON what a statement would have given."""
    return SimpleNamespace(**{name: convert(document[name]) for name, convert in _columns(row)})


def columns_of(
    row: type[TenantRow], kind: type, skip: Sequence[str] = ()
) -> tuple[ColumnElement[Any], ...]:
    """Return the columns that the fields of `kind` are made of, in their order, but for `skip`.

    A field that no column has the name of is not made of one.
    """
    columns = _table(row).c
    names = [field.name for field in fields(kind) if field.name not in skip]
    return tuple(columns[name] for name in names if name in columns)


@cache
def values_of(row: type[TenantRow]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what takes the stored values of an object, to be written, or compared with others."""
    return attrgetter(*_stored(row))


def write(objects: Sequence[Any], row: type[TenantRow], environment_id: UUID) -> str:
    """Return objects as the JSON that an `upsert` takes, placed in their environment."""
    names, values = _stored(row), values_of(row)
    environment = str(environment_id)
    return orjson.dumps(
        [
            {"environment_id": environment, **dict(zip(names, values(each), strict=True))}
            for each in objects
        ],
        default=_plain,
    ).decode()


@cache
def upsert(row: type[TenantRow], parameter: str) -> str:
    """Return SQL that writes the rows of the JSON array `parameter`: new ones inserted, known ones
    replaced."""
    table = _table(row)
    changes = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in _replaceable(row))
    listed = ", ".join(f'"{column.name}"' for column in table.c)
    return (
        f'INSERT INTO "{table.name}" AS old ({listed}) SELECT {listed} '
        f'FROM jsonb_populate_recordset(NULL::"{table.name}", CAST(:{parameter} AS jsonb)) '
        f"ON CONFLICT (environment_id, id) DO UPDATE SET {changes}"
    )


@cache
def replacement(row: type[TenantRow], parameter: str) -> str:
    """Return SQL that replaces the known rows of the JSON array `parameter`, called `old`."""
    table = _table(row)
    changes = ", ".join(f'"{name}" = new."{name}"' for name in _replaceable(row))
    return (
        f'UPDATE "{table.name}" AS old SET {changes} '
        f'FROM jsonb_populate_recordset(NULL::"{table.name}", CAST(:{parameter} AS jsonb)) AS new '
        "WHERE old.environment_id = new.environment_id AND old.id = new.id"
    )


@cache
def insertion(row: type[TenantRow], parameter: str) -> str:
    """Return SQL that inserts the rows of the JSON array `parameter`."""
    table = _table(row)
    listed = ", ".join(f'"{column.name}"' for column in table.c)
    return (
        f'INSERT INTO "{table.name}" ({listed}) SELECT {listed} '
        f'FROM jsonb_populate_recordset(NULL::"{table.name}", CAST(:{parameter} AS jsonb))'
    )


def _table(row: type[TenantRow]) -> Any:
    table: Any = row.__dict__["__table__"]
    assert isinstance(table, Table)
    return cast(Any, table)


@cache
def _stored(row: type[TenantRow]) -> tuple[str, ...]:
    return tuple(str(name) for name, _ in _table(row).c.items() if name != "environment_id")


def _replaceable(row: type[TenantRow]) -> Sequence[str]:
    return [name for name in _stored(row) if name != "id"]


@cache
def _columns(row: type[TenantRow]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    return tuple(
        (str(name), _reader(column.type.python_type | None))
        for name, column in _table(row).c.items()
        if name != "environment_id"
    )


@cache
def _readers(kind: type) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    hints = get_type_hints(kind)
    return tuple((field.name, _reader(hints[field.name])) for field in fields(kind))


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return what turns a JSON value back into a field of type `hint`."""
    if get_origin(hint) in (Union, types.UnionType):
        inner = _reader(next(part for part in get_args(hint) if part is not type(None)))
        return lambda value: None if value is None else inner(value)
    if get_origin(hint) in (list, tuple, frozenset):
        whole: Any = get_origin(hint)
        item = _reader(get_args(hint)[0])
        return lambda value: whole(item(each) for each in value)
    if isinstance(hint, type):
        if issubclass(hint, UUID | StrEnum):
            return hint
        if issubclass(hint, datetime):
            return datetime.fromisoformat
        if issubclass(hint, Decimal):
            return lambda value: Decimal(str(value))
    return lambda value: value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | UUID):  # the driver has a UUID class of its own
        return str(value)
    if isinstance(value, frozenset | set):
        return sorted(str(each) for each in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
