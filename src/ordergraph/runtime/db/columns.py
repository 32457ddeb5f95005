"""Column kinds that several tables share."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Enum, ForeignKeyConstraint


def one_of(kind: type[StrEnum], name: str) -> Enum:
    """Return a text column type that holds one value of `kind`, checked by the database too."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=_values,
    )


def _values(kind: type[StrEnum]) -> list[str]:
    return [member.value for member in kind]


def belongs_to(table: str, column: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """Return a foreign key from `column` to a row of `table` in the same environment."""
    return ForeignKeyConstraint(
        ["environment_id", column], [f"{table}.environment_id", f"{table}.id"], ondelete=ondelete
    )
