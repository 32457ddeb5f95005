"""What clients send about the lines of an order."""

import strawberry

from ordergraph.commerce.orders.picking import WantedLine
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import Findings
from ordergraph.graph.ids import noted
from ordergraph.graph.money import Metadata, MoneyInput, Quantity, read_money
from ordergraph.graph.orders.modifier_inputs import (
    MERCHANT,
    AdHocModifierInput,
    LineModifiersInput,
    read_ad_hoc,
    read_modifiers,
)
from ordergraph.graph.scopes import needs
from ordergraph.graph.taxes.types import TaxCategory


@strawberry.input(
    description="A line: a variant or a bundle of the catalog, or a name with a price."
)
class LineItemInput:
    variant_id: strawberry.ID | None = strawberry.field(
        default=None, description="What to sell: name, price and tax come from the catalog."
    )
    bundle_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The bundle to sell: name, price, tax and components come from the catalog.",
    )
    name: str | None = strawberry.field(
        default=None,
        directives=needs(MERCHANT),
        description="What an ad hoc line is called; on a catalog line it overrides the name.",
    )
    quantity: Quantity = strawberry.field(
        default=Quantity(1), description="How many units, a whole number from 1 to 1,000,000."
    )
    unit_price: MoneyInput | None = strawberry.field(
        default=None,
        directives=needs(MERCHANT),
        description="The price of one unit: needed on an ad hoc line, an override on another.",
    )
    modifiers: list[LineModifiersInput] | None = strawberry.field(
        default=None,
        description="What is chosen of the modifier set in force, at most 50 in all; a group that "
        "is left out takes its defaults.",
    )
    ad_hoc_modifiers: list[AdHocModifierInput] | None = strawberry.field(
        default=None,
        directives=needs(MERCHANT),
        description="Modifiers that are in no set, for any line.",
    )
    description: str | None = strawberry.field(
        default=None, directives=needs(MERCHANT), description="More about it."
    )
    sku: str | None = strawberry.field(
        default=None, directives=needs(MERCHANT), description="The SKU to show."
    )
    image_url: str | None = strawberry.field(
        default=None, directives=needs(MERCHANT), description="A picture of it."
    )
    taxable: bool | None = strawberry.field(
        default=None, directives=needs(MERCHANT), description="Whether it may be taxed."
    )
    tax_category: TaxCategory | None = strawberry.field(
        default=None, directives=needs(MERCHANT), description="Which rates apply to it."
    )
    metadata: Metadata | None = strawberry.field(
        default=None, directives=needs(MERCHANT), description="The merchant's own keys and values."
    )
    separate: bool = strawberry.field(
        default=False, description="Make a new line even if an equal one could be raised."
    )

    def read(self, findings: Findings, *path: str) -> WantedLine:
        """Return the line as the business takes it; what is wrong is noted below `path`."""
        before = len(findings.problems)
        variant_id = None
        if self.variant_id is not None:
            variant_id = noted(findings, Prefix.VARIANT, self.variant_id, *path, "variantId")
        bundle_id = None
        if self.bundle_id is not None:
            bundle_id = noted(findings, Prefix.BUNDLE, self.bundle_id, *path, "bundleId")
        price = None
        if self.unit_price is not None:
            price = read_money(self.unit_price, findings, *path, "unitPrice")
        return WantedLine(
            variant_id=variant_id,
            bundle_id=bundle_id,
            modifiers=read_modifiers(self.modifiers, findings, *path),
            ad_hoc_modifiers=read_ad_hoc(self.ad_hoc_modifiers),
            name=self.name,
            quantity=self.quantity,
            unit_price=price,
            description=self.description,
            sku=self.sku,
            image_url=self.image_url,
            taxable=self.taxable,
            tax_category=self.tax_category,
            metadata=self.metadata or {},
            separate=self.separate,
            readable=len(findings.problems) == before,
        )


def read_lines(lines: list[LineItemInput] | None, findings: Findings) -> tuple[WantedLine, ...]:
    """Return the lines as the business takes them."""
    return tuple(line.read(findings, "lineItems", str(at)) for at, line in enumerate(lines or ()))


@strawberry.input(description="Lines to add to an order.")
class AddLineItemsInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    line_items: list[LineItemInput] = strawberry.field(description="The lines: all or none.")
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )


@strawberry.input(description="What changes on a line; what is omitted stays.")
class UpdateLineItemInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    line_item_id: strawberry.ID = strawberry.field(description="The line.")
    quantity: Quantity | None = strawberry.field(
        default=strawberry.UNSET, description="How many units; remove the line instead of 0."
    )
    name: str | None = strawberry.field(
        default=strawberry.UNSET, directives=needs(MERCHANT), description="What it is called."
    )
    unit_price: MoneyInput | None = strawberry.field(
        default=strawberry.UNSET, directives=needs(MERCHANT), description="The price of one unit."
    )
    description: str | None = strawberry.field(
        default=strawberry.UNSET,
        directives=needs(MERCHANT),
        description="More about it; an empty string clears it.",
    )
    sku: str | None = strawberry.field(
        default=strawberry.UNSET,
        directives=needs(MERCHANT),
        description="The SKU to show; an empty string clears it.",
    )
    taxable: bool | None = strawberry.field(
        default=strawberry.UNSET,
        directives=needs(MERCHANT),
        description="Whether it may be taxed.",
    )
    tax_category: TaxCategory | None = strawberry.field(
        default=strawberry.UNSET,
        directives=needs(MERCHANT),
        description="Which rates apply to it.",
    )
    metadata: Metadata | None = strawberry.field(
        default=strawberry.UNSET,
        directives=needs(MERCHANT),
        description="Merged key by key; {} or null clears all.",
    )
    modifiers: list[LineModifiersInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="What is chosen now of the modifier set in force, in the place of what was; "
        "a group that is left out takes its defaults. It needs expectedVersion.",
    )
    ad_hoc_modifiers: list[AdHocModifierInput] | None = strawberry.field(
        default=strawberry.UNSET,
        directives=needs(MERCHANT),
        description="Modifiers that are in no set, in the place of those that were; [] or null "
        "removes them. It needs expectedVersion.",
    )
    expected_version: int | None = strawberry.field(
        default=None,
        description="Refuse if the order is at another version; needed to replace modifiers.",
    )


@strawberry.input(description="Lines to take off an order.")
class RemoveLineItemsInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    line_item_ids: list[strawberry.ID] = strawberry.field(description="The lines: all or none.")
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )
