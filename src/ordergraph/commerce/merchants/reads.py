"""Looking merchants and environments up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, select

from ordergraph.commerce.merchants.rules import EnvironmentMode, ShopSettings
from ordergraph.commerce.merchants.tables import EnvironmentRow, MerchantRow
from ordergraph.core.tips import TipOptions
from ordergraph.runtime.db.scope import ENVIRONMENT
from ordergraph.runtime.db.transaction import Reader


@dataclass(frozen=True, slots=True)
class Merchant:
    """A business that sells; `currency` is what its shop quotes in."""

    id: UUID
    name: str
    currency: str
    time_zone: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Environment:
    """A merchant's sandbox or live world, with its settings."""

    id: UUID
    merchant: Merchant
    mode: EnvironmentMode
    settings: ShopSettings
    created_at: datetime

    @property
    def livemode(self) -> bool:
        """Tell whether real money moves here."""
        return self.mode is EnvironmentMode.LIVE


async def own_environment(reader: Reader) -> Environment | None:
    """Return the reader's own environment; None where no such environment was ever made."""
    row = await reader.first(_OWN)
    return None if row is None else _environment(row)


async def tip_options_of(
    reader: Reader, environment_ids: Sequence[UUID]
) -> Mapping[UUID, TipOptions | None]:
    """Return the tips that the reader's own shop suggests, by its environment (TIP-4)."""
    row = await reader.first(_OWN)
    return {} if row is None else {row.id: ShopSettings.stored(row.settings).tip_options}


def settings_beside() -> ColumnElement[Any]:
    """Return a column with the stored settings of the reader's environment."""
    return select(EnvironmentRow.settings).where(EnvironmentRow.id == ENVIRONMENT).scalar_subquery()


async def environments_of(reader: Reader, merchant_id: UUID) -> Sequence[Environment]:
    """Return a merchant's environments, the oldest first; for operators, not for callers."""
    rows = await reader.rows(_OF_MERCHANT, {"merchant": merchant_id})
    return [_environment(row) for row in rows]


async def environment_ids(reader: Reader) -> Mapping[UUID, UUID]:
    """Return every environment's id with its merchant's; for the worker, not for callers."""
    rows = await reader.rows(select(EnvironmentRow.id, EnvironmentRow.merchant_id))
    return {row.id: row.merchant_id for row in rows}


def _environment(row: Any) -> Environment:
    merchant = Merchant(row.merchant_id, row.name, row.currency, row.time_zone, row.founded_at)
    settings = ShopSettings.stored(row.settings)
    return Environment(row.id, merchant, row.mode, settings, row.created_at)


_ENVIRONMENTS = select(
    EnvironmentRow.id,
    EnvironmentRow.merchant_id,
    EnvironmentRow.mode,
    EnvironmentRow.settings,
    EnvironmentRow.created_at,
    MerchantRow.name,
    MerchantRow.currency,
    MerchantRow.time_zone,
    MerchantRow.created_at.label("founded_at"),
).join(MerchantRow, MerchantRow.id == EnvironmentRow.merchant_id)
_OWN = _ENVIRONMENTS.where(EnvironmentRow.id == ENVIRONMENT)
_OF_MERCHANT = _ENVIRONMENTS.where(EnvironmentRow.merchant_id == bindparam("merchant")).order_by(
    EnvironmentRow.created_at, EnvironmentRow.id
)
