"""What merchants send about the taxes of an order."""

from uuid import UUID

import strawberry
from strawberry import UNSET

from ordergraph.commerce.orders.overriding import SuppliedTax
from ordergraph.core.ids import Prefix
from ordergraph.core.jurisdictions import Jurisdiction, JurisdictionLevel, TaxType
from ordergraph.core.money import Money
from ordergraph.core.problems import Findings
from ordergraph.graph.ids import NOTHING, noted
from ordergraph.graph.money import DecimalText, MoneyInput


@strawberry.input(description="The place that levies a tax.")
class TaxJurisdictionInput:
    code: str = strawberry.field(description="Tells it from all others, 1 to 255 characters.")
    level: JurisdictionLevel = strawberry.field(description="How large it is.")
    name: str | None = strawberry.field(default=None, description="What it is called.")
    country: str | None = strawberry.field(default=None, description="Two letters of ISO 3166-1.")
    region: str | None = strawberry.field(
        default=None, description="The state or province it lies in."
    )

    def read(self) -> Jurisdiction:
        """Return the place as the business takes it, which judges it."""
        return Jurisdiction(self.level, self.code, self.country, self.region, self.name)


@strawberry.input(
    description="A tax of an order: a percentage of lines and charges, or a flat amount, exactly "
    "one of the two. Without ids it is on all lines and charges that may be taxed."
)
class OrderTaxComponentInput:
    name: str = strawberry.field(description="What the tax is called, 1 to 255 characters.")
    percent: DecimalText | None = strawberry.field(
        default=None, description='The percentage, from 0 to 100, such as "8.99".'
    )
    flat_amount: MoneyInput | None = strawberry.field(
        default=None, description="A fixed tax on the order as a whole, such as a delivery fee."
    )
    inclusive: bool = strawberry.field(
        default=False, description="Whether the prices contain it already."
    )
    type: TaxType = strawberry.field(
        default=TaxType.SALES_TAX, description="What kind of tax it is."
    )
    jurisdiction: TaxJurisdictionInput | None = strawberry.field(
        default=None, description="Who levies it."
    )
    line_item_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="The lines it is on."
    )
    charge_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="The charges it is on."
    )
    tax: MoneyInput | None = strawberry.field(
        default=None,
        description="What it comes to: at most one minor unit from what the percentage makes, "
        "unless the shop trusts amounts that are stated.",
    )

    def read(self, findings: Findings, *here: str) -> SuppliedTax:
        """Return the tax as the business takes it; ids that are none are noted."""
        return SuppliedTax(
            name=self.name,
            percent=self.percent,
            flat_amount=_money(self.flat_amount),
            inclusive=self.inclusive,
            type=self.type,
            jurisdiction=self.jurisdiction and self.jurisdiction.read(),
            line_item_ids=_ids(
                Prefix.LINE_ITEM, self.line_item_ids, findings, *here, "lineItemIds"
            ),
            charge_ids=_ids(Prefix.CHARGE, self.charge_ids, findings, *here, "chargeIds"),
            tax=_money(self.tax),
        )


@strawberry.input(
    description="How an order is taxed; what is omitted stays, null undoes it. At least one field "
    "has to be sent."
)
class UpdateOrderTaxInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    exempt: bool | None = strawberry.field(
        default=UNSET,
        description="Whether the order is exempt from tax, whatever its customer is; null follows "
        "the customer again.",
    )
    components: list[OrderTaxComponentInput] | None = strawberry.field(
        default=UNSET,
        description="All taxes of the order, at most 50, instead of those that the server finds; "
        "null has the server find them again. After a change of the lines supply them again.",
    )
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )


def _money(value: MoneyInput | None) -> Money | None:
    return None if value is None else Money(value.amount, value.currency)


def _ids(
    prefix: Prefix, texts: list[strawberry.ID] | None, findings: Findings, *here: str
) -> tuple[UUID, ...] | None:
    if texts is None:
        return None
    return tuple(
        noted(findings, prefix, text, *here, str(at)) or NOTHING for at, text in enumerate(texts)
    )
