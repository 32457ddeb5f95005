"""Tax rates as clients see them."""

import strawberry

from ordergraph.commerce.taxes import reads
from ordergraph.core import taxes
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import Prefix
from ordergraph.core.jurisdictions import JurisdictionLevel, TaxType
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

shown(
    TaxType,
    "What kind of tax it is. Values may be added.",
    {
        TaxType.SALES_TAX: "A tax on sales, as states of the US levy it.",
        TaxType.USE_TAX: "A tax on goods from elsewhere.",
        TaxType.VAT: "A tax on added value.",
        TaxType.GST: "A tax on goods and services.",
        TaxType.RETAIL_DELIVERY_FEE: "A fee on deliveries.",
    },
)
shown(
    JurisdictionLevel,
    "How large the place is that levies a tax.",
    {
        JurisdictionLevel.COUNTRY: "A country.",
        JurisdictionLevel.STATE: "A state or province.",
        JurisdictionLevel.COUNTY: "A county.",
        JurisdictionLevel.CITY: "A city or town.",
        JurisdictionLevel.DISTRICT: "A district of its own kind.",
        JurisdictionLevel.POSTAL: "All postal codes that begin alike.",
    },
)


@strawberry.type(description="The place that levies a tax.")
class TaxJurisdiction:
    code: str = strawberry.field(description="Tells it from all others, for example US/CA.")
    name: str | None = strawberry.field(description="What it is called, where that is known.")
    level: JurisdictionLevel = strawberry.field(description="How large it is.")
    country: str | None = strawberry.field(description="Two letters of ISO 3166-1.")
    region: str | None = strawberry.field(description="The state or province it lies in.")


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
        description="The category of goods that the rate applies to, where it is exactly one."
    )
    tax_categories: list[TaxCategory] = strawberry.field(
        description="The categories of goods that the rate applies to; empty is all."
    )
    type: TaxType = strawberry.field(description="What kind of tax it is.")
    jurisdiction: TaxJurisdiction | None = strawberry.field(
        description="Who levies it; null for a rate without a place."
    )
    active_from: DateTime | None = strawberry.field(
        description="The first moment at which it applies; null is since ever."
    )
    active_to: DateTime | None = strawberry.field(
        description="The moment at which it applies no more; null is never."
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
    tax_categories: list[TaxCategory] | None = strawberry.field(
        default=None,
        description="The categories of goods that the rate applies to, instead of a single one.",
    )
    type: TaxType = strawberry.field(
        default=TaxType.SALES_TAX, description="What kind of tax it is."
    )
    active_from: DateTime | None = strawberry.field(
        default=None, description="The first moment at which it applies."
    )
    active_to: DateTime | None = strawberry.field(
        default=None, description="The moment at which it applies no more."
    )


@strawberry.input(description="A tax rate that goes out of force.")
class DeleteTaxRateInput:
    id: strawberry.ID = strawberry.field(description="The tax rate.")
