"""Bundles and their components as clients see them."""

import strawberry

from ordergraph.commerce.bundles import reads, rules
from ordergraph.commerce.catalog import reads as catalog
from ordergraph.commerce.categories import reads as categories
from ordergraph.commerce.modifiers import reads as modifiers
from ordergraph.core.ids import Prefix
from ordergraph.graph.bundles.enums import BundleStatus
from ordergraph.graph.caching import CATALOG, STOCK, kept_for
from ordergraph.graph.catalog.types import READ as PRODUCTS
from ordergraph.graph.catalog.types import Image, ProductVariant, Seo
from ordergraph.graph.categories.types import Category
from ordergraph.graph.context import Info
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import Node, identified
from ordergraph.graph.modifiers.types import ModifierSet
from ordergraph.graph.money import DateTime, Metadata, Money
from ordergraph.graph.nodes import findable
from ordergraph.graph.taxes.types import TaxCategory

READ = ("commerce.bundles.read", "commerce.catalog.read", "storefront.catalog.read")
_PRIVATE = "commerce.bundles.read"


@strawberry.type(
    description="So many units of a variant in each unit of a bundle.",
    directives=kept_for(CATALOG),
)
class BundleComponent(Node):
    source = rules.BundleComponent

    id: strawberry.ID = identified(Prefix.BUNDLE_COMPONENT)
    quantity: int = strawberry.field(description="Units of the variant in one bundle, from 1.")
    position: int = strawberry.field(
        description="Where it stands among the components, from 0 without gaps."
    )

    @scoped(
        *PRODUCTS,
        description="The variant; a deleted one too, but null for who does not find it because it "
        "cannot be sold.",
    )
    def variant(
        self, root: strawberry.Parent[rules.BundleComponent], info: Info
    ) -> ProductVariant | None:
        return info.context.take(catalog.variants_for_sale, root.variant_id)  # pyright: ignore[reportReturnType]


@strawberry.type(
    description="Several variants sold together at a price of their own. It inherits nothing from "
    "them but whether there are enough.",
    directives=kept_for(CATALOG),
)
class Bundle(Node):
    source = rules.Bundle

    id: strawberry.ID = identified(Prefix.BUNDLE)
    name: str = strawberry.field(description="What it is called.")
    slug: str = strawberry.field(
        description="Its name in web addresses, unique among products and bundles."
    )
    status: BundleStatus = strawberry.field(description="Whether it can be sold.")
    description: str | None = strawberry.field(description="What is to be said about it.")
    seo: Seo = strawberry.field(description="What search engines are told of it.")
    images: list[Image] = strawberry.field(description="Its pictures in their order, at most 20.")
    image_url: str | None = strawberry.field(
        description="The web address of the first of its images."
    )
    unit_price: Money = strawberry.field(
        description="The price of one bundle, before discounts; taxes as `shop` says."
    )
    compare_at_price: Money | None = strawberry.field(
        description="A price to compare with, such as the one before a sale; null without one."
    )
    taxable: bool = strawberry.field(description="Whether tax is due on it.")
    tax_category: TaxCategory = strawberry.field(
        description="What kind of thing it is, for tax rates that depend on it."
    )
    sku: str | None = strawberry.field(
        description="The stock keeping unit, unique among all that can be sold."
    )
    barcode: str | None = strawberry.field(description="What a scanner reads.")
    available_for_sale: bool = strawberry.field(
        description="Whether one bundle could be sold now: it is active, has components, and "
        "every one of them is active with enough units left or none needed.",
        directives=kept_for(STOCK),
    )
    quantity_available: int | None = strawberry.field(
        description="How many bundles the stock of the tracked components makes, rounded down: "
        "below zero where one is oversold, null where none is tracked.",
        directives=kept_for(STOCK),
    )
    component_count: int = strawberry.field(description="How many components it has.")
    public_metadata: Metadata = strawberry.field(
        description="The merchant's own keys and values that everybody may read."
    )
    version: int = strawberry.field(description="Goes up by one with every change.")
    created_at: DateTime = strawberry.field(description="When the bundle was created.")
    updated_at: DateTime = strawberry.field(description="When the bundle last changed.")

    @strawberry.field(description="Its components in their order, at most 100.")
    def components(
        self, root: strawberry.Parent[rules.Bundle], info: Info
    ) -> list[BundleComponent]:
        if root.components is not None:
            return root.components  # pyright: ignore[reportReturnType]
        return info.context.take(reads.components_by_bundle, root.id)  # pyright: ignore[reportReturnType]

    @strawberry.field(
        description="The categories it is in, in the order of its labels: at most 50."
    )
    def categories(self, root: strawberry.Parent[rules.Bundle], info: Info) -> list[Category]:
        return info.context.take(categories.categories_of_members, root.id)  # pyright: ignore[reportReturnType]

    @strawberry.field(
        description="What its buyers choose from; null without a set, or when it was retired and "
        "the caller is a browser."
    )
    def modifier_set(self, root: strawberry.Parent[rules.Bundle], info: Info) -> ModifierSet | None:
        id = root.modifier_set_id
        return None if id is None else info.context.take(modifiers.sets_by_ids, id)  # pyright: ignore[reportReturnType]

    @scoped(_PRIVATE, description="The caller's own name for this bundle.")
    def external_reference_id(
        self, root: strawberry.Parent[rules.Bundle], info: Info
    ) -> str | None:
        return root.external_reference_id

    @scoped(_PRIVATE, description="The merchant's own keys and values.")
    def metadata(self, root: strawberry.Parent[rules.Bundle], info: Info) -> Metadata | None:
        return Metadata(root.metadata)


findable(Prefix.BUNDLE, reads.bundles_by_ids, *READ)
findable(Prefix.BUNDLE_COMPONENT, reads.components_by_ids, *READ)
