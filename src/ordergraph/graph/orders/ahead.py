"""Reading of orders what the operation shows: lists less of each, one order more at once."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from strawberry.utils.str_converters import to_camel_case

from ordergraph.commerce.catalog.reads import variants_for_sale
from ordergraph.commerce.orders import itemizing, listing, rules
from ordergraph.commerce.refunds.reads import ShownVariants, order_in_full, refunds_by_orders
from ordergraph.core.paging import Page, PageRequest
from ordergraph.graph.context import Info
from ordergraph.graph.execution.outlook import Outlook
from ordergraph.graph.looking import settled


def _beyond(listed: type, whole: type) -> tuple[str, ...]:
    """Return what lists do not read: an operation that shows any of it reads everything."""
    names = set(dir(whole)) - set(dir(listed))
    return tuple(to_camel_case(name) for name in names if not name.startswith("_"))


_PLACES = (("nodes",), ("edges", "node"))
_OF_ORDERS = (*_beyond(rules.ListedOrder, rules.Order), "proof", "tipSuggestions")
_OF_LISTED = (*_beyond(rules.BriefOrder, rules.ListedOrder), "customer")
_OF_SHOWN = (*_beyond(rules.ShownOrder, rules.Order), "proof", "tipSuggestions")
_OF_LINES = (
    *_beyond(itemizing.ShownLine, itemizing.LineItem),
    "bundle",
    "product",
    "taxBreakdowns",
)
_OF_NAMED = ("id", "sku", "__typename")
_OF_FIGURES = _beyond(rules.Totals, rules.Figures)


async def order_page(
    info: Info, wanted: listing.OrderFilter, sort: listing.OrderSortField, page: PageRequest
) -> Page[rules.BriefOrder]:
    """Return one page of orders, with their parts if the operation shows any."""
    found = await settled(info, _reading)(info.context.viewer, wanted, sort, page)
    return Page(found.items, found.has_next)


async def one_order(info: Info, id: UUID) -> rules.ShownOrder[Any] | None:
    """Return an order with as much as the operation shows of it, of its refunds and variants."""
    context = info.context
    whole, variants = settled(info, _shown)
    if variants is ShownVariants.NAMED and context.actor.is_buyer:
        variants = ShownVariants.WHOLE
    found = await order_in_full(context.viewer, id, whole=whole, variants=variants)
    if found is None:
        return None
    context.prime(refunds_by_orders, {id: found.refunds})
    if variants is ShownVariants.WHOLE:
        shown = {
            line.variant_id: found.variants.get(line.variant_id)
            for line in found.order.line_items
            if line.variant_id
        }
        context.prime(variants_for_sale, shown)
    return found.order


def _shown(outlook: Outlook) -> tuple[bool, ShownVariants]:
    """Tell whether an order is shown whole, and how much of its variants."""
    line, variant = ("lineItems",), ("lineItems", "variant")
    whole = outlook.has_any((), _OF_SHOWN) or outlook.has_any(line, _OF_LINES)
    if not outlook.has(variant):
        return whole, ShownVariants.NONE
    named = not whole and outlook.has_only(variant, _OF_NAMED)
    return whole, ShownVariants.NAMED if named else ShownVariants.WHOLE


def _reading(outlook: Outlook) -> Callable[..., Awaitable[Page[Any]]]:
    """Return what reads a page with as much of its orders as is shown."""
    if any(
        outlook.has_any(place, _OF_ORDERS)
        or outlook.has_any((*place, "netAmounts"), _OF_FIGURES)
        or outlook.has_any((*place, "pricing"), _OF_FIGURES)
        for place in _PLACES
    ):
        return listing.order_page
    listed = any(outlook.has_any(place, _OF_LISTED) for place in _PLACES)
    return listing.listed_order_page if listed else listing.brief_order_page
