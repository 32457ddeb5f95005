"""Assessing charges: fees put on open orders, changed and taken off (CHG)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ordergraph.commerce.orders.composing import LONGEST_DESCRIPTION
from ordergraph.commerce.orders.editing import edited
from ordergraph.commerce.orders.itemizing import Charge
from ordergraph.commerce.orders.lifecycle import ChargeType, OrderAction
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Told
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.orders.valuing import Scale, Value, place_of, valued
from ordergraph.core.drafts import ChargeBasis, TaxCategory
from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.core.texts import LONGEST_NAME, check_text, merge_metadata
from ordergraph.runtime.actor import Actor

MOST_CHARGES = 20

_DEFAULT_BASIS = ChargeBasis.SUBTOTAL_POST_DISCOUNT
_SCALE = Scale()


@dataclass(frozen=True, slots=True)
class NewCharge:
    """A fee of an amount or of a percentage of the goods; the percentage comes as it was sent.

    A basis belongs to a percentage, which is of the goods after discounts without one (CHG-1).
    """

    type: ChargeType
    name: str
    amount: Money | None = None
    percent: str | Decimal | None = None
    basis: ChargeBasis | None = None
    description: str | None = None
    taxable: bool = False
    tax_category: TaxCategory = TaxCategory.GENERAL
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ChargeChange:
    """What changes on a charge: what is omitted stays, None clears what may be empty (UPD-1).

    An amount takes the place of a percentage and the other way round.
    """

    type: ChargeType | Omitted | None = OMITTED
    name: str | Omitted | None = OMITTED
    amount: Money | Omitted | None = OMITTED
    percent: str | Decimal | Omitted | None = OMITTED
    basis: ChargeBasis | Omitted | None = OMITTED
    description: str | Omitted | None = OMITTED
    taxable: bool | Omitted | None = OMITTED
    tax_category: TaxCategory | Omitted | None = OMITTED
    metadata: dict[str, Any] | Omitted | None = OMITTED


async def add_charge(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    wanted: NewCharge,
    expected_version: int | None = None,
) -> Order:
    """Put a fee on an open order (CHG-1, PRC-60); beyond 20 of them: `TOO_MANY_ITEMS`."""
    async with edited(orders, actor, order_id, OrderAction.EDIT_CHARGES, expected_version) as edit:
        findings = Findings()
        (charge,) = add_charges(edit.order, [wanted], edit.tx.now, findings)
        findings.settle()
        edit.priced_at = place_of(_value(charge))
        edit.told = [Told("charge_added", charge.name, _id(charge))]
    return edit.order


async def update_charge(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    charge_id: UUID,
    change: ChargeChange,
    expected_version: int | None = None,
) -> Order:
    """Change a fee of an open order; nothing to change is `NO_FIELDS_TO_UPDATE`.

    What is that way already makes a success without a new version (UPD-3).
    """
    if change == ChargeChange():
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "Name at least one field to change.")
    async with edited(orders, actor, order_id, OrderAction.EDIT_CHARGES, expected_version) as edit:
        charge, findings = _charge(edit.order, charge_id), Findings()
        was = replace(charge)
        _change(charge, change, findings)
        findings.settle()
        edit.priced_at = place_of(_value(charge))
        if charge != was:
            edit.told = [Told("charge_updated", charge.name, _id(charge))]
    return edit.order


async def remove_charge(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    charge_id: UUID,
    expected_version: int | None = None,
) -> Order:
    """Take a fee off an open order; it is gone, and the order's history keeps it."""
    async with edited(orders, actor, order_id, OrderAction.EDIT_CHARGES, expected_version) as edit:
        charge = _charge(edit.order, charge_id)
        edit.order.charges.remove(charge)
        edit.told = [Told("charge_removed", charge.name, _id(charge))]
    return edit.order


def add_charges(
    order: Order,
    wanted: Sequence[NewCharge],
    now: datetime,
    findings: Findings,
    *path: str,
) -> list[Charge]:
    """Put fees on an order, not priced yet, and return them.

    What is wrong with one is noted below `path`, with its index where there may be several.
    """
    added: list[Charge] = []
    for index, each in enumerate(wanted):
        here = (*path, str(index)) if path else ()
        added.append(_new_charge(order, each, now, findings, *here))
    order.charges.extend(added)
    if len(order.charges) > MOST_CHARGES:
        findings.add(
            ErrorCode.TOO_MANY_ITEMS, f"An order has at most {MOST_CHARGES} charges.", *path
        )
    return added


def _new_charge(
    order: Order, wanted: NewCharge, now: datetime, findings: Findings, *path: str
) -> Charge:
    value = valued(findings, wanted.amount, wanted.percent, order.currency, _SCALE, *path)
    name = check_text(findings, wanted.name, LONGEST_NAME, *path, "name", least=1)
    description = check_text(
        findings, wanted.description, LONGEST_DESCRIPTION, *path, "description"
    )
    _check_basis(findings, value, wanted.basis, *path)
    return Charge(
        id=new_id(),
        order_id=order.id,
        type=wanted.type,
        name=name or "",
        description=description or None,
        currency=order.currency,
        percent=value.percent,
        basis=wanted.basis or _DEFAULT_BASIS,
        fixed_minor=value.fixed_minor,
        taxable=wanted.taxable,
        tax_category=wanted.tax_category,
        metadata=merge_metadata(findings, {}, wanted.metadata, *path, "metadata"),
        created_at=now,
    )


def _change(charge: Charge, change: ChargeChange, findings: Findings) -> None:
    value = valued(
        findings, change.amount, change.percent, charge.currency, _SCALE, present=_value(charge)
    )
    charge.fixed_minor, charge.percent = value.fixed_minor, value.percent
    if change.basis is not OMITTED:
        _check_basis(findings, value, change.basis)
        charge.basis = change.basis or _DEFAULT_BASIS
    elif value.percent is None:
        charge.basis = _DEFAULT_BASIS
    if change.name is not OMITTED:
        name = check_text(findings, change.name or "", LONGEST_NAME, "name", least=1)
        charge.name = name or charge.name
    if change.description is not OMITTED:
        description = check_text(findings, change.description, LONGEST_DESCRIPTION, "description")
        charge.description = description or None
    if change.type is not OMITTED:
        charge.type = _kept(findings, change.type, "type") or charge.type
    if change.taxable is not OMITTED:
        charge.taxable = bool(_kept(findings, change.taxable, "taxable"))
    if change.tax_category is not OMITTED:
        category = _kept(findings, change.tax_category, "taxCategory")
        charge.tax_category = category or charge.tax_category
    if change.metadata is not OMITTED:
        charge.metadata = merge_metadata(findings, charge.metadata, change.metadata, "metadata")


def _kept(findings: Findings, value: Any, field: str) -> Any:
    """Return a value that a charge always has; clearing it is noted."""
    if value is None:
        findings.add(ErrorCode.FIELD_REQUIRED, f"{field} cannot be cleared.", field)
    return value


def _check_basis(findings: Findings, value: Value, basis: ChargeBasis | None, *path: str) -> None:
    if basis is not None and value.fixed_minor is not None:
        findings.add(ErrorCode.CONFLICTING_FIELDS, "Only a percentage has a basis.", *path, "basis")


def _value(charge: Charge) -> Value:
    return Value(charge.fixed_minor, charge.percent)


def _charge(order: Order, id: UUID) -> Charge:
    for charge in order.charges:
        if charge.id == id:
            return charge
    raise not_found("charge", "chargeId")


def _id(charge: Charge) -> str:
    return encode(Prefix.CHARGE, charge.id)
