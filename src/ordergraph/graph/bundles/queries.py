"""Asking for bundles."""

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

import strawberry

from ordergraph.commerce.bundles import listing, reads, rules
from ordergraph.core.ids import Prefix, decode, split
from ordergraph.core.paging import Page, PageRequest
from ordergraph.core.problems import Problem
from ordergraph.core.texts import search_text
from ordergraph.graph.bundles.enums import BundleSortField, BundleStatus
from ordergraph.graph.bundles.types import READ, Bundle
from ordergraph.graph.caching import CATALOG, Keeping
from ordergraph.graph.context import Info
from ordergraph.graph.fields import query
from ordergraph.graph.looking import selects_any
from ordergraph.graph.money import DateTime, read_range
from ordergraph.graph.paging import After, Connection, FilterBy, First, SortBy, connect, listed
from ordergraph.graph.sorting import SortDirection


def _bundles_in(value: Any) -> Iterator[UUID]:
    """Yield the bundles that a root field shows: one, or a page of them."""
    for each in getattr(value, "nodes", (value,)):
        if each is not None:
            yield each.id


_KEPT = Keeping(CATALOG, bundles=_bundles_in)
_OF_STOCK = ("availableForSale", "quantityAvailable")
_PLACES = (("nodes",), ("edges", "node"))


@strawberry.input(description="Which bundles a list has. What is omitted places no condition.")
class BundleFilter:
    query: str | None = strawberry.field(
        default=None,
        description="A part of the name, the description or the SKU, whatever its case, or a whole "
        "id; at most 200 characters.",
    )
    status: list[BundleStatus] | None = strawberry.field(
        default=None, description="One of these statuses; without it all but deleted bundles."
    )
    category: list[str] | None = strawberry.field(
        default=None, description="In one of these categories, named by id, slug or label."
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

    def read(self) -> listing.BundleFilter:
        """Read the filter; what is wrong with it is a problem below `filter`."""
        text = search_text(self.query, "filter", "query")
        ids = {each: _id_in(each, Prefix.CATEGORY) for each in self.category or ()}
        created = read_range(self.created_after, self.created_before, "created")
        updated = read_range(self.updated_after, self.updated_before, "updated")
        return listing.BundleFilter(
            query=text,
            id=_id_in(text or "", Prefix.BUNDLE),
            statuses=listed(self.status or ()),
            categories=listed([each.strip() for each, id in ids.items() if id is None]),
            category_ids=listed([id for id in ids.values() if id is not None]),
            created_after=created[0],
            created_before=created[1],
            updated_after=updated[0],
            updated_before=updated[1],
        )


@strawberry.input(description="How a list of bundles is ordered.")
class BundleSort:
    field: BundleSortField = strawberry.field(
        default=listing.BundleSortField.CREATED_AT, description="What to order by."
    )
    direction: SortDirection = strawberry.field(
        default=SortDirection.DESC, description="Ascending or descending."
    )


@strawberry.type
class BundleQueries:
    @query(
        *READ,
        description="One bundle, or null. A deleted one is found as such.",
        keeping=_KEPT,
    )
    def bundle(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The bundle.")],
    ) -> Bundle | None:
        return info.context.take(  # pyright: ignore[reportReturnType]
            reads.bundles_by_ids, decode(Prefix.BUNDLE, id, ("id",))
        )

    @query(
        *READ,
        description="The bundle that a slug leads to, one that it had before too, or null.",
        keeping=_KEPT,
    )
    async def bundle_by_slug(
        self,
        info: Info,
        slug: Annotated[
            str, strawberry.argument(description="The name in web addresses, in any case.")
        ],
    ) -> Bundle | None:
        return await reads.bundle_by_slug(info.context.viewer, slug)  # pyright: ignore[reportReturnType]

    @query(*READ, description="The merchant's bundles, newest first by default.", keeping=_KEPT)
    async def bundles(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        filter: Annotated[BundleFilter | None, FilterBy] = None,
        sort: Annotated[BundleSort | None, SortBy] = None,
    ) -> Connection[Bundle] | None:
        viewer = info.context.viewer
        wanted = filter.read() if filter else listing.BundleFilter()
        order = sort or BundleSort()
        return await connect(
            info.context,
            f"bundles:{order.field}",
            first,
            after,
            fetch=lambda page: _page(info, wanted, order.field, page),
            count=lambda: listing.bundle_count(viewer, wanted),
            key=lambda bundle: listing.sort_key(bundle, order.field),
            filters=wanted,
            descending=order.direction is SortDirection.DESC,
        )


async def _page(
    info: Info,
    wanted: listing.BundleFilter,
    sort: listing.BundleSortField,
    page: PageRequest,
) -> Page[rules.Bundle]:
    """Return one page of bundles, looking at stock only if the operation shows any of it."""
    stocked = any(selects_any(info, place, _OF_STOCK) for place in _PLACES)
    read = listing.bundle_page if stocked else listing.counted_bundle_page
    return await read(info.context.viewer, wanted, sort, page)


def _id_in(text: str, kind: Prefix) -> UUID | None:
    """Return the id of this kind that the text is, if it is one."""
    try:
        prefix, id = split(text.strip())
    except Problem:
        return None
    return id if prefix is kind else None
