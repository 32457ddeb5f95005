"""What a search found, and how it is counted, as clients see it."""

from typing import Annotated

import strawberry

from ordergraph.commerce.catalog.rules import ProductType
from ordergraph.commerce.categories import reads as categories
from ordergraph.commerce.categories.rules import MemberKind
from ordergraph.commerce.search import faceting
from ordergraph.commerce.search.rules import Search
from ordergraph.graph.bundles.types import Bundle
from ordergraph.graph.caching import STOCK, kept_for
from ordergraph.graph.catalog.types import Product
from ordergraph.graph.categories.types import Category
from ordergraph.graph.context import Info
from ordergraph.graph.enums import shown
from ordergraph.graph.looking import selects
from ordergraph.graph.money import Money
from ordergraph.graph.paging import Connection

shown(
    MemberKind,
    "What kind of thing was found. Kinds may be added.",
    {MemberKind.PRODUCT: "A product.", MemberKind.BUNDLE: "A bundle."},
    name="SearchResultKind",
)

SearchResult = Annotated[
    Product | Bundle,
    strawberry.union("SearchResult", description="What a search can find."),
]


@strawberry.type(description="How much of what was found is in a category.")
class CategoryFacet:
    count: int = strawberry.field(description="How many products and bundles.")

    @strawberry.field(description="The category; null when it was deleted just now.")
    def category(
        self, root: strawberry.Parent[faceting.CategoryCount], info: Info
    ) -> Category | None:
        return info.context.take(categories.categories_by_ids, root.category_id)  # pyright: ignore[reportReturnType]


@strawberry.type(description="How many of the products that were found are of a type.")
class ProductTypeFacet:
    product_type: ProductType = strawberry.field(description="The type.")
    count: int = strawberry.field(description="How many products.")


@strawberry.type(description="How much of what was found has its lowest price in a range.")
class PriceFacet:
    lowest: Money = strawberry.field(description="Where the range begins; it is included.")
    highest: Money = strawberry.field(description="Where the range ends; it is included.")
    count: int = strawberry.field(description="How many products and bundles.")


@strawberry.type(
    description="What was found, counted: everything up to 10,000 things, of more so many of them. "
    "What the filter leaves out is not counted."
)
class SearchFacets:
    categories: list[CategoryFacet] = strawberry.field(
        description="The 50 categories with the most, in that order."
    )
    product_types: list[ProductTypeFacet] = strawberry.field(
        description="The product types with the most first; bundles have none."
    )
    prices: list[PriceFacet] = strawberry.field(
        description="Ranges of the lowest price, in ascending order for each currency; those with "
        "nothing in them are left out, at most 100."
    )
    in_stock: int = strawberry.field(
        description="How much is in stock or not tracked.", directives=kept_for(STOCK)
    )


@strawberry.type(description="One page of what a search found, best first.")
class SearchResultConnection(Connection[SearchResult]):
    search: strawberry.Private[Search]

    @strawberry.field(description="What was found, counted; only when it is asked for.")
    async def facets(self, info: Info) -> SearchFacets:
        return await faceting.search_facets(  # pyright: ignore[reportReturnType]
            info.context.viewer, self.search, stock=selects(info, "inStock")
        )
