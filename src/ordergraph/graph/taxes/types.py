"""Tax rates as clients see them."""

import strawberry

from ordergraph.commerce.taxes import reads
from ordergraph.core import taxes
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import Prefix
from ordergraph.graph.enums import shown
from ordergraph.graph.ids import Node, identified
from ordergraph.graph.money import DateTime, DecimalText
from ordergraph.graph.nodes import findable

shown(
    TaxCategory,
    "What kind of thing is sold, for tax rates that depend on it.",
    {
        TaxCategory.GENERAL: "Anything without a category of its own.",
        TaxCategory.PHYSICAL_GOODS: "Goods that are shipped or handed over.",
        TaxCategory.DIGITAL_GOODS: "Goods that are downloaded or streamed.",
        TaxCategory.SOFTWARE: "Software that the buyer installs.",
        TaxCategory.SAAS: "Software that is used over the network.",
        TaxCategory.SERVICES: "Work that is done for the buyer.",
        TaxCategory.PROFESSIONAL_SERVICES: "Work of a licensed profession.",
        TaxCategory.FOOD: "Groceries.",
        TaxCategory.PREPARED_FOOD: "Meals and drinks ready to be consumed.",
        TaxCategory.CLOTHING: "Clothes and shoes.",
        TaxCategory.MEDICAL_GOODS: "Medicines and medical devices.",
        TaxCategory.ADMISSION: "Entry to an event or a place.",
    },
)


@strawberry.type(
    description="A rate of tax that the merchant maintains. What is null places no condition."
)
class TaxRate(Node):
    source = taxes.TaxRate

    id: strawberry.ID = identified(Prefix.TAX_RATE)
    name: str = strawberry.field(description="The name that buyers see on their receipt.")
    percent: DecimalText = strawberry.field(
        description='The percentage, from 0 to 100 with at most 4 fraction digits, such as "8.99".'
    )
    inclusive: bool = strawberry.field(
        description="Whether prices contain this tax already; otherwise it is added on top."
    )
    country: str | None = strawberry.field(
        description="The country where the rate applies, as two letters of ISO 3166-1."
    )
    region: str | None = strawberry.field(
        description="The state, province or county where the rate applies."
    )
    postal_prefix: str | None = strawberry.field(
        description="What postal codes begin with where the rate applies."
    )
    tax_category: TaxCategory | None = strawberry.field(
        description="The only category of goods that the rate applies to."
    )
    created_at: DateTime = strawberry.field(
        description="When the rate was made; of two equally good matches the newer applies."
    )


findable(Prefix.TAX_RATE, reads.tax_rates_by_ids, "settings.read")


@strawberry.input(
    description="A new tax rate. Without a place it applies everywhere in the environment."
)
class CreateTaxRateInput:
    name: str = strawberry.field(description="The name that buyers see on their receipt.")
    percent: DecimalText = strawberry.field(
        description='The percentage, from 0 to 100 with at most 4 fraction digits, such as "8.99".'
    )
    inclusive: bool = strawberry.field(
        default=False,
        description="Whether prices contain this tax already; otherwise it is added on top.",
    )
    country: str | None = strawberry.field(
        default=None,
        description="The country where the rate applies, as two letters of ISO 3166-1.",
    )
    region: str | None = strawberry.field(
        default=None, description="The state, province or county where the rate applies."
    )
    postal_prefix: str | None = strawberry.field(
        default=None, description="What postal codes begin with where the rate applies."
    )
    tax_category: TaxCategory | None = strawberry.field(
        default=None, description="The only category of goods that the rate applies to."
    )


@strawberry.input(description="A tax rate that goes out of force.")
class DeleteTaxRateInput:
    id: strawberry.ID = strawberry.field(description="The tax rate.")
