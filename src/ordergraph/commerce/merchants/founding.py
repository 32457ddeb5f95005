"""Founding merchants."""

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import insert

from ordergraph.commerce.merchants.reads import Environment, Merchant
from ordergraph.commerce.merchants.rules import EnvironmentMode, ShopSettings
from ordergraph.commerce.merchants.tables import EnvironmentRow, MerchantRow
from ordergraph.core.currencies import require_currency
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.core.texts import LONGEST_NAME, check_text
from ordergraph.runtime.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class NewMerchant:
    """What a merchant is founded with; a sandbox and a live environment come with it."""

    name: str
    currency: str = "USD"
    time_zone: str = "UTC"
    settings: ShopSettings = field(default_factory=ShopSettings)
    id: UUID = field(default_factory=new_id)


async def found_merchant(tx: Transaction, wanted: NewMerchant) -> Sequence[Environment]:
    """Found a merchant; return its environments, the sandbox first."""
    merchant = _checked(tx, wanted)
    await tx.execute(
        insert(MerchantRow).values(
            id=merchant.id,
            name=merchant.name,
            currency=merchant.currency,
            time_zone=merchant.time_zone,
            created_at=merchant.created_at,
        )
    )
    environments = [
        Environment(new_id(), merchant, mode, wanted.settings, tx.now)
        for mode in (EnvironmentMode.SANDBOX, EnvironmentMode.LIVE)
    ]
    await tx.execute(
        insert(EnvironmentRow).values(
            [
                {
                    "id": environment.id,
                    "merchant_id": merchant.id,
                    "mode": environment.mode,
                    "settings": wanted.settings.as_stored(),
                    "created_at": tx.now,
                }
                for environment in environments
            ]
        )
    )
    return environments


def _checked(tx: Transaction, wanted: NewMerchant) -> Merchant:
    findings = Findings()
    name = check_text(findings, wanted.name, LONGEST_NAME, "name", least=1)
    try:
        require_currency(wanted.currency, ("currency",))
    except Problem as problem:
        findings.note(problem)
    if wanted.time_zone not in zoneinfo.available_timezones():
        findings.add(
            ErrorCode.INVALID_FORMAT, "This is not a time zone such as Europe/Berlin.", "timeZone"
        )
    findings.settle()
    return Merchant(wanted.id, name or "", wanted.currency, wanted.time_zone, tx.now)
