"""Checking out: an order made, discounted, tipped and paid in one call, all of it or nothing."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from uuid import UUID

from ordergraph.commerce.orders import charging
from ordergraph.commerce.orders.drafting import Draft, WantedDraft, draft_order
from ordergraph.commerce.orders.opening import (
    PayRequest,
    check_buyer_is_known,
    source_of,
    start,
)
from ordergraph.commerce.orders.picking import Shelf
from ordergraph.commerce.orders.placing import client_secret_of, place, renew_secret
from ordergraph.commerce.orders.reserving import CouponsLost
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.orders.settling import GivenUp, Paid, problem_of
from ordergraph.commerce.orders.taxing import check_taxes
from ordergraph.commerce.payments.lifecycle import AttemptStatus
from ordergraph.commerce.payments.reads import Attempt, attempts_by_ids
from ordergraph.commerce.payments.sources import Source, TokenSource
from ordergraph.core.currencies import as_decimal
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.money import Money
from ordergraph.core.problems import (
    ErrorCode,
    Findings,
    LimitProblem,
    Problem,
    Problems,
    StockProblem,
)
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.transaction import Transaction
from ordergraph.runtime.idempotency import Replay, begin_anew, in_progress, stored_error


@dataclass(frozen=True, slots=True)
class Checkout:
    """An order and what pays it; `expected` is the total that its buyer saw (PAY-4)."""

    draft: WantedDraft
    sources: tuple[Source, ...] = ()
    expected: Money | None = None


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """What a checkout came to: the order if there is one, the attempt, and why it failed."""

    order: Order | None
    attempt: Attempt | None = None
    problem: Problem | None = None
    client_secret: str | None = None
    shelf: Shelf = field(default_factory=Shelf)


@dataclass(frozen=True, slots=True)
class _Noted:
    """What the caller has found wrong already, in the draft and beside it."""

    in_draft: Findings = field(default_factory=Findings)
    beside: Findings = field(default_factory=Findings)


class _Rehearsed(Exception):
    """Ends the transaction of a dry run: all of it went well."""


async def check_out(
    orders: Orders,
    actor: Actor,
    wanted: Checkout,
    in_draft: Findings | None = None,
    beside: Findings | None = None,
) -> CheckedOut:
    """Make, discount, tip and pay an order in at most two transactions, or leave nothing of it.

    Until its payment succeeds the order is provisional: no number, no event, and it is deleted
    when the payment fails; only the attempt is kept, and returned with the problem (CHK-4, CHK-5).
    What the caller has found wrong already, in the draft and beside it, is told with the rest.
    """
    noted = _Noted(in_draft or Findings(), beside or Findings())
    try:
        return await _run(orders, actor, wanted, noted)
    except Replay as replay:
        again = await _recovered(orders, actor, wanted, noted, replay)
        if again is None:
            raise
        return again


async def rehearse(
    orders: Orders,
    actor: Actor,
    wanted: Checkout,
    in_draft: Findings | None = None,
    beside: Findings | None = None,
) -> Draft:
    """Do all of a checkout but the charge, stock and coupons included, and take it back (CHK-8).

    The answer or the refusal are those of the real call. Nobody is asked for money; nothing is
    stored, neither key nor event.
    """
    noted = _Noted(in_draft or Findings(), beside or Findings())
    unkeyed = replace(actor, idempotency=None)
    draft: Draft | None = None
    try:
        async with orders.database.transaction(unkeyed) as tx:
            draft, due, source = await _drafted(orders, tx, wanted, noted)
            tried = replace(draft, order=deepcopy(draft.order))
            await _started(orders, tx, tried, wanted, due, source)
            raise _Rehearsed
    except _Rehearsed:
        assert draft is not None
        return draft


async def _run(
    orders: Orders, actor: Actor, wanted: Checkout, noted: _Noted, was: UUID | None = None
) -> CheckedOut:
    if not any(isinstance(source, TokenSource) for source in wanted.sources):
        await orders.numbers.prepare(actor.environment_id)
    async with orders.database.transaction(actor) as tx:
        if was is not None:
            await begin_anew(tx, "attempt", Prefix.PAYMENT_ATTEMPT, was)
        draft, due, source = await _drafted(orders, tx, wanted, noted)
        order = draft.order
        order.provisional = isinstance(source, TokenSource)
        renew_secret(orders, order)
        tx.remember("order", Prefix.ORDER, order.id)
        if not order.provisional:
            place(orders, tx, order)
        begun = await _started(orders, tx, draft, wanted, due, source)
    done = _told(orders, begun)
    if begun.attempt is not None and begun.attempt.is_active:
        done = await _charge(orders, actor, begun.attempt, wanted)
    return replace(done, shelf=draft.shelf)


async def _drafted(
    orders: Orders, tx: Transaction, wanted: Checkout, noted: _Noted
) -> tuple[Draft, Money, Source | None]:
    """Draft the order, and say what is due and what pays it, with all checks before stock."""
    try:
        draft = await draft_order(tx, wanted.draft, noted.in_draft)
    except (Problem, Problems) as refusal:
        everything = Findings()
        with everything.noting():
            raise refusal
        for each in everything.problems:
            each.under("order")
        everything.problems.extend(noted.beside.problems)
        everything.settle()
        raise
    noted.beside.settle()
    order = draft.order
    if order.is_empty:
        raise Problem(ErrorCode.ORDER_EMPTY, "There is nothing to pay for.", ("order", "lineItems"))
    try:
        check_taxes(order, draft.grounds.settings)
        check_buyer_is_known(order, draft.grounds.terms)
    except Problem as problem:
        raise problem.under("order") from None
    due = Money(order.net.outstanding, order.currency)
    _check_expected(tx.actor, wanted.expected, due)
    source = source_of(orders, PayRequest(order.id, wanted.sources), due, tx)
    return draft, due, source


async def _started(
    orders: Orders,
    tx: Transaction,
    draft: Draft,
    wanted: Checkout,
    due: Money,
    source: Source | None,
) -> Paid:
    """Take coupons and stock and begin the payment; who was faster leaves nothing (CHK-7)."""
    try:
        return await start(orders, tx, draft.order, due, source)
    except CouponsLost as lost:
        found = Findings()
        for at, id in enumerate(draft.coupon_ids):
            if id is not None and id in lost.refusals:
                found.note(lost.refusals[id].under("order", "couponCodes", at))
        found.settle()
        raise
    except StockProblem as problem:
        raise problem.under(*_first_short(draft.order, wanted, problem)) from None


def _first_short(order: Order, wanted: Checkout, problem: StockProblem) -> tuple[str | int, ...]:
    """Return the place in the input of the first line that is short: it has no id to be told by."""
    short = {each.line_item_id for each in problem.lines}
    things = {(line.variant_id, line.bundle_id) for line in order.line_items if line.id in short}
    for at, asked in enumerate(wanted.draft.order.line_items):
        if (asked.variant_id, asked.bundle_id) in things:
            return "order", "lineItems", at
    return "order", "lineItems"


def _check_expected(actor: Actor, expected: Money | None, due: Money) -> None:
    """Charge no buyer a total that was not shown, and say which it is (PAY-4)."""
    if expected is None and actor.is_buyer:
        raise Problem(
            ErrorCode.EXPECTED_OUTSTANDING_REQUIRED,
            "Say with expectedOutstanding which total the buyer saw.",
            ("expectedOutstanding",),
        )
    if expected is not None and expected != due:
        raise LimitProblem(
            ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED,
            f"The order comes to {as_decimal(due)} {due.currency} and not to what was expected: "
            "show it and try again. Nothing was charged.",
            due,
            ("expectedOutstanding",),
        )


async def _charge(
    orders: Orders, actor: Actor, attempt: Attempt, wanted: Checkout, *, again: bool = False
) -> CheckedOut:
    """Ask the processor with nothing held, and settle, as the one who made the order."""
    (source,) = wanted.sources
    assert isinstance(source, TokenSource)  # nobody else is asked for money
    maker = replace(actor, order_id=attempt.order_id)
    try:
        if again:
            paid = await charging.charge_again(orders, maker, attempt.id, source.token)
        else:
            paid = await charging.charge(orders, maker, attempt, source.token)
    except GivenUp as gone:
        return CheckedOut(None, gone.attempt, problem_of(gone.attempt))
    return _told(orders, paid)


def _told(orders: Orders, paid: Paid) -> CheckedOut:
    if paid.is_gone:
        return CheckedOut(None, paid.attempt, paid.problem)
    secret = client_secret_of(orders, paid.order)
    return CheckedOut(paid.order, paid.attempt, paid.problem, secret)


async def _recovered(
    orders: Orders, actor: Actor, wanted: Checkout, noted: _Noted, replay: Replay
) -> CheckedOut | None:
    """Finish what an earlier request with the same key began and did not end (IDM-8).

    None means that it ended, and its answer is replayed: the order that was paid, or the error of
    the attempt that failed. After a crash the same attempt is charged with its own key, so once at
    most; one that was given up is begun anew, by one caller only.
    """
    known = replay.objects.get("attempt")
    if known is None or actor.idempotency is None:
        return None
    attempt = await attempt_of_key(orders, actor, known)
    if attempt is None:
        return None
    if attempt.status is AttemptStatus.PROCESSING and attempt.reference is None:
        if attempt.lease_until > orders.database.clock.now():
            raise in_progress()
        actor.idempotency.claimed = True
        return await _charge(orders, actor, attempt, wanted, again=True)
    if attempt.status is AttemptStatus.CANCELED:
        actor.idempotency.claimed = True
        return await _run(orders, actor, wanted, noted, attempt.id)
    problem = problem_of(attempt)
    if problem is not None and not replay.errors:
        replay.errors.append(stored_error(problem))
    return None


async def attempt_of_key(orders: Orders, actor: Actor, id: str) -> Attempt | None:
    """Return an attempt to whoever has shown with its key to have made it, browsers too."""
    attempt_id = decode(Prefix.PAYMENT_ATTEMPT, id)
    house = Actor.system(actor.environment_id, actor.merchant_id)
    return (await attempts_by_ids(orders.database.viewer(house), [attempt_id])).get(attempt_id)
