"""Placing orders: making one, numbering it, and handing its secret to the buyer."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from ordergraph.commerce.customers.reads import customers_by_ids
from ordergraph.commerce.orders.assessing import NewCharge, add_charges
from ordergraph.commerce.orders.composing import add_lines
from ordergraph.commerce.orders.editing import check_version
from ordergraph.commerce.orders.events import OrderEventType
from ordergraph.commerce.orders.grounding import grounds_for
from ordergraph.commerce.orders.lifecycle import (
    FulfillmentStatus,
    OrderAction,
    OrderPaymentStatus,
    OrderRefundStatus,
    OrderSource,
    OrderStatus,
)
from ordergraph.commerce.orders.locking import load_order
from ordergraph.commerce.orders.picking import Shelf, WantedLine, currency_of, sellables
from ordergraph.commerce.orders.quoting import reprice
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import NOTHING, Before, Told, save_order
from ordergraph.commerce.orders.service import Orders
from ordergraph.core.addresses import Address
from ordergraph.core.drafts import TaxRounding
from ordergraph.core.ids import Prefix, new_id
from ordergraph.core.problems import ErrorCode, Findings, not_found
from ordergraph.core.taxes import TaxStatus
from ordergraph.core.texts import (
    LONGEST_NAME,
    check_email,
    check_phone,
    check_text,
    merge_metadata,
)
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.transaction import Reader, Transaction

LONGEST_NOTE = 2_000
_SECRET_PREFIX = "og_order_"  # how a secret begins, not one
_FIRST = 1


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What an order is made with."""

    line_items: tuple[WantedLine, ...] = ()
    charges: tuple[NewCharge, ...] = ()
    currency: str | None = None
    source: OrderSource = OrderSource.API
    customer_id: UUID | None = None
    buyer_email: str | None = None
    buyer_phone: str | None = None
    buyer_note: str | None = None
    internal_note: str | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    external_reference_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Created:
    """An order, the secret that opens it to its buyer, and what of the catalog it was made from."""

    order: Order
    client_secret: str
    shelf: Shelf = field(default_factory=Shelf)


async def create_order(
    orders: Orders, actor: Actor, wanted: NewOrder, findings: Findings | None = None
) -> Created:
    """Make an order from catalog and ad hoc lines, priced and saved in one transaction.

    A merchant's order is placed and numbered at once; a buyer's is a cart until its first payment
    (ORD-28). Without lines it needs a currency (ORD-5). All problems of the input are raised
    together with what the caller has found already (ERR-1).
    """
    await orders.numbers.prepare(actor.environment_id)
    async with orders.database.transaction(actor) as tx:
        shelf = await sellables(tx, wanted.line_items)
        noted = Findings() if findings is None else findings
        order = compose(tx, wanted, shelf, noted)
        await assign_customer(tx, order, wanted.customer_id, noted)
        noted.settle()
        client_secret = renew_secret(orders, order)
        if not actor.is_buyer:
            place(orders, tx, order)
        await reprice(tx, order, await grounds_for(tx))
        save_order(
            tx, order, NOTHING, OrderEventType.CREATED, Told("created", "The order was made.")
        )
        tx.remember("order", Prefix.ORDER, order.id)
    return Created(order, client_secret, shelf)


async def rotate_secret(
    orders: Orders, actor: Actor, order_id: UUID, expected_version: int | None = None
) -> Created:
    """Replace an order's secret; the old one opens nothing from now on.

    It changes nothing of the sale, so it can be done in every status.
    """
    async with orders.database.transaction(actor) as tx:
        order = await load_order(tx, order_id, "orderId")
        check_version(order, expected_version)
        if order.provisional:
            order.take(OrderAction.EDIT_NOTES)
        before = Before.of(order)
        order.secret_generation += 1
        client_secret = renew_secret(orders, order)
        told = Told("order_updated", "The order's secret was replaced.")
        save_order(tx, order, before, OrderEventType.UPDATED, told)
        tx.remember("order", Prefix.ORDER, order.id)
    return Created(order, client_secret)


def place(orders: Orders, tx: Transaction, order: Order) -> None:
    """Turn a cart into a placed order: from now on it has a number and shows in lists (ORD-28)."""
    if order.placed_at is None:
        order.placed_at = tx.now
        order.number = orders.numbers.take(tx.environment_id)


def client_secret_of(orders: Orders, order: Order) -> str:
    """Return an order's present secret: 256 bits, derived, so that a replay answers the same."""
    message = b"order:%s:%d" % (order.id.bytes, order.secret_generation)
    derived = hmac.digest(orders.secret, message, hashlib.sha256)
    return _SECRET_PREFIX + base64.urlsafe_b64encode(derived).decode().rstrip("=")


async def order_with_first_secret(orders: Orders, actor: Actor, order_id: UUID) -> Order | None:
    """Return an order to whoever made it, unless its secret was replaced since (IDM-9).

    A browser does not hold the secret of the order yet: the caller has shown with an idempotency
    key that it made this very order.
    """
    maker = replace(actor, order_id=order_id)
    order = (await orders_by_ids(orders.database.viewer(maker), [order_id])).get(order_id)
    return None if order is None or order.secret_generation != _FIRST else order


def renew_secret(orders: Orders, order: Order) -> str:
    """Set the order's secret of its present generation; only its hash is kept."""
    client_secret = client_secret_of(orders, order)
    order.secret_hash = secret_digest(client_secret)
    return client_secret


def secret_digest(client_secret: str) -> bytes:
    """Return the form in which an order's secret is kept and compared."""
    return hashlib.sha256(client_secret.encode()).digest()


async def assign_customer(
    reader: Reader, order: Order, customer_id: UUID | None, findings: Findings
) -> None:
    """Link an order to a customer, whose exemption from tax it takes over (CUS-3)."""
    order.customer_id = customer_id
    order.tax_exempt = False
    if customer_id is None:
        return
    customer = (await customers_by_ids(reader, [customer_id])).get(customer_id)
    if customer is None:
        findings.note(not_found("customer", "customerId"))
        return
    order.tax_exempt = customer.tax_exempt


def compose(reader: Reader, wanted: NewOrder, shelf: Shelf, findings: Findings) -> Order:
    """Return an order that is stored nowhere, of nobody and not priced; what is wrong is noted."""
    currency = currency_of(wanted.line_items, shelf, wanted.currency)
    if currency is None and not wanted.line_items:
        findings.add(
            ErrorCode.ORDER_EMPTY, "An order needs at least one line, or a currency.", "lineItems"
        )
    order = _blank(reader, wanted, currency or "USD", findings)
    for address, path in (
        (wanted.shipping_address, "shippingAddress"),
        (wanted.billing_address, "billingAddress"),
    ):
        if address is not None:
            address.check(findings, path)
    add_lines(order, wanted.line_items, shelf, findings, "lineItems")
    add_charges(order, wanted.charges, reader.now, findings, "charges")
    return order


def _blank(reader: Reader, wanted: NewOrder, currency: str, findings: Findings) -> Order:
    return Order(
        id=new_id(),
        number=None,
        status=OrderStatus.OPEN,
        payment_status=OrderPaymentStatus.UNPAID,
        refund_status=OrderRefundStatus.NONE,
        fulfillment_status=FulfillmentStatus.NOT_APPLICABLE,
        source=wanted.source,
        currency=currency,
        version=0,
        customer_id=None,
        buyer_email=check_email(findings, wanted.buyer_email, "buyerEmail"),
        buyer_phone=check_phone(findings, wanted.buyer_phone, "buyerPhone"),
        buyer_note=check_text(findings, wanted.buyer_note, LONGEST_NOTE, "buyerNote"),
        internal_note=check_text(findings, wanted.internal_note, LONGEST_NOTE, "internalNote"),
        shipping_address=_stored(wanted.shipping_address),
        billing_address=_stored(wanted.billing_address),
        metadata=merge_metadata(findings, {}, wanted.metadata, "metadata"),
        external_reference_id=check_text(
            findings, wanted.external_reference_id, LONGEST_NAME, "externalReferenceId", least=1
        ),
        secret_hash=None,
        secret_generation=_FIRST,
        tax_exempt=False,
        tax_status=TaxStatus.NOT_REQUIRED,
        tax_rounding=TaxRounding.ORDER,
        taxes=[],
        flat_tax_minor=0,
        tip_limit_minor=None,
        subtotal_minor=0,
        discount_minor=0,
        charge_minor=0,
        tax_minor=0,
        included_tax_minor=0,
        tip_minor=0,
        total_minor=0,
        reversed_subtotal_minor=0,
        reversed_discount_minor=0,
        reversed_charge_minor=0,
        reversed_tax_minor=0,
        reversed_included_tax_minor=0,
        reversed_tip_minor=0,
        reversed_flat_tax_minor=0,
        reversed_minor=0,
        paid_minor=0,
        refunded_minor=0,
        active_attempt_id=None,
        pending_refunds=0,
        inventory_exception=None,
        provisional=False,
        placed_at=None,
        paid_at=None,
        closed_at=None,
        close_kind=None,
        close_reason=None,
        created_at=reader.now,
        updated_at=reader.now,
    )


def _stored(address: Address | None) -> dict[str, Any] | None:
    return None if address is None else address.as_stored()
