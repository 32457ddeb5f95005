"""Skipping coupons that do not count: why each is passed over, in one vocabulary (DSC-14)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from ordergraph.commerce.coupons.declining import REASONS, SkipReason
from ordergraph.commerce.coupons.rules import normal_code
from ordergraph.commerce.orders.itemizing import AppliedDiscount
from ordergraph.commerce.orders.quoting import coupon_lines
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.discounts import CouponTerms, eligible_lines
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Problem


@dataclass(frozen=True, slots=True)
class SkippedCoupon:
    """A coupon that takes nothing off an order, and why; `name` only where the coupon is known.

    `error_code` is what applying it is refused with, None where it would stand without effect.
    `gap` is what its lines lack of its minimum, where that is all that is wrong.
    """

    code: str | None
    name: str | None
    reason: SkipReason
    message: str
    error_code: ErrorCode | None = None
    gap: Money | None = None


def skipped(
    order: Order,
    code: str | None,
    coupon: CouponTerms | None,
    problem: Problem,
    target: Collection[UUID] | None = None,
) -> SkippedCoupon:
    """Tell of a coupon that was refused with a problem of DSC-3.

    `code` is as it was sent, for a coupon that nobody may know of; `target` has the lines that it
    was aimed at.
    """
    gap = None
    if coupon is not None and problem.code is ErrorCode.COUPON_MINIMUM_NOT_MET:
        gap = gap_of(order, coupon, target)
    return SkippedCoupon(
        code=normal_code(code) if coupon is None and code is not None else coupon and coupon.code,
        name=coupon and coupon.name,
        reason=REASONS[problem.code],
        message=problem.message,
        error_code=problem.code,
        gap=gap,
    )


def idle(discount: AppliedDiscount) -> SkippedCoupon:
    """Tell of a coupon that was applied and found nothing left to take off."""
    message = "Nothing is left that it could take off."
    return SkippedCoupon(
        discount.coupon_code, discount.name, SkipReason.NO_DISCOUNTABLE_BALANCE, message
    )


def gap_of(order: Order, coupon: CouponTerms, target: Collection[UUID] | None = None) -> Money:
    """Return what more of the eligible lines would reach a coupon's minimum (DSC-5, DSC-13)."""
    assert coupon.minimum is not None
    aimed = None if target is None else frozenset(target)
    there = sum(line.gross for line in eligible_lines(coupon, coupon_lines(order), aimed))
    return Money(coupon.minimum.minor - there, coupon.minimum.currency)
