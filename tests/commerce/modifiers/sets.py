"""Modifier sets for tests, short to write."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ordergraph.commerce.modifiers.rules import (
    Modifier,
    ModifierGroup,
    ModifierGroupType,
    ModifierSet,
    ModifierSetStatus,
    ModifierStatus,
)
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def modifier(name: str, delta: int = 0, currency: str = "USD", **more: Any) -> Modifier:
    """A modifier that is offered, not chosen by default, and taxable."""
    values: dict[str, Any] = {
        "id": new_id(),
        "group_id": new_id(),
        "position": 0,
        "selected_by_default": False,
        "default_quantity": 1,
        "taxable": True,
        "tax_category": None,
        "status": ModifierStatus.ACTIVE,
        **more,
    }
    return Modifier(name=name, unit_price_delta=Money(delta, currency), **values)


def group(name: str, *modifiers: Modifier, **more: Any) -> ModifierGroup:
    """A list of modifiers without a limit; one of each."""
    values: dict[str, Any] = {
        "type": ModifierGroupType.LIST,
        "min_selected": 0,
        "max_selected": None,
        "allow_quantities": False,
        "min_quantity": 1,
        "max_quantity": None,
        "max_total_quantity": None,
        "longest_text": 255,
        "show_on_receipt": True,
        "show_on_fulfillment": True,
        "status": ModifierStatus.ACTIVE,
        **more,
    }
    for position, each in enumerate(modifiers):
        each.position = position
    return ModifierGroup(
        id=new_id(), set_id=new_id(), name=name, position=0, modifiers=modifiers, **values
    )


def text_group(name: str, **more: Any) -> ModifierGroup:
    """A group that takes a text, or none."""
    return group(name, type=ModifierGroupType.TEXT, max_selected=1, **more)


def set_of(
    *groups: ModifierGroup, status: ModifierSetStatus = ModifierSetStatus.ACTIVE
) -> ModifierSet:
    """An active set of these groups."""
    held: Sequence[ModifierGroup] = groups
    return ModifierSet(new_id(), "Extras", status, {}, 1, NOON, NOON, held)
