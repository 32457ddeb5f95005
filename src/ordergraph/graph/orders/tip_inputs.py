"""What clients send about the tips of an order."""

import strawberry
from strawberry import UNSET

from ordergraph.commerce.orders.tipping import NewTip, TipChange
from ordergraph.core.money import Money
from ordergraph.graph.money import DecimalText, Metadata, MoneyInput
from ordergraph.graph.orders.charge_inputs import read_amount
from ordergraph.graph.orders.modifier_inputs import MERCHANT
from ordergraph.graph.scopes import needs
from ordergraph.graph.sparse import sent


@strawberry.input(description="A tip: an amount, or a percentage of the goods after discounts.")
class AddTipInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    amount: MoneyInput | None = strawberry.field(default=None, description="A fixed tip.")
    percent: DecimalText | None = strawberry.field(
        default=None, description='A percentage from 1 to 100, such as "18"; it follows the order.'
    )
    name: str | None = strawberry.field(default=None, description="What the tip is called.")
    description: str | None = strawberry.field(
        default=None, description="More about it, at most 5000 characters."
    )
    metadata: Metadata | None = strawberry.field(
        default=None, directives=needs(MERCHANT), description="The merchant's own keys and values."
    )
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )

    def read(self) -> NewTip:
        """Return the tip as the business takes it, which judges it."""
        amount = None
        if self.amount is not None:
            amount = Money(self.amount.amount, self.amount.currency)
        return NewTip(amount, self.percent, self.name, self.description, self.metadata)


@strawberry.input(description="What changes on a tip; what is omitted stays.")
class UpdateTipInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    tip_id: strawberry.ID = strawberry.field(description="The tip.")
    amount: MoneyInput | None = strawberry.field(
        default=UNSET, description="A fixed tip; it takes the place of a percentage."
    )
    percent: DecimalText | None = strawberry.field(
        default=UNSET, description="A percentage; it takes the place of an amount."
    )
    name: str | None = strawberry.field(
        default=UNSET, description="What the tip is called; null clears it."
    )
    description: str | None = strawberry.field(
        default=UNSET, description="More about it; null clears it."
    )
    metadata: Metadata | None = strawberry.field(
        default=UNSET,
        directives=needs(MERCHANT),
        description="Merged key by key; {} or null clears all.",
    )
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )

    def read(self) -> TipChange:
        """Return the change as the business takes it, which judges it."""
        return TipChange(
            amount=read_amount(self.amount),
            percent=sent(self.percent),
            name=sent(self.name),
            description=sent(self.description),
            metadata=sent(self.metadata),
        )


@strawberry.input(description="A tip to take off an order.")
class RemoveTipInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    tip_id: strawberry.ID = strawberry.field(description="The tip.")
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )
