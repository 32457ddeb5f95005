"""Asking for categories."""

from typing import Annotated

import strawberry

from ordergraph.commerce.categories import reads
from ordergraph.core.ids import Prefix, decode
from ordergraph.graph.caching import CATALOG, Keeping
from ordergraph.graph.categories.types import READ, Category
from ordergraph.graph.context import Info
from ordergraph.graph.fields import query
from ordergraph.graph.paging import After, Connection, First, connect

_KEPT = Keeping(CATALOG, lists=True)


@strawberry.type
class CategoryQueries:
    @query(*READ, description="One category, or null.", keeping=_KEPT)
    async def category(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The category.")],
    ) -> Category | None:
        return await info.context.load(  # pyright: ignore[reportReturnType]
            reads.categories_by_ids, decode(Prefix.CATEGORY, id, ("id",))
        )

    @query(*READ, description="The category with this slug, or null.", keeping=_KEPT)
    async def category_by_slug(
        self,
        info: Info,
        slug: Annotated[str, strawberry.argument(description="The slug, whatever its case.")],
    ) -> Category | None:
        return await reads.category_by_slug(info.context.viewer, slug)  # pyright: ignore[reportReturnType]

    @query(
        *READ,
        description="All categories in the order of menus: by their positions, then their names.",
        keeping=_KEPT,
    )
    async def categories(
        self, info: Info, first: First = None, after: After = None
    ) -> Connection[Category] | None:
        viewer = info.context.viewer
        return await connect(
            info.context,
            "categories",
            first,
            after,
            fetch=lambda page: reads.category_page(viewer, page),
            count=lambda: reads.category_count(viewer),
            key=lambda category: (category.menu_key, category.id),
        )
