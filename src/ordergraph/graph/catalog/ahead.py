"""Reading of products what the operation shows: lists less of each, variants along with them."""

from collections.abc import Sequence

from strawberry.utils.str_converters import to_camel_case

from ordergraph.commerce.catalog import listing, reads, rules
from ordergraph.core.paging import Page, PageRequest
from ordergraph.graph.context import Info
from ordergraph.graph.looking import selects_any

_MADE_OF_VARIANTS = ("variants", "availableForSale", "defaultVariant")
_PLACES = (("nodes",), ("edges", "node"))


def _beyond(listed: type, whole: type) -> tuple[str, ...]:
    """Return what lists do not read: an operation that shows any of it reads everything."""
    names = set(dir(whole)) - set(dir(listed))
    return tuple(to_camel_case(name) for name in names if not name.startswith("_"))


_OF_PRODUCTS = _beyond(rules.ListedProduct, rules.Product)
_OF_VARIANTS = _beyond(rules.ListedVariant, rules.Variant)


def shows_variants(info: Info, *place: str) -> bool:
    """Tell whether anything made of variants is selected of the products at `place`."""
    return selects_any(info, place, _MADE_OF_VARIANTS)


async def product_page(
    info: Info,
    wanted: listing.ProductFilter,
    sort: listing.ProductSortField,
    page: PageRequest,
) -> Page[rules.ListedProduct]:
    """Return one page of products, with their variants if the operation shows any of them."""
    context = info.context
    whole = any(_shows_whole(info, *place) for place in _PLACES)
    read = listing.product_page if whole else listing.listed_product_page
    found = await read(context.viewer, wanted, sort, page)
    products: Sequence[rules.ListedProduct] = found.items
    if products and any(shows_variants(info, *place) for place in _PLACES):
        await reads.add_variants(context.viewer, products, whole=whole)
        if whole:
            context.prime(reads.products_by_ids, {product.id: product for product in products})
    return Page(products, found.has_next)


def _shows_whole(info: Info, *place: str) -> bool:
    return selects_any(info, place, _OF_PRODUCTS) or any(
        selects_any(info, (*place, field), _OF_VARIANTS) for field in ("variants", "defaultVariant")
    )
