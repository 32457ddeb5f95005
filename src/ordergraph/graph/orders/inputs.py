"""What clients send about orders; lines and payments have modules of their own."""

import strawberry

from ordergraph.commerce.orders.placing import NewOrder
from ordergraph.core.currencies import require_currency
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import Findings, Problem
from ordergraph.graph.addresses import AddressInput
from ordergraph.graph.ids import noted
from ordergraph.graph.money import CurrencyCode, Metadata
from ordergraph.graph.orders.charge_inputs import ChargeInput
from ordergraph.graph.orders.enums import OrderSource
from ordergraph.graph.orders.line_inputs import LineItemInput, read_lines
from ordergraph.graph.orders.modifier_inputs import MERCHANT
from ordergraph.graph.scopes import needs


@strawberry.input(description="A new order.")
class CreateOrderInput:
    line_items: list[LineItemInput] | None = strawberry.field(
        default=None, description="The lines, at most 500; may come later if a currency is given."
    )
    charges: list[ChargeInput] | None = strawberry.field(
        default=None,
        directives=needs(MERCHANT),
        description="The fees, such as shipping, at most 20.",
    )
    currency: CurrencyCode | None = strawberry.field(
        default=None, description="The order's currency; by default that of its first line."
    )
    customer_id: strawberry.ID | None = strawberry.field(
        default=None, directives=needs(MERCHANT), description="Who it is for."
    )
    source: OrderSource | None = strawberry.field(
        default=None,
        directives=needs(MERCHANT),
        description="Which surface makes it: API by default, CHECKOUT for browsers.",
    )
    buyer_email: str | None = strawberry.field(default=None, description="Where receipts go.")
    buyer_phone: str | None = strawberry.field(default=None, description="The buyer's phone.")
    buyer_note: str | None = strawberry.field(default=None, description="What the buyer writes.")
    internal_note: str | None = strawberry.field(
        default=None, directives=needs(MERCHANT), description="A note that buyers never see."
    )
    shipping_address: AddressInput | None = strawberry.field(
        default=None, description="Where it goes; taxes may depend on it."
    )
    billing_address: AddressInput | None = strawberry.field(
        default=None, description="Where the bill goes."
    )
    external_reference_id: str | None = strawberry.field(
        default=None, directives=needs(MERCHANT), description="The caller's own name for it."
    )
    metadata: Metadata | None = strawberry.field(
        default=None, directives=needs(MERCHANT), description="The merchant's own keys and values."
    )

    def read(self, findings: Findings, *, is_buyer: bool) -> NewOrder:
        """Return the order as the business takes it; what is wrong is noted."""
        lines = read_lines(self.line_items, findings)
        if self.currency is not None:
            _check_currency(findings, self.currency, "currency")
        customer_id = None
        if self.customer_id is not None:
            customer_id = noted(findings, Prefix.CUSTOMER, self.customer_id, "customerId")
        return NewOrder(
            line_items=lines,
            charges=tuple(charge.read() for charge in self.charges or ()),
            currency=self.currency,
            source=self.source or (OrderSource.CHECKOUT if is_buyer else OrderSource.API),
            customer_id=customer_id,
            buyer_email=self.buyer_email,
            buyer_phone=self.buyer_phone,
            buyer_note=self.buyer_note,
            internal_note=self.internal_note,
            shipping_address=self.shipping_address and self.shipping_address.read(),
            billing_address=self.billing_address and self.billing_address.read(),
            external_reference_id=self.external_reference_id,
            metadata=self.metadata or {},
        )


def _check_currency(findings: Findings, code: str, *path: str) -> None:
    """Refuse a code that is not a currency: nothing else of the order can be judged without it."""
    try:
        require_currency(code, path)
    except Problem as problem:
        findings.note(problem)
        findings.settle()


@strawberry.input(description="A coupon for an order: by its code, or by its id.")
class ApplyCouponInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    code: str | None = strawberry.field(
        default=None, description="The coupon's code, whatever its case."
    )
    coupon_id: strawberry.ID | None = strawberry.field(
        default=None, directives=needs(MERCHANT), description="The coupon's id."
    )
    line_item_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, directives=needs(MERCHANT), description="Only these lines of the order."
    )
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )


@strawberry.input(description="A discount to take off an order.")
class RemoveDiscountInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    discount_id: strawberry.ID = strawberry.field(description="The applied discount.")
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )


@strawberry.input(description="What changes on an order; what is omitted stays, null clears.")
class UpdateOrderInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    customer_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, directives=needs(MERCHANT), description="Who it is for."
    )
    buyer_email: str | None = strawberry.field(
        default=strawberry.UNSET, description="Where receipts go."
    )
    buyer_phone: str | None = strawberry.field(
        default=strawberry.UNSET, description="The buyer's phone."
    )
    buyer_note: str | None = strawberry.field(
        default=strawberry.UNSET, description="What the buyer writes."
    )
    internal_note: str | None = strawberry.field(
        default=strawberry.UNSET,
        directives=needs(MERCHANT),
        description="A note that buyers never see.",
    )
    shipping_address: AddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where it goes; taxes may depend on it."
    )
    billing_address: AddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where the bill goes."
    )
    external_reference_id: str | None = strawberry.field(
        default=strawberry.UNSET,
        directives=needs(MERCHANT),
        description="The caller's own name for it.",
    )
    metadata: Metadata | None = strawberry.field(
        default=strawberry.UNSET,
        directives=needs(MERCHANT),
        description="Merged key by key; {} or null clears all.",
    )
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )


@strawberry.input(description="An order to close.")
class CloseOrderInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    reason: str | None = strawberry.field(
        default=None, description="Why; never shown to the buyer, at most 500 characters."
    )
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )


@strawberry.input(description="An order that was paid while its stock was gone.")
class ResolveInventoryExceptionInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    take_stock: bool = strawberry.field(
        description="True takes the missing units off the shelf now, all of them or none; false "
        "leaves them, because the buyer was refunded or is served otherwise."
    )
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )


@strawberry.input(description="An order whose secret is to be replaced.")
class RotateOrderSecretInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )
