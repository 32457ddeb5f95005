"""What clients send as an order in one piece: to preview it, or to check it out."""

from decimal import Decimal

import strawberry

from ordergraph.commerce.orders.discounting import NewDiscount
from ordergraph.commerce.orders.drafting import WantedDraft
from ordergraph.commerce.orders.tipping import NewTip
from ordergraph.core.money import Money
from ordergraph.core.percents import parse_percent
from ordergraph.core.problems import Findings
from ordergraph.graph.money import DecimalText, MoneyInput, read_money
from ordergraph.graph.orders.inputs import CreateOrderInput
from ordergraph.graph.orders.modifier_inputs import MERCHANT
from ordergraph.graph.scopes import needs


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


@strawberry.input(description="A discount of the whole order, given by hand.")
class DraftDiscountInput:
    name: str = strawberry.field(description="What it is called, shown to the buyer.")
    amount: MoneyInput | None = strawberry.field(
        default=None, description="A fixed amount, never more than what it acts on comes to."
    )
    percent: DecimalText | None = strawberry.field(
        default=None,
        description='A percentage above 0 up to 100 with at most 4 fraction digits, such as "10".',
    )

    def read(self, findings: Findings, *path: str) -> NewDiscount:
        """Return the discount as the business takes it; what is wrong is noted below `path`."""
        amount = percent = None
        before = len(findings.problems)
        if self.amount is not None:
            amount = read_money(self.amount, findings, *path, "amount", least=1)
        if self.percent is not None:
            with findings.noting():
                percent = parse_percent(self.percent, field=(*path, "percent"))
        if len(findings.problems) > before:
            amount, percent = None, _SOME  # so that a value is not told to be missing too
        return NewDiscount(self.name, amount, percent)


@strawberry.input(description="A whole order in one piece.")
class OrderDraftInput(CreateOrderInput):
    coupon_codes: list[str] | None = strawberry.field(
        default=None, description="The coupons to apply, in this order, whatever their case."
    )
    discounts: list[DraftDiscountInput] | None = strawberry.field(
        default=None,
        directives=needs(MERCHANT),
        description="Discounts of the whole order, given by hand beside the coupons.",
    )
    tips: list[DraftTipInput] | None = strawberry.field(
        default=None, description="The tips: one of a buyer, at most 20 of a merchant."
    )

    def read_draft(self, findings: Findings, *, is_buyer: bool) -> WantedDraft:
        """Return the draft as the business takes it; what is wrong is noted."""
        return WantedDraft(
            order=self.read(findings, is_buyer=is_buyer),
            coupon_codes=tuple(self.coupon_codes or ()),
            discounts=tuple(
                each.read(findings, "discounts", str(at))
                for at, each in enumerate(self.discounts or ())
            ),
            tips=tuple(tip.read() for tip in self.tips or ()),
        )


_SOME = Decimal(1)
