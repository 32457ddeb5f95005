"""Taxing an order: where it is taxed, what of it, and by whose figures (TAX-1 to TAX-5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from ordergraph.commerce.merchants.rules import ShopSettings
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.taxes.asking import answer_to, is_asked
from ordergraph.commerce.taxes.provider import ProvidedTax, TaxItem, TaxRequest
from ordergraph.core.breakdowns import Breakdown, PricedTax, Share
from ordergraph.core.drafts import ChargeDraft, FlatTax, LineDraft, OrderDraft, TaxComponent
from ordergraph.core.jurisdictions import Jurisdiction, TaxType
from ordergraph.core.pricing import price
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.core.taxes import (
    DISABLED,
    EXEMPT,
    INCOMPLETE,
    LOCATION_REQUIRED,
    NOT_TAXABLE,
    TaxabilityReason,
    TaxFailureReason,
    TaxLocation,
    TaxMatch,
    TaxRate,
    TaxStatus,
    match_taxes,
)

Item = LineDraft | ChargeDraft
TOLERANCE_MINOR = 1
"""How far a stated tax may be from our own rounding of it (TAX-4)."""


def taxes_of(
    order: Order,
    draft: OrderDraft,
    rates: Sequence[TaxRate],
    settings: ShopSettings,
    now: datetime,
) -> TaxMatch:
    """Find the taxes of an order that is priced, and note on it where it is taxed (TAX-2).

    In this turn: taxes switched off, an exemption, components that the merchant supplied, a
    provider elsewhere, the merchant's own rates. Raises `TaxesWanted` where the provider is to be
    asked first, and `TAX_OVERRIDE_MISMATCH` for a stated amount that cannot be (TAX-4).
    """
    order.tax_location = place_of(order, settings)
    if not settings.tax_enabled:
        return DISABLED
    if order.is_tax_exempt:
        return EXEMPT
    items = _items(order, draft, settings)
    if order.external_taxes is not None:
        return _supplied(order, draft, items, trusted=settings.trust_external_tax_amounts)
    location = _location(order.tax_location)
    if is_asked():
        return _provided(order, draft, items, location)
    return match_taxes(rates, location, items, now)


def check_taxes(order: Order, settings: ShopSettings) -> None:
    """Refuse to pay an order whose taxes are not known (PAY-6, TAX-2, TAX-5)."""
    if order.tax_failure_reason is TaxFailureReason.COMPONENTS_OUTDATED:
        raise Problem(
            ErrorCode.TAX_COMPONENTS_OUTDATED,
            "The order has changed since its taxes were supplied: supply the components again with "
            "updateOrderTax, then pay. Nothing was charged.",
        )
    if order.tax_status is TaxStatus.INCOMPLETE:
        raise Problem(
            ErrorCode.TAX_CALCULATION_UNAVAILABLE,
            "The taxes of this order are not known at present; nothing was charged.",
        )
    if order.tax_status is TaxStatus.REQUIRES_LOCATION and settings.require_tax_location:
        raise Problem(
            ErrorCode.TAX_LOCATION_REQUIRED,
            "The taxes depend on where the order goes: give it an address, then pay.",
        )


def place_of(order: Order, settings: ShopSettings) -> dict[str, Any] | None:
    """Return where an order is taxed, as it is stored: by its shipping address, else its billing
    address, else where the merchant is, unless a setting says otherwise (TAX-2)."""
    for source, address in (
        ("SHIPPING", order.shipping_address),
        ("BILLING", order.billing_address),
    ):
        if address is not None:
            return _place(source, address)
    own = settings.merchant_address
    if own is None or not settings.tax_fallback_to_merchant_address:
        return None
    return _place("MERCHANT", own.as_stored())


def stored_taxes(draft: OrderDraft, breakdown: Breakdown) -> list[Any]:
    """Return the taxes of a priced draft as its order keeps them (TAX-6).

    `bases` and `shares` are pairs of an id and minor units, for each line and charge taxed.
    """
    bases = _bases(breakdown, (*draft.lines, *draft.charges))
    made: dict[UUID, TaxComponent | FlatTax] = {
        each.id: each for each in (*draft.taxes, *draft.flat_taxes)
    }
    return [_stored(tax, made[tax.id], bases) for tax in breakdown.taxes]


def stored_shares(shares: Sequence[Share]) -> list[Any]:
    """Return parts of an amount as an order keeps them."""
    return [[str(id), minor] for id, minor in shares]


def _place(source: str, address: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "source": source,
        "country": address["country"],
        "region": address.get("region"),
        "postalCode": address.get("postal_code"),
    }


def _location(place: Mapping[str, Any] | None) -> TaxLocation | None:
    if place is None:
        return None
    return TaxLocation(place["country"], place["region"], place["postalCode"])


def _items(order: Order, draft: OrderDraft, settings: ShopSettings) -> list[Item]:
    """Return what may be taxed: all but ad hoc lines where these are not (TAX-8)."""
    left_out: set[UUID] = set()
    if not settings.tax_on_ad_hoc_lines:
        left_out = {line.id for line in order.line_items if not line.is_of_catalog}
    items = (*draft.lines, *draft.charges)
    return [item for item in items if item.has_taxable and item.id not in left_out]


def _bases(breakdown: Breakdown, items: Sequence[Item]) -> dict[UUID, int]:
    """Return what of each item may be taxed, in minor units, in the order of the items."""
    amounts = {line.id: line.taxable for line in breakdown.lines}
    amounts |= {charge.id: charge.amount for charge in breakdown.charges}
    return {item.id: amounts[item.id] for item in items if item.has_taxable}


def _stored(
    tax: PricedTax, made: TaxComponent | FlatTax, bases: Mapping[UUID, int]
) -> dict[str, Any]:
    applies_to = made.applies_to if isinstance(made, TaxComponent) else frozenset[UUID]()
    covered = [id for id in bases if applies_to is None or id in applies_to]
    return {
        "id": str(tax.id),
        "name": tax.name,
        "type": made.type.value,
        "jurisdiction": None if made.jurisdiction is None else made.jurisdiction.as_stored(),
        "percent": None if tax.percent is None else str(tax.percent),
        "inclusive": tax.inclusive,
        "taxable": tax.taxable,
        "tax": tax.tax,
        "stated": made.stated if isinstance(made, TaxComponent) else None,
        "appliesTo": None if applies_to is None else sorted(str(id) for id in applies_to),
        "bases": [[str(id), bases[id]] for id in covered],
        "shares": stored_shares(tax.shares),
    }


def _provided(
    order: Order, draft: OrderDraft, items: Sequence[Item], location: TaxLocation | None
) -> TaxMatch:
    """Take the taxes from the answer in hand of a provider elsewhere (TAX-5)."""
    if not items:
        return NOT_TAXABLE
    if location is None:
        return LOCATION_REQUIRED
    bases = _bases(price(draft), items)
    asked = tuple(TaxItem(item.tax_category, bases[item.id]) for item in items)
    answer = answer_to(TaxRequest(order.currency, location, asked))
    if answer is None:
        return INCOMPLETE
    taxes = [_of_provider(order, at, each, items) for at, each in enumerate(answer)]
    reason = TaxabilityReason.STANDARD_RATED if taxes else TaxabilityReason.NO_JURISDICTION
    return _matched(taxes, reason)


def _of_provider(
    order: Order, at: int, tax: ProvidedTax, items: Sequence[Item]
) -> TaxComponent | FlatTax:
    id = uuid5(order.id, f"tax {at}")
    if tax.percent is None:
        return FlatTax(id, tax.name, tax.amount or 0, tax.type, tax.jurisdiction)
    covered = [item.id for number, item in enumerate(items) if _covers(tax.items, number)]
    return TaxComponent(
        id,
        tax.name,
        tax.percent,
        tax.inclusive,
        frozenset(covered),
        tax.type,
        tax.jurisdiction,
        tax.amount,
    )


def _covers(numbers: frozenset[int] | None, number: int) -> bool:
    return numbers is None or number in numbers


def _matched(
    taxes: Sequence[TaxComponent | FlatTax], reason: TaxabilityReason, *, complete: bool = True
) -> TaxMatch:
    return TaxMatch(
        TaxStatus.CALCULATED if complete else TaxStatus.INCOMPLETE,
        reason if complete else None,
        tuple(tax for tax in taxes if isinstance(tax, TaxComponent)),
        tuple(tax for tax in taxes if isinstance(tax, FlatTax)),
    )


def _supplied(order: Order, draft: OrderDraft, items: Sequence[Item], *, trusted: bool) -> TaxMatch:
    """Take the taxes from the components that the merchant supplied (TAX-4).

    An amount that was stated counts while what it was stated for is as it was; afterwards the
    percentage does. One that was far from the percentage, or an item that nobody spoke of, makes
    the taxes incomplete until they are supplied again.
    """
    assert order.external_taxes is not None
    supplied = order.external_taxes
    plain = [_of_merchant(each, items) for each in supplied["components"]]
    components = tuple(tax for tax in plain if isinstance(tax, TaxComponent))
    breakdown = price(replace(draft, taxes=components))
    bases = _bases(breakdown, items)
    computed = {tax.id: tax.tax for tax in breakdown.taxes}
    known = supplied.get("known")
    complete = known is None or {str(item.id) for item in items} <= set(known)
    entries: list[Any] = []
    taxes: list[TaxComponent | FlatTax] = []
    for at, (entry, tax) in enumerate(zip(supplied["components"], plain, strict=True)):
        if isinstance(tax, TaxComponent) and entry["stated"] is not None:
            given = [[str(id), base] for id, base in bases.items() if id in (tax.applies_to or ())]
            if "given" not in entry:
                verbatim = abs(entry["stated"] - computed[tax.id]) > TOLERANCE_MINOR
                if verbatim and not trusted:
                    raise _mismatch(tax, computed[tax.id]).under("components", at, "tax")
                entry = {**entry, "given": given, "verbatim": verbatim}
            if entry["given"] == given:
                tax = replace(tax, stated=entry["stated"])
            elif entry["verbatim"]:
                complete = False
        entries.append(entry)
        taxes.append(tax)
    order.external_taxes = {
        "components": entries,
        "known": [str(item.id) for item in items] if known is None else known,
    }
    taxed = bool(items or any(isinstance(tax, FlatTax) for tax in taxes)) and bool(taxes)
    reason = TaxabilityReason.STANDARD_RATED if taxed else TaxabilityReason.NOT_TAXABLE
    return _matched(taxes, reason, complete=complete)


def _of_merchant(entry: Mapping[str, Any], items: Sequence[Item]) -> TaxComponent | FlatTax:
    id, name = UUID(entry["id"]), entry["name"]
    kind, place = TaxType(entry["type"]), Jurisdiction.stored(entry["jurisdiction"])
    if entry["percent"] is None:
        return FlatTax(id, name, entry["flat"], kind, place)
    named = entry["appliesTo"]
    covered = {item.id for item in items if named is None or str(item.id) in named}
    return TaxComponent(
        id, name, Decimal(entry["percent"]), entry["inclusive"], frozenset(covered), kind, place
    )


def _mismatch(tax: TaxComponent, computed: int) -> Problem:
    return Problem(
        ErrorCode.TAX_OVERRIDE_MISMATCH,
        f"{tax.name} comes to {computed} minor units here, and one more or less is accepted.",
    )
