"""Trying coupons on an order without putting them there (DSC-13)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ordergraph.commerce.coupons.reads import newest_terms
from ordergraph.commerce.orders.applying import attach, named_terms, target_of
from ordergraph.commerce.orders.grounding import Grounds, grounds_for
from ordergraph.commerce.orders.itemizing import AppliedDiscount
from ordergraph.commerce.orders.lifecycle import OrderAction, check
from ordergraph.commerce.orders.quoting import (
    CustomerFacts,
    facts_of_customer,
    reprice,
)
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.skipping import SkippedCoupon, idle, skipped
from ordergraph.core.currencies import as_decimal
from ordergraph.core.discounts import CouponTerms
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Problem, not_found
from ordergraph.runtime.db.transaction import Reader

MOST_CODES = 20
MOST_CANDIDATES = 100


@dataclass(frozen=True, slots=True)
class Available:
    """A coupon within reach: `gap` is what its eligible lines lack of its minimum, 0 for none."""

    coupon_id: UUID
    code: str | None
    name: str
    gap: Money
    message: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What coupons would do to an order; `order` is priced with those that apply."""

    order: Order
    applied: list[AppliedDiscount]
    skipped: list[SkippedCoupon]
    available: list[Available]


async def try_coupons(
    reader: Reader,
    order_id: UUID,
    codes: Sequence[str] | None,
    line_item_ids: Sequence[UUID] | None = None,
) -> Tried:
    """Say what codes would do to an order, in the order given (DSC-13).

    Nothing is written, counted or locked. A merchant who names no codes is told of the newest 100
    coupons that are switched on; a buyer only ever of coupons that the order has or the buyer
    names. The order is one that discounts could be put on, else its status's code is raised.
    """
    if codes is not None and len(codes) > MOST_CODES:
        raise Problem(ErrorCode.TOO_MANY_ITEMS, f"At most {MOST_CODES} codes at once.", ("codes",))
    order = (await orders_by_ids(reader, [order_id])).get(order_id)
    if order is None:
        raise not_found("order", "orderId")
    check(order.locked_as, OrderAction.EDIT_DISCOUNTS)
    target = target_of(order, line_item_ids)
    attached = [each.coupon_id for each in order.live_discounts if each.coupon_id is not None]
    grounds = await grounds_for(reader, codes or (), attached)
    candidates: Sequence[CouponTerms] = ()
    if codes is None and not reader.actor.is_buyer:
        candidates = await newest_terms(reader, MOST_CANDIDATES)
    return await preview(reader, order, grounds, codes or (), candidates, target)


async def preview(
    reader: Reader,
    order: Order,
    grounds: Grounds,
    codes: Sequence[str],
    candidates: Sequence[CouponTerms] = (),
    target: frozenset[UUID] | None = None,
) -> Tried:
    """Put the coupons of these codes on an order in hand, as far as they apply, and price it.

    The order is the caller's own copy; it need not be stored. `grounds` has the terms of the
    coupons on it and of those named. `candidates` are tried each by itself on the outcome, and
    only told of.
    """
    terms = {each.id: each for each in (*grounds.terms.values(), *candidates)}
    facts = await facts_of_customer(reader, order, list(terms.values()))
    trial = _Trial(reader, order, grounds, facts, target)
    for code in codes:
        trial.join(code)
    await reprice(reader, order, grounds, facts=facts)
    if trial.drop_idle():
        await reprice(reader, order, grounds, facts=facts)
    on_order = {each.coupon_id for each in order.live_discounts}
    for coupon in candidates:
        if coupon.id not in on_order:
            trial.consider(coupon)
    trial.tell_withdrawn()
    applied = [each for each in order.live_discounts if each.reason is None]
    return Tried(order, applied, trial.skipped, trial.available)


class _Trial:
    """One order that coupons are tried on, and what is found out."""

    def __init__(
        self,
        reader: Reader,
        order: Order,
        grounds: Grounds,
        facts: CustomerFacts,
        target: frozenset[UUID] | None,
    ) -> None:
        self.reader, self.order, self.grounds = reader, order, grounds
        self.facts, self.target = facts, target
        self.joined: list[AppliedDiscount] = []
        self.skipped: list[SkippedCoupon] = []
        self.available: list[Available] = []

    def join(self, code: str) -> None:
        """Put the coupon with this code on the order, or note why not."""
        coupon = named_terms(self.grounds, code, None)
        if coupon is None:
            # What nobody may know of looks like what is not there.
            problem = Problem(ErrorCode.COUPON_NOT_FOUND, "There is no such coupon.")
            self.skipped.append(skipped(self.order, code, None, problem))
            return
        try:
            discount = self._attached(self.order, coupon)
        except Problem as problem:
            self._skip(coupon, problem)
        else:
            self.joined.append(discount)

    def consider(self, coupon: CouponTerms) -> None:
        """Note whether a coupon that nobody named could be applied too."""
        copy = replace(self.order, applied_discounts=list(self.order.applied_discounts))
        try:
            self._attached(copy, coupon)
        except Problem as problem:
            self._skip(coupon, problem, named=False)
        else:
            self._offer(coupon, Money(0, self.order.currency), "It can be applied now.")

    def drop_idle(self) -> bool:
        """Take off again what joined and found nothing left to take off."""
        spent = [each for each in self.joined if each.reason is None and each.applied_minor == 0]
        for each in spent:
            self.order.applied_discounts.remove(each)
            self.skipped.append(idle(each))
        return bool(spent)

    def tell_withdrawn(self) -> None:
        """Note the coupons on the order that do not count at present (ORD-30)."""
        for discount in self.order.live_discounts:
            if discount.reason is None or discount.coupon_id is None:
                continue
            told = {each.code for each in self.skipped if each.code is not None}
            if discount.coupon_code in told:
                self.skipped = [each for each in self.skipped if each.code != discount.coupon_code]
            coupon, code = self.grounds.terms[discount.coupon_id], ErrorCode(discount.reason)
            problem = Problem(code, f"It does not count at present: {code.value}.")
            self._note(coupon, problem, discount.line_item_ids)

    def _attached(self, order: Order, coupon: CouponTerms) -> AppliedDiscount:
        return attach(self.reader, order, self.grounds, self.facts, coupon, self.target)

    def _skip(self, coupon: CouponTerms, problem: Problem, *, named: bool = True) -> None:
        self._note(coupon, problem, self.target, named=named)

    def _note(
        self,
        coupon: CouponTerms,
        problem: Problem,
        target: Collection[UUID] | None,
        *,
        named: bool = True,
    ) -> None:
        """Tell of a coupon that is refused, and offer one whose only failure is its minimum."""
        told = skipped(self.order, None, coupon, problem, target)
        if told.gap is not None:
            message = f"Spend {as_decimal(told.gap)} {told.gap.currency} more to use it."
            self._offer(coupon, told.gap, message)
        if named or told.gap is None:
            self.skipped.append(told)

    def _offer(self, coupon: CouponTerms, gap: Money, message: str) -> None:
        self.available.append(Available(coupon.id, coupon.code, coupon.name, gap, message))
