"""Reading of products what the operation shows: lists less of each, variants along with them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from strawberry.utils.str_converters import to_camel_case

from ordergraph.commerce.catalog import listing, reads, rules
from ordergraph.core.paging import Page, PageRequest
from ordergraph.graph.context import Info
from ordergraph.graph.execution.outlook import Outlook
from ordergraph.graph.looking import settled

_MADE_OF_VARIANTS = ("variants", "availableForSale", "defaultVariant")
_VARIANTS = ("variants", "defaultVariant")
_PLACES = (("nodes",), ("edges", "node"))


def _beyond(listed: type, whole: type) -> tuple[str, ...]:
    """Return what lists do not read: an operation that shows any of it reads everything."""
    names = set(dir(whole)) - set(dir(listed))
    return tuple(to_camel_case(name) for name in names if not name.startswith("_"))


_OF_SHOWN = _beyond(rules.ListedProduct, rules.ShownProduct)
_OF_PRODUCTS = (*_beyond(rules.ShownProduct, rules.Product), "modifierSet")
_OF_VARIANTS = (*_beyond(rules.ListedVariant, rules.Variant), "modifierSet")


async def product_page(
    info: Info,
    wanted: listing.ProductFilter,
    sort: listing.ProductSortField,
    page: PageRequest,
) -> Page[rules.ListedProduct]:
    """Return one page of products, with their variants if the operation shows any of them."""
    context = info.context
    read, variants, whole_variants = settled(info, _in_pages)
    if sort is listing.ProductSortField.PRICE and read is listing.listed_product_page:
        read = listing.shown_product_page  # cursors have the price
    found = await read(context.viewer, wanted, sort, page)
    products: Sequence[rules.ListedProduct] = found.items
    if products and variants:
        await reads.add_variants(context.viewer, products, whole=whole_variants)
        if whole_variants:
            context.prime(reads.products_by_ids, {product.id: product for product in products})
    return Page(products, found.has_next)


async def one_product(info: Info, id: UUID) -> rules.ListedProduct | None:
    """Return a product with as much of its variants as the operation shows."""
    context = info.context
    _, variants, whole_variants = settled(info, _alone)
    if variants:
        return await reads.product_in_detail(context.viewer, id, whole=whole_variants)
    return await context.load(reads.products_by_ids, id)


async def product_by_slug(info: Info, slug: str) -> rules.ListedProduct | None:
    """Return the product that a slug leads to, with as much of its variants as is shown."""
    viewer = info.context.viewer
    _, variants, whole_variants = settled(info, _alone)
    if variants:
        return await reads.product_by_slug_in_detail(viewer, slug, whole=whole_variants)
    return await reads.product_by_slug(viewer, slug)


_Shown = tuple[Callable[..., Awaitable[Page[Any]]], bool, bool]
"""What reads a page, whether variants are shown, and whether those whole."""


def _in_pages(outlook: Outlook) -> _Shown:
    return _at(outlook, _PLACES)


def _alone(outlook: Outlook) -> _Shown:
    return _at(outlook, ((),))


def _at(outlook: Outlook, places: Sequence[tuple[str, ...]]) -> _Shown:
    variants = [(*place, name) for place in places for name in _VARIANTS]
    whole = any(outlook.has_any(place, _OF_PRODUCTS) for place in places)
    # A variant leads back to its product: whole ones are at hand then, with whole variants.
    whole_variants = any(
        outlook.has_any(place, _OF_VARIANTS) or (whole and outlook.has((*place, "product")))
        for place in variants
    )
    read = listing.listed_product_page
    if whole or whole_variants:
        read = listing.product_page
    elif any(outlook.has_any(place, _OF_SHOWN) for place in places):
        read = listing.shown_product_page
    return read, any(outlook.has_any(place, _MADE_OF_VARIANTS) for place in places), whole_variants
