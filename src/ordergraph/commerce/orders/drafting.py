"""Drafting orders: composed, discounted, tipped and priced in memory, with nothing written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from ordergraph.commerce.inventory.reads import short_now
from ordergraph.commerce.orders.applying import attach, named_terms
from ordergraph.commerce.orders.discounting import NewDiscount, give
from ordergraph.commerce.orders.grounding import Grounds, grounds_for
from ordergraph.commerce.orders.picking import Shelf, sellables
from ordergraph.commerce.orders.placing import NewOrder, assign_customer, compose
from ordergraph.commerce.orders.quoting import (
    CustomerFacts,
    facts_of_customer,
    reprice,
)
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.skipping import SkippedCoupon, skipped
from ordergraph.commerce.orders.supplying import shortages_of, wanted_stock
from ordergraph.commerce.orders.tipping import NewTip, add_tips
from ordergraph.commerce.orders.valuing import Value, place_of
from ordergraph.core.problems import ErrorCode, Findings, Problem, StockShortage
from ordergraph.runtime.db.transaction import Reader

MOST_CODES = 100


@dataclass(frozen=True, slots=True)
class WantedDraft:
    """An order as one input: what it is made with, and coupons, discounts by hand and tips, each
    in the order given, coupons before discounts."""

    order: NewOrder
    coupon_codes: tuple[str, ...] = ()
    discounts: tuple[NewDiscount, ...] = ()
    tips: tuple[NewTip, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A priced order that is not stored, with what it was made from.

    `coupon_ids` has the coupon of each code, None where it does not count.
    """

    order: Order
    shelf: Shelf
    grounds: Grounds
    coupon_ids: tuple[UUID | None, ...] = ()
    skipped: Sequence[SkippedCoupon] = ()
    shortages: Sequence[StockShortage] = field(default=())


async def preview_order(reader: Reader, wanted: WantedDraft, findings: Findings) -> Draft:
    """Price a draft as the order would be priced now, and tell what stock could not serve (CHK-1).

    Nothing is written, locked or counted. A coupon that does not qualify is skipped and told.
    """
    draft = await draft_order(reader, wanted, findings, skips=True)
    return await with_shortages(reader, draft)


async def with_shortages(reader: Reader, draft: Draft) -> Draft:
    """Return a draft with the lines that stock could not serve now (CHK-3)."""
    units = wanted_stock(draft.order)
    short = await short_now(reader, units)
    lines = shortages_of(draft.order, units, short)
    return Draft(draft.order, draft.shelf, draft.grounds, draft.coupon_ids, draft.skipped, lines)


async def draft_order(
    reader: Reader, wanted: WantedDraft, findings: Findings, *, skips: bool = False
) -> Draft:
    """Compose an order in memory with all checks of its parts, and price it (CHK-1).

    Coupons are tried in the order given with all checks of DSC-3; one that is refused is a problem
    at `couponCodes`, or skipped where the draft `skips`. All problems that can be found are raised
    together with what the caller has found already, with paths into the draft (ERR-1).
    """
    shelf = await sellables(reader, wanted.order.line_items)
    order = compose(reader, wanted.order, shelf, findings)
    await assign_customer(reader, order, wanted.order.customer_id, findings)
    if len(wanted.coupon_codes) > MOST_CODES:
        findings.add(ErrorCode.TOO_MANY_ITEMS, f"At most {MOST_CODES} coupons.", "couponCodes")
        findings.settle()
    grounds = await grounds_for(reader, wanted.coupon_codes)
    facts = await facts_of_customer(reader, order, grounds.terms.values())
    found, passed_over = _apply(
        reader, order, grounds, facts, wanted.coupon_codes, findings.problems
    )
    if not skips:
        for problem, _ in passed_over:
            findings.note(problem)
    for at, discount in enumerate(wanted.discounts):
        give(reader, order, discount, findings, "discounts", str(at))
    add_tips(reader, order, grounds.settings, wanted.tips, findings, "tips")
    findings.settle()
    await _priced(reader, order, grounds, facts)
    return Draft(order, shelf, grounds, found, [told for _, told in passed_over])


def _apply(
    reader: Reader,
    order: Order,
    grounds: Grounds,
    facts: CustomerFacts,
    codes: Sequence[str],
    problems: Sequence[Problem],
) -> tuple[tuple[UUID | None, ...], list[tuple[Problem, SkippedCoupon]]]:
    """Put the coupons that qualify on the order; return them, and of the others what is wrong.

    While anything is wrong with the order itself, only what is wrong with coupons by themselves
    can be known.
    """
    is_whole = not problems
    found: list[UUID | None] = []
    passed_over: list[tuple[Problem, SkippedCoupon]] = []
    for at, code in enumerate(codes):
        terms = named_terms(grounds, code, None)
        try:
            if terms is None:
                raise Problem(ErrorCode.COUPON_NOT_FOUND, "There is no such coupon.")
            attach(reader, order, grounds, facts, terms, None)
            found.append(terms.id)
        except Problem as problem:
            found.append(None)
            if is_whole or problem.code not in _OF_THE_ORDER:
                told = skipped(order, code, terms, problem)
                passed_over.append((problem.under("couponCodes", at), told))
    return tuple(found), passed_over


async def _priced(reader: Reader, order: Order, grounds: Grounds, facts: CustomerFacts) -> None:
    """Price the order; a tip that is too large is told where it stands."""
    tips = order.tips
    try:
        await reprice(reader, order, grounds, facts=facts)
    except Problem as problem:
        if problem.code is not ErrorCode.TIP_TOO_LARGE:
            raise
        for at, tip in enumerate(tips):
            order.tips = tips[: at + 1]
            with_place = place_of(Value(tip.fixed_minor, tip.percent))
            try:
                await reprice(reader, order, grounds, facts=facts)
            except Problem as found:
                raise found.under("tips", at, *with_place) from None
        raise


_OF_THE_ORDER = frozenset(
    {
        ErrorCode.COUPON_NOT_APPLICABLE,
        ErrorCode.COUPON_MINIMUM_NOT_MET,
        ErrorCode.CURRENCY_MISMATCH,
    }
)
