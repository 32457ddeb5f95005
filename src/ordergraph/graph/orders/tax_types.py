"""The taxes of orders as clients see them."""

import strawberry

from ordergraph.core.drafts import TaxRounding
from ordergraph.core.ids import Prefix
from ordergraph.core.jurisdictions import TaxType
from ordergraph.core.taxes import (
    TaxabilityReason,
    TaxFailureReason,
    TaxLocationSource,
    TaxMode,
    TaxStatus,
)
from ordergraph.graph.enums import shown
from ordergraph.graph.ids import identified
from ordergraph.graph.money import DecimalText, Money
from ordergraph.graph.orders.line_types import LineItem
from ordergraph.graph.orders.part_types import Charge
from ordergraph.graph.taxes.types import TaxJurisdiction

shown(
    TaxMode,
    "Who says what the taxes of an order are.",
    {
        TaxMode.AUTOMATIC: "The server, by the merchant's rates or a provider.",
        TaxMode.EXTERNAL: "The merchant, with updateOrderTax.",
    },
)
shown(
    TaxFailureReason,
    "Why the taxes of an order are incomplete. Values may be added.",
    {
        TaxFailureReason.PROVIDER_UNAVAILABLE: "The tax provider did not answer; any change of the "
        "order asks again.",
        TaxFailureReason.COMPONENTS_OUTDATED: "The order changed since its taxes were supplied: "
        "supply them again.",
    },
)
shown(
    TaxLocationSource,
    "Whose address an order is taxed by.",
    {
        TaxLocationSource.SHIPPING: "The shipping address.",
        TaxLocationSource.BILLING: "The billing address.",
        TaxLocationSource.MERCHANT: "The merchant's own address.",
    },
)
shown(
    TaxabilityReason,
    "Why an order is taxed as it is. Values may be added.",
    {
        TaxabilityReason.STANDARD_RATED: "Rates apply.",
        TaxabilityReason.NOT_TAXABLE: "Nothing on it may be taxed.",
        TaxabilityReason.CUSTOMER_EXEMPT: "The customer is exempt, or the order was exempted.",
        TaxabilityReason.TAX_DISABLED: "The shop taxes nothing.",
        TaxabilityReason.NO_JURISDICTION: "No rate applies there.",
        TaxabilityReason.LOCATION_REQUIRED: "A rate might apply, and the place is not known.",
    },
)


@strawberry.type(description="What one tax rate comes to on an order.")
class TaxBreakdown:
    id: strawberry.ID = identified(Prefix.TAX_BREAKDOWN)
    type: TaxType = strawberry.field(description="What kind of tax it is.")
    jurisdiction: TaxJurisdiction | None = strawberry.field(
        description="Who levies it; null for a rate without a place."
    )
    name: str = strawberry.field(description="What the tax is called.")
    percent: DecimalText | None = strawberry.field(description="The rate in percent.")
    inclusive: bool = strawberry.field(description="Whether it is inside the prices already.")
    taxable: Money = strawberry.field(description="The amount that the rate was applied to.")
    tax: Money = strawberry.field(description="What it comes to.")
    allocations: list["TaxAllocation"] = strawberry.field(
        description="What it comes to on each line and charge; empty for a flat tax."
    )


@strawberry.type(description="What one tax comes to on one line or charge.")
class TaxAllocation:
    breakdown: TaxBreakdown = strawberry.field(description="The tax.")
    line_item: LineItem | None = strawberry.field(description="The line, if it is on one.")
    charge: Charge | None = strawberry.field(description="The charge, if it is on one.")
    taxable: Money = strawberry.field(description="What of it the rate was applied to.")
    tax: Money = strawberry.field(description="What it comes to there.")


@strawberry.type(description="Where an order is taxed.")
class OrderTaxLocation:
    source: TaxLocationSource = strawberry.field(description="Whose address says so.")
    country: str = strawberry.field(description="Two letters of ISO 3166-1.")
    region: str | None = strawberry.field(description="State, province or county.")
    postal_code: str | None = strawberry.field(description="Postal or ZIP code.")


@strawberry.type(description="How an order is taxed, as it was when it was last priced.")
class OrderTax:
    tax_mode: TaxMode = strawberry.field(name="mode", description="Who says what the taxes are.")
    tax_status: TaxStatus = strawberry.field(
        name="status", description="How far the taxes are known."
    )
    tax_reason: TaxabilityReason | None = strawberry.field(
        name="taxabilityReason",
        description="Why it is taxed as it is; null while the taxes are incomplete.",
    )
    tax_failure_reason: TaxFailureReason | None = strawberry.field(
        name="failureReason", description="Why the taxes are incomplete; null while they are not."
    )
    is_tax_exempt: bool = strawberry.field(
        name="exempt", description="Whether it is exempt, by its customer or by an override."
    )
    tax_exempt_override: bool | None = strawberry.field(
        name="exemptOverride",
        description="What the merchant said about the exemption; null follows the customer.",
    )
    tax_rounding: TaxRounding = strawberry.field(
        name="rounding", description="How its taxes are rounded."
    )
    taxed_at: OrderTaxLocation | None = strawberry.field(
        name="location", description="Where it is taxed, if that is known."
    )
    tax_breakdowns: list[TaxBreakdown] = strawberry.field(
        name="breakdowns", description="The taxes, rate by rate."
    )
