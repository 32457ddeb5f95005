"""Tipping: adding tips to open orders, changing them and taking them off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from ordergraph.commerce.merchants.rules import ShopSettings
from ordergraph.commerce.orders.composing import LONGEST_DESCRIPTION
from ordergraph.commerce.orders.editing import edited
from ordergraph.commerce.orders.itemizing import Tip
from ordergraph.commerce.orders.lifecycle import OrderAction, TipStatus
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.saving import Told
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.orders.valuing import NO_VALUE, Scale, Value, place_of, valued
from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.core.texts import LONGEST_NAME, check_text, merge_metadata
from ordergraph.core.tips import LEAST_TIP_PERCENT, TipOptions, TipSuggestion, allowance
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.transaction import Reader

MOST_TIPS = 20

_SCALE = Scale(least_minor=1, least_percent=LEAST_TIP_PERCENT)


@dataclass(frozen=True, slots=True)
class NewTip:
    """A tip of an amount or of a percentage of the goods, exactly one of the two.

    The percentage comes as it was sent and is judged here, from 1 to 100.
    """

    amount: Money | None = None
    percent: str | Decimal | None = None
    name: str | None = None
    description: str | None = None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TipChange:
    """What changes on a tip: what is omitted stays, None clears (UPD-1).

    An amount takes the place of a percentage and the other way round.
    """

    amount: Money | Omitted | None = OMITTED
    percent: str | Decimal | Omitted | None = OMITTED
    name: str | Omitted | None = OMITTED
    description: str | Omitted | None = OMITTED
    metadata: dict[str, Any] | Omitted | None = OMITTED


async def add_tip(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    wanted: NewTip,
    expected_version: int | None = None,
) -> Order:
    """Add a tip to an open order (TIP-1, PRC-65); a buyer's takes the place of the earlier one,
    and its id (TIP-2).

    One beyond what the order allows is `TIP_TOO_LARGE` (PRC-66), one that the shop does not let
    buyers leave `TIP_NOT_OFFERED` (TIP-4).
    """
    async with edited(orders, actor, order_id, OrderAction.EDIT_TIPS, expected_version) as edit:
        order, findings = edit.order, Findings()
        tip = _new_tip(edit.tx, order, wanted, findings)
        _check_offered(edit.grounds.settings, actor, tip, findings)
        own = [each for each in order.live_tips if each.from_buyer] if actor.is_buyer else []
        if not own and len(order.live_tips) >= MOST_TIPS:
            findings.add(ErrorCode.TOO_MANY_ITEMS, f"An order has at most {MOST_TIPS} tips.")
        findings.settle()
        edit.priced_at = place_of(_value(tip))
        told = "tip_updated", "A tip was changed."
        if own:
            tip = _put_in_place(order, own, tip)
        else:
            order.tips.append(tip)
            told = "tip_added", "A tip was added."
        edit.told = [Told(*told, encode(Prefix.TIP, tip.id))]
    return edit.order


async def update_tip(
    orders: Orders,
    actor: Actor,
    order_id: UUID,
    tip_id: UUID,
    change: TipChange,
    expected_version: int | None = None,
) -> Order:
    """Change a tip of an open order; nothing to change is `NO_FIELDS_TO_UPDATE`.

    What is that way already makes a success without a new version (UPD-3). A buyer can change its
    own only (TIP-2).
    """
    if change == TipChange():
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "Name at least one field to change.")
    async with edited(orders, actor, order_id, OrderAction.EDIT_TIPS, expected_version) as edit:
        tip, findings = _within_reach(edit.order, actor, tip_id), Findings()
        was = replace(tip)
        _change(tip, change, findings)
        if _value(tip) != _value(was):
            _check_offered(edit.grounds.settings, actor, tip, findings)
        findings.settle()
        edit.priced_at = place_of(_value(tip))
        if tip != was:
            edit.told = [Told("tip_updated", "A tip was changed.", encode(Prefix.TIP, tip.id))]
    return edit.order


async def remove_tip(
    orders: Orders, actor: Actor, order_id: UUID, tip_id: UUID, expected_version: int | None = None
) -> Order:
    """Take a tip off an open order; it stays visible as canceled (TIP-3).

    A buyer can take off its own only.
    """
    async with edited(orders, actor, order_id, OrderAction.EDIT_TIPS, expected_version) as edit:
        tip = _within_reach(edit.order, actor, tip_id)
        _cancel([tip])
        edit.told = [Told("tip_removed", "A tip was removed.", encode(Prefix.TIP, tip.id))]
    return edit.order


def add_tips(
    reader: Reader,
    order: Order,
    settings: ShopSettings,
    wanted: Sequence[NewTip],
    findings: Findings,
    *path: str,
) -> None:
    """Put tips on an order that has none, not priced yet; a buyer leaves one at most (TIP-2).

    What is wrong with one is noted below `path`, with its index.
    """
    if len(wanted) > (most := 1 if reader.actor.is_buyer else MOST_TIPS):
        findings.add(ErrorCode.TOO_MANY_ITEMS, f"At most {most} on this order.", *path)
        return
    order.tips = [
        _new_tip(reader, order, each, findings, *path, str(at)) for at, each in enumerate(wanted)
    ]
    for at, tip in enumerate(order.tips):
        _check_offered(settings, reader.actor, tip, findings, *path, str(at))


def suggested_tips(order: Order, options: TipOptions | None) -> list[TipSuggestion]:
    """Return the tips to show for an order as it is priced now (TIP-4).

    None where the shop suggests none, where the order takes none any more, and for the past.
    """
    if options is None or order.as_of or OrderAction.EDIT_TIPS not in order.next_actions:
        return []
    limit = allowance(order.currency, order.tip_limit_minor)
    return options.suggested(order.currency, order.as_sold.goods, limit)


def _within_reach(order: Order, actor: Actor, id: UUID) -> Tip:
    for tip in order.live_tips:
        if tip.id == id and (tip.from_buyer or not actor.is_buyer):
            return tip
    raise not_found("tip", "tipId")


def _put_in_place(order: Order, own: list[Tip], tip: Tip) -> Tip:
    """Make a buyer's newest tip what the new one is, so that choosing often leaves no trail."""
    *others, last = own
    _cancel(others)
    tip = replace(tip, id=last.id, metadata=last.metadata, created_at=last.created_at)
    order.tips[order.tips.index(last)] = tip
    return tip


def _cancel(tips: list[Tip]) -> None:
    for tip in tips:
        tip.status, tip.amount_minor = TipStatus.CANCELED, 0


def _change(tip: Tip, change: TipChange, findings: Findings) -> None:
    value = valued(
        findings, change.amount, change.percent, tip.currency, _SCALE, present=_value(tip)
    )
    tip.fixed_minor, tip.percent = value.fixed_minor, value.percent
    if change.name is not OMITTED:
        tip.name = check_text(findings, change.name, LONGEST_NAME, "name") or None
    if change.description is not OMITTED:
        description = check_text(findings, change.description, LONGEST_DESCRIPTION, "description")
        tip.description = description or None
    if change.metadata is not OMITTED:
        tip.metadata = merge_metadata(findings, tip.metadata, change.metadata, "metadata")


def _new_tip(reader: Reader, order: Order, wanted: NewTip, findings: Findings, *path: str) -> Tip:
    value = valued(findings, wanted.amount, wanted.percent, order.currency, _SCALE, *path)
    name = check_text(findings, wanted.name, LONGEST_NAME, *path, "name")
    description = check_text(
        findings, wanted.description, LONGEST_DESCRIPTION, *path, "description"
    )
    return Tip(
        id=new_id(),
        order_id=order.id,
        currency=order.currency,
        name=name or None,
        description=description or None,
        percent=value.percent,
        fixed_minor=value.fixed_minor,
        amount_minor=0,
        reversed_minor=0,
        from_buyer=reader.actor.is_buyer,
        status=TipStatus.REQUESTED,
        metadata=merge_metadata(findings, {}, wanted.metadata, *path, "metadata"),
        created_at=reader.now,
    )


def _check_offered(
    settings: ShopSettings, actor: Actor, tip: Tip, findings: Findings, *path: str
) -> None:
    """Note a buyer's tip that is none of the options, where others are not taken (TIP-4)."""
    options, value = settings.tip_options, _value(tip)
    if options is None or options.custom_tips or not actor.is_buyer or value == NO_VALUE:
        return
    amount = None if value.fixed_minor is None else Money(value.fixed_minor, tip.currency)
    if not options.offers(value.percent, amount):
        findings.add(
            ErrorCode.TIP_NOT_OFFERED,
            f"This shop takes one of these tips: {options.in_words(tip.currency)}.",
            *path,
            *place_of(value),
        )


def _value(tip: Tip) -> Value:
    return Value(tip.fixed_minor, tip.percent)
