"""Payments and payment attempts as clients see them."""

import strawberry

from ordergraph.commerce.orders.attributing import tips_by_payments
from ordergraph.commerce.payments import reads
from ordergraph.commerce.payments.lifecycle import AttemptStatus
from ordergraph.commerce.payments.sources import ExternalKind, PaymentKind
from ordergraph.commerce.payments.tables import CaptureStatus
from ordergraph.core.ids import Prefix
from ordergraph.core.money import Money as CoreMoney
from ordergraph.graph.contacts import is_contact_hidden
from ordergraph.graph.context import Info
from ordergraph.graph.enums import shown
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import Node, identified
from ordergraph.graph.money import DateTime, Money
from ordergraph.graph.nodes import findable

shown(
    AttemptStatus,
    "Where one run of paying an order stands.",
    {
        AttemptStatus.PROCESSING: "The processor is at work; the order is locked meanwhile.",
        AttemptStatus.REQUIRES_ACTION: "The buyer has to do something first: see pendingActions.",
        AttemptStatus.SUCCEEDED: "The money was collected.",
        AttemptStatus.FAILED: "The payment was declined; nothing was charged.",
        AttemptStatus.EXPIRED: "The buyer did not act in time; nothing was charged.",
        AttemptStatus.CANCELED: "The attempt was given up; nothing was charged.",
    },
    name="PaymentAttemptStatus",
)

shown(
    CaptureStatus,
    "Where a payment stands.",
    {CaptureStatus.SUCCEEDED: "The money was collected."},
)

shown(
    PaymentKind,
    "How money is collected.",
    {
        PaymentKind.TOKEN: "Through the processor, with a token for a card or wallet.",
        PaymentKind.CASH: "In cash, over the counter.",
        PaymentKind.EXTERNAL: "Outside of this system, and recorded here.",
    },
)

shown(
    ExternalKind,
    "How money came that was collected outside of this system.",
    {
        ExternalKind.CHECK: "With a check.",
        ExternalKind.BANK_TRANSFER: "With a bank transfer.",
        ExternalKind.OTHER_TERMINAL: "With the terminal of another provider.",
        ExternalKind.OTHER: "In another way: the reference says how.",
    },
)

shown(
    reads.PendingActionType,
    "What the buyer has to do.",
    {reads.PendingActionType.PAYMENT_AUTHENTICATION: "Confirm the payment with the card's bank."},
)


READ = ("payments.payment_intents.read", "storefront.orders.write")
"""Who may see payments; of browsers, `reads` shows each only those of the order that it opened."""


@strawberry.type(description="Something that the buyer's client has to do before paying goes on.")
class PendingAction:
    id: strawberry.ID = identified(Prefix.PENDING_ACTION)
    type: reads.PendingActionType = strawberry.field(description="What has to be done.")
    client_secret: str | None = strawberry.field(
        description="What the processor's client library needs for it."
    )
    redirect_url: str | None = strawberry.field(
        description="Where to send the buyer, if the action is a page of the processor."
    )


@strawberry.type(description="One run of paying an order; an order has at most one active one.")
class PaymentAttempt(Node):
    source = reads.Attempt

    id: strawberry.ID = identified(Prefix.PAYMENT_ATTEMPT)
    status: AttemptStatus = strawberry.field(description="Where the attempt stands.")
    kind: PaymentKind = strawberry.field(description="How the money is to be collected.")
    amount: Money = strawberry.field(description="The amount to collect.")
    pending_actions: list[PendingAction] = strawberry.field(
        description="What the buyer has to do now; afterwards pay is called with resumeAttemptId."
    )
    is_resumable: bool = strawberry.field(
        description="Whether pay can go on with this attempt by its resumeAttemptId."
    )
    failure_code: str | None = strawberry.field(
        description="Why nothing was charged, for example insufficient_funds."
    )
    failure_message: str | None = strawberry.field(
        description="The same as a sentence that a buyer may read."
    )
    expires_at: DateTime | None = strawberry.field(
        description="When the attempt is given up if the buyer has not acted by then."
    )
    created_at: DateTime = strawberry.field(description="When paying began.")
    updated_at: DateTime = strawberry.field(description="When the attempt last moved.")
    completed_at: DateTime | None = strawberry.field(
        description="When the outcome was final; null while it is open."
    )

    @scoped(*READ, description="Where the receipt goes; hidden from buyers 30 days later.")
    def buyer_email(self, root: strawberry.Parent[reads.Attempt], info: Info) -> str | None:
        return None if is_contact_hidden(info.context, root.completed_at) else root.buyer_email


@strawberry.type(description="Money that was collected for an order.")
class Payment(Node):
    source = reads.Payment

    id: strawberry.ID = identified(Prefix.PAYMENT)
    status: CaptureStatus = strawberry.field(description="Where the payment stands.")
    kind: PaymentKind = strawberry.field(description="How the money was collected.")
    amount: Money = strawberry.field(description="The amount collected, refunds not taken off.")
    refunded: Money = strawberry.field(
        description="How much of it was given back; pending refunds count."
    )
    brand: str | None = strawberry.field(description="The card's brand, for example visa.")
    last4: str | None = strawberry.field(description="The last four digits of the card's number.")
    tendered: Money | None = strawberry.field(description="The cash that was handed over.")
    change: Money | None = strawberry.field(description="The cash that was handed back.")
    external_kind: ExternalKind | None = strawberry.field(
        description="How the money came, if it was collected outside of this system."
    )
    reference: str | None = strawberry.field(
        description="The caller's own words for an external payment, such as a transfer's number."
    )
    received_at: DateTime | None = strawberry.field(
        description="When an external payment was received, if the caller said so."
    )
    captured_at: DateTime = strawberry.field(description="When the payment was recorded.")

    @strawberry.field(
        description="Its part of the order's tips, as the order was sold; 0 until that is paid in "
        "full."
    )
    async def tip(self, root: strawberry.Parent[reads.Payment], info: Info) -> Money:
        shares = await info.context.load(tips_by_payments, root.order_id)
        none = CoreMoney(0, root.amount.currency)
        return (shares or {}).get(root.id, none)  # pyright: ignore[reportReturnType]


findable(Prefix.PAYMENT_ATTEMPT, reads.attempts_by_ids, *READ)
findable(Prefix.PAYMENT, reads.payments_by_ids, *READ)
