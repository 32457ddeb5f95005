"""The lines of orders as clients see them."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from ordergraph.commerce.bundles.reads import bundles_by_ids
from ordergraph.commerce.catalog.reads import products_by_ids, variants_for_sale
from ordergraph.commerce.orders import itemizing
from ordergraph.core.ids import Prefix
from ordergraph.graph.bundles.types import READ as BUNDLES
from ordergraph.graph.bundles.types import Bundle
from ordergraph.graph.catalog.types import READ as CATALOG
from ordergraph.graph.catalog.types import Product, ProductVariant
from ordergraph.graph.context import Info
from ordergraph.graph.execution.weighing import TYPICAL_SIZE
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import Node, identified
from ordergraph.graph.money import Metadata, Money
from ordergraph.graph.orders.enums import (
    LineSource,
)
from ordergraph.graph.orders.levied import taxes_on

if TYPE_CHECKING:
    from ordergraph.graph.orders.tax_types import TaxAllocation


@strawberry.type(description="What is in each unit of a bundle, as it was when it was sold.")
class LineComponent:
    quantity: int = strawberry.field(description="How many units in each unit of the line.")
    name: str = strawberry.field(description="What it is called, as it was named then.")
    sku: str | None = strawberry.field(description="The SKU it had when the line was added.")

    @scoped(*CATALOG, description="The variant, or null when it can no longer be found.")
    def variant(
        self, root: strawberry.Parent[itemizing.SoldComponent], info: Info
    ) -> ProductVariant | None:
        return info.context.take(variants_for_sale, root.variant_id)  # pyright: ignore[reportReturnType]


@strawberry.type(description="What was chosen on a line, with the price it had then.")
class LineModifier:
    id: strawberry.ID = identified(Prefix.LINE_ITEM_MODIFIER)
    group_name: str | None = strawberry.field(
        description="The group it was chosen from, or null for an ad hoc modifier."
    )
    name: str = strawberry.field(description="What it is called; of a text, its group.")
    unit_price_delta: Money = strawberry.field(
        description="What one of it adds to the price of each unit."
    )
    quantity: int = strawberry.field(description="How many of it each unit of the line has.")
    total: Money = strawberry.field(description="What it adds to the line, for all its units.")
    text: str | None = strawberry.field(description="What was written, where the group is a text.")


@strawberry.type(description="One line of an order: a snapshot, unchanged by later catalog edits.")
class LineItem(Node):
    source = itemizing.Figured

    id: strawberry.ID = identified(Prefix.LINE_ITEM)
    source_type: LineSource = strawberry.field(description="What the line was made from.")
    name: str = strawberry.field(description="What is sold, as it was named then.")
    description: str | None = strawberry.field(description="More about it.")
    sku: str | None = strawberry.field(description="The SKU it had when it was added.")
    image_url: str | None = strawberry.field(description="A picture of it.")
    quantity: int = strawberry.field(description="How many units.")
    unit_price: Money = strawberry.field(description="The price of one unit, before discounts.")
    price_overridden: bool = strawberry.field(
        description="Whether the merchant set another price than the catalog's."
    )
    taxable: bool = strawberry.field(description="Whether the line may be taxed.")
    gross: Money = strawberry.field(description="Quantity times unit price, with its modifiers.")
    discount: Money = strawberry.field(description="The line's share of all discounts.")
    net: Money = strawberry.field(description="Gross less discount.")
    tax: Money = strawberry.field(description="The line's taxes, those inside the price too.")
    total: Money = strawberry.field(description="What the line adds to the order's total.")
    refunded: Money = strawberry.field(description="What was given back for the line.")
    refunded_quantity: int = strawberry.field(description="How many units were given back.")

    @scoped(*CATALOG, description="The variant it was made from, or null for an ad hoc line.")
    def variant(
        self, root: strawberry.Parent[itemizing.LineItem | itemizing.ShownLine], info: Info
    ) -> ProductVariant | None:
        if root.variant_id is None:
            return None
        if isinstance(root, itemizing.ShownLine) and root.named is not None:
            return root.named  # pyright: ignore[reportReturnType]
        return info.context.take(variants_for_sale, root.variant_id)  # pyright: ignore[reportReturnType]

    @scoped(*CATALOG, description="The product of its variant; null for a bundle or ad hoc line.")
    def product(self, root: strawberry.Parent[itemizing.LineItem], info: Info) -> Product | None:
        if root.product_id is None:
            return None
        return info.context.take(products_by_ids, root.product_id)  # pyright: ignore[reportReturnType]

    @scoped(*BUNDLES, description="The bundle it was made from, or null for any other line.")
    def bundle(self, root: strawberry.Parent[itemizing.LineItem], info: Info) -> Bundle | None:
        if root.bundle_id is None:
            return None
        return info.context.take(bundles_by_ids, root.bundle_id)  # pyright: ignore[reportReturnType]

    @strawberry.field(
        description="What is in each unit of a bundle; empty for any other line.",
        metadata={TYPICAL_SIZE: 3},
    )
    def components(self, root: strawberry.Parent[itemizing.LineItem]) -> list[LineComponent]:
        return root.sold_components  # pyright: ignore[reportReturnType]

    @strawberry.field(description="What was chosen on it, at most 50.", metadata={TYPICAL_SIZE: 2})
    def modifiers(self, root: strawberry.Parent[itemizing.LineItem]) -> list[LineModifier]:
        return root.chosen_modifiers  # pyright: ignore[reportReturnType]

    @strawberry.field(
        description="Its taxes, rate by rate; they add up to `tax`.", metadata={TYPICAL_SIZE: 2}
    )
    async def tax_breakdowns(
        self, root: strawberry.Parent[itemizing.LineItem], info: Info
    ) -> list[Annotated["TaxAllocation", strawberry.lazy("ordergraph.graph.orders.tax_types")]]:
        return await taxes_on(info, root)

    @scoped("commerce.orders.read", description="The merchant's own keys and values.")
    def metadata(self, root: strawberry.Parent[itemizing.LineItem], info: Info) -> Metadata | None:
        return Metadata(root.metadata)
