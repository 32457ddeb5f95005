"""What clients send as an order in one piece: to preview it, or to check it out."""

import strawberry

from ordergraph.commerce.orders.drafting import WantedDraft
from ordergraph.commerce.orders.tipping import NewTip
from ordergraph.core.money import Money
from ordergraph.core.problems import Findings
from ordergraph.graph.money import DecimalText, MoneyInput
from ordergraph.graph.orders.inputs import CreateOrderInput


@strawberry.input(description="A tip: an amount, or a percentage of the goods after discounts.")
class DraftTipInput:
    amount: MoneyInput | None = strawberry.field(default=None, description="A fixed tip.")
    percent: DecimalText | None = strawberry.field(
        default=None, description='A percentage from 1 to 100, such as "18".'
    )
    name: str | None = strawberry.field(default=None, description="What the tip is called.")

    def read(self) -> NewTip:
        """Return the tip as the business takes it, which judges it."""
        amount = None
        if self.amount is not None:
            amount = Money(self.amount.amount, self.amount.currency)
        return NewTip(amount, self.percent, self.name)


@strawberry.input(description="A whole order in one piece.")
class OrderDraftInput(CreateOrderInput):
    coupon_codes: list[str] | None = strawberry.field(
        default=None, description="The coupons to apply, in this order, whatever their case."
    )
    tips: list[DraftTipInput] | None = strawberry.field(
        default=None, description="The tips: one of a buyer, at most 20 of a merchant."
    )

    def read_draft(self, findings: Findings, *, is_buyer: bool) -> WantedDraft:
        """Return the draft as the business takes it; what is wrong is noted."""
        return WantedDraft(
            order=self.read(findings, is_buyer=is_buyer),
            coupon_codes=tuple(self.coupon_codes or ()),
            tips=tuple(tip.read() for tip in self.tips or ()),
        )
