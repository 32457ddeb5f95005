"""Opening a payment: the first transaction, which checks, reserves and writes the attempt down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from ordergraph.commerce.orders.editing import check_version
from ordergraph.commerce.orders.events import OrderEventType
from ordergraph.commerce.orders.grounding import Grounds
from ordergraph.commerce.orders.lifecycle import OrderAction
from ordergraph.commerce.orders.locking import load_to_price
from ordergraph.commerce.orders.placing import place
from ordergraph.commerce.orders.quoting import buyer_of, customer_key
from ordergraph.commerce.orders.reserving import reprice_for_buyer, reserve, take
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Before, Told, keep_order, save_order
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.orders.settling import Paid, write_paid
from ordergraph.commerce.orders.taxing import check_taxes
from ordergraph.commerce.payments import ledger
from ordergraph.commerce.payments.sources import (
    CashSource,
    Completion,
    Source,
    TokenSource,
    charged,
)
from ordergraph.core.discounts import CouponTerms
from ordergraph.core.ids import Prefix, new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.core.texts import check_email
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.transaction import Transaction
from ordergraph.runtime.idempotency import begin_anew

MOST_PAYMENTS = 20
"""So many payments an order takes; a part leaves room for the one that completes it (PAY-23)."""


@dataclass(frozen=True, slots=True)
class PayRequest:
    """How an order is to be paid: with one source, with none where nothing is due, or by
    resuming an attempt whose action the client has finished (PAY-5, PAY-10).

    A source that pays less than is due needs `completion` to say so (PAY-3).
    """

    order_id: UUID
    sources: tuple[Source, ...] = ()
    completion: Completion = Completion.COMPLETE_ORDER
    resume_attempt_id: UUID | None = None
    buyer_email: str | None = None
    expected_outstanding: Money | None = None
    expected_version: int | None = None


async def begin(orders: Orders, actor: Actor, wanted: PayRequest, was: UUID | None = None) -> Paid:
    """Do the first transaction: checks in the order of PAY-6, then attempt, coupons and stock.

    Cash, external money and free orders are settled here already: nobody needs to be asked.
    `was` is an attempt of the same key that came to nothing: one caller takes the key over from it
    (IDM-8). Raises `CouponsLost` with nothing written.
    """
    await orders.numbers.prepare(actor.environment_id)
    async with orders.database.transaction(actor) as tx:
        if was is not None:
            await begin_anew(tx, "attempt", Prefix.PAYMENT_ATTEMPT, was)
        order, grounds = await load_to_price(tx, wanted.order_id, "orderId")
        order.take(OrderAction.PAY)
        check_version(order, wanted.expected_version)
        return await open_payment(orders, tx, order, grounds, wanted)


async def open_payment(
    orders: Orders, tx: Transaction, order: Order, grounds: Grounds, wanted: PayRequest
) -> Paid:
    """Do the part of the first transaction that follows the order's lock (PAY-6)."""
    if order.is_empty:
        raise Problem(ErrorCode.ORDER_EMPTY, "There is nothing on the order to pay for.")
    buyer = buyer_of(order)
    _note_buyer(order, wanted)
    tx.remember("order", Prefix.ORDER, order.id)
    before, shown = Before.of(order), order.total_minor
    await reprice_for_buyer(tx, order, grounds, buyer)
    check_taxes(order, grounds.settings)
    if order.total_minor > shown:
        return Paid(order, None, _keep_repriced(tx, order, before))
    check_buyer_is_known(order, grounds.terms)
    due = Money(order.net.outstanding, order.currency)
    if order.total_minor != shown and wanted.expected_outstanding not in (None, due):
        return Paid(order, None, _keep_repriced(tx, order, before))
    _check_expected(tx.actor, wanted, due)
    try:
        source = source_of(orders, wanted, due, tx)
        _check_room(order, source, due)
    except Problem:
        if order.total_minor == shown:
            raise
        # It was meant for the total that was shown, which would be shown again and refused again.
        return Paid(order, None, _keep_repriced(tx, order, before))
    place(orders, tx, order)
    return await start(orders, tx, order, due, source)


async def start(
    orders: Orders, tx: Transaction, order: Order, due: Money, source: Source | None
) -> Paid:
    """Take what a priced order needs and begin its payment, or end it where nobody is asked.

    What is short is `INVENTORY_UNAVAILABLE`, lost coupons are `CouponsLost`: both end the
    transaction.
    """
    if source is not None and source.amount is not None:
        due = source.amount  # a part, as `source_of` has judged
    if isinstance(source, TokenSource):
        return await _open(orders, tx, order, due, source)
    return await _settle_here(tx, order, due, source)


async def reprice_without(
    orders: Orders,
    actor: Actor,
    wanted: PayRequest,
    refusals: Mapping[UUID, Problem],
    was: UUID | None = None,
) -> Paid:
    """Commit the total without coupons that were just used up, and charge nothing (ORD-30)."""
    async with orders.database.transaction(actor) as tx:
        if was is not None:
            await begin_anew(tx, "attempt", Prefix.PAYMENT_ATTEMPT, was)
        order, grounds = await load_to_price(tx, wanted.order_id, "orderId")
        order.take(OrderAction.PAY)
        check_version(order, wanted.expected_version)
        buyer = buyer_of(order)
        _note_buyer(order, wanted)
        tx.remember("order", Prefix.ORDER, order.id)
        before = Before.of(order)
        await reprice_for_buyer(tx, order, grounds, buyer, refusals)
        return Paid(order, None, _keep_repriced(tx, order, before))


async def _open(
    orders: Orders, tx: Transaction, order: Order, due: Money, source: TokenSource
) -> Paid:
    """Write the attempt down with its coupon uses and its stock, before money moves (INV-9)."""
    id = new_id()
    await reserve(tx, order, id)
    attempt = ledger.open_attempt(
        tx,
        order.id,
        due,
        source,
        order_version=order.version,
        buyer_email=order.buyer_email,
        gateway_timeout=orders.gateway.timeout,
        id=id,
    )
    order.active_attempt_id = attempt.id
    keep_order(tx, order)
    tx.remember("attempt", Prefix.PAYMENT_ATTEMPT, attempt.id)
    return Paid(order, attempt)


async def _settle_here(tx: Transaction, order: Order, due: Money, source: Source | None) -> Paid:
    attempt = payment = None
    id = new_id()
    if due.minor == order.net.outstanding:
        await take(tx, order, id)
    else:
        await reserve(tx, order, id)
    if source is not None:
        attempt, payment = ledger.record_tender(
            tx,
            order.id,
            due,
            source,
            order_version=order.version,
            buyer_email=order.buyer_email,
            id=id,
        )
        tx.remember("attempt", Prefix.PAYMENT_ATTEMPT, attempt.id)
    write_paid(tx, order, payment)
    return Paid(order, attempt)


def _keep_repriced(tx: Transaction, order: Order, before: Before) -> Problem:
    """Keep a total that is not the one that was shown; it is told, not charged (ORD-30)."""
    reasons = [f"{each.name}: {each.reason}" for each in order.live_discounts if each.reason]
    why = f" A discount does not count any more ({'; '.join(reasons)})." if reasons else ""
    problem = Problem(
        ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED,
        f"The total has changed and nothing was charged.{why} Show the new total and pay again.",
    )
    told = Told("adjustment", "The order was priced anew before paying.")
    save_order(tx, order, before, OrderEventType.UPDATED, told)
    tx.errors.append(problem)
    return problem


def _note_buyer(order: Order, wanted: PayRequest) -> None:
    findings = Findings()
    email = check_email(findings, wanted.buyer_email, "buyerEmail")
    findings.settle()
    order.buyer_email = email or order.buyer_email


def check_buyer_is_known(order: Order, terms: Mapping[UUID, CouponTerms]) -> None:
    """Refuse coupons that depend on the customer while nobody knows who buys (10.1)."""
    if customer_key(order) is not None:
        return
    for discount in order.live_discounts:
        coupon = None if discount.coupon_id is None else terms.get(discount.coupon_id)
        if coupon is None or discount.reason is not None:
            continue
        if coupon.max_uses_per_customer is not None or coupon.first_order_only:
            raise Problem(
                ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED,
                f"The coupon {coupon.name} is limited per customer: say who buys, or remove it.",
                ("buyerEmail",),
            )


def _check_expected(actor: Actor, wanted: PayRequest, due: Money) -> None:
    """Charge no buyer a total that was not shown (PAY-4)."""
    if wanted.expected_outstanding is None:
        if actor.is_buyer:
            raise Problem(
                ErrorCode.EXPECTED_OUTSTANDING_REQUIRED,
                "Say with expectedOutstanding which total the buyer saw.",
                ("expectedOutstanding",),
            )
    elif wanted.expected_outstanding != due:
        raise Problem(
            ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED,
            "The amount due is not the expected one: show the order again.",
            ("expectedOutstanding",),
        )


def _check_room(order: Order, source: Source | None, due: Money) -> None:
    """Refuse a part after which no payment could complete the order (PAY-23)."""
    if source is None or source.amount in (None, due):
        return
    if len(order.payments) >= MOST_PAYMENTS - 1:
        raise Problem(
            ErrorCode.TOO_MANY_ITEMS,
            f"An order takes at most {MOST_PAYMENTS} payments: pay all that is due now.",
            ("sources",),
        )


def source_of(orders: Orders, wanted: PayRequest, due: Money, tx: Transaction) -> Source | None:
    """Return what pays: one source for all or a part, none where nothing is due (PAY-2, 3, 5)."""
    if due.minor == 0:
        if wanted.sources:
            raise Problem(
                ErrorCode.PAYMENT_NOT_REQUIRED,
                "Nothing is due: pay without a source.",
                ("sources",),
            )
        return None
    if not wanted.sources:
        raise Problem(
            ErrorCode.PAYMENT_SOURCE_REQUIRED, "Say what pays the amount due.", ("sources",)
        )
    source, *more = wanted.sources
    if more:
        raise Problem(
            ErrorCode.TOO_MANY_ITEMS, "One source pays at a time, all or a part.", ("sources",)
        )
    part = charged(source, due, wanted.completion)
    if isinstance(source, TokenSource):
        source.check(orders.gateway, livemode=tx.actor.livemode)
    elif isinstance(source, CashSource):
        source.check(part)
    else:
        source.check(tx.now)
    return source
