"""What clients send about the charges of an order."""

import strawberry
from strawberry import UNSET

from ordergraph.commerce.orders.assessing import ChargeChange, NewCharge
from ordergraph.core.drafts import TaxCategory as Category
from ordergraph.core.money import Money
from ordergraph.core.sparse import Omitted
from ordergraph.graph.money import DecimalText, Metadata, MoneyInput
from ordergraph.graph.orders.enums import ChargeBasis, ChargeType
from ordergraph.graph.sparse import sent
from ordergraph.graph.taxes.types import TaxCategory


@strawberry.input(
    description="A fee: an amount, or a percentage of the lines, exactly one of the two."
)
class ChargeInput:
    type: ChargeType = strawberry.field(description="What it is for.")
    name: str = strawberry.field(description="What it is called, 1 to 255 characters.")
    description: str | None = strawberry.field(
        default=None, description="More about it, at most 5000 characters."
    )
    amount: MoneyInput | None = strawberry.field(
        default=None, description="A fixed fee, 0 or more in the order's currency."
    )
    percent: DecimalText | None = strawberry.field(
        default=None,
        description='A percentage from 0.0001 to 100, such as "10"; it follows the order.',
    )
    basis: ChargeBasis | None = strawberry.field(
        default=None,
        description="What a percentage is of; SUBTOTAL_POST_DISCOUNT where it is omitted.",
    )
    taxable: bool = strawberry.field(default=False, description="Whether it may be taxed.")
    tax_category: TaxCategory = strawberry.field(
        default=Category.GENERAL, description="Which rates apply to it where it is taxable."
    )
    metadata: Metadata | None = strawberry.field(
        default=None, description="The merchant's own keys and values."
    )

    def read(self) -> NewCharge:
        """Return the charge as the business takes it, which judges it."""
        return NewCharge(
            type=self.type,
            name=self.name,
            amount=None if self.amount is None else _money(self.amount),
            percent=self.percent,
            basis=self.basis,
            description=self.description,
            taxable=self.taxable,
            tax_category=self.tax_category,
            metadata=self.metadata,
        )


@strawberry.input(description="A fee to put on an order: an amount, or a percentage of the lines.")
class AddChargeInput(ChargeInput):
    order_id: strawberry.ID = strawberry.field(description="The order.")
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )


@strawberry.input(description="What changes on a charge; what is omitted stays.")
class UpdateChargeInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    charge_id: strawberry.ID = strawberry.field(description="The charge.")
    type: ChargeType | None = strawberry.field(
        default=UNSET, description="What it is for; not to be cleared."
    )
    name: str | None = strawberry.field(
        default=UNSET, description="What it is called; not to be cleared."
    )
    description: str | None = strawberry.field(
        default=UNSET, description="More about it; null clears it."
    )
    amount: MoneyInput | None = strawberry.field(
        default=UNSET, description="A fixed fee; it takes the place of a percentage."
    )
    percent: DecimalText | None = strawberry.field(
        default=UNSET, description="A percentage; it takes the place of an amount."
    )
    basis: ChargeBasis | None = strawberry.field(
        default=UNSET, description="What the percentage is of; null is SUBTOTAL_POST_DISCOUNT."
    )
    taxable: bool | None = strawberry.field(
        default=UNSET, description="Whether it may be taxed; not to be cleared."
    )
    tax_category: TaxCategory | None = strawberry.field(
        default=UNSET, description="Which rates apply to it; not to be cleared."
    )
    metadata: Metadata | None = strawberry.field(
        default=UNSET, description="Merged key by key; {} or null clears all."
    )
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )

    def read(self) -> ChargeChange:
        """Return the change as the business takes it, which judges it."""
        return ChargeChange(
            type=sent(self.type),
            name=sent(self.name),
            amount=read_amount(self.amount),
            percent=sent(self.percent),
            basis=sent(self.basis),
            description=sent(self.description),
            taxable=sent(self.taxable),
            tax_category=sent(self.tax_category),
            metadata=sent(self.metadata),
        )


@strawberry.input(description="A charge to take off an order.")
class RemoveChargeInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    charge_id: strawberry.ID = strawberry.field(description="The charge.")
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )


def read_amount(value: MoneyInput | None) -> Money | Omitted | None:
    """Return an optional amount as it was sent, null included, or `OMITTED`."""
    held = sent(value)
    return _money(held) if isinstance(held, MoneyInput) else held


def _money(value: MoneyInput) -> Money:
    return Money(value.amount, value.currency)
