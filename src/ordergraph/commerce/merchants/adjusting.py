"""Changing the settings of an environment."""

from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import select, update

from ordergraph.commerce.merchants.events import settings_changed
from ordergraph.commerce.merchants.rules import SearchLanguage, ShopSettings, setting_name
from ordergraph.commerce.merchants.tables import EnvironmentRow
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.scope import ENVIRONMENT
from ordergraph.runtime.db.transaction import Transaction

HIGHEST_THRESHOLD = 1_000_000_000


@dataclass(frozen=True, slots=True)
class SettingsChanges:
    """What is to be changed of an environment's settings; only a threshold can be cleared."""

    allow_negative_stock: bool | Omitted | None = OMITTED
    low_stock_threshold: Any = OMITTED
    search_language: SearchLanguage | Omitted | None = OMITTED
    prices_include_tax: bool | Omitted | None = OMITTED


async def update_settings(
    database: Database, actor: Actor, wanted: SettingsChanges
) -> ShopSettings:
    """Change settings of the actor's environment; return all of them as they are then.

    What was omitted stays (UPD-1); a request without any field is `NO_FIELDS_TO_UPDATE` (UPD-3).
    The settings are locked, so that of two changes at once both hold (SET-3).
    """
    changes = _checked(wanted)
    async with database.transaction(actor) as tx:
        stored = await _lock(tx)
        present = ShopSettings.stored(stored)
        settings = replace(present, **changes)
        if settings != present:
            await _save(tx, {**_unknown(stored), **settings.as_stored()})
            names = [name for name in changes if changes[name] != getattr(present, name)]
            tx.emit(settings_changed(tx.environment_id, [setting_name(name) for name in names]))
            if settings.prices_include_tax != present.prices_include_tax:
                tx.outdate([tx.environment_id])  # `shop` tells it, and every price means it
    return settings


def _checked(wanted: SettingsChanges) -> dict[str, Any]:
    values = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
    changes = {name: value for name, value in values.items() if value is not OMITTED}
    if not changes:
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "There is nothing to update.")
    findings = Findings()
    for name, value in changes.items():
        if name == "low_stock_threshold":
            _check_threshold(findings, value)
        elif value is None:
            findings.add(
                ErrorCode.FIELD_REQUIRED,
                f"{setting_name(name)} cannot be cleared.",
                setting_name(name),
            )
    findings.settle()
    return changes


def _check_threshold(findings: Findings, value: Any) -> None:
    if value is not None and not (isinstance(value, int) and 0 <= value <= HIGHEST_THRESHOLD):
        findings.add(
            ErrorCode.INVALID_FIELD,
            f"A threshold is a whole number from 0 to {HIGHEST_THRESHOLD:,}, or null for none.",
            "lowStockThreshold",
        )


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
