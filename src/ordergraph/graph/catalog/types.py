"""Products and variants as clients see them."""

from asyncio import Future
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, cast

import strawberry

from ordergraph.commerce.catalog import reads, rules
from ordergraph.commerce.categories.reads import categories_of_members
from ordergraph.commerce.modifiers.reads import sets_by_ids
from ordergraph.core.ids import Prefix
from ordergraph.graph.caching import CATALOG, STOCK, kept_for
from ordergraph.graph.catalog.enums import ProductStatus, ProductType, VariantStatus
from ordergraph.graph.context import Context, Info
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import Node, identified
from ordergraph.graph.inventory.stocked import Stocked
from ordergraph.graph.money import DateTime, Metadata, Money
from ordergraph.graph.nodes import findable
from ordergraph.graph.taxes.types import TaxCategory

if TYPE_CHECKING:
    from ordergraph.graph.bundles.types import Bundle
    from ordergraph.graph.categories.types import Category
    from ordergraph.graph.modifiers.types import ModifierSet

READ = ("commerce.catalog.read", "commerce.products.read", "storefront.catalog.read")
_PRIVATE = "commerce.products.read"
_ModifierSetLink = Annotated["ModifierSet", strawberry.lazy("ordergraph.graph.modifiers.types")]


@strawberry.type(description="What a variant is, in one of the ways in which variants differ.")
class SelectedOption:
    name: str = strawberry.field(description="The option's name, for example Size.")
    value: str = strawberry.field(description="The variant's value of it, for example L.")


@strawberry.type(description="One way in which the variants of a product differ.")
class ProductOption:
    id: strawberry.ID = identified(Prefix.OPTION)
    name: str = strawberry.field(description="The option's name, for example Size.")
    values: list[str] = strawberry.field(description="Its values in order, at most 100.")


@strawberry.type(description="A picture.")
class Image:
    url: str = strawberry.field(description="Its web address, http or https.")
    alt_text: str | None = strawberry.field(description="What it shows, for who cannot see it.")
    width: int | None = strawberry.field(description="Its width in pixels, where it is known.")
    height: int | None = strawberry.field(description="Its height in pixels, where it is known.")


@strawberry.input(description="A picture; at most 20 can be sent.")
class ImageInput:
    url: str = strawberry.field(
        description="Its web address, http or https, at most 2048 characters."
    )
    alt_text: str | None = strawberry.field(
        default=None, description="What it shows, for who cannot see it: at most 500 characters."
    )
    width: int | None = strawberry.field(default=None, description="Its width in pixels, above 0.")
    height: int | None = strawberry.field(
        default=None, description="Its height in pixels, above 0."
    )

    def read(self) -> rules.Image:
        """Return the picture as the catalog knows it."""
        return rules.Image(self.url, self.alt_text, self.width, self.height)


@strawberry.type(description="What search engines are told in the place of name and description.")
class Seo:
    title: str | None = strawberry.field(description="The title; null where the name will do.")
    description: str | None = strawberry.field(
        description="The description; null where that of the thing itself will do."
    )


@strawberry.input(description="What search engines are told; what is omitted is empty.")
class SeoInput:
    title: str | None = strawberry.field(
        default=None, description="The title, at most 255 characters."
    )
    description: str | None = strawberry.field(
        default=None, description="The description, at most 500 characters."
    )

    def read(self) -> rules.Seo:
        """Return it as the catalog knows it."""
        return rules.Seo(self.title, self.description)


@strawberry.type(description="What one unit costs at least and at most.")
class PriceRange:
    lowest: Money = strawberry.field(description="The lowest price of one unit.")
    highest: Money = strawberry.field(description="The highest price of one unit.")


@strawberry.type(
    description="One sellable form of a product, with its own price and stock.",
    directives=kept_for(CATALOG),
)
class ProductVariant(Node, Stocked):
    source = rules.ListedVariant, rules.NamedVariant

    id: strawberry.ID = identified(Prefix.VARIANT)
    name: str | None = strawberry.field(description="The variant's own name, if it has one.")
    display_name: str = strawberry.field(
        description="Its own name, else its option values, else the product's name."
    )
    position: int = strawberry.field(description="Where it stands among its product's variants.")
    selected_options: list[SelectedOption] = strawberry.field(
        description="Its value of each of the product's options; empty for a simple product."
    )
    sku: str | None = strawberry.field(
        description="The stock keeping unit, unique among all that can be sold."
    )
    barcode: str | None = strawberry.field(description="What a scanner reads.")
    unit_price: Money = strawberry.field(
        description="The price of one unit, before discounts; taxes as `shop` says."
    )
    compare_at_price: Money | None = strawberry.field(
        description="A price to compare with, such as the one before a sale; null without one."
    )
    image_url: str | None = strawberry.field(
        description="The web address of the first of its images."
    )
    images: list[Image] = strawberry.field(
        description="Its own pictures, or those of its product where it has none; at most 20."
    )
    images_inherited: bool = strawberry.field(
        description="Whether its pictures are those of its product."
    )
    public_metadata: Metadata = strawberry.field(
        description="The merchant's own keys and values that everybody may read."
    )
    taxable: bool = strawberry.field(description="Whether tax is due on it.")
    tax_category: TaxCategory = strawberry.field(
        description="What kind of thing it is, for tax rates that depend on it."
    )
    status: VariantStatus = strawberry.field(description="Whether it can be sold.")
    enforce_inventory_limit: bool = strawberry.field(
        description="Whether no more can be sold than there is; matters where stock is tracked."
    )
    available_for_sale: bool = strawberry.field(
        description="Whether one unit could be sold now: it and its product are active, and stock "
        "is left or does not matter.",
        directives=kept_for(STOCK),
    )
    quantity_available: int | None = strawberry.field(
        description="Units left that no running payment holds, negative when oversold; null where "
        "stock is not tracked.",
        directives=kept_for(STOCK),
    )
    version: int = strawberry.field(description="Goes up by one with every change.")
    created_at: DateTime = strawberry.field(description="When the variant was created.")
    updated_at: DateTime = strawberry.field(description="When the variant last changed.")

    @strawberry.field(description="The product that it is a form of.")
    def product(
        self, root: strawberry.Parent[rules.ListedVariant], info: Info
    ) -> Annotated["Product", strawberry.lazy("ordergraph.graph.catalog.types")] | None:
        return info.context.take(reads.products_by_ids, root.product_id)  # pyright: ignore[reportReturnType]

    @strawberry.field(
        description="The modifier set that its buyers choose from: its own, or that of its "
        "product; null without one."
    )
    def modifier_set(
        self, root: strawberry.Parent[rules.Variant], info: Info
    ) -> _ModifierSetLink | None:
        return _modifier_set(info.context, root)

    @scoped(_PRIVATE, description="The caller's own name for this variant.")
    def external_reference_id(
        self, root: strawberry.Parent[rules.Variant], info: Info
    ) -> str | None:
        return root.external_reference_id

    @scoped(_PRIVATE, description="The merchant's own keys and values.")
    def metadata(self, root: strawberry.Parent[rules.Variant], info: Info) -> Metadata | None:
        return Metadata(root.metadata)


@strawberry.type(
    description="Something the merchant sells, in one or more variants.",
    directives=kept_for(CATALOG),
)
class Product(Node):
    source = rules.ListedProduct

    id: strawberry.ID = identified(Prefix.PRODUCT)
    name: str = strawberry.field(description="What it is called.")
    product_type: ProductType = strawberry.field(description="What kind of thing it is.")
    status: ProductStatus = strawberry.field(description="Whether it can be sold.")
    description: str | None = strawberry.field(description="What is to be said about it.")
    slug: str = strawberry.field(
        description="Its name in web addresses, unique among products and bundles; old ones keep "
        "leading to it."
    )
    seo: Seo = strawberry.field(description="What search engines are told of it.")
    image_url: str | None = strawberry.field(
        description="The web address of the first of its images."
    )
    images: list[Image] = strawberry.field(description="Its pictures in their order, at most 20.")
    price_range: PriceRange | None = strawberry.field(
        description="What its active variants cost; null where none is active."
    )
    active_variant_count: int = strawberry.field(
        description="How many variants it has that are active."
    )
    option_count: int = strawberry.field(description="In how many ways its variants differ.")
    public_metadata: Metadata = strawberry.field(
        description="The merchant's own keys and values that everybody may read."
    )
    options: list[ProductOption] = strawberry.field(
        description="What its variants differ in, at most 3; empty for a simple product."
    )
    version: int = strawberry.field(description="Goes up by one with every change.")
    created_at: DateTime = strawberry.field(description="When the product was created.")
    updated_at: DateTime = strawberry.field(description="When the product last changed.")

    @strawberry.field(
        description="How many variants it has; browsers count those alone that are active."
    )
    def variant_count(self, root: strawberry.Parent[rules.ShownProduct], info: Info) -> int:
        is_buyer = info.context.actor.is_buyer
        return root.active_variant_count if is_buyer else root.variant_count

    @strawberry.field(description="Its variants in their order, at most 250.")
    def variants(
        self, root: strawberry.Parent[rules.ListedProduct], info: Info
    ) -> list[ProductVariant]:
        return _of_variants(info.context, root, list)

    @strawberry.field(
        description="The variant that is meant when none is named: the only one of a simple "
        "product; null for an optioned one without a default."
    )
    def default_variant(
        self, root: strawberry.Parent[rules.ListedProduct], info: Info
    ) -> ProductVariant | None:
        return _of_variants(info.context, root, _default)

    @strawberry.field(
        description="Whether any of its variants could be sold now.", directives=kept_for(STOCK)
    )
    def available_for_sale(self, root: strawberry.Parent[rules.ListedProduct], info: Info) -> bool:
        return _of_variants(info.context, root, _for_sale)

    @strawberry.field(description="The categories that it is in, in the order of its labels.")
    def categories(
        self, root: strawberry.Parent[rules.ListedProduct], info: Info
    ) -> list[Annotated["Category", strawberry.lazy("ordergraph.graph.categories.types")]]:
        return info.context.take(categories_of_members, root.id)  # pyright: ignore[reportReturnType]

    @strawberry.field(
        description="The modifier set that buyers of its variants choose from, where a variant has "
        "none of its own."
    )
    def modifier_set(
        self, root: strawberry.Parent[rules.Product], info: Info
    ) -> _ModifierSetLink | None:
        return _modifier_set(info.context, root)

    @scoped(_PRIVATE, description="The caller's own name for this product.")
    def external_reference_id(
        self, root: strawberry.Parent[rules.Product], info: Info
    ) -> str | None:
        return root.external_reference_id

    @scoped(_PRIVATE, description="The merchant's own keys and values.")
    def metadata(self, root: strawberry.Parent[rules.Product], info: Info) -> Metadata | None:
        return Metadata(root.metadata)


Sellable = Annotated[
    ProductVariant | Annotated["Bundle", strawberry.lazy("ordergraph.graph.bundles.types")],
    strawberry.union("Sellable", description="What can stand on a line of an order."),
]


_Variants = Sequence[rules.ListedVariant]


def _modifier_set(context: Context, whose: rules.Product | rules.Variant) -> Any:
    id = whose.modifier_set_id
    return None if id is None else context.take(sets_by_ids, id)


def _of_variants(
    context: Context, product: rules.ListedProduct, read: Callable[[_Variants], Any]
) -> Any:
    """Read of a product's variants: those read along with it, else one read for all products."""
    found = product.variants
    if found is None:
        loaded = context.take(reads.variants_by_product, product.id)
        if isinstance(loaded, Future):
            return _later(cast("Future[_Variants]", loaded), read)
        found = loaded or ()
    return read(found)


async def _later(variants: Awaitable[_Variants], read: Callable[[_Variants], Any]) -> Any:
    return read(await variants or ())


def _default(variants: _Variants) -> rules.ListedVariant | None:
    return next((variant for variant in variants if variant.is_default), None)


def _for_sale(variants: _Variants) -> bool:
    return any(variant.available_for_sale for variant in variants)


findable(Prefix.PRODUCT, reads.products_by_ids, *READ)
findable(Prefix.VARIANT, reads.variants_for_sale, *READ)
