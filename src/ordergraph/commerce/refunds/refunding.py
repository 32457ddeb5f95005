"""Refunding: the amount is reserved first, and only then the processor is asked (REF-31)."""

from __future__ import annotations

from uuid import UUID

from ordergraph.commerce.accounting import rules as accounting
from ordergraph.commerce.orders.events import OrderEventType
from ordergraph.commerce.orders.locking import load_with_settings
from ordergraph.commerce.orders.reserving import give_up_kept, return_coupons
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Before, keep_order, save_order
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.payments import ledger
from ordergraph.commerce.payments.reads import payments_by_ids
from ordergraph.commerce.payments.sources import PaymentKind
from ordergraph.commerce.refunds.asking import check_payment
from ordergraph.commerce.refunds.lifecycle import LegStatus, combined
from ordergraph.commerce.refunds.planning import Plan, plan
from ordergraph.commerce.refunds.reads import PaymentRefund, Refund, refunds_by_ids
from ordergraph.commerce.refunds.restocking import restock
from ordergraph.commerce.refunds.reversing import count_given_back, reverse, reverse_taxes
from ordergraph.commerce.refunds.rules import NewRefund, Refunded, problem_of, told
from ordergraph.commerce.refunds.sending import LEASE_MARGIN, send
from ordergraph.commerce.refunds.tables import PaymentRefundRow, RefundRow
from ordergraph.core.ids import Prefix, decode, new_id
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.texts import check_text, merge_metadata
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db import together
from ordergraph.runtime.db.documents import insertion, write
from ordergraph.runtime.db.transaction import Reader, Transaction
from ordergraph.runtime.idempotency import Replay, in_progress, stored_error

LONGEST_MESSAGE = 500
LONGEST_REFERENCE = 255


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
        order, settings = await load_with_settings(tx, await order_id_of(tx, wanted), "orderId")
        await check_payment(tx, order, wanted)
        made = plan(order, wanted, settings)
        before = Before.of(order)
        refund = _new_refund(tx, orders, order, wanted, made)
        apply(order, made)
        ledger.give_back(tx, {leg.payment_id: leg.amount for leg in made.legs})
        _post(order, refund, made)
        if refund.status.is_final:
            order.settle_statuses()
            await return_coupons(tx, order)
        await give_up_kept(tx, order)
        await restock(tx, order, refund.id, made.back)  # coupons are locked before stock (CON-2)
        if refund.status.is_final:
            save_order(tx, order, before, OrderEventType.REFUNDED, told(refund))
        else:
            order.pending_refunds += 1
            keep_order(tx, order)
        tx.defer(_ACCEPTED, {"refund": write([refund], RefundRow, tx.environment_id)})
        legs = write(refund.payment_refunds, PaymentRefundRow, tx.environment_id)
        tx.defer(_DIVIDED, {"payment_refunds": legs})
        tx.remember("order", Prefix.ORDER, order.id)
        tx.remember("refund", Prefix.REFUND, refund.id)
    return Refunded(refund, order)


async def order_id_of(reader: Reader, wanted: NewRefund) -> UUID:
    """Return the order to refund: that of the payment where only a payment is named (REF-1)."""
    if wanted.order_id is not None:
        return wanted.order_id
    if wanted.payment_id is None:
        raise Problem(ErrorCode.FIELD_REQUIRED, "Name the order or a payment of it.", ("orderId",))
    found = await payments_by_ids(reader, [wanted.payment_id])
    if wanted.payment_id not in found:
        raise not_found("payment", "paymentId")
    return found[wanted.payment_id].order_id


def apply(order: Order, made: Plan) -> None:
    """Count a planned refund into the order in hand (AMT-2)."""
    for leg in made.legs:
        count_given_back(order, leg.payment_id, leg.amount)
    reverse(order, made.reversal)
    reverse_taxes(order, made.taxes)


def _post(order: Order, refund: Refund, made: Plan) -> None:
    """Book what is owed to the buyer, and what is back already: cash and external money (EXT-4)."""
    order.postings.append(accounting.refund(refund.id, made.reversal))
    order.postings.extend(
        accounting.refund_sent(refund.id, leg.payment_id, leg.amount_minor)
        for leg in refund.payment_refunds
        if leg.status is LegStatus.SUCCEEDED
    )


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


def _new_refund(
    tx: Transaction, orders: Orders, order: Order, wanted: NewRefund, made: Plan
) -> Refund:
    findings = Findings()
    message = check_text(findings, wanted.reason_message, LONGEST_MESSAGE, "reasonMessage")
    reference = check_text(
        findings, wanted.external_reference_id, LONGEST_REFERENCE, "externalReferenceId"
    )
    metadata = merge_metadata(findings, {}, wanted.metadata, "metadata")
    findings.settle()
    id = new_id()
    legs = _new_legs(tx, order, id, made)
    status = combined([leg.status for leg in legs])
    return Refund(
        id=id,
        order_id=order.id,
        amount_minor=made.reversal.money,
        failed_minor=0,
        currency=order.currency,
        status=status,
        reason=wanted.reason,
        reason_message=message,
        failure_reason=None,
        reversal=made.document(order)
        | {"statusBefore": order.status.value, "versionBefore": order.version},
        taken_back=None,
        metadata=metadata,
        external_reference_id=reference,
        told=status.is_final,
        lease_until=tx.now + orders.gateway.timeout + LEASE_MARGIN,
        created_at=tx.now,
        updated_at=tx.now,
        completed_at=tx.now if status.is_final else None,
        payment_refunds=legs,
    )


def _new_legs(tx: Transaction, order: Order, refund_id: UUID, made: Plan) -> list[PaymentRefund]:
    payments = {payment.id: payment for payment in order.payments}
    legs: list[PaymentRefund] = []
    for position, leg in enumerate(made.legs):
        payment = payments[leg.payment_id]
        at_once = payment.kind is not PaymentKind.TOKEN
        legs.append(
            PaymentRefund(
                # Releases that know one part only send it under the id of the refund.
                id=new_id() if position else refund_id,
                refund_id=refund_id,
                position=position,
                payment_id=payment.id,
                attempt_id=payment.attempt_id,
                amount_minor=leg.amount,
                currency=order.currency,
                status=LegStatus.SUCCEEDED if at_once else LegStatus.PENDING,
                failure_reason=None,
                reference=None,
                sent_at=tx.now if at_once else None,
                completed_at=tx.now if at_once else None,
            )
        )
    return legs


_ACCEPTED = together.write("refund_accepted", insertion(RefundRow, "refund"))
_DIVIDED = together.write("refund_divided", insertion(PaymentRefundRow, "payment_refunds"))
