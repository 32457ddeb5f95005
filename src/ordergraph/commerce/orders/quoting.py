"""Pricing an order anew: discounts qualified again, taxes matched again, every figure computed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ordergraph.commerce.coupons import reads as coupons
from ordergraph.commerce.modifiers.selecting import drafted
from ordergraph.commerce.orders.grounding import Grounds
from ordergraph.commerce.orders.itemizing import AppliedDiscount
from ordergraph.commerce.orders.lifecycle import DiscountStatus
from ordergraph.commerce.orders.reads import earlier_paid_orders
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.taxing import stored_shares, stored_taxes, taxes_of
from ordergraph.core.breakdowns import Breakdown
from ordergraph.core.discounting import allocation_of
from ordergraph.core.discounts import (
    AttachedCoupon,
    CouponContext,
    CouponLine,
    CouponTerms,
    discount_draft,
    requalify,
)
from ordergraph.core.drafts import (
    ChargeDraft,
    DiscountDraft,
    LineDraft,
    OrderDraft,
    TipDraft,
)
from ordergraph.core.pricing import line_gross, price
from ordergraph.core.problems import Problem
from ordergraph.runtime.db.transaction import Reader

MOST_DISCOUNTS = 20
"""So many discounts of an order count at most, coupons and others together."""


async def reprice(
    reader: Reader,
    order: Order,
    grounds: Grounds,
    lost: Mapping[UUID, Problem] | None = None,
    facts: CustomerFacts | None = None,
) -> None:
    """Compute every figure of an open order from its lines, discounts, rates, charges and tips.

    A coupon that no longer qualifies stays attached, takes nothing off and says why; it revives
    when it qualifies again (ORD-30). `lost` names coupons that were just refused a use; `facts`
    is what is known of the customer already.
    """
    terms = grounds.terms
    attached = [each.coupon_id for each in order.live_discounts if each.coupon_id is not None]
    if facts is None:
        facts = await facts_of_customer(reader, order, [terms[id] for id in attached])
    drafts: list[DiscountDraft] = []
    for discount in order.live_discounts:
        draft = _drafted(reader, order, discount, terms, facts, lost or {})
        if draft is not None:
            drafts.append(draft)
    write_figures(order, grounds, drafts, reader.now)


def write_figures(
    order: Order, grounds: Grounds, discounts: Sequence[DiscountDraft], now: datetime
) -> None:
    """Price the order on these grounds and discounts and write the figures into it (5.9)."""
    order.tax_rounding = grounds.settings.tax_rounding
    order.tip_limit_minor = _tip_limit(order, grounds)
    draft = draft_of(order, discounts)
    match = taxes_of(order, draft, grounds.rates, grounds.settings, now)
    draft = replace(draft, taxes=match.components, flat_taxes=match.flat_taxes)
    breakdown = price(draft)
    order.tax_status, order.tax_reason = match.status, match.reason
    order.taxes = stored_taxes(draft, breakdown)
    _take_over(order, breakdown)


def _tip_limit(order: Order, grounds: Grounds) -> int | None:
    """Return up to which amount the shop always takes tips; None is the currency's own (PRC-66)."""
    limit = grounds.settings.tip_limit
    return None if limit is None or limit.currency != order.currency else limit.minor


def draft_of(order: Order, discounts: Sequence[DiscountDraft]) -> OrderDraft:
    """Return what stands on an order as pricing takes it, without its taxes."""
    return OrderDraft(
        currency=order.currency,
        lines=_line_drafts(order),
        discounts=tuple(discounts),
        charges=_charge_drafts(order),
        tips=tuple(
            TipDraft(tip.id, amount=tip.fixed_minor, percent=tip.percent) for tip in order.live_tips
        ),
        tax_rounding=order.tax_rounding,
        tip_limit=order.tip_limit_minor,
    )


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What coupons ask about the customer: uses by coupon, and earlier orders; none if unknown.

    Both are of other orders. `held` are the coupons of which the order itself holds a use: a part
    of it is paid.
    """

    uses: Mapping[UUID, int]
    earlier_paid: int | None
    held: Collection[UUID] = ()


def coupon_context(
    reader: Reader,
    order: Order,
    coupon: CouponTerms,
    facts: CustomerFacts,
    target: frozenset[UUID] | None,
    attached: tuple[AttachedCoupon, ...] = (),
    most_coupons: int = MOST_DISCOUNTS,
) -> CouponContext:
    """Describe an order to a coupon that is tried on it."""
    return CouponContext(
        now=reader.now,
        currency=order.currency,
        lines=coupon_lines(order),
        attached=attached,
        max_coupons=most_coupons,
        customer_uses=facts.uses.get(coupon.id),
        earlier_paid_orders=facts.earlier_paid,
        target_line_ids=target,
        holds_use=coupon.id in facts.held,
    )


def coupon_lines(order: Order) -> tuple[CouponLine, ...]:
    """Return what coupons ask about the lines, gross before any discount (DSC-5)."""
    drafts = _line_drafts(order)
    return tuple(
        CouponLine(
            line.id,
            line_gross(draft),
            line.variant_id,
            line.product_id,
            line.bundle_id,
            line.category_ids,
        )
        for line, draft in zip(order.line_items, drafts, strict=True)
    )


async def facts_of_customer(
    reader: Reader, order: Order, terms: Collection[CouponTerms]
) -> CustomerFacts:
    """Return what these coupons ask about the customer, in one statement for each question."""
    key = customer_key(order)
    limited = [coupon.id for coupon in terms if coupon.max_uses_per_customer is not None]
    uses: Mapping[UUID, int] = {}
    earlier = None
    held = await coupons.held_uses(reader, order.id) if terms and order.paid_minor else ()
    if key is not None and limited:
        uses = await coupons.uses_of(reader, limited, key, order.id)
    if key is not None and any(coupon.first_order_only for coupon in terms):
        earlier = await earlier_paid_orders(reader, order.id, order.customer_id, order.buyer_email)
    return CustomerFacts(uses, earlier, held)


def buyer_of(order: Order) -> tuple[UUID | None, str | None]:
    """Return who buys, as coupons see it: for whom their uses and earlier orders count."""
    email = order.buyer_email
    return order.customer_id, None if email is None else email.lower()


def customer_key(order: Order) -> str | None:
    """Return what uses are counted by: the customer, else the buyer's e-mail address (10.1)."""
    if order.customer_id is not None:
        return str(order.customer_id)
    return None if order.buyer_email is None else order.buyer_email.lower()


def _drafted(
    reader: Reader,
    order: Order,
    discount: AppliedDiscount,
    terms: Mapping[UUID, CouponTerms],
    facts: CustomerFacts,
    lost: Mapping[UUID, Problem],
) -> DiscountDraft | None:
    """Return a discount as pricing takes it, or None if it takes nothing off at present."""
    if discount.coupon_id is None:
        draft = DiscountDraft(
            id=discount.id,
            scope=discount.scope,
            applied_at=discount.applied_at,
            percent=discount.percent,
            amount=discount.amount_off_minor,
            allocation=discount.allocation,
            line_ids=None if discount.line_item_ids is None else frozenset(discount.line_item_ids),
        )
    else:
        draft = _qualified(reader, order, discount, terms, facts, lost)
    if draft is None:
        return None
    discount.eligible_ids = None if draft.line_ids is None else sorted(draft.line_ids)
    return draft


def _qualified(
    reader: Reader,
    order: Order,
    discount: AppliedDiscount,
    terms: Mapping[UUID, CouponTerms],
    facts: CustomerFacts,
    lost: Mapping[UUID, Problem],
) -> DiscountDraft | None:
    """Return a coupon's discount, or note on it why it takes nothing off (ORD-30)."""
    assert discount.coupon_id is not None
    coupon = terms[discount.coupon_id]
    target = None if discount.line_item_ids is None else frozenset(discount.line_item_ids)
    context = coupon_context(reader, order, coupon, facts, target)
    problem = lost.get(coupon.id) or requalify(coupon, context)
    discount.name = coupon.name
    discount.percent = coupon.percent
    discount.amount_off_minor = None if coupon.amount is None else coupon.amount.minor
    if problem is not None:
        discount.reason = problem.code.value
        discount.amount_minor = discount.applied_minor = 0
        discount.shares = []
        return None
    discount.reason = None
    draft = discount_draft(coupon, discount.id, discount.applied_at, context.lines, target)
    discount.scope = draft.scope
    discount.allocation = None if draft.percent is not None else allocation_of(draft)
    return draft


def _line_drafts(order: Order) -> tuple[LineDraft, ...]:
    return tuple(
        LineDraft(
            id=line.id,
            position=line.position,
            quantity=line.quantity,
            unit_price=line.unit_price_minor,
            taxable=line.taxable,
            tax_category=line.tax_category,
            modifiers=drafted(line.modifiers) if line.modifiers else (),
        )
        for line in order.line_items
    )


def _charge_drafts(order: Order) -> tuple[ChargeDraft, ...]:
    return tuple(
        ChargeDraft(
            id=charge.id,
            amount=charge.fixed_minor,
            percent=charge.percent,
            basis=charge.basis,
            taxable=charge.taxable,
            tax_category=charge.tax_category,
        )
        for charge in order.charges
    )


def _take_over(order: Order, breakdown: Breakdown) -> None:
    lines = {line.id: line for line in order.line_items}
    for priced in breakdown.lines:
        line = lines[priced.id]
        line.gross_minor = priced.gross
        line.discount_minor = priced.discount
        line.tax_minor = priced.tax
        line.included_tax_minor = priced.included_tax
    discounts = {discount.id: discount for discount in order.applied_discounts}
    for discount in order.applied_discounts:
        if discount.status is DiscountStatus.CANCELED:
            discount.amount_minor = discount.applied_minor = 0
            discount.shares = []
    for priced in breakdown.discounts:
        discounts[priced.id].amount_minor = priced.amount
        discounts[priced.id].applied_minor = priced.applied
        discounts[priced.id].shares = stored_shares(priced.shares)
    charges = {charge.id: charge for charge in order.charges}
    for priced in breakdown.charges:
        charge = charges[priced.id]
        charge.amount_minor = priced.amount
        charge.tax_minor = priced.tax
        charge.included_tax_minor = priced.included_tax
    tips = {tip.id: tip for tip in order.tips}
    for priced in breakdown.tips:
        tips[priced.id].amount_minor = priced.amount
    order.flat_tax_minor = sum(tax.tax for tax in breakdown.taxes if tax.percent is None)
    amounts = breakdown.amounts
    order.subtotal_minor = amounts.subtotal
    order.discount_minor = amounts.discount
    order.charge_minor = amounts.charge
    order.tax_minor = amounts.tax
    order.included_tax_minor = amounts.included_tax
    order.tip_minor = amounts.tip
    order.total_minor = amounts.total
