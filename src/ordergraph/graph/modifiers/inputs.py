"""What clients send to make and change modifier sets, and how it is read."""

from uuid import UUID

import strawberry
from strawberry import UNSET

from ordergraph.commerce.modifiers import rules
from ordergraph.commerce.modifiers.bounding import Bounds
from ordergraph.commerce.modifiers.describing import WantedChoice, WantedChoices
from ordergraph.core.ids import Prefix
from ordergraph.core.money import Money
from ordergraph.core.problems import Findings
from ordergraph.graph.ids import noted
from ordergraph.graph.modifiers.enums import ModifierGroupType, ModifierStatus
from ordergraph.graph.money import Metadata, MoneyInput, Quantity
from ordergraph.graph.taxes.types import TaxCategory


@strawberry.input(description="One choice of a group.")
class ModifierInput:
    id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The modifier of this set that it was until now; without it a new one.",
    )
    name: str = strawberry.field(description="What it is called, at most 255 characters.")
    unit_price_delta: MoneyInput = strawberry.field(
        description="What one of it adds to the price of one unit, from 0; all modifiers of a set "
        "share a currency."
    )
    selected_by_default: bool = strawberry.field(
        default=False, description="Whether it is taken where nothing is said about its group."
    )
    default_quantity: Quantity | None = strawberry.field(
        default=None,
        description="How many are taken where no quantity is said; without it the group's least.",
    )
    taxable: bool = strawberry.field(
        default=True, description="Whether tax is due on what it adds."
    )
    tax_category: TaxCategory | None = strawberry.field(
        default=None,
        description="What kind of thing it is; for now its rate is that of the item all the same.",
    )
    status: ModifierStatus = strawberry.field(
        default=rules.ModifierStatus.ACTIVE, description="Whether it is offered."
    )

    def read(self, findings: Findings, *path: str) -> WantedChoice:
        """Return what it shall be; an unreadable id is noted below `path`."""
        return WantedChoice(
            name=self.name,
            unit_price_delta=Money(self.unit_price_delta.amount, self.unit_price_delta.currency),
            id=_id(findings, Prefix.MODIFIER, self.id, *path),
            selected_by_default=self.selected_by_default,
            default_quantity=self.default_quantity,
            taxable=self.taxable,
            tax_category=self.tax_category,
            status=self.status,
        )


@strawberry.input(description="Modifiers that belong together, or a text.")
class ModifierGroupInput:
    id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The group of this set that it was until now; without it a new one.",
    )
    name: str = strawberry.field(description="What it is called, at most 255 characters.")
    type: ModifierGroupType = strawberry.field(
        default=rules.ModifierGroupType.LIST, description="What a buyer does with it."
    )
    min_selected: Quantity = strawberry.field(
        default=Quantity(0),
        description="So many different modifiers are chosen at least, 0 to 50; 1 requires a text.",
    )
    max_selected: Quantity | None = strawberry.field(
        default=None,
        description="So many different modifiers are chosen at most; without it no limit.",
    )
    allow_quantities: bool = strawberry.field(
        default=False,
        description="Whether a modifier can be taken more than once for each unit; the other "
        "fields about quantities need it.",
    )
    min_quantity: Quantity = strawberry.field(
        default=Quantity(1), description="So many of each chosen modifier at least, from 1."
    )
    max_quantity: Quantity | None = strawberry.field(
        default=None, description="So many of each chosen modifier at most; without it no limit."
    )
    max_total_quantity: Quantity | None = strawberry.field(
        default=None,
        description="So many of all its modifiers together at most; without it no limit.",
    )
    longest_text: Quantity | None = strawberry.field(
        default=None,
        description="How many characters a text has at most, 1 to 2000; without it 255.",
    )
    show_on_receipt: bool = strawberry.field(
        default=True, description="Whether the receipt shows what is taken."
    )
    show_on_fulfillment: bool = strawberry.field(
        default=True, description="Whether those who prepare the order see what is taken."
    )
    status: ModifierStatus = strawberry.field(
        default=rules.ModifierStatus.ACTIVE, description="Whether it is offered."
    )
    modifiers: list[ModifierInput] | None = strawberry.field(
        default=None, description="What can be chosen, in order: 1 to 100, none for a text."
    )

    def read(self, findings: Findings, *path: str) -> WantedChoices:
        """Return what it shall be; unreadable ids are noted below `path`."""
        return WantedChoices(
            name=self.name,
            type=self.type,
            id=_id(findings, Prefix.MODIFIER_GROUP, self.id, *path),
            bounds=Bounds(
                self.min_selected,
                self.max_selected,
                self.allow_quantities,
                self.min_quantity,
                self.max_quantity,
                self.max_total_quantity,
            ),
            longest_text=self.longest_text,
            show_on_receipt=self.show_on_receipt,
            show_on_fulfillment=self.show_on_fulfillment,
            status=self.status,
            modifiers=[
                each.read(findings, *path, "modifiers", str(index))
                for index, each in enumerate(self.modifiers or ())
            ],
        )


@strawberry.input(description="A new modifier set.")
class CreateModifierSetInput:
    name: str = strawberry.field(description="What it is called, at most 255 characters.")
    groups: list[ModifierGroupInput] = strawberry.field(
        description="Its groups in order, at most 50."
    )
    metadata: Metadata | None = strawberry.field(
        default=None, description="The merchant's own keys and values."
    )


@strawberry.input(
    description="Changes to a modifier set: what is omitted stays as it is. Groups are replaced "
    "by replaceModifierGroups."
)
class UpdateModifierSetInput:
    id: strawberry.ID = strawberry.field(description="The modifier set.")
    expected_version: int | None = strawberry.field(
        default=None, description="The version that was read: another one is VERSION_CONFLICT."
    )
    name: str | None = strawberry.field(
        default=UNSET, description="What it is called; not to be cleared."
    )
    metadata: Metadata | None = strawberry.field(
        default=UNSET, description="Keys to set; a key with null is deleted, {} clears all."
    )


@strawberry.input(description="All groups of a modifier set from now on.")
class ReplaceModifierGroupsInput:
    id: strawberry.ID = strawberry.field(description="The modifier set.")
    groups: list[ModifierGroupInput] = strawberry.field(
        description="Its groups in order, at most 50. Those, and modifiers, with an id of this set "
        "keep it; those that are not named are gone."
    )
    expected_version: int = strawberry.field(
        description="The version that was read: another one is VERSION_CONFLICT."
    )


@strawberry.input(description="A modifier set that is taken out of use.")
class RetireModifierSetInput:
    id: strawberry.ID = strawberry.field(description="The modifier set.")


def read_groups(groups: list[ModifierGroupInput], findings: Findings) -> list[WantedChoices]:
    """Return the groups as they shall be; unreadable ids are noted below `groups`."""
    return [each.read(findings, "groups", str(index)) for index, each in enumerate(groups)]


def _id(findings: Findings, prefix: Prefix, text: str | None, *path: str) -> UUID | None:
    return None if text is None else noted(findings, prefix, text, *path, "id")
