"""Composing the lines of an order: new ones put on it, equal ones raised, choices replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ordergraph.commerce.modifiers.rules import MOST_ON_A_LINE
from ordergraph.commerce.modifiers.selecting import AdHocModifier, WantedGroup, select
from ordergraph.commerce.orders.itemizing import LineItem
from ordergraph.commerce.orders.picking import (
    Shelf,
    WantedLine,
    check_currency,
    picked,
    unavailable,
)
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, FieldPath, Findings
from ordergraph.core.texts import LONGEST_NAME, LONGEST_URL, check_text, merge_metadata

MOST_LINES = 500
LARGEST_QUANTITY = 1_000_000
LONGEST_DESCRIPTION = 5_000
LONGEST_SKU = 100


def add_lines(
    order: Order,
    wanted: Sequence[WantedLine],
    shelf: Shelf,
    findings: Findings,
    *path: str,
) -> list[LineItem]:
    """Put lines on an order and return those that were added or raised.

    A line equal to one that is there raises its quantity, unless it asks to be separate (ORD-4).
    What is wrong is noted in `findings` below `path`, with the index of the line.
    """
    touched: list[LineItem] = []
    position = max((line.position for line in order.line_items), default=-1) + 1
    for index, asked in enumerate(wanted):
        here = (*path, str(index))
        line = _composed(order, asked, shelf, findings, here)
        if line is None:
            continue
        twin = None if asked.separate else _twin(order, line)
        if twin is None:
            line.position = position
            position += 1
            order.line_items.append(line)
            touched.append(line)
        else:
            twin.quantity = check_quantity(
                findings, twin.quantity + line.quantity, *here, "quantity"
            )
            if twin not in touched:
                touched.append(twin)
    if len(order.line_items) > MOST_LINES:
        findings.add(ErrorCode.TOO_MANY_ITEMS, f"An order has at most {MOST_LINES} lines.", *path)
    return touched


def check_quantity(findings: Findings, quantity: Any, *field: str) -> int:
    """Return a quantity, noted at `field` when it is not a whole number in range (ORD-3)."""
    whole = isinstance(quantity, int) and not isinstance(quantity, bool)
    if whole and 1 <= quantity <= LARGEST_QUANTITY:
        return quantity
    findings.add(
        ErrorCode.LINE_ITEM_INVALID_QUANTITY,
        f"A quantity is a whole number from 1 to {LARGEST_QUANTITY}.",
        *field,
    )
    return 1


def _composed(
    order: Order,
    asked: WantedLine,
    shelf: Shelf,
    findings: Findings,
    here: FieldPath,
) -> LineItem | None:
    quantity = check_quantity(findings, asked.quantity, *here, "quantity")
    description = check_text(findings, asked.description, LONGEST_DESCRIPTION, *here, "description")
    sku = check_text(findings, asked.sku, LONGEST_SKU, *here, "sku", least=1)
    name = check_text(findings, asked.name, LONGEST_NAME, *here, "name", least=1)
    image_url = check_text(findings, asked.image_url, LONGEST_URL, *here, "imageUrl")
    metadata = merge_metadata(findings, {}, asked.metadata, *here, "metadata")
    if asked.unit_price is not None:
        check_currency(findings, asked.unit_price, order.currency, *here, "unitPrice")
    if not asked.readable:
        select(None, (), asked.ad_hoc_modifiers, order.currency, findings, *here)
        return None
    snapshot = picked(asked, shelf, order.currency, findings, here)
    if snapshot is None:
        return None
    overrides = {"name": name, "description": description, "sku": sku, "image_url": image_url}
    snapshot |= {key: value for key, value in overrides.items() if value}
    if asked.taxable is not None:
        snapshot["taxable"] = asked.taxable
    if asked.tax_category is not None:
        snapshot["tax_category"] = asked.tax_category
    return LineItem(
        id=new_id(),
        order_id=order.id,
        position=0,
        currency=order.currency,
        quantity=quantity,
        metadata=metadata,
        modifiers=select(
            shelf.modifiers_of(asked),
            asked.modifiers,
            asked.ad_hoc_modifiers,
            order.currency,
            findings,
            *here,
        ),
        **snapshot,
    )


def chosen_anew(
    line: LineItem,
    shelf: Shelf,
    groups: Sequence[WantedGroup] | None,
    ad_hoc: Sequence[AdHocModifier] | None,
    findings: Findings,
) -> list[dict[str, Any]]:
    """Return a line's modifiers with those of its set or the ad hoc ones replaced; None keeps.

    What is wrong is noted below `modifiers` and `adHocModifiers`.
    """
    if groups is not None and line.is_of_catalog and shelf.thing(line) is None:
        findings.note(unavailable("modifiers"))
        return line.modifiers
    offered = None if groups is None else shelf.modifiers_of(line)
    new = select(offered, groups or (), ad_hoc or (), line.currency, findings)
    kept = [
        each
        for each in line.modifiers
        if (groups is None and each["groupId"]) or (ad_hoc is None and not each["groupId"])
    ]
    chosen = [
        *(each for each in (*kept, *new) if each["groupId"]),
        *(each for each in (*kept, *new) if not each["groupId"]),
    ]
    if len(chosen) > MOST_ON_A_LINE:
        findings.add(
            ErrorCode.TOO_MANY_ITEMS,
            f"A line has at most {MOST_ON_A_LINE} modifiers.",
            "modifiers" if ad_hoc is None else "adHocModifiers",
        )
    return line.modifiers if _choices(chosen) == _choices(line.modifiers) else chosen


def _twin(order: Order, line: LineItem) -> LineItem | None:
    """Return the line that sells the same, chosen alike at the same price, if neither carries
    metadata (ORD-4)."""
    if not line.is_of_catalog or line.metadata:
        return None
    for other in order.line_items:
        if (
            (other.variant_id, other.bundle_id) == (line.variant_id, line.bundle_id)
            and other.unit_price_minor == line.unit_price_minor
            and (other.name, other.description) == (line.name, line.description)
            and (other.sku, other.image_url) == (line.sku, line.image_url)
            and (other.taxable, other.tax_category) == (line.taxable, line.tax_category)
            and other.components == line.components
            and _choices(other.modifiers) == _choices(line.modifiers)
            and not other.metadata
        ):
            return other
    return None


def _choices(modifiers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what was chosen, whatever ids it has."""
    return [{name: value for name, value in each.items() if name != "id"} for each in modifiers]
