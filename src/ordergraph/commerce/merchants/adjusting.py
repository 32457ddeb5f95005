"""Changing the settings of an environment."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import select, update

from ordergraph.commerce.merchants.events import settings_changed
from ordergraph.commerce.merchants.rules import ShopSettings, setting_name
from ordergraph.commerce.merchants.tables import EnvironmentRow
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.settings import kind_of
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.scope import ENVIRONMENT
from ordergraph.runtime.db.transaction import Transaction

_KINDS = {each.name: kind_of(each) for each in fields(ShopSettings)}
_SHOWN = {each.name for each in fields(ShopSettings) if each.metadata["shown"]}


async def update_settings(
    database: Database, actor: Actor, wanted: Mapping[str, Any]
) -> ShopSettings:
    """Change settings of the actor's environment; return all of them as they are then.

    `wanted` has what was sent, by names of `ShopSettings`: all else stays (UPD-1), and nothing
    at all is `NO_FIELDS_TO_UPDATE` (UPD-3). The settings are locked, so that of two changes at
    once both hold (SET-3).
    """
    changes = _checked(wanted)
    async with database.transaction(actor) as tx:
        stored = await _lock(tx)
        present = ShopSettings.stored(stored)
        settings = replace(present, **changes)
        if settings != present:
            await _save(tx, {**_unknown(stored), **settings.as_stored()})
            names = sorted(name for name in changes if changes[name] != getattr(present, name))
            tx.emit(settings_changed(tx.environment_id, [setting_name(name) for name in names]))
            if _SHOWN.intersection(names):
                tx.outdate([tx.environment_id])  # `shop` tells it, and every price means it
    return settings


def _checked(wanted: Mapping[str, Any]) -> dict[str, Any]:
    if not wanted:
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "There is nothing to update.")
    findings = Findings()
    changes: dict[str, Any] = {}
    for name, value in wanted.items():
        kind, told = _KINDS[name], setting_name(name)
        if value is not None:
            changes[name] = kind.check(findings, value, told)
        elif kind.clearable:
            changes[name] = None
        else:
            findings.add(ErrorCode.FIELD_REQUIRED, f"{told} cannot be cleared.", told)
    findings.settle()
    return changes


def _unknown(stored: dict[str, Any]) -> dict[str, Any]:
    """Return what another release has stored, which stays as it is."""
    known = {setting_name(field.name) for field in fields(ShopSettings)}
    return {name: value for name, value in stored.items() if name not in known}


async def _lock(tx: Transaction) -> dict[str, Any]:
    statement = (
        select(EnvironmentRow.settings)
        .where(EnvironmentRow.id == ENVIRONMENT)
        .with_for_update(key_share=True)
    )
    row = await tx.first(statement)
    if row is None:
        raise not_found("environment")
    return row.settings


async def _save(tx: Transaction, settings: dict[str, Any]) -> None:
    await tx.execute(
        update(EnvironmentRow).where(EnvironmentRow.id == ENVIRONMENT).values(settings=settings)
    )
