"""Editing open orders: their lines, and what every edit has in common."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from ordergraph.commerce.modifiers.selecting import AdHocModifier, WantedGroup
from ordergraph.commerce.orders.composing import (
    LONGEST_DESCRIPTION,
    LONGEST_SKU,
    add_lines,
    check_quantity,
    chosen_anew,
)
from ordergraph.commerce.orders.events import OrderEventType
from ordergraph.commerce.orders.grounding import Grounds
from ordergraph.commerce.orders.itemizing import LineItem
from ordergraph.commerce.orders.lifecycle import DiscountStatus, OrderAction
from ordergraph.commerce.orders.locking import load_to_price
from ordergraph.commerce.orders.picking import WantedLine, check_currency, sellables
from ordergraph.commerce.orders.quoting import reprice
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Before, Told, save_order
from ordergraph.commerce.orders.service import Orders
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import Prefix, encode
from ordergraph.core.money import Money
from ordergraph.core.problems import (
    ErrorCode,
    FieldPath,
    Findings,
    LimitProblem,
    Problem,
    VersionProblem,
    not_found,
)
from ordergraph.core.texts import LONGEST_NAME, check_text, merge_metadata
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.transaction import Transaction

_BOUND_BY_PAID = frozenset(
    {OrderAction.EDIT_LINE_ITEMS, OrderAction.EDIT_CHARGES, OrderAction.EDIT_DISCOUNTS}
)
"""Edits that may not make a partly paid order cost less than was paid for it (9.5)."""


@dataclass(frozen=True, slots=True)
class LineChange:
    """What changes on a line; None leaves it as it is. `metadata` None means no change either.

    `modifiers` replaces what was chosen of its set, with defaults for groups that are not named;
    `ad_hoc_modifiers` replaces the others.
    """

    quantity: Any = None
    name: str | None = None
    unit_price: Money | None = None
    description: str | None = None
    sku: str | None = None
    taxable: bool | None = None
    tax_category: TaxCategory | None = None
    metadata: dict[str, Any] | None = None
    clears_metadata: bool = False
    modifiers: tuple[WantedGroup, ...] | None = None
    ad_hoc_modifiers: tuple[AdHocModifier, ...] | None = None

    @property
    def chooses(self) -> bool:
        """Whether any of the line's modifiers are replaced."""
        return self.modifiers is not None or self.ad_hoc_modifiers is not None


async def add_line_items(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    wanted: Sequence[WantedLine],
    expected_version: int | None = None,
    findings: Findings | None = None,
) -> Order:
    """Add lines to an open order, all of them or none (ORD-43).

    What is wrong with them is told together with what the caller has found already (ERR-1).
    """
    if not wanted:
        raise Problem(ErrorCode.FIELD_REQUIRED, "Name at least one line.", ("lineItems",))
    async with edited(
        orders, actor, order_id, OrderAction.EDIT_LINE_ITEMS, expected_version
    ) as edit:
        noted = Findings() if findings is None else findings
        shelf = await sellables(edit.tx, wanted)
        lines = add_lines(edit.order, wanted, shelf, noted, "lineItems")
        noted.settle()
        edit.told = [
            Told("line_item_added", f"{line.quantity} x {line.name}", _id(line)) for line in lines
        ]
    return edit.order


async def update_line_item(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    line_item_id: UUID,
    change: LineChange,
    expected_version: int | None = None,
) -> Order:
    """Change one line of an open order (ORD-7); nothing to change is `NO_FIELDS_TO_UPDATE`.

    What is that way already makes a success without a new version (UPD-3). Modifiers are replaced
    only on the version that the caller has seen (MOD-5).
    """
    if change == LineChange():
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "Name at least one field to change.")
    if change.chooses and expected_version is None:
        raise Problem(
            ErrorCode.FIELD_REQUIRED,
            "Say with expectedVersion on which order the modifiers were chosen.",
            ("expectedVersion",),
        )
    async with edited(
        orders, actor, order_id, OrderAction.EDIT_LINE_ITEMS, expected_version
    ) as edit:
        line = _line(edit.order, line_item_id, "lineItemId")
        findings = Findings()
        was = replace(line)
        _change(edit.order, line, change, findings)
        if change.chooses:
            shelf = await sellables(edit.tx, [line] if change.modifiers is not None else [])
            line.modifiers = chosen_anew(
                line, shelf, change.modifiers, change.ad_hoc_modifiers, findings
            )
        findings.settle()
        if line != was:
            edit.told = [Told("line_item_updated", f"{line.quantity} x {line.name}", _id(line))]
    return edit.order


async def remove_line_items(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    line_item_ids: Sequence[UUID],
    expected_version: int | None = None,
) -> Order:
    """Take lines off an open order, all of them or none; the others keep their positions (PRC-5).

    A discount that was for these lines only goes with them, and is canceled (ORD-8).
    """
    if not line_item_ids:
        raise Problem(ErrorCode.FIELD_REQUIRED, "Name at least one line.", ("lineItemIds",))
    async with edited(
        orders, actor, order_id, OrderAction.EDIT_LINE_ITEMS, expected_version
    ) as edit:
        gone = {
            id: _line(edit.order, id, "lineItemIds", str(at)) for at, id in enumerate(line_item_ids)
        }
        edit.order.line_items = [line for line in edit.order.line_items if line.id not in gone]
        edit.told = [
            Told("line_item_removed", f"{line.quantity} x {line.name}", _id(line))
            for line in gone.values()
        ]
        _drop_discounts_of(edit.order, frozenset(gone))
    return edit.order


@dataclass(slots=True)
class Edit:
    """An order being edited, what it is priced on, and what its timeline will say.

    `priced_at` is the input's field that a price which is refused is told at.
    """

    tx: Transaction
    order: Order
    grounds: Grounds
    priced_at: FieldPath = ()
    told: list[Told] = field(default_factory=list[Told])


@asynccontextmanager
async def edited(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    action: OrderAction,
    expected_version: int | None,
    *,
    code: str | None = None,
    coupon_id: UUID | None = None,
) -> AsyncGenerator[Edit]:
    """Lock an order, check that it may be changed, then price and save what the block made of it.

    A block that tells nothing has changed nothing, and nothing is saved (UPD-3). Lines, charges and
    discounts may not bring the total below what was already paid (9.5). The coupon with `code` or
    `coupon_id` is among the grounds, if there is one.
    """
    async with orders.database.transaction(actor) as tx:
        order, grounds = await load_to_price(
            tx, order_id, "orderId", code=code, coupon_id=coupon_id
        )
        check_version(order, expected_version)
        order.take(action)
        before = Before.of(order)
        edit = Edit(tx, order, grounds)
        yield edit
        if edit.told:
            await _priced(edit)
            if action in _BOUND_BY_PAID:
                check_paid(order)
            save_order(tx, order, before, OrderEventType.UPDATED, *edit.told)
        tx.remember("order", Prefix.ORDER, order.id)


async def _priced(edit: Edit) -> None:
    try:
        await reprice(edit.tx, edit.order, edit.grounds)
    except Problem as problem:
        raise problem.under(*edit.priced_at) from None


def check_version(order: Order, expected: int | None) -> None:
    """Refuse a change that was decided on another version of the order (CON-3)."""
    if expected is not None and expected != order.version:
        raise VersionProblem(order.version, ("expectedVersion",))


def check_paid(order: Order) -> None:
    """Refuse a total that falls below what is already paid (9.5)."""
    if order.total_minor < order.paid_minor - order.refunded_minor:
        raise LimitProblem(
            ErrorCode.TOTAL_BELOW_PAID,
            "The order would cost less than what was already paid for it.",
            Money(order.paid_minor - order.refunded_minor, order.currency),
        )


def _change(order: Order, line: LineItem, change: LineChange, findings: Findings) -> None:
    if change.quantity is not None:
        line.quantity = check_quantity(findings, change.quantity, "quantity")
    if change.name is not None:
        name = check_text(findings, change.name, LONGEST_NAME, "name", least=1)
        line.name = name or line.name
    if change.unit_price is not None:
        check_currency(findings, change.unit_price, order.currency, "unitPrice")
        line.unit_price_minor = change.unit_price.minor
        line.price_overridden = line.is_of_catalog
    if change.description is not None:
        line.description = (
            check_text(findings, change.description, LONGEST_DESCRIPTION, "description") or None
        )
    if change.sku is not None:
        line.sku = check_text(findings, change.sku, LONGEST_SKU, "sku") or None
    if change.taxable is not None:
        line.taxable = change.taxable
    if change.tax_category is not None:
        line.tax_category = change.tax_category
    if change.metadata is not None or change.clears_metadata:
        line.metadata = merge_metadata(findings, line.metadata, change.metadata, "metadata")


def _drop_discounts_of(order: Order, gone: frozenset[UUID]) -> None:
    """Cancel the discounts that were for no other lines than these (ORD-8)."""
    for discount in order.live_discounts:
        if discount.line_item_ids and gone.issuperset(discount.line_item_ids):
            discount.status = DiscountStatus.CANCELED
        elif discount.line_item_ids:
            discount.line_item_ids = [id for id in discount.line_item_ids if id not in gone]


def _line(order: Order, id: UUID, *field: str) -> LineItem:
    for line in order.line_items:
        if line.id == id:
            return line
    raise not_found("line item", *field)


def _id(line: LineItem) -> str:
    return encode(Prefix.LINE_ITEM, line.id)
