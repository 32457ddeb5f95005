"""Asking for products and variants."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any
from uuid import UUID

import strawberry

from ordergraph.commerce.bundles.reads import bundle_by_code
from ordergraph.commerce.bundles.rules import Bundle
from ordergraph.commerce.catalog import listing, reads, rules
from ordergraph.core.ids import Prefix, decode, split
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.core.texts import search_text
from ordergraph.graph.caching import CATALOG, Keeping
from ordergraph.graph.catalog.ahead import one_product, product_by_slug, product_page
from ordergraph.graph.catalog.enums import ProductSortField, ProductStatus, ProductType
from ordergraph.graph.catalog.types import READ, Product, ProductVariant, Sellable
from ordergraph.graph.context import Info
from ordergraph.graph.fields import query
from ordergraph.graph.money import DateTime, read_range
from ordergraph.graph.paging import After, Connection, FilterBy, First, SortBy, connect, listed
from ordergraph.graph.sorting import SortDirection

_READ_BUNDLES = ("commerce.bundles.read", "commerce.catalog.read", "storefront.catalog.read")
_MOST_CATEGORIES = 50


def _products_in(value: Any) -> Iterator[UUID]:
    """Yield the products that a root field shows: a product, a variant or a page of products."""
    for each in getattr(value, "nodes", (value,)):
        if isinstance(each, rules.ListedProduct):
            yield each.id
        elif isinstance(each, rules.ListedVariant):
            yield each.product_id


def _bundles_in(value: Any) -> Iterator[UUID]:
    if isinstance(value, Bundle):
        yield value.id


_KEPT = Keeping(CATALOG, _products_in)
_KEPT_BY_CODE = Keeping(CATALOG, _products_in, _bundles_in)


@strawberry.input(description="Which products a list has. What is omitted places no condition.")
class ProductFilter:
    query: str | None = strawberry.field(
        default=None,
        description="A part of the name, the description or a SKU, whatever its case, or a whole "
        "id; at most 200 characters.",
    )
    product_type: list[ProductType] | None = strawberry.field(
        default=None, description="One of these kinds."
    )
    status: list[ProductStatus] | None = strawberry.field(
        default=None, description="One of these statuses; without it all but deleted products."
    )
    category: list[str] | None = strawberry.field(
        default=None,
        description="In one of these categories: ids, slugs or labels, whatever their case; at "
        "most 50.",
    )
    only_in_stock: bool = strawberry.field(
        default=False,
        description="Only products with an active variant that is in stock or not tracked.",
    )
    created_after: DateTime | None = strawberry.field(
        default=None, description="Created at this instant or later."
    )
    created_before: DateTime | None = strawberry.field(
        default=None, description="Created before this instant."
    )
    updated_after: DateTime | None = strawberry.field(
        default=None, description="Last changed at this instant or later."
    )
    updated_before: DateTime | None = strawberry.field(
        default=None, description="Last changed before this instant."
    )

    def read(self) -> listing.ProductFilter:
        """Read the filter; what is wrong with it is a problem below `filter`."""
        text = search_text(self.query, "filter", "query")
        categories = self.category or ()
        if len(categories) > _MOST_CATEGORIES:
            raise Problem(
                ErrorCode.TOO_MANY_ITEMS,
                f"category has at most {_MOST_CATEGORIES} entries.",
                ("filter", "category"),
            )
        created = read_range(self.created_after, self.created_before, "created")
        updated = read_range(self.updated_after, self.updated_before, "updated")
        return listing.ProductFilter(
            query=text,
            id=_id_in(text or ""),
            types=listed(self.product_type or ()),
            statuses=listed(self.status or ()),
            categories=listed(categories),
            category_ids=listed(list(_categories_in(categories))),
            only_in_stock=self.only_in_stock,
            created_after=created[0],
            created_before=created[1],
            updated_after=updated[0],
            updated_before=updated[1],
        )


@strawberry.input(description="How a list of products is ordered.")
class ProductSort:
    field: ProductSortField = strawberry.field(
        default=listing.ProductSortField.CREATED_AT, description="What to order by."
    )
    direction: SortDirection = strawberry.field(
        default=SortDirection.DESC, description="Ascending or descending."
    )


@strawberry.type
class CatalogQueries:
    @query(*READ, description="One product, or null.", keeping=_KEPT)
    async def product(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The product.")],
    ) -> Product | None:
        return await one_product(info, decode(Prefix.PRODUCT, id, ("id",)))  # pyright: ignore[reportReturnType]

    @query(
        *READ,
        description="The product that a slug leads to, one that it had before too, or null.",
        keeping=_KEPT,
    )
    async def product_by_slug(
        self,
        info: Info,
        slug: Annotated[str, strawberry.argument(description="The slug, whatever its case.")],
    ) -> Product | None:
        return await product_by_slug(info, slug)  # pyright: ignore[reportReturnType]

    @query(*READ, description="One variant, or null.", keeping=_KEPT)
    def product_variant(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The variant.")],
    ) -> ProductVariant | None:
        return info.context.take(  # pyright: ignore[reportReturnType]
            reads.variants_for_sale, decode(Prefix.VARIANT, id, ("id",))
        )

    @query(
        *READ,
        *_READ_BUNDLES[:1],
        description="What bears exactly this SKU, a variant or a bundle, or null.",
        keeping=_KEPT_BY_CODE,
    )
    async def sellable_by_sku(
        self,
        info: Info,
        sku: Annotated[str, strawberry.argument(description="The SKU, in its own case.")],
    ) -> Sellable | None:
        return await _sellable(info, sku=sku)

    @query(
        *READ,
        *_READ_BUNDLES[:1],
        description="What bears exactly this barcode, a variant or a bundle, or null.",
        keeping=_KEPT_BY_CODE,
    )
    async def sellable_by_barcode(
        self,
        info: Info,
        barcode: Annotated[str, strawberry.argument(description="The barcode, as it is stored.")],
    ) -> Sellable | None:
        return await _sellable(info, barcode=barcode)

    @query(*READ, description="The merchant's products, newest first by default.", keeping=_KEPT)
    async def products(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        filter: Annotated[ProductFilter | None, FilterBy] = None,
        sort: Annotated[ProductSort | None, SortBy] = None,
    ) -> Connection[Product] | None:
        viewer = info.context.viewer
        wanted = filter.read() if filter else listing.ProductFilter()
        order = sort or ProductSort()
        return await connect(
            info.context,
            f"products:{order.field}",
            first,
            after,
            fetch=lambda page: product_page(info, wanted, order.field, page),
            count=lambda: listing.product_count(viewer, wanted),
            key=lambda product: listing.sort_key(product, order.field),
            filters=wanted,
            descending=order.direction is SortDirection.DESC,
        )


async def _sellable(info: Info, **code: str) -> Any:
    """Return what bears a code: most are variants, so that bundles are looked at behind them.

    A caller who may read but one of both finds nothing of the other.
    """
    context = info.context
    if not context.actor.scopes.isdisjoint(READ):
        found = await reads.variant_by_code(context.viewer, **code)
        if found is not None:
            variant, product = found
            context.prime(reads.products_by_ids, {product.id: product})
            return variant
    if context.actor.scopes.isdisjoint(_READ_BUNDLES):
        return None
    return await bundle_by_code(context.viewer, **code)


def _id_in(text: str) -> UUID | None:
    """Return the product or variant whose id the text is, if it is one."""
    try:
        prefix, id = split(text)
    except Problem:
        return None
    return id if prefix in (Prefix.PRODUCT, Prefix.VARIANT) else None


def _categories_in(texts: Iterable[str]) -> Iterator[UUID]:
    """Yield the categories whose ids are among the texts; the others are slugs or labels."""
    for text in texts:
        try:
            yield decode(Prefix.CATEGORY, text.strip())
        except Problem:
            continue
