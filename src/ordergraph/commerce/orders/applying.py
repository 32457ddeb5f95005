"""Applying coupons to open orders, and taking discounts off again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ordergraph.commerce.coupons.keeping import give_back_kept
from ordergraph.commerce.coupons.rules import normal_code
from ordergraph.commerce.orders.editing import edited
from ordergraph.commerce.orders.grounding import Grounds
from ordergraph.commerce.orders.itemizing import AppliedDiscount
from ordergraph.commerce.orders.lifecycle import DiscountSource, DiscountStatus, OrderAction
from ordergraph.commerce.orders.quoting import (
    MOST_DISCOUNTS,
    CustomerFacts,
    coupon_context,
    facts_of_customer,
)
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Told
from ordergraph.commerce.orders.service import Orders
from ordergraph.core.discounts import (
    AttachedCoupon,
    CouponStatus,
    CouponTerms,
    discount_draft,
    qualify,
)
from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.core.problems import ErrorCode, Problem, not_found
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.transaction import Reader


async def apply_coupon(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    *,
    code: str | None = None,
    coupon_id: UUID | None = None,
    line_item_ids: Sequence[UUID] | None = None,
    expected_version: int | None = None,
) -> Order:
    """Apply a coupon by code or id, exactly one (DSC-1), after all checks of DSC-3 in order.

    `line_item_ids` narrows it to these lines. Applying reserves no use of the coupon (DSC-7).
    """
    if (code is None) == (coupon_id is None):
        kind = ErrorCode.FIELD_REQUIRED if code is None else ErrorCode.CONFLICTING_FIELDS
        raise Problem(kind, "Name a coupon by its code or by its id.", ("code",))
    path = "code" if code is not None else "couponId"
    async with edited(
        orders,
        actor,
        order_id,
        OrderAction.EDIT_DISCOUNTS,
        expected_version,
        code=code,
        coupon_id=coupon_id,
    ) as edit:
        terms = named_terms(edit.grounds, code, coupon_id)
        if terms is None:
            raise Problem(ErrorCode.COUPON_NOT_FOUND, "There is no such coupon.", (path,))
        target = target_of(edit.order, line_item_ids)
        facts = await facts_of_customer(edit.tx, edit.order, [terms])
        discount = attach(edit.tx, edit.order, edit.grounds, facts, terms, target, path)
        edit.told = [
            Told(
                "discount_applied",
                f"The coupon {terms.code or terms.name} was applied.",
                encode(Prefix.APPLIED_DISCOUNT, discount.id),
            )
        ]
    return edit.order


async def remove_discount(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    discount_id: UUID,
    expected_version: int | None = None,
) -> Order:
    """Take a pending discount off an open order; it stays visible as canceled (DSC-11)."""
    async with edited(
        orders, actor, order_id, OrderAction.EDIT_DISCOUNTS, expected_version
    ) as edit:
        pending = {each.id: each for each in edit.order.live_discounts}
        discount = pending.get(discount_id)
        if discount is None:
            raise Problem(
                ErrorCode.DISCOUNT_NOT_FOUND, "No such discount is on the order.", ("discountId",)
            )
        discount.status = DiscountStatus.CANCELED
        if edit.order.paid_minor and discount.coupon_id is not None:
            kept = [each.coupon_id for each in edit.order.live_discounts if each.coupon_id]
            await give_back_kept(edit.tx, edit.order.id, kept)
        edit.told = [
            Told(
                "discount_removed",
                f"The discount {discount.name} was removed.",
                encode(Prefix.APPLIED_DISCOUNT, discount.id),
            )
        ]
    return edit.order


def named_terms(grounds: Grounds, code: str | None, coupon_id: UUID | None) -> CouponTerms | None:
    """Pick the coupon with this id, or the one that has this code now (DSC-2)."""
    if code is None:
        return None if coupon_id is None else grounds.terms.get(coupon_id)
    for terms in grounds.terms.values():
        if terms.code == normal_code(code) and terms.status is not CouponStatus.DELETED:
            return terms
    return None


def attach(
    reader: Reader,
    order: Order,
    grounds: Grounds,
    facts: CustomerFacts,
    terms: CouponTerms,
    target: frozenset[UUID] | None,
    *path: str,
) -> AppliedDiscount:
    """Check a coupon against the order (DSC-3) and put it on, not yet priced.

    `grounds` has the terms of all coupons on the order. What refuses it is told at `path`.
    """
    others = [each.coupon_id for each in order.live_discounts if each.coupon_id is not None]
    attached = tuple(AttachedCoupon(id, grounds.terms[id].stackable) for id in others)
    by_hand = len(order.live_discounts) - len(others)
    most = min(grounds.settings.max_coupons_per_order, MOST_DISCOUNTS - by_hand)
    context = coupon_context(reader, order, terms, facts, target, attached, most)
    problem = qualify(terms, context)
    if problem is not None:
        raise problem.under(*path)
    draft = discount_draft(terms, new_id(), reader.now, context.lines, target)
    discount = AppliedDiscount(
        id=draft.id,
        order_id=order.id,
        source=DiscountSource.COUPON,
        coupon_id=terms.id,
        coupon_code=terms.code,
        name=terms.name,
        scope=draft.scope,
        allocation=None,
        line_item_ids=None if target is None else sorted(target),
        eligible_ids=None,
        shares=[],
        currency=order.currency,
        percent=terms.percent,
        amount_off_minor=None if terms.amount is None else terms.amount.minor,
        amount_minor=0,
        applied_minor=0,
        status=DiscountStatus.PENDING,
        reason=None,
        applied_at=reader.now,
    )
    order.applied_discounts.append(discount)
    return discount


def target_of(order: Order, line_item_ids: Sequence[UUID] | None) -> frozenset[UUID] | None:
    """Return the lines that a coupon is narrowed to; one that is not on the order is not found."""
    if line_item_ids is None:
        return None
    known = {line.id for line in order.line_items}
    for at, id in enumerate(line_item_ids):
        if id not in known:
            raise not_found("line item", "lineItemIds", at)
    return frozenset(line_item_ids)
