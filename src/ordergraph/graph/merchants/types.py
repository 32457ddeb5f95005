"""The settings of a shop as its merchant sees them."""

import strawberry

from ordergraph.commerce.merchants.rules import SearchLanguage
from ordergraph.graph.caching import private
from ordergraph.graph.enums import shown

shown(
    SearchLanguage,
    "How words of the catalog are understood when it is searched. Languages may be added.",
    {
        SearchLanguage.ENGLISH: "By English grammar: run finds running.",
        SearchLanguage.SIMPLE: "As they stand, in any language.",
    },
)


@strawberry.type(description="How a shop prices, sells and finds.", directives=private())
class Settings:
    prices_include_tax: bool = strawberry.field(
        description="Whether prices in the catalog include tax."
    )
    allow_negative_stock: bool = strawberry.field(
        description="Whether counts, damage, theft and loss may take stock below zero."
    )
    cart_lifetime_days: int = strawberry.field(
        description="For how many days a cart that nobody touches is kept before it is deleted."
    )
    low_stock_threshold: int | None = strawberry.field(
        description="At so many units on hand or fewer stock counts as low, where a variant has no "
        "threshold of its own; null is never."
    )
    search_language: SearchLanguage = strawberry.field(
        description="How words of the catalog are understood when it is searched."
    )
