"""What an order is priced on: the terms of coupons, the tax rates and the settings in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, any_, bindparam, select

from ordergraph.commerce.coupons.reads import terms_beside, terms_from
from ordergraph.commerce.coupons.rules import normal_code
from ordergraph.commerce.coupons.tables import CouponRow
from ordergraph.commerce.merchants.reads import settings_beside
from ordergraph.commerce.merchants.rules import ShopSettings
from ordergraph.commerce.taxes.reads import rates_beside, rates_from
from ordergraph.core.discounts import CouponTerms
from ordergraph.core.taxes import TaxRate
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.transaction import Reader


@dataclass(frozen=True, slots=True)
class Grounds:
    """The terms of coupons by id, the tax rates in force, and how the shop prices."""

    terms: Mapping[UUID, CouponTerms]
    rates: Sequence[TaxRate]
    settings: ShopSettings = field(default_factory=ShopSettings)


async def grounds_for(
    reader: Reader, codes: Sequence[str] = (), coupon_ids: Sequence[UUID] = ()
) -> Grounds:
    """Return what an order is priced on that is not stored yet, in one statement.

    The terms are those of the coupons with these codes and ids, as far as there are any.
    """
    values = {"codes": [normal_code(code) for code in codes], "coupons": list(coupon_ids)}
    ((coupons, *rest),) = await reader.fetch(_GROUNDS, values)
    return grounds_from(coupons, *rest)


def priced_on() -> tuple[ColumnElement[Any], ...]:
    """Return columns for `grounds_from`, but for the coupons that come before them."""
    return rates_beside(), settings_beside()


def grounds_from(coupons: Any, rates: Any, settings: Any) -> Grounds:
    """Return the grounds in columns that `terms_beside` and `priced_on` made."""
    return Grounds(terms_from(coupons), rates_from(rates), ShopSettings.stored(settings))


_NAMED = terms_beside(
    CouponRow.id == any_(bindparam("coupons", type_=ARRAY(Uuid))),
    (CouponRow.code == any_(bindparam("codes", type_=ARRAY(Text))))
    & (CouponRow.status != "DELETED"),
)
_GROUNDS = Prepared(select(_NAMED, *priced_on()))
