"""Overriding how an order is taxed: exempting it, or supplying the components (TAX-3, TAX-4)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from ordergraph.commerce.orders.editing import edited
from ordergraph.commerce.orders.lifecycle import OrderAction
from ordergraph.commerce.orders.picking import check_currency
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Told
from ordergraph.commerce.orders.service import Orders
from ordergraph.core.addresses import check_country
from ordergraph.core.currencies import check_money
from ordergraph.core.ids import new_id
from ordergraph.core.jurisdictions import Jurisdiction, TaxType
from ordergraph.core.money import Money
from ordergraph.core.percents import MOST_PERCENT, parse_percent
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.core.texts import LONGEST_NAME, check_text
from ordergraph.runtime.actor import Actor

MOST_COMPONENTS = 50
_LEAST_PERCENT = Decimal(0)


@dataclass(frozen=True, slots=True)
class SuppliedTax:
    """A tax as a merchant supplies it: a percentage of lines and charges, or a flat amount.

    Without ids it is on all of them. `tax` is what it comes to, where the merchant says so.
    """

    name: str
    percent: str | None = None
    flat_amount: Money | None = None
    inclusive: bool = False
    type: TaxType = TaxType.SALES_TAX
    jurisdiction: Jurisdiction | None = None
    line_item_ids: tuple[UUID, ...] | None = None
    charge_ids: tuple[UUID, ...] | None = None
    tax: Money | None = None


async def update_order_tax(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    *,
    exempt: bool | Omitted | None = OMITTED,
    components: Sequence[SuppliedTax] | Omitted | None = OMITTED,
    expected_version: int | None = None,
) -> Order:
    """Say that an open order is exempt or not, or which taxes it bears; None undoes either.

    A stated amount is within one minor unit of our own rounding, or `TAX_OVERRIDE_MISMATCH`,
    unless the shop trusts what it is told (TAX-4). Flat amounts stand on no line (PRC-33).
    """
    if exempt is OMITTED and components is OMITTED:
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "Name at least one field to change.")
    async with edited(orders, actor, order_id, OrderAction.EDIT_DETAILS, expected_version) as edit:
        order = edit.order
        before = order.tax_exempt_override, order.external_taxes
        if exempt is not OMITTED:
            order.tax_exempt_override = exempt
        if components is None:
            order.external_taxes = None
        elif components is not OMITTED:
            order.external_taxes = {"components": _checked(order, components)}
        if (order.tax_exempt_override, order.external_taxes) != before:
            edit.told = [Told("order_updated", "How the order is taxed was changed.")]
    return order


def _checked(order: Order, wanted: Sequence[SuppliedTax]) -> list[dict[str, Any]]:
    findings = Findings()
    if len(wanted) > MOST_COMPONENTS:
        findings.add(
            ErrorCode.TOO_MANY_ITEMS,
            f"An order takes at most {MOST_COMPONENTS} taxes.",
            "components",
        )
        findings.settle()
    entries = [_entry(order, tax, findings, "components", str(at)) for at, tax in enumerate(wanted)]
    findings.settle()
    return entries


def _entry(order: Order, tax: SuppliedTax, findings: Findings, *here: str) -> dict[str, Any]:
    """Return a component as the order keeps it, to be priced for the first time."""
    if (tax.percent is None) == (tax.flat_amount is None):
        code = ErrorCode.CONFLICTING_FIELDS if tax.percent else ErrorCode.FIELD_REQUIRED
        findings.add(code, "A tax is either a percent or a flatAmount.", *here, "percent")
    percent = None
    if tax.percent is not None:
        with findings.noting():
            percent = parse_percent(tax.percent, _LEAST_PERCENT, MOST_PERCENT, (*here, "percent"))
    elif tax.inclusive or tax.tax is not None or _names_items(tax):
        findings.add(
            ErrorCode.CONFLICTING_FIELDS,
            "A flat tax is on top of the order, and on none of its lines.",
            *here,
            "flatAmount",
        )
    lines = {line.id for line in order.line_items}
    charges = {charge.id for charge in order.charges}
    _check_ids(findings, tax.line_item_ids, lines, "line item", *here, "lineItemIds")
    _check_ids(findings, tax.charge_ids, charges, "charge", *here, "chargeIds")
    return {
        "id": str(new_id()),
        "name": check_text(findings, tax.name, LONGEST_NAME, *here, "name", least=1),
        "type": tax.type.value,
        "jurisdiction": _jurisdiction(tax.jurisdiction, findings, *here, "jurisdiction"),
        "percent": None if percent is None else str(percent),
        "flat": _minor(order, tax.flat_amount, findings, *here, "flatAmount"),
        "inclusive": tax.inclusive,
        "appliesTo": _applies_to(tax),
        "stated": _minor(order, tax.tax, findings, *here, "tax"),
    }


def _names_items(tax: SuppliedTax) -> bool:
    return tax.line_item_ids is not None or tax.charge_ids is not None


def _applies_to(tax: SuppliedTax) -> list[str] | None:
    if not _names_items(tax):
        return None
    return [str(id) for id in (*(tax.line_item_ids or ()), *(tax.charge_ids or ()))]


def _check_ids(
    findings: Findings, ids: Sequence[UUID] | None, known: Collection[UUID], what: str, *here: str
) -> None:
    for at, id in enumerate(ids or ()):
        if id not in known:
            findings.note(not_found(what, *here, at))


def _jurisdiction(
    place: Jurisdiction | None, findings: Findings, *here: str
) -> dict[str, Any] | None:
    if place is None:
        return None
    check_text(findings, place.code, LONGEST_NAME, *here, "code", least=1)
    check_text(findings, place.name, LONGEST_NAME, *here, "name")
    check_text(findings, place.region, LONGEST_NAME, *here, "region")
    if place.country is not None:
        check_country(findings, place.country, *here, "country")
    return place.as_stored()


def _minor(order: Order, amount: Money | None, findings: Findings, *here: str) -> int | None:
    if amount is None:
        return None
    if check_money(findings, amount, *here) is not None:
        check_currency(findings, amount, order.currency, *here)
    return amount.minor
