"""Which tax rates apply to what, at a place (TAX-1 to TAX-3); `taxing` computes the amounts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from ordergraph.core.drafts import ChargeDraft, FlatTax, LineDraft, TaxCategory, TaxComponent
from ordergraph.core.jurisdictions import Jurisdiction, TaxType, jurisdiction_at


class TaxStatus(StrEnum):
    """How far the taxes of an order are settled (domain 11)."""

    NOT_REQUIRED = "NOT_REQUIRED"
    REQUIRES_LOCATION = "REQUIRES_LOCATION"
    CALCULATED = "CALCULATED"
    EXEMPT = "EXEMPT"
    INCOMPLETE = "INCOMPLETE"


class TaxMode(StrEnum):
    """Who says what the taxes of an order are: the server, or its merchant (TAX-4)."""

    AUTOMATIC = "AUTOMATIC"
    EXTERNAL = "EXTERNAL"


class TaxFailureReason(StrEnum):
    """Why the taxes of an order are incomplete."""

    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    COMPONENTS_OUTDATED = "COMPONENTS_OUTDATED"


class TaxLocationSource(StrEnum):
    """Whose address an order is taxed by (TAX-2)."""

    SHIPPING = "SHIPPING"
    BILLING = "BILLING"
    MERCHANT = "MERCHANT"


class TaxabilityReason(StrEnum):
    """Why an order is taxed as it is (domain 11)."""

    STANDARD_RATED = "STANDARD_RATED"
    NOT_TAXABLE = "NOT_TAXABLE"
    CUSTOMER_EXEMPT = "CUSTOMER_EXEMPT"
    TAX_DISABLED = "TAX_DISABLED"
    NO_JURISDICTION = "NO_JURISDICTION"
    LOCATION_REQUIRED = "LOCATION_REQUIRED"


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A rate that a merchant maintains; what is None or empty places no condition.

    It is active from `active_from` on until just before `active_to`.
    """

    id: UUID
    name: str
    percent: Decimal
    inclusive: bool
    created_at: datetime
    country: str | None = None
    region: str | None = None
    postal_prefix: str | None = None
    tax_categories: Sequence[TaxCategory] = ()
    type: TaxType = TaxType.SALES_TAX
    active_from: datetime | None = None
    active_to: datetime | None = None

    @property
    def tax_category(self) -> TaxCategory | None:
        """The category it is for, where it is for exactly one."""
        return self.tax_categories[0] if len(self.tax_categories) == 1 else None

    @property
    def jurisdiction(self) -> Jurisdiction | None:
        """Who levies it; None for a rate without a place."""
        return jurisdiction_at(self.country, self.region, self.postal_prefix)

    def is_active(self, now: datetime) -> bool:
        """Tell whether it holds at this moment (TAX-1)."""
        started = self.active_from is None or self.active_from <= now
        return started and (self.active_to is None or now < self.active_to)


@dataclass(frozen=True, slots=True)
class TaxLocation:
    """Where an order is taxed: shipping, billing, location or merchant address (TAX-2)."""

    country: str
    region: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True, slots=True)
class TaxMatch:
    """The components for a draft, and what is to be said about them."""

    status: TaxStatus
    reason: TaxabilityReason | None
    components: tuple[TaxComponent, ...] = ()
    flat_taxes: tuple[FlatTax, ...] = ()


DISABLED = TaxMatch(TaxStatus.NOT_REQUIRED, TaxabilityReason.TAX_DISABLED)
EXEMPT = TaxMatch(TaxStatus.EXEMPT, TaxabilityReason.CUSTOMER_EXEMPT)
NOT_TAXABLE = TaxMatch(TaxStatus.NOT_REQUIRED, TaxabilityReason.NOT_TAXABLE)
NO_RATES = TaxMatch(TaxStatus.NOT_REQUIRED, TaxabilityReason.NO_JURISDICTION)
LOCATION_REQUIRED = TaxMatch(TaxStatus.REQUIRES_LOCATION, TaxabilityReason.LOCATION_REQUIRED)
INCOMPLETE = TaxMatch(TaxStatus.INCOMPLETE, None)


def match_taxes(
    rates: Sequence[TaxRate],
    location: TaxLocation | None,
    items: Sequence[LineDraft | ChargeDraft],
    now: datetime,
) -> TaxMatch:
    """Find the rates for each taxable line and charge (TAX-1).

    Places have three levels: country, region, postal code. On each the most specific place wins,
    a rate without a place being the least specific country; then the rate for named categories
    over the one for all; then the newest. The levels add up. Only rates active at `now` count.
    Where no location is known rates without a place still apply, and the status tells whether
    another rate might (TAX-2).
    """
    taxable = [item for item in items if item.has_taxable]
    if not taxable:
        return NOT_TAXABLE
    active = [rate for rate in rates if rate.is_active(now)]
    if not active:
        return NO_RATES
    here = [rate for rate in active if _covers(rate, location)]
    winners = {
        category: _winners(here, category) for category in {item.tax_category for item in taxable}
    }
    covered: dict[UUID, set[UUID]] = {}
    for item in taxable:
        for rate in winners[item.tax_category]:
            covered.setdefault(rate.id, set()).add(item.id)
    components = tuple(
        _component(rate, frozenset(covered[rate.id]))
        for rate in sorted(here, key=_component_order)
        if rate.id in covered
    )
    undecided = location is None and any(
        _has_place(rate) and any(_suits(rate, category) for category in winners) for rate in active
    )
    if undecided:
        status, reason = TaxStatus.REQUIRES_LOCATION, TaxabilityReason.LOCATION_REQUIRED
    else:
        status = TaxStatus.CALCULATED
        reason = TaxabilityReason.STANDARD_RATED if components else TaxabilityReason.NO_JURISDICTION
    return TaxMatch(status, reason, components)


def _component(rate: TaxRate, covered: frozenset[UUID]) -> TaxComponent:
    return TaxComponent(
        rate.id,
        rate.name,
        rate.percent,
        rate.inclusive,
        covered,
        rate.type,
        rate.jurisdiction,
    )


def modes_collide(rate: TaxRate, other: TaxRate) -> bool:
    """Tell whether two rates could tax one item, one inside its price and one on top (PRC-40).

    Rates of one level never meet: the better match displaces the other. Nor do rates of different
    times.
    """
    prefix, other_prefix = _plain(rate.postal_prefix) or "", _plain(other.postal_prefix) or ""
    return (
        rate.inclusive is not other.inclusive
        and _level(rate) != _level(other)
        and _share_a_category(rate.tax_categories, other.tax_categories)
        and _starts_before_the_end(rate, other)
        and _starts_before_the_end(other, rate)
        and _agree(_plain(rate.country), _plain(other.country))
        and _agree(_plain(rate.region), _plain(other.region))
        and (prefix.startswith(other_prefix) or other_prefix.startswith(prefix))
    )


def _agree(condition: str | None, other: str | None) -> bool:
    return condition is None or other is None or condition == other


def _share_a_category(some: Collection[TaxCategory], others: Collection[TaxCategory]) -> bool:
    return not some or not others or not set(some).isdisjoint(others)


def _starts_before_the_end(rate: TaxRate, other: TaxRate) -> bool:
    start, end = rate.active_from, other.active_to
    return start is None or end is None or start < end


def _winners(rates: Sequence[TaxRate], category: TaxCategory) -> list[TaxRate]:
    best: dict[int, TaxRate] = {}
    for rate in rates:
        if _suits(rate, category):
            level = _level(rate)
            if level not in best or _precedence(rate) > _precedence(best[level]):
                best[level] = rate
    return list(best.values())


def _suits(rate: TaxRate, category: TaxCategory) -> bool:
    return not rate.tax_categories or category in rate.tax_categories


def _level(rate: TaxRate) -> int:
    if rate.postal_prefix is not None:
        return 2
    return 0 if rate.region is None else 1


def _has_place(rate: TaxRate) -> bool:
    return not (rate.country is None and rate.region is None and rate.postal_prefix is None)


def _precedence(rate: TaxRate) -> tuple[int, bool, bool, bool, datetime, int]:
    return (
        len(_plain(rate.postal_prefix) or ""),
        rate.region is not None,
        rate.country is not None,
        bool(rate.tax_categories),
        rate.created_at,
        rate.id.int,
    )


def _component_order(rate: TaxRate) -> tuple[int, datetime, int]:
    return _level(rate), rate.created_at, rate.id.int


def _covers(rate: TaxRate, location: TaxLocation | None) -> bool:
    if location is None:
        return not _has_place(rate)
    return (
        (rate.country is None or _plain(rate.country) == _plain(location.country))
        and (rate.region is None or _plain(rate.region) == _plain(location.region))
        and (_plain(location.postal_code) or "").startswith(_plain(rate.postal_prefix) or "")
    )


def _plain(text: str | None) -> str | None:
    """Write a place's code as it is compared: without spaces and hyphens, in upper case."""
    return None if text is None else text.replace(" ", "").replace("-", "").upper()
