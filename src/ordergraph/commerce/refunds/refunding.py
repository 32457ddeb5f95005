"""Refunding: the amount is reserved first, and only then the processor is asked (REF-31)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ordergraph.commerce.orders.editing import check_version
from ordergraph.commerce.orders.events import OrderEventType
from ordergraph.commerce.orders.lifecycle import OrderAction
from ordergraph.commerce.orders.locking import load_order
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Before, keep_order, save_order
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.payments import ledger
from ordergraph.commerce.payments.reads import Payment
from ordergraph.commerce.payments.sources import PaymentKind
from ordergraph.commerce.refunds.lifecycle import RefundStatus
from ordergraph.commerce.refunds.reads import Refund, refunds_by_ids
from ordergraph.commerce.refunds.restocking import restock
from ordergraph.commerce.refunds.reversing import count_given_back, reverse, sold_of, stored
from ordergraph.commerce.refunds.rules import NewRefund, Refunded, RefundedLine, problem_of, told
from ordergraph.commerce.refunds.sending import LEASE_MARGIN, send
from ordergraph.commerce.refunds.tables import RefundRow
from ordergraph.core.amounts import require_same_currency
from ordergraph.core.ids import Prefix, decode, new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings, LimitProblem, Problem
from ordergraph.core.proration import refund_all, refund_amount
from ordergraph.core.sales import Reversal, SoldOrder
from ordergraph.core.targeting import LineTarget, Targets, refund_targets
from ordergraph.core.texts import check_text, merge_metadata
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db import together
from ordergraph.runtime.db.documents import insertion, write
from ordergraph.runtime.db.transaction import Transaction
from ordergraph.runtime.idempotency import Replay, in_progress, stored_error

LONGEST_MESSAGE = 500


async def refund(orders: Orders, actor: Actor, wanted: NewRefund) -> Refunded:
    """Give money of a paid order back, exact to the last unit and never more than was captured.

    Two racing refunds are serialised by the order's lock: the second finds what the first left
    (REF-31). Cash and external money are recorded at once, cards go through the processor (EXT-4).
    """
    try:
        accepted = await _accept(orders, actor, wanted)
    except Replay as replay:
        again = await _recovered(orders, actor, replay)
        if again is None:
            raise
        return again
    if accepted.refund.status.is_final:
        return accepted
    return await send(orders, actor, accepted.refund)


async def _accept(orders: Orders, actor: Actor, wanted: NewRefund) -> Refunded:
    """Reserve the amount and write the refund down before anybody is asked for money."""
    async with orders.database.transaction(actor) as tx:
        order = await load_order(tx, wanted.order_id, "orderId")
        order.take(OrderAction.REFUND)
        check_version(order, wanted.expected_version)
        before = Before.of(order)
        reversal = _reversal(order, wanted)
        payment = _payment(order, reversal.money)
        refund = _new_refund(tx, orders, order, wanted, payment, reversal)
        count_given_back(order, payment.id, reversal.money)
        reverse(order, reversal)
        ledger.give_back(tx, {payment.id: reversal.money})
        await restock(tx, order, refund.id, wanted, reversal)
        if refund.status.is_final:
            save_order(tx, order, before, OrderEventType.REFUNDED, told(refund))
        else:
            order.pending_refunds += 1
            keep_order(tx, order)
        tx.defer(_ACCEPTED, {"refund": write([refund], RefundRow, tx.environment_id)})
        tx.remember("order", Prefix.ORDER, order.id)
        tx.remember("refund", Prefix.REFUND, refund.id)
    return Refunded(refund, order)


async def _recovered(orders: Orders, actor: Actor, replay: Replay) -> Refunded | None:
    """Finish what an earlier request with the same key began and did not end (IDM-8)."""
    known = replay.objects.get("refund")
    if known is None or actor.idempotency is None:
        return None
    refund_id = decode(Prefix.REFUND, known)
    viewer = orders.database.viewer(actor)
    refund = (await refunds_by_ids(viewer, [refund_id])).get(refund_id)
    if refund is None:
        return None
    if refund.told:
        problem = problem_of(refund)
        if problem is not None and not replay.errors:
            replay.errors.append(stored_error(problem))
        return None
    if refund.lease_until > viewer.now:
        raise in_progress()
    actor.idempotency.claimed = True
    return await send(orders, actor, refund)


def _reversal(order: Order, wanted: NewRefund) -> Reversal:
    """Compute what the refund undoes; what core refuses about the input is told at its field."""
    sold = sold_of(order)
    if wanted.amount is not None and wanted.line_items is not None:
        raise Problem(
            ErrorCode.CONFLICTING_FIELDS,
            "A refund is of an amount or of lines, not both.",
            ("lineItems",),
        )
    lines = None if wanted.line_items is None else _lines(wanted.line_items)
    try:
        return _computed(sold, wanted, lines)
    except Problem as problem:
        if problem.code is ErrorCode.ORDER_NOT_PAID:
            raise
        if wanted.amount is not None:
            raise problem.under("amount") from None
        raise


def _computed(
    sold: SoldOrder, wanted: NewRefund, lines: Sequence[tuple[UUID, int]] | None
) -> Reversal:
    if wanted.amount is not None:
        amount = require_same_currency(wanted.amount, sold.currency, ("currency",))
        return refund_amount(sold, amount, wanted.include_tip)
    if lines is not None:
        return refund_targets(sold, Targets(tuple(LineTarget(*each) for each in lines)))
    return refund_all(sold)


def _lines(wanted: Sequence[RefundedLine]) -> Sequence[tuple[UUID, int]]:
    if not wanted:
        raise Problem(ErrorCode.FIELD_REQUIRED, "Name at least one line.", ("lineItems",))
    findings = Findings()
    for at, line in enumerate(wanted):
        if not isinstance(line.quantity, int) or line.quantity < 1:
            findings.add(
                ErrorCode.LINE_ITEM_INVALID_QUANTITY,
                "A quantity is a whole number from 1.",
                "lineItems",
                at,
                "quantity",
            )
    findings.settle()
    return [(line.line_item_id, line.quantity) for line in wanted]


def _payment(order: Order, amount: int) -> Payment:
    """Return the payment to give back from, the latest that has so much left (REF-11)."""
    for payment in reversed(order.payments):
        if payment.refundable_minor >= amount:
            return payment
    most = max((payment.refundable_minor for payment in order.payments), default=0)
    raise LimitProblem(
        ErrorCode.REFUND_EXCEEDS_REFUNDABLE,
        "No payment of the order has so much left to give back.",
        Money(most, order.currency),
        ("amount",),
    )


def _new_refund(
    tx: Transaction,
    orders: Orders,
    order: Order,
    wanted: NewRefund,
    payment: Payment,
    reversal: Reversal,
) -> Refund:
    findings = Findings()
    message = check_text(findings, wanted.reason_message, LONGEST_MESSAGE, "reasonMessage")
    metadata = merge_metadata(findings, {}, wanted.metadata, "metadata")
    findings.settle()
    at_once = payment.kind is not PaymentKind.TOKEN
    return Refund(
        id=new_id(),
        order_id=order.id,
        payment_id=payment.id,
        attempt_id=payment.attempt_id,
        amount_minor=reversal.money,
        currency=order.currency,
        status=RefundStatus.SUCCEEDED if at_once else RefundStatus.PENDING,
        reason=wanted.reason,
        reason_message=message,
        failure_reason=None,
        reversal=stored(reversal)
        | {"statusBefore": order.status.value, "versionBefore": order.version},
        metadata=metadata,
        reference=None,
        told=at_once,
        lease_until=tx.now + orders.gateway.timeout + LEASE_MARGIN,
        created_at=tx.now,
        updated_at=tx.now,
        completed_at=tx.now if at_once else None,
    )


_ACCEPTED = together.write("refund_accepted", insertion(RefundRow, "refund"))
