"""Tenant scope: the one place where a statement is confined to its environment (ENV-1)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, bindparam

from ordergraph.runtime.db.base import TenantRow

ENVIRONMENT: BindParameter[UUID] = bindparam("scope")
"""Bound by every reader and transaction to the environment of its actor, never by a caller."""


def within(*rows: type[TenantRow]) -> ColumnElement[bool]:
    """Return the condition that confines each of `rows` to the reader's environment."""
    condition: ColumnElement[bool] = rows[0].environment_id == ENVIRONMENT
    for row in rows[1:]:
        condition = condition & (row.environment_id == ENVIRONMENT)
    return condition
