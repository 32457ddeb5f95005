"""Snapshotting modifiers: what a line keeps of them, whatever becomes of their set."""

from collections.abc import Mapping
from typing import Any

from ordergraph.commerce.modifiers.rules import Modifier, ModifierGroup
from ordergraph.core.ids import new_id

Snapshot = dict[str, Any]
"""A modifier as it is stored with a line: these keys and no others, values that JSON knows."""


def chosen(group: ModifierGroup, modifier: Modifier, quantity: int) -> Snapshot:
    """Return a modifier of a list; `unitDelta` is minor units for one, on each unit of the line."""
    return _snapshot(
        modifierId=str(modifier.id),
        name=modifier.name,
        unitDelta=modifier.unit_price_delta.minor,
        quantity=quantity,
        taxable=modifier.taxable,
        taxCategory=modifier.tax_category and modifier.tax_category.value,
        **_of_group(group),
    )


def written(group: ModifierGroup, text: str) -> Snapshot:
    """Return the text of a group, which costs nothing (MOD-4)."""
    return _snapshot(name=group.name, text=text, **_of_group(group))


def made_up(name: str, unit_delta: int, quantity: int) -> Snapshot:
    """Return an ad hoc modifier, taxed as its line is: its `taxable` is null (MOD-6, MOD-7)."""
    return _snapshot(name=name, unitDelta=unit_delta, quantity=quantity)


def _of_group(group: ModifierGroup) -> Mapping[str, Any]:
    return {
        "groupId": str(group.id),
        "groupName": group.name,
        "showOnReceipt": group.show_on_receipt,
        "showOnFulfillment": group.show_on_fulfillment,
    }


def _snapshot(**values: Any) -> Snapshot:
    return {"id": str(new_id()), **_PLAIN, **values}


_PLAIN: Mapping[str, Any] = {
    "modifierId": None,
    "groupId": None,
    "groupName": None,
    "name": "",
    "unitDelta": 0,
    "quantity": 1,
    "text": None,
    "taxable": None,
    "taxCategory": None,
    "showOnReceipt": True,
    "showOnFulfillment": True,
}
