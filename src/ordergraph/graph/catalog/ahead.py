"""Reading variants along with their products, where the operation shows them."""

from collections.abc import Sequence
from dataclasses import fields

from strawberry.utils.str_converters import to_camel_case

from ordergraph.commerce.catalog import reads, rules
from ordergraph.graph.context import Info
from ordergraph.graph.looking import selects_any

_MADE_OF_VARIANTS = ("variants", "availableForSale", "defaultVariant")
_PLACES = (("nodes",), ("edges", "node"))
_NOT_LISTED = tuple(
    to_camel_case(field.name)
    for field in fields(rules.Variant)
    if field.name not in {listed.name for listed in fields(rules.ListedVariant)}
)
"""What lists do not read of a variant: an operation that shows it reads variants whole."""


def shows_variants(info: Info, *place: str) -> bool:
    """Tell whether anything made of variants is selected of the products at `place`."""
    return selects_any(info, place, _MADE_OF_VARIANTS)


async def read_along(info: Info, products: Sequence[rules.Product]) -> None:
    """Give the products of a page their variants, in one statement, if the operation shows them."""
    places = [place for place in _PLACES if shows_variants(info, *place)]
    if not (places and products):
        return
    context = info.context
    whole = any(_shows_whole(info, *place) for place in places)
    await reads.add_variants(context.viewer, products, whole=whole)
    if whole:
        context.prime(reads.products_by_ids, {product.id: product for product in products})


def _shows_whole(info: Info, *place: str) -> bool:
    fields = "variants", "defaultVariant"
    return any(selects_any(info, (*place, field), _NOT_LISTED) for field in fields)
