"""Whether a coupon may be used on an order, and which lines it acts on (DSC-3 to DSC-6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from ordergraph.core.drafts import DiscountDraft, DiscountScope
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, LimitProblem, Problem


class CouponStatus(StrEnum):
    """What is stored of a coupon's status; the rest follows from clock and counter (10.1)."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """A coupon's conditions; it takes off a percentage or an amount, exactly one of the two.

    Empty limits mean that every line is eligible; a product stands for all its variants, a category
    for all that was in it when its line was added (DSC-6).
    """

    id: UUID
    code: str | None
    name: str
    percent: Decimal | None = None
    amount: Money | None = None
    max_uses: int | None = None
    uses_count: int = 0
    max_uses_per_customer: int | None = None
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    minimum: Money | None = None
    limit_variant_ids: frozenset[UUID] = frozenset()
    limit_product_ids: frozenset[UUID] = frozenset()
    limit_bundle_ids: frozenset[UUID] = frozenset()
    limit_category_ids: frozenset[UUID] = frozenset()
    first_order_only: bool = False
    stackable: bool = False
    status: CouponStatus = CouponStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class CouponLine:
    """What a coupon asks about a line; one that is in no catalog has none of the ids."""

    id: UUID
    gross: int
    variant_id: UUID | None = None
    product_id: UUID | None = None
    bundle_id: UUID | None = None
    category_ids: Collection[UUID] = ()


@dataclass(frozen=True, slots=True)
class AttachedCoupon:
    """Another coupon that is already on the order; manual discounts do not count (DSC-4)."""

    coupon_id: UUID
    stackable: bool


@dataclass(frozen=True, slots=True)
class CouponContext:
    """The order that a coupon is tried on.

    `customer_uses` and `earlier_paid_orders` are None while the customer is unknown: then the
    checks on them wait until pay; both are about other orders. `target_line_ids` narrows the coupon
    to some lines (DSC-1). `holds_use` says that one of the coupon's uses is the order's own already
    (DSC-7).
    """

    now: datetime
    currency: str
    lines: tuple[CouponLine, ...]
    attached: tuple[AttachedCoupon, ...] = ()
    max_coupons: int = 20
    customer_uses: int | None = None
    earlier_paid_orders: int | None = None
    target_line_ids: frozenset[UUID] | None = None
    holds_use: bool = False


def qualify(terms: CouponTerms, context: CouponContext) -> Problem | None:
    """Return why the coupon cannot be applied, the first reason of DSC-3, or None."""
    return _standing(terms, context) or _beside_others(terms, context) or _reach(terms, context)


def requalify(terms: CouponTerms, context: CouponContext) -> Problem | None:
    """Return why a coupon that is on the order takes nothing off at present, or None (ORD-30).

    The checks on other coupons were made when it was applied and are not repeated.
    """
    return _standing(terms, context) or _reach(terms, context)


def eligible_lines(
    terms: CouponTerms, lines: Sequence[CouponLine], target: frozenset[UUID] | None = None
) -> tuple[CouponLine, ...]:
    """Return the lines that the coupon acts on (DSC-6)."""
    return tuple(
        line
        for line in lines
        if (target is None or line.id in target)
        and (not _is_limited(terms) or _is_named(terms, line))
    )


def discount_draft(
    terms: CouponTerms,
    discount_id: UUID,
    applied_at: datetime,
    lines: Sequence[CouponLine],
    target: frozenset[UUID] | None = None,
) -> DiscountDraft:
    """Turn a coupon that qualifies into a discount for pricing.

    One that is narrowed to products or lines has line scope, any other order scope.
    """
    narrowed = target is not None or _is_limited(terms)
    eligible = eligible_lines(terms, lines, target)
    return DiscountDraft(
        id=discount_id,
        scope=DiscountScope.LINE_ITEM if narrowed else DiscountScope.ORDER,
        applied_at=applied_at,
        percent=terms.percent,
        amount=None if terms.amount is None else terms.amount.minor,
        line_ids=frozenset(line.id for line in eligible) if narrowed else None,
    )


def _is_limited(terms: CouponTerms) -> bool:
    return bool(
        terms.limit_variant_ids
        or terms.limit_product_ids
        or terms.limit_bundle_ids
        or terms.limit_category_ids
    )


def _is_named(terms: CouponTerms, line: CouponLine) -> bool:
    return (
        line.variant_id in terms.limit_variant_ids
        or line.product_id in terms.limit_product_ids
        or line.bundle_id in terms.limit_bundle_ids
        or not terms.limit_category_ids.isdisjoint(line.category_ids)
    )


def _standing(terms: CouponTerms, context: CouponContext) -> Problem | None:
    """Check the coupon by itself and for this customer."""
    if terms.status is CouponStatus.DELETED:
        return Problem(ErrorCode.COUPON_NOT_FOUND, "There is no such coupon.")
    if terms.status is CouponStatus.DISABLED:
        return Problem(ErrorCode.COUPON_INACTIVE, "This coupon is switched off.")
    if terms.starts_at is not None and context.now < terms.starts_at:
        return Problem(ErrorCode.COUPON_NOT_STARTED, "This coupon cannot be used yet.")
    if terms.expires_at is not None and context.now >= terms.expires_at:
        return Problem(ErrorCode.COUPON_EXPIRED, "This coupon has expired.")
    if terms.max_uses is not None and terms.uses_count - context.holds_use >= terms.max_uses:
        return Problem(ErrorCode.COUPON_EXHAUSTED, "This coupon has been used up.")
    return _for_customer(terms, context) or _in_currency(terms, context)


def _for_customer(terms: CouponTerms, context: CouponContext) -> Problem | None:
    limit, uses = terms.max_uses_per_customer, context.customer_uses
    if limit is not None and uses is not None and uses >= limit:
        return Problem(
            ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED,
            "This customer has used the coupon as often as it allows.",
        )
    if terms.first_order_only and context.earlier_paid_orders:
        return Problem(
            ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED, "This coupon is for a first order only."
        )
    return None


def _in_currency(terms: CouponTerms, context: CouponContext) -> Problem | None:
    for money in (terms.amount, terms.minimum):
        if money is not None and money.currency != context.currency:
            return Problem(
                ErrorCode.CURRENCY_MISMATCH,
                f"This coupon is in {money.currency}, the order in {context.currency}.",
            )
    return None


def _beside_others(terms: CouponTerms, context: CouponContext) -> Problem | None:
    if any(other.coupon_id == terms.id for other in context.attached):
        return Problem(ErrorCode.COUPON_ALREADY_APPLIED, "This coupon is on the order already.")
    if len(context.attached) >= context.max_coupons:
        return Problem(
            ErrorCode.MAX_COUPONS_REACHED,
            f"An order takes at most {context.max_coupons} coupons.",
        )
    if context.attached and not (
        terms.stackable and all(other.stackable for other in context.attached)
    ):
        return Problem(ErrorCode.COUPON_NOT_STACKABLE, "These coupons cannot be used together.")
    return None


def _reach(terms: CouponTerms, context: CouponContext) -> Problem | None:
    """Check that there is something to discount, and enough of it before discounts (DSC-5)."""
    eligible = eligible_lines(terms, context.lines, context.target_line_ids)
    if not eligible:
        return Problem(
            ErrorCode.COUPON_NOT_APPLICABLE, "Nothing on this order is eligible for the coupon."
        )
    minimum = terms.minimum
    if minimum is not None and sum(line.gross for line in eligible) < minimum.minor:
        return LimitProblem(
            ErrorCode.COUPON_MINIMUM_NOT_MET,
            "The eligible lines come to less than the coupon's minimum.",
            minimum,
        )
    return None
