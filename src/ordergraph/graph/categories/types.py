"""Categories as clients see them."""

from asyncio import Future
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from ordergraph.commerce.catalog import grouping
from ordergraph.commerce.categories import reads, rules
from ordergraph.core.ids import Prefix
from ordergraph.graph.caching import CATALOG, kept_for
from ordergraph.graph.context import Context, Info
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import Node, identified
from ordergraph.graph.money import DateTime
from ordergraph.graph.nodes import findable
from ordergraph.graph.paging import After, Connection, First, connect_below

if TYPE_CHECKING:
    from ordergraph.graph.catalog.types import Product

READ = (
    "commerce.catalog.read",
    "commerce.products.read",
    "commerce.bundles.read",
    "storefront.catalog.read",
)
_OF_PRODUCTS = ("commerce.catalog.read", "commerce.products.read", "storefront.catalog.read")


@strawberry.type(
    description="A label of products and bundles, with what menus need.",
    directives=kept_for(CATALOG),
)
class Category(Node):
    source = rules.Category

    id: strawberry.ID = identified(Prefix.CATEGORY)
    name: str = strawberry.field(description="The label, unique whatever its case.")
    slug: str = strawberry.field(description="The name in addresses, unique among categories.")
    position: int = strawberry.field(
        description="Where it stands in menus: from 0, equal ones in the order of their names."
    )
    image_url: str | None = strawberry.field(description="The web address of its picture.")
    version: int = strawberry.field(description="Goes up by one with every change.")
    created_at: DateTime = strawberry.field(description="When the category was made.")
    updated_at: DateTime = strawberry.field(description="When the category last changed.")

    @strawberry.field(description="How many active products it has.")
    def product_count(self, root: strawberry.Parent[rules.Category], info: Info) -> int:
        return _counted(info.context, root, "products")

    @strawberry.field(description="How many active bundles it has.")
    def bundle_count(self, root: strawberry.Parent[rules.Category], info: Info) -> int:
        return _counted(info.context, root, "bundles")

    @scoped(
        *_OF_PRODUCTS,
        description="Its products, the newest first; browsers find the active ones alone.",
    )
    async def products(
        self,
        root: strawberry.Parent[rules.Category],
        info: Info,
        first: First = None,
        after: After = None,
    ) -> Connection[Annotated["Product", strawberry.lazy("ordergraph.graph.catalog.types")]] | None:
        return await connect_below(
            info.context,
            "categoryProducts",
            root.id,
            first,
            after,
            pages=grouping.products_of_categories,
            counts=grouping.product_counts_of_categories,
            key=lambda product: (str(product.id), product.id),
            descending=True,
        )


def _counted(context: Context, category: rules.Category, kind: str) -> int:
    """Return one of the counts of a category, read for all categories of a page at once."""
    found = context.take(reads.member_counts, category.id)
    if isinstance(found, Future):
        return _later(cast("Future[rules.MemberCounts]", found), kind)  # pyright: ignore[reportReturnType]
    return getattr(found, kind) if found else 0


async def _later(counts: Awaitable[rules.MemberCounts], kind: str) -> int:
    return getattr(await counts, kind)


findable(Prefix.CATEGORY, reads.categories_by_ids, *READ)
