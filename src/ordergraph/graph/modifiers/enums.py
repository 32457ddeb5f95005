"""The enums of modifiers as clients see them."""

from ordergraph.commerce.modifiers.reads import ModifierSetSortField
from ordergraph.commerce.modifiers.rules import (
    ModifierGroupType,
    ModifierSetStatus,
    ModifierStatus,
)
from ordergraph.graph.enums import shown

__all__ = ["ModifierGroupType", "ModifierSetSortField", "ModifierSetStatus", "ModifierStatus"]

shown(
    ModifierSetStatus,
    "Whether a modifier set is used for new sales. Values may be added.",
    {
        ModifierSetStatus.ACTIVE: "What it is attached to offers its modifiers.",
        ModifierSetStatus.RETIRED: "It is out of use for good and offers nothing.",
    },
)
shown(
    ModifierStatus,
    "Whether a group or a modifier is offered. Values may be added.",
    {
        ModifierStatus.ACTIVE: "Buyers can choose it.",
        ModifierStatus.INACTIVE: "Only the merchant sees it.",
    },
)
shown(
    ModifierGroupType,
    "What a buyer does with a group. Values may be added.",
    {
        ModifierGroupType.LIST: "Chooses from its modifiers.",
        ModifierGroupType.TEXT: "Writes a text, which costs nothing.",
    },
)
shown(
    ModifierSetSortField,
    "What modifier sets are ordered by.",
    {
        ModifierSetSortField.NAME: "Their name, whatever its case.",
        ModifierSetSortField.CREATED_AT: "When they were made.",
    },
)
