"""Changing who an order is for, where it goes, and what is noted on it: sparse updates (UPD-1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ordergraph.commerce.orders.editing import check_version
from ordergraph.commerce.orders.events import OrderEventType
from ordergraph.commerce.orders.lifecycle import OrderAction
from ordergraph.commerce.orders.locking import load_to_price
from ordergraph.commerce.orders.placing import LONGEST_NOTE, assign_customer, renew_secret
from ordergraph.commerce.orders.quoting import buyer_of
from ordergraph.commerce.orders.reserving import reprice_for_buyer
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Before, Told, save_order
from ordergraph.commerce.orders.service import Orders
from ordergraph.core.addresses import Address
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.core.texts import (
    LONGEST_NAME,
    check_email,
    check_phone,
    check_text,
    merge_metadata,
)
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.transaction import Transaction

DETAILS = frozenset({"customerId", "buyerEmail", "buyerPhone", "shippingAddress", "billingAddress"})
"""Fields that may change the price: only while the order is open."""

NOTES = frozenset({"buyerNote", "internalNote", "metadata", "externalReferenceId"})
"""Fields that stay editable until the order is refunded in full (META-6)."""


async def update_order(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
    findings: Findings | None = None,
) -> Order:
    """Change the named fields and nothing else; None clears a field, metadata merges (META-2).

    `changes` maps names of `DETAILS` and `NOTES` to values (UPD-1). Values that are there already
    make a success without a new version (UPD-3). A newly linked customer rotates the order's
    secret. After payment a buyer only reads.
    """
    noted = Findings() if findings is None else findings
    if not changes:
        noted.settle()
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "Name at least one field to change.")
    async with orders.database.transaction(actor) as tx:
        order, grounds = await load_to_price(tx, order_id, "orderId")
        check_version(order, expected_version)
        priced = not DETAILS.isdisjoint(changes)
        if priced or actor.is_buyer:
            order.take(OrderAction.EDIT_DETAILS)
        if not NOTES.isdisjoint(changes):
            order.take(OrderAction.EDIT_NOTES)
        before, was, buyer = Before.of(order), _details(order), buyer_of(order)
        await _change(orders, tx, order, changes, noted)
        if _details(order) != was:
            if priced:
                await reprice_for_buyer(tx, order, grounds, buyer)
            told = Told("order_updated", "The order's details were changed.")
            save_order(tx, order, before, OrderEventType.UPDATED, told)
        tx.remember("order", Prefix.ORDER, order.id)
    return order


async def _change(
    orders: Orders,
    tx: Transaction,
    order: Order,
    changes: Mapping[str, Any],
    findings: Findings,
) -> None:
    if "buyerEmail" in changes:
        order.buyer_email = check_email(findings, changes["buyerEmail"] or None, "buyerEmail")
    if "buyerPhone" in changes:
        order.buyer_phone = check_phone(findings, changes["buyerPhone"] or None, "buyerPhone")
    for name, attribute in (("buyerNote", "buyer_note"), ("internalNote", "internal_note")):
        if name in changes:
            text = check_text(findings, changes[name], LONGEST_NOTE, name)
            setattr(order, attribute, text or None)
    if "externalReferenceId" in changes:
        reference = changes["externalReferenceId"]
        order.external_reference_id = (
            check_text(findings, reference, LONGEST_NAME, "externalReferenceId") or None
        )
    if "metadata" in changes:
        order.metadata = merge_metadata(findings, order.metadata, changes["metadata"], "metadata")
    if "shippingAddress" in changes:
        order.shipping_address = _checked(findings, changes["shippingAddress"], "shippingAddress")
    if "billingAddress" in changes:
        order.billing_address = _checked(findings, changes["billingAddress"], "billingAddress")
    if "customerId" in changes and changes["customerId"] != order.customer_id:
        await assign_customer(tx, order, changes["customerId"], findings)
        if order.customer_id is not None:
            order.secret_generation += 1
            renew_secret(orders, order)
    findings.settle()


def _checked(findings: Findings, address: Address | None, field: str) -> dict[str, Any] | None:
    if address is None:
        return None
    address.check(findings, field)
    return address.as_stored()


def _details(order: Order) -> tuple[Any, ...]:
    return (
        order.customer_id,
        order.buyer_email,
        order.buyer_phone,
        order.buyer_note,
        order.internal_note,
        order.shipping_address,
        order.billing_address,
        dict(order.metadata),
        order.external_reference_id,
    )
