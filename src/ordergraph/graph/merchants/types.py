"""The settings of a shop as its merchant sees them."""

import strawberry

from ordergraph.commerce.merchants.rules import SearchLanguage
from ordergraph.core.drafts import TaxRounding
from ordergraph.graph.addresses import Address
from ordergraph.graph.caching import private
from ordergraph.graph.enums import shown
from ordergraph.graph.money import DecimalText, Money

shown(
    SearchLanguage,
    "How words of the catalog are understood when it is searched. Languages may be added.",
    {
        SearchLanguage.ENGLISH: "By English grammar: run finds running.",
        SearchLanguage.SIMPLE: "As they stand, in any language.",
    },
)

shown(
    TaxRounding,
    "How taxes are rounded to the smallest unit of the currency.",
    {
        TaxRounding.ORDER: "Each tax once for the whole order.",
        TaxRounding.LINE: "Each tax on each line and charge.",
    },
)


@strawberry.type(description="The tips that a shop suggests.")
class TipOptions:
    percents: list[DecimalText] = strawberry.field(
        description="Percentages of the goods after discounts, one to three."
    )
    default_percent: DecimalText | None = strawberry.field(
        description="Which of them is chosen to begin with; null for none."
    )
    amounts: list[Money] = strawberry.field(
        description="Amounts that small orders show instead, at most three."
    )
    amounts_below: Money | None = strawberry.field(
        description="What the goods of such an order come to less than; null without amounts."
    )
    default_amount: Money | None = strawberry.field(
        description="Which of the amounts is chosen to begin with; null for none."
    )
    custom_tips: bool = strawberry.field(
        description="Whether buyers may leave another tip than these."
    )


@strawberry.type(description="How a shop prices, sells and finds.", directives=private())
class Settings:
    prices_include_tax: bool = strawberry.field(
        description="Whether prices in the catalog include tax."
    )
    tax_rounding: TaxRounding = strawberry.field(description="How taxes are rounded.")
    tax_enabled: bool = strawberry.field(description="Whether anything is taxed at all.")
    tax_on_ad_hoc_lines: bool = strawberry.field(
        description="Whether lines that are in no catalog are taxed."
    )
    merchant_address: Address | None = strawberry.field(
        description="Where the merchant is, for orders that name no place."
    )
    tax_fallback_to_merchant_address: bool = strawberry.field(
        description="Whether orders without an address are taxed where the merchant is."
    )
    require_tax_location: bool = strawberry.field(
        description="Whether an order whose taxes depend on an unknown place cannot be paid."
    )
    trust_external_tax_amounts: bool = strawberry.field(
        description="Whether amounts of tax that callers state are taken as they are, however far "
        "they are from what the rates make."
    )
    allow_negative_stock: bool = strawberry.field(
        description="Whether counts, damage, theft and loss may take stock below zero."
    )
    cart_lifetime_days: int = strawberry.field(
        description="For how many days a cart that nobody touches is kept before it is deleted."
    )
    max_coupons_per_order: int = strawberry.field(
        description="How many coupons an order takes at most."
    )
    return_use_on_full_refund: bool = strawberry.field(
        description="Whether a full refund gives the uses of the order's coupons back."
    )
    restock_on_full_refund: bool = strawberry.field(
        description="Whether all units go back on the shelf with a refund that leaves nothing, "
        "unless the refund says otherwise."
    )
    low_stock_threshold: int | None = strawberry.field(
        description="At so many units on hand or fewer stock counts as low, where a variant has no "
        "threshold of its own; null is never."
    )
    tip_limit: Money | None = strawberry.field(
        description="Up to which amount tips are taken whatever the goods come to, on orders in "
        "its currency; null is 1000.00 in USD and nothing in others."
    )
    tip_options: TipOptions | None = strawberry.field(
        description="The tips that the shop suggests; null for none."
    )
    search_language: SearchLanguage = strawberry.field(
        description="How words of the catalog are understood when it is searched."
    )
