"""Rows as JSON: what belongs to one record is written in one statement.

An object here is a slotted dataclass whose field names are the table's column names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import datetime
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, cast
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, DateTime, LargeBinary, Numeric, Table, Uuid

from ordergraph.runtime.db.base import TenantRow

T = TypeVar("T")


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
    rows = [dict(zip(names, values(each), strict=True)) for each in objects]
    return write_rows(rows, environment_id)


def write_rows(rows: Sequence[Mapping[str, Any]], environment_id: UUID) -> str:
    """Return rows as the JSON that an `insertion` takes; a column that is not named is null."""
    environment = str(environment_id)
    placed = [{"environment_id": environment, **row} for row in rows]
    return orjson.dumps(placed, default=_plain).decode()


@cache
def upsert(row: type[TenantRow], parameter: str) -> str:
    """Return SQL that writes the rows of the JSON array `parameter`: new ones inserted, known ones
    replaced."""
    table = _table(row)
    changes = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in _replaceable(row))
    listed = _listed(row)
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
    listed = _listed(row)
    return (
        f'INSERT INTO "{table.name}" ({listed}) SELECT {listed} '
        f'FROM jsonb_populate_recordset(NULL::"{table.name}", CAST(:{parameter} AS jsonb))'
    )


def reader(kind: Callable[..., T], row: type[TenantRow]) -> Callable[[Mapping[str, Any]], T]:
    """Return what makes an object of a row as `write` has written it, perhaps long ago.

    A column that is younger than the row is null in it; if it cannot be, it has the field's
    default, and else nothing: no, zero, empty.
    """
    columns, made = _table(row).c, cast(Any, kind)
    readers = [
        (field.name, _reader(columns[field.name].type), _absent(field, columns[field.name]))
        for field in fields(made)
        if field.name in columns
    ]

    def read(written: Mapping[str, Any]) -> T:
        values = {
            name: of(written[name]) if name in written else absent() for name, of, absent in readers
        }
        return kind(**values)

    return read


def _reader(kind: Any) -> Callable[[Any], Any]:
    """Return what reads the values of one column type out of JSON."""
    if hasattr(kind, "item_type"):
        each = _reader(kind.item_type)
        return lambda values: None if values is None else [each(value) for value in values]
    read: Any = getattr(kind, "enum_class", None) or _READERS.get(cast(Any, type(kind)), _same)
    return lambda value: None if value is None else read(value)


def _absent(field: Any, column: Any) -> Any:
    if field.default is not MISSING:
        return lambda: field.default
    if field.default_factory is not MISSING:
        return field.default_factory
    if column.nullable:
        return lambda: None
    if hasattr(column.type, "enum_class"):
        return lambda: next(iter(column.type.enum_class))
    return column.type.python_type


def _same(value: Any) -> Any:
    return value


_READERS: Mapping[type, Callable[[Any], Any]] = {
    Uuid: UUID,
    DateTime: datetime.fromisoformat,
    Numeric: lambda value: Decimal(str(value)),
    LargeBinary: lambda value: bytes.fromhex(value.removeprefix("\\x")),
}


def _table(row: type[TenantRow]) -> Any:
    table: Any = row.__dict__["__table__"]
    assert isinstance(table, Table)
    return cast(Any, table)


@cache
def _stored(row: type[TenantRow]) -> tuple[str, ...]:
    columns = _table(row).c.items()
    return tuple(
        str(name)
        for name, column in columns
        if name != "environment_id" and column.computed is None
    )


def _replaceable(row: type[TenantRow]) -> Sequence[str]:
    return [name for name in _stored(row) if name != "id"]


def _listed(row: type[TenantRow]) -> str:
    """Return the names of the columns that are written: Postgres computes the others."""
    return ", ".join(f'"{name}"' for name in ("environment_id", *_stored(row)))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | UUID):  # the driver has a UUID class of its own
        return str(value)
    if isinstance(value, frozenset | set):
        return sorted(str(each) for each in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
