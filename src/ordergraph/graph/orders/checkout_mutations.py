"""Making and paying an order in one call."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import strawberry

from ordergraph.commerce.bundles.reads import bundles_by_ids
from ordergraph.commerce.catalog.reads import variants_for_sale
from ordergraph.commerce.orders import buying
from ordergraph.core.problems import Findings
from ordergraph.core.texts import check_email
from ordergraph.graph.context import Context
from ordergraph.graph.money import MoneyInput, read_money
from ordergraph.graph.mutation import mutation, refused
from ordergraph.graph.orders.draft_inputs import OrderDraftInput
from ordergraph.graph.orders.mutations import (
    BOTH,
    check_anonymous_key,
    open_to_maker,
    secret_again,
)
from ordergraph.graph.orders.pay_inputs import PaymentSourceInput, read_sources
from ordergraph.graph.orders.payloads import CreateOrderPayload
from ordergraph.graph.orders.preview_queries import previewed
from ordergraph.graph.orders.preview_types import OrderPreview
from ordergraph.graph.payments.types import PaymentAttempt
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.idempotency import Replay


@strawberry.input(description="An order and what pays it, in one call: all of it or nothing.")
class CheckoutOrderInput:
    order: OrderDraftInput = strawberry.field(
        description="The order. A coupon that does not qualify refuses the call."
    )
    sources: list[PaymentSourceInput] | None = strawberry.field(
        default=None, description="What pays all of it: one source, none where nothing is due."
    )
    buyer_email: str | None = strawberry.field(
        default=None, description="Where the receipt goes; takes the place of the order's."
    )
    expected_outstanding: MoneyInput | None = strawberry.field(
        default=None,
        description="The total that the buyer saw: another one is refused, not charged. Browsers "
        "must send it.",
    )
    dry_run: bool = strawberry.field(
        default=False,
        description="Do all but the charge, stock and coupons included, and take it back: the "
        "preview, or the errors of the real call. The idempotency key is not used up.",
    )

    def read(self, in_draft: Findings, beside: Findings, *, is_buyer: bool) -> buying.Checkout:
        """Return the checkout as the business takes it; what is wrong is noted, in the draft and
        beside it."""
        draft = self.order.read_draft(in_draft, is_buyer=is_buyer)
        email = check_email(beside, self.buyer_email, "buyerEmail")
        if email is not None:
            draft = replace(draft, order=replace(draft.order, buyer_email=email))
        expected = None
        if self.expected_outstanding is not None:
            expected = read_money(self.expected_outstanding, beside, "expectedOutstanding")
        return buying.Checkout(draft, read_sources(self.sources, beside), expected)


@strawberry.type(
    description="What checkoutOrder answers: the paid order, or the attempt that failed with its "
    "error and no order, or a preview for a dry run. Where the buyer has to act first the order "
    "is there and locked until pay has resumed the attempt."
)
class CheckoutOrderPayload(CreateOrderPayload):
    attempt: PaymentAttempt | None = strawberry.field(
        default=None, description="This run of paying; null where nothing was due."
    )
    preview: OrderPreview | None = strawberry.field(
        default=None, description="What the order would come to, of a dry run."
    )


async def checkout_order(
    context: Context, actor: Actor, input: CheckoutOrderInput
) -> CheckoutOrderPayload:
    check_anonymous_key(actor)
    in_draft, beside = Findings(), Findings()
    wanted = input.read(in_draft, beside, is_buyer=actor.is_buyer)
    orders = context.services.orders
    if input.dry_run:
        draft = await buying.rehearse(orders, actor, wanted, in_draft, beside)
        return CheckoutOrderPayload(preview=previewed(context, draft))
    done = await buying.check_out(orders, actor, wanted, in_draft, beside)
    context.services.paid(done.attempt)
    known = done.order.id if done.order is not None else done.attempt and done.attempt.order_id
    if known is not None:
        open_to_maker(context, known)
    context.prime(variants_for_sale, done.shelf.variants)
    context.prime(bundles_by_ids, done.shelf.bundles)
    return CheckoutOrderPayload(
        order=done.order,  # pyright: ignore[reportArgumentType]
        attempt=done.attempt,  # pyright: ignore[reportArgumentType]
        client_secret=done.client_secret,
        user_errors=refused(done.problem) if done.problem else [],
    )


async def _again(context: Context, replay: Replay) -> Mapping[str, Any]:
    """Give the maker its order with the secret again, or the attempt that left no order."""
    known = replay.objects.get("attempt")
    attempt = None
    if known is not None:
        attempt = await buying.attempt_of_key(context.services.orders, context.actor, known)
    if attempt is not None and attempt.has_failed:
        replay.objects.pop("order", None)
        open_to_maker(context, attempt.order_id)
        return {}
    return await secret_again(context, replay)


@strawberry.type
class CheckoutMutations:
    checkout_order = mutation(
        *BOTH,
        description="Make, discount, tip and pay an order in one call. Whatever fails leaves "
        "nothing behind but the failed payment attempt. Send @idempotent.",
        again=_again,
    )(checkout_order)
