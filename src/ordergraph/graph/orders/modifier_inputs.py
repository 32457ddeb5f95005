"""What clients send about the modifiers of a line."""

import strawberry

from ordergraph.commerce.modifiers.selecting import AdHocModifier, WantedGroup, WantedModifier
from ordergraph.core.ids import Prefix
from ordergraph.core.money import Money
from ordergraph.core.problems import Findings
from ordergraph.graph.ids import NOTHING, noted
from ordergraph.graph.money import MoneyInput, Quantity

MERCHANT = "commerce.orders.write"


@strawberry.input(description="A modifier that is chosen.")
class SelectedModifierInput:
    modifier_id: strawberry.ID = strawberry.field(description="The modifier.")
    quantity: Quantity | None = strawberry.field(
        default=None,
        description="How many for each unit of the line; by default the modifier's own default.",
    )

    def read(self, findings: Findings, *path: str) -> WantedModifier:
        """Return the choice as the business takes it; a malformed id is noted below `path`."""
        id = noted(findings, Prefix.MODIFIER, self.modifier_id, *path, "modifierId")
        return WantedModifier(id or NOTHING, self.quantity)


@strawberry.input(description="What is chosen of one group of modifiers: of a list, or a text.")
class LineModifiersInput:
    group_id: strawberry.ID = strawberry.field(description="The group.")
    selected: list[SelectedModifierInput] | None = strawberry.field(
        default=None, description="What is chosen of a list; [] is nothing, null the defaults."
    )
    text: str | None = strawberry.field(
        default=None, description="What is written where the group takes a text."
    )

    def read(self, findings: Findings, *path: str) -> WantedGroup:
        """Return the choice as the business takes it; malformed ids are noted below `path`."""
        selected = None
        if self.selected is not None:
            selected = tuple(
                each.read(findings, *path, "selected", str(at))
                for at, each in enumerate(self.selected)
            )
        group_id = noted(findings, Prefix.MODIFIER_GROUP, self.group_id, *path, "groupId")
        return WantedGroup(group_id or NOTHING, selected, self.text)


@strawberry.input(description="A modifier that is in no set.")
class AdHocModifierInput:
    name: str = strawberry.field(description="What it is called.")
    unit_price_delta: MoneyInput = strawberry.field(
        description="What one of it adds to the price of each unit of the line, from 0."
    )
    quantity: Quantity = strawberry.field(
        default=Quantity(1), description="How many for each unit of the line."
    )

    def read(self) -> AdHocModifier:
        """Return the modifier as the business takes it, which judges it."""
        delta = Money(self.unit_price_delta.amount, self.unit_price_delta.currency)
        return AdHocModifier(self.name, delta, self.quantity)


def read_modifiers(
    groups: list[LineModifiersInput] | None, findings: Findings, *path: str
) -> tuple[WantedGroup, ...]:
    """Return what is chosen on a line; malformed ids are noted below `path`, the line's."""
    return tuple(
        each.read(findings, *path, "modifiers", str(at)) for at, each in enumerate(groups or ())
    )


def read_ad_hoc(modifiers: list[AdHocModifierInput] | None) -> tuple[AdHocModifier, ...]:
    """Return the modifiers of a line that are in no set."""
    return tuple(each.read() for each in modifiers or ())
