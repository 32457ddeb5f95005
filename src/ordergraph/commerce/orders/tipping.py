"""Tipping: adding tips to open orders and taking them off."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from ordergraph.commerce.orders.editing import edited
from ordergraph.commerce.orders.itemizing import Tip
from ordergraph.commerce.orders.lifecycle import OrderAction, TipStatus
from ordergraph.commerce.orders.picking import check_currency
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Told
from ordergraph.commerce.orders.service import Orders
from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.texts import LONGEST_NAME, check_text
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.transaction import Transaction

MOST_TIPS = 20


@dataclass(frozen=True, slots=True)
class NewTip:
    """A tip of an amount or of a percentage of the goods, exactly one of the two."""

    amount: Money | None = None
    percent: Decimal | None = None
    name: str | None = None


async def add_tip(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    wanted: NewTip,
    expected_version: int | None = None,
) -> Order:
    """Add a tip to an open order (TIP-1, PRC-65); a buyer's replaces the buyer's earlier one.

    One beyond what the order allows is `TIP_TOO_LARGE` (PRC-66).
    """
    if (wanted.amount is None) == (wanted.percent is None):
        code = ErrorCode.CONFLICTING_FIELDS if wanted.amount else ErrorCode.FIELD_REQUIRED
        raise Problem(code, "A tip is either an amount or a percent.", ("amount",))
    async with edited(orders, actor, order_id, OrderAction.EDIT_TIPS, expected_version) as edit:
        if actor.is_buyer:
            _cancel([tip for tip in edit.order.live_tips if tip.from_buyer])
        findings = Findings()
        if wanted.amount is not None:
            check_currency(findings, wanted.amount, edit.order.currency, "amount")
        name = check_text(findings, wanted.name, LONGEST_NAME, "name")
        if len(edit.order.live_tips) >= MOST_TIPS:
            findings.add(ErrorCode.TOO_MANY_ITEMS, f"An order has at most {MOST_TIPS} tips.")
        findings.settle()
        tip = _new_tip(edit.tx, edit.order, wanted, name)
        edit.order.tips.append(tip)
        edit.priced_at = ("percent",) if wanted.amount is None else ("amount",)
        edit.told = [Told("tip_added", "A tip was added.", encode(Prefix.TIP, tip.id))]
    return edit.order


async def remove_tip(
    orders: Orders, actor: Actor, order_id: UUID, tip_id: UUID, expected_version: int | None = None
) -> Order:
    """Take a tip off an open order; it stays visible as canceled (TIP-3).

    A buyer can take off its own only.
    """
    async with edited(orders, actor, order_id, OrderAction.EDIT_TIPS, expected_version) as edit:
        within_reach = [tip for tip in edit.order.live_tips if tip.from_buyer or not actor.is_buyer]
        tip = next((tip for tip in within_reach if tip.id == tip_id), None)
        if tip is None:
            raise not_found("tip", "tipId")
        _cancel([tip])
        edit.told = [Told("tip_removed", "A tip was removed.", encode(Prefix.TIP, tip.id))]
    return edit.order


def _cancel(tips: list[Tip]) -> None:
    for tip in tips:
        tip.status, tip.amount_minor = TipStatus.CANCELED, 0


def _new_tip(tx: Transaction, order: Order, wanted: NewTip, name: str | None) -> Tip:
    return Tip(
        id=new_id(),
        order_id=order.id,
        currency=order.currency,
        name=name,
        description=None,
        percent=wanted.percent,
        fixed_minor=None if wanted.amount is None else wanted.amount.minor,
        amount_minor=0,
        reversed_minor=0,
        from_buyer=tx.actor.is_buyer,
        status=TipStatus.REQUESTED,
        metadata={},
        created_at=tx.now,
    )
