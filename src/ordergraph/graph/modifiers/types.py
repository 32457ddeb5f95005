"""Modifier sets as clients see them."""

from asyncio import Future
from collections.abc import Awaitable

import strawberry

from ordergraph.commerce.modifiers import reads, rules
from ordergraph.core.ids import Prefix
from ordergraph.graph.caching import CATALOG, kept_for
from ordergraph.graph.context import Info
from ordergraph.graph.execution.weighing import TYPICAL_SIZE
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import Node, identified
from ordergraph.graph.modifiers.enums import (
    ModifierGroupType,
    ModifierSetStatus,
    ModifierStatus,
)
from ordergraph.graph.money import DateTime, Metadata, Money
from ordergraph.graph.nodes import findable
from ordergraph.graph.taxes.types import TaxCategory

READ = (
    "commerce.catalog.read",
    "commerce.products.read",
    "commerce.bundles.read",
    "storefront.catalog.read",
)


@strawberry.type(
    description="One choice of a group, with what it adds to the price.",
    directives=kept_for(CATALOG),
)
class Modifier(Node):
    source = rules.Modifier

    id: strawberry.ID = identified(Prefix.MODIFIER)
    name: str = strawberry.field(description="What it is called.")
    unit_price_delta: Money = strawberry.field(
        description="What one of it adds to the price of one unit, before discounts and taxes."
    )
    position: int = strawberry.field(description="Where it stands in its group, from 0.")
    selected_by_default: bool = strawberry.field(
        description="Whether it is taken where nothing is said about its group."
    )
    default_quantity: int = strawberry.field(
        description="How many are taken where no quantity is said."
    )
    taxable: bool = strawberry.field(
        description="Whether tax is due on what it adds, whatever holds for the item."
    )
    tax_category: TaxCategory | None = strawberry.field(
        description="What kind of thing it is; for now its rate is that of the item all the same."
    )
    status: ModifierStatus = strawberry.field(description="Whether it is offered.")


@strawberry.type(
    description="Modifiers that belong together, or a text, with how much may be taken.",
    directives=kept_for(CATALOG),
)
class ModifierGroup(Node):
    source = rules.ModifierGroup

    id: strawberry.ID = identified(Prefix.MODIFIER_GROUP)
    name: str = strawberry.field(description="What it is called.")
    type: ModifierGroupType = strawberry.field(description="What a buyer does with it.")
    position: int = strawberry.field(description="Where it stands in its set, from 0.")
    min_selected: int = strawberry.field(
        description="So many different modifiers are chosen at least; 1 requires a text."
    )
    max_selected: int | None = strawberry.field(
        description="So many different modifiers are chosen at most; null for no limit."
    )
    allow_quantities: bool = strawberry.field(
        description="Whether a modifier can be taken more than once for each unit."
    )
    min_quantity: int = strawberry.field(description="So many of each chosen modifier at least.")
    max_quantity: int | None = strawberry.field(
        description="So many of each chosen modifier at most, where quantities are allowed; null "
        "for no limit."
    )
    max_total_quantity: int | None = strawberry.field(
        description="So many of all its modifiers together at most; null for no limit."
    )
    longest_text: int = strawberry.field(description="How many characters a text has at most.")
    show_on_receipt: bool = strawberry.field(description="Whether the receipt shows what is taken.")
    show_on_fulfillment: bool = strawberry.field(
        description="Whether those who prepare the order see what is taken."
    )
    status: ModifierStatus = strawberry.field(description="Whether it is offered.")
    modifiers: list[Modifier] = strawberry.field(
        description="What can be chosen, in order, at most 100; buyers see what is offered. Empty "
        "for a text.",
        metadata={TYPICAL_SIZE: 6},
    )


@strawberry.type(
    description="What can be chosen about an item, such as milk, size or an engraving. Attached to "
    "a product, a variant or a bundle; the variant's own set goes before its product's.",
    directives=kept_for(CATALOG),
)
class ModifierSet(Node):
    source = rules.ListedModifierSet

    id: strawberry.ID = identified(Prefix.MODIFIER_SET)
    name: str = strawberry.field(description="What it is called.")
    status: ModifierSetStatus = strawberry.field(description="Whether it is used for new sales.")
    version: int = strawberry.field(
        description="Goes up by one with every change of the set or anything in it."
    )
    created_at: DateTime = strawberry.field(description="When the set was made.")
    updated_at: DateTime = strawberry.field(description="When the set last changed.")

    @strawberry.field(
        description="Its groups in order, at most 50; buyers see those that are offered.",
        metadata={TYPICAL_SIZE: 3},
    )
    def groups(
        self, root: strawberry.Parent[rules.ListedModifierSet], info: Info
    ) -> list[ModifierGroup]:
        if isinstance(root, rules.ModifierSet):
            return root.groups  # pyright: ignore[reportReturnType]
        whole = info.context.take(reads.sets_by_ids, root.id)
        if isinstance(whole, Future):
            return _groups_later(whole)  # pyright: ignore[reportReturnType]
        return whole.groups if whole else []  # pyright: ignore[reportReturnType]

    @scoped("commerce.products.read", description="The merchant's own keys and values.")
    def metadata(
        self, root: strawberry.Parent[rules.ListedModifierSet], info: Info
    ) -> Metadata | None:
        return Metadata(root.metadata)


async def _groups_later(whole: Awaitable[rules.ModifierSet | None]) -> object:
    found = await whole
    return found.groups if found else []


findable(Prefix.MODIFIER_SET, reads.sets_by_ids, *READ)
findable(Prefix.MODIFIER_GROUP, reads.groups_by_ids, *READ)
findable(Prefix.MODIFIER, reads.modifiers_by_ids, *READ)
