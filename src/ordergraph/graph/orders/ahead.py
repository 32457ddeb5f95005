"""Reading of orders what the operation shows: lists less of each, one order more at once."""

from uuid import UUID

from strawberry.utils.str_converters import to_camel_case

from ordergraph.commerce.catalog.reads import variants_for_sale
from ordergraph.commerce.orders import reads, rules
from ordergraph.commerce.refunds.reads import order_in_full, refunds_by_orders
from ordergraph.core.paging import Page, PageRequest
from ordergraph.graph.context import Info
from ordergraph.graph.looking import selects, selects_any


def _beyond(listed: type, whole: type) -> tuple[str, ...]:
    """Return what lists do not read: an operation that shows any of it reads everything."""
    names = set(dir(whole)) - set(dir(listed))
    return tuple(to_camel_case(name) for name in names if not name.startswith("_"))


_PLACES = (("nodes",), ("edges", "node"))
_OF_ORDERS = _beyond(rules.ListedOrder, rules.Order)
_OF_FIGURES = _beyond(rules.Totals, rules.Figures)


async def order_page(
    info: Info, wanted: reads.OrderFilter, sort: reads.OrderSortField, page: PageRequest
) -> Page[rules.ListedOrder]:
    """Return one page of orders, with their parts if the operation shows any."""
    read = (
        reads.order_page
        if any(_shows_whole(info, *place) for place in _PLACES)
        else reads.listed_order_page
    )
    found = await read(info.context.viewer, wanted, sort, page)
    return Page(found.items, found.has_next)


async def one_order(info: Info, id: UUID) -> rules.Order | None:
    """Return an order, read along with its refunds and variants if the operation shows them."""
    context = info.context
    with_variants = selects(info, "lineItems", "variant")
    if not (with_variants or selects(info, "refunds")):
        return (await reads.orders_by_ids(context.viewer, [id])).get(id)
    found = await order_in_full(context.viewer, id, with_variants=with_variants)
    if found is None:
        return None
    context.prime(refunds_by_orders, {id: found.refunds})
    if with_variants:
        lines = found.order.line_items
        shown = {
            line.variant_id: found.variants.get(line.variant_id)
            for line in lines
            if line.variant_id
        }
        context.prime(variants_for_sale, shown)
    return found.order


def _shows_whole(info: Info, *place: str) -> bool:
    return selects_any(info, place, _OF_ORDERS) or any(
        selects_any(info, (*place, figures), _OF_FIGURES) for figures in ("netAmounts", "pricing")
    )
