"""What clients send to discount orders by hand, and to try coupons."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from ordergraph.commerce.orders.discounting import NewDiscount
from ordergraph.core.ids import Prefix
from ordergraph.core.percents import parse_percent
from ordergraph.core.problems import Findings
from ordergraph.graph.ids import NOTHING, noted
from ordergraph.graph.money import DecimalText, MoneyInput, read_money
from ordergraph.graph.orders.enums import Allocation, DiscountScope
from ordergraph.graph.orders.modifier_inputs import MERCHANT
from ordergraph.graph.scopes import needs


@strawberry.input(
    description="A discount given by hand: an amount or a percentage, exactly one of the two."
)
class AddDiscountInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    name: str = strawberry.field(description="What the discount is called, shown to the buyer.")
    amount: MoneyInput | None = strawberry.field(
        default=None, description="A fixed amount, never more than what it acts on comes to."
    )
    percent: DecimalText | None = strawberry.field(
        default=None,
        description='A percentage above 0 up to 100 with at most 4 fraction digits, such as "10".',
    )
    scope: DiscountScope | None = strawberry.field(
        default=None,
        description="What it acts on: by default the lines that are named, else the whole order.",
    )
    allocation: Allocation | None = strawberry.field(
        default=None,
        description="How an amount counts: by default EACH for lines, ACROSS for an order.",
    )
    line_item_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Only these lines of the order."
    )
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )

    def read(self, findings: Findings) -> NewDiscount:
        """Return the discount as the business takes it; what is wrong is noted."""
        amount = None
        if self.amount is not None:
            amount = read_money(self.amount, findings, "amount", least=1)
        ids = self.line_item_ids
        lines = None if ids is None else read_lines(findings, ids, "lineItemIds")
        findings.settle()
        percent = None
        if self.percent is not None:
            percent = parse_percent(self.percent, field=("percent",))
        return NewDiscount(self.name, amount, percent, self.scope, self.allocation, lines)


def read_lines(findings: Findings, ids: Sequence[str], *path: str) -> list[UUID]:
    """Decode the ids of lines; malformed ones are noted below `path`."""
    return [
        noted(findings, Prefix.LINE_ITEM, id, *path, str(at)) or NOTHING
        for at, id in enumerate(ids)
    ]


@strawberry.input(description="Coupons to try on an order without applying them.")
class PreviewCouponInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    codes: list[str] | None = strawberry.field(
        default=None,
        description="The codes to try, in this order, at most 20. A merchant's token that may read "
        "coupons may leave them out: then the newest 100 that are switched on are tried.",
    )
    line_item_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, directives=needs(MERCHANT), description="Only these lines of the order."
    )
