"""Discounts that a merchant gives by hand (DSC-12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from ordergraph.commerce.orders.editing import edited
from ordergraph.commerce.orders.itemizing import AppliedDiscount
from ordergraph.commerce.orders.lifecycle import DiscountSource, DiscountStatus, OrderAction
from ordergraph.commerce.orders.picking import check_currency
from ordergraph.commerce.orders.quoting import MOST_DISCOUNTS
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Told
from ordergraph.commerce.orders.service import Orders
from ordergraph.core.drafts import Allocation, DiscountScope
from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.texts import LONGEST_NAME, check_text
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.transaction import Reader


@dataclass(frozen=True, slots=True)
class NewDiscount:
    """A discount of an amount or a percentage, exactly one of the two.

    Without a scope it is for the lines that are named, else for the whole order; an amount counts
    for each unit in line scope and once in order scope, unless `allocation` says otherwise.
    """

    name: str
    amount: Money | None = None
    percent: Decimal | None = None
    scope: DiscountScope | None = None
    allocation: Allocation | None = None
    line_item_ids: Sequence[UUID] | None = None


async def add_discount(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    wanted: NewDiscount,
    expected_version: int | None = None,
) -> Order:
    """Take an amount or a percentage off an open order by hand (DSC-12).

    It stands beside coupons whatever they allow (DSC-4); an order has at most 20 discounts that
    count, else `TOO_MANY_ITEMS`. The amount is in minor units of the order's currency, rounded and
    spread as PRC-21 to PRC-23 say.
    """
    _check(wanted)
    async with edited(
        orders, actor, order_id, OrderAction.EDIT_DISCOUNTS, expected_version
    ) as edit:
        findings = Findings()
        discount = give(edit.tx, edit.order, wanted, findings)
        findings.settle()
        edit.told = [
            Told(
                "discount_applied",
                f"The discount {discount.name} was given.",
                encode(Prefix.APPLIED_DISCOUNT, discount.id),
            )
        ]
    return edit.order


def give(
    reader: Reader, order: Order, wanted: NewDiscount, findings: Findings, *path: str
) -> AppliedDiscount:
    """Put a discount by hand on an order, not yet priced; what is wrong is noted below `path`."""
    here = Findings()
    with here.noting():
        _check(wanted)
    name = check_text(here, wanted.name, LONGEST_NAME, "name", least=1)
    if wanted.amount is not None:
        check_currency(here, wanted.amount, order.currency, "amount")
    _check_lines(order, wanted.line_item_ids, here)
    for problem in here.problems:
        findings.note(problem.under(*path))
    if len(order.live_discounts) >= MOST_DISCOUNTS:
        findings.add(
            ErrorCode.TOO_MANY_ITEMS, f"An order has at most {MOST_DISCOUNTS} discounts.", *path
        )
    discount = _made(reader, order, wanted, name or "")
    order.applied_discounts.append(discount)
    return discount


def _check(wanted: NewDiscount) -> None:
    """Refuse fields that do not go together."""
    if (wanted.amount is None) == (wanted.percent is None):
        code = ErrorCode.CONFLICTING_FIELDS if wanted.amount else ErrorCode.FIELD_REQUIRED
        raise Problem(code, "A discount is either an amount or a percent.", ("amount",))
    if wanted.percent is not None and wanted.allocation is not None:
        raise Problem(
            ErrorCode.CONFLICTING_FIELDS,
            "Only an amount is counted for each unit or once; a percentage is of all lines.",
            ("allocation",),
        )
    if wanted.line_item_ids is None:
        if wanted.scope is DiscountScope.LINE_ITEM:
            raise Problem(
                ErrorCode.FIELD_REQUIRED,
                "Name the lines that the discount is for.",
                ("lineItemIds",),
            )
    elif wanted.scope is DiscountScope.ORDER:
        raise Problem(
            ErrorCode.CONFLICTING_FIELDS,
            "A discount of the whole order names no lines.",
            ("lineItemIds",),
        )


def _check_lines(order: Order, ids: Sequence[UUID] | None, findings: Findings) -> None:
    if ids is None:
        return
    if not ids:
        findings.add(ErrorCode.FIELD_REQUIRED, "Name at least one line.", "lineItemIds")
    known = {line.id for line in order.line_items}
    for at, id in enumerate(ids):
        if id not in known:
            findings.note(not_found("line item", "lineItemIds", at))


def _made(reader: Reader, order: Order, wanted: NewDiscount, name: str) -> AppliedDiscount:
    narrowed = wanted.line_item_ids is not None
    scope = DiscountScope.LINE_ITEM if narrowed else DiscountScope.ORDER
    allocation = None
    if wanted.amount is not None:
        allocation = wanted.allocation or (Allocation.EACH if narrowed else Allocation.ACROSS)
    return AppliedDiscount(
        id=new_id(),
        order_id=order.id,
        source=DiscountSource.MANUAL,
        coupon_id=None,
        coupon_code=None,
        name=name,
        scope=scope,
        allocation=allocation,
        line_item_ids=None if wanted.line_item_ids is None else sorted(set(wanted.line_item_ids)),
        eligible_ids=None,
        shares=[],
        currency=order.currency,
        percent=wanted.percent,
        amount_off_minor=None if wanted.amount is None else wanted.amount.minor,
        amount_minor=0,
        applied_minor=0,
        status=DiscountStatus.PENDING,
        reason=None,
        applied_at=reader.now,
    )
