"""Asking for modifier sets."""

from typing import Annotated

import strawberry

from ordergraph.commerce.modifiers import reads
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.texts import search_text
from ordergraph.graph.caching import CATALOG, Keeping
from ordergraph.graph.context import Info
from ordergraph.graph.fields import query
from ordergraph.graph.modifiers.enums import ModifierSetSortField, ModifierSetStatus
from ordergraph.graph.modifiers.types import READ, ModifierSet
from ordergraph.graph.paging import After, Connection, FilterBy, First, SortBy, connect, listed
from ordergraph.graph.sorting import SortDirection

_KEPT = Keeping(CATALOG)


@strawberry.input(description="Which modifier sets a list has.")
class ModifierSetFilter:
    query: str | None = strawberry.field(
        default=None, description="A part of the name, whatever its case."
    )
    status: list[ModifierSetStatus] | None = strawberry.field(
        default=None, description="One of these statuses; buyers see active sets only."
    )


@strawberry.input(description="How a list of modifier sets is ordered.")
class ModifierSetSort:
    field: ModifierSetSortField = strawberry.field(
        default=ModifierSetSortField.CREATED_AT, description="What to order by."
    )
    direction: SortDirection = strawberry.field(
        default=SortDirection.DESC, description="Ascending or descending."
    )


@strawberry.type
class ModifierQueries:
    @query(
        *READ,
        description="One modifier set, or null. Buyers find an active one.",
        keeping=_KEPT,
    )
    async def modifier_set(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The modifier set.")],
    ) -> ModifierSet | None:
        return await info.context.load(  # pyright: ignore[reportReturnType]
            reads.sets_by_ids, decode(Prefix.MODIFIER_SET, id, ("id",))
        )

    @query(
        *READ,
        description="The merchant's modifier sets, newest first by default.",
        keeping=_KEPT,
    )
    async def modifier_sets(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        filter: Annotated[ModifierSetFilter | None, FilterBy] = None,
        sort: Annotated[ModifierSetSort | None, SortBy] = None,
    ) -> Connection[ModifierSet] | None:
        viewer = info.context.viewer
        asked = filter or ModifierSetFilter()
        wanted = reads.ModifierSetFilter(
            query=search_text(asked.query, "filter", "query"),
            statuses=listed(asked.status or ()),
        )
        order = sort or ModifierSetSort()
        return await connect(
            info.context,
            f"modifierSets:{order.field}",
            first,
            after,
            fetch=lambda page: reads.set_page(viewer, wanted, order.field, page),
            count=lambda: reads.set_count(viewer, wanted),
            key=lambda each: reads.sort_key(each, order.field),
            filters=wanted,
            descending=order.direction is SortDirection.DESC,
        )
