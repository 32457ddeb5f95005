"""Making, changing, paying and closing orders."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import strawberry

from ordergraph.commerce.bundles.reads import bundles_by_ids
from ordergraph.commerce.catalog.reads import variants_for_sale
from ordergraph.commerce.orders import (
    applying,
    closing,
    detailing,
    editing,
    paying,
    placing,
    resolving,
)
from ordergraph.commerce.orders.reads import orders_by_ids
from ordergraph.commerce.orders.rules import Order as CoreOrder
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.graph.context import Context
from ordergraph.graph.ids import NOTHING, noted
from ordergraph.graph.money import read_money
from ordergraph.graph.mutation import mutation, refused
from ordergraph.graph.orders.inputs import (
    ApplyCouponInput,
    CloseOrderInput,
    CreateOrderInput,
    RemoveDiscountInput,
    ResolveInventoryExceptionInput,
    RotateOrderSecretInput,
    UpdateOrderInput,
)
from ordergraph.graph.orders.line_inputs import (
    AddLineItemsInput,
    RemoveLineItemsInput,
    UpdateLineItemInput,
    read_lines,
)
from ordergraph.graph.orders.modifier_inputs import MERCHANT, read_ad_hoc, read_modifiers
from ordergraph.graph.orders.pay_inputs import PayInput
from ordergraph.graph.orders.payloads import (
    AddLineItemsPayload,
    ApplyCouponPayload,
    CloseOrderPayload,
    CreateOrderPayload,
    PayPayload,
    RemoveDiscountPayload,
    RemoveLineItemsPayload,
    ResolveInventoryExceptionPayload,
    RotateOrderSecretPayload,
    UpdateLineItemPayload,
    UpdateOrderPayload,
)
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.idempotency import Replay

BOTH = (MERCHANT, "storefront.orders.write")


def _id(text: str) -> UUID:
    return decode(Prefix.ORDER, text, ("orderId",))


def _payload(kind: Any, order: CoreOrder) -> Any:
    return kind(order=order)


async def create_order(
    context: Context, actor: Actor, input: CreateOrderInput
) -> CreateOrderPayload:
    check_anonymous_key(actor)
    findings = Findings()
    wanted = input.read(findings, is_buyer=actor.is_buyer)
    made = await placing.create_order(context.services.orders, actor, wanted, findings)
    open_to_maker(context, made.order.id)
    context.prime(variants_for_sale, made.shelf.variants)
    context.prime(bundles_by_ids, made.shelf.bundles)
    return CreateOrderPayload(order=made.order, client_secret=made.client_secret)  # pyright: ignore[reportArgumentType]


async def secret_again(context: Context, replay: Replay) -> Mapping[str, Any]:
    """Give the order's maker its secret again, and a browser the order, while it is still theirs.

    Once the secret was replaced it opens nothing to whoever made the order (IDM-9).
    """
    order_id = decode(Prefix.ORDER, replay.objects["order"] or "")
    order = await placing.order_with_first_secret(context.services.orders, context.actor, order_id)
    if order is None:
        return {}
    open_to_maker(context, order.id)
    return {"client_secret": placing.client_secret_of(context.services.orders, order)}


async def _present_secret(context: Context, replay: Replay) -> Mapping[str, Any]:
    """Give the secret that opens the order now to whoever may replace it."""
    order_id = decode(Prefix.ORDER, replay.objects["order"] or "")
    order = await context.load(orders_by_ids, order_id)
    if order is None:
        return {}
    return {"client_secret": placing.client_secret_of(context.services.orders, order)}


async def rotate_order_secret(
    context: Context, actor: Actor, input: RotateOrderSecretInput
) -> RotateOrderSecretPayload:
    made = await placing.rotate_secret(
        context.services.orders, actor, _id(input.order_id), input.expected_version
    )
    return RotateOrderSecretPayload(order=made.order, client_secret=made.client_secret)  # pyright: ignore[reportArgumentType]


async def add_line_items(
    context: Context, actor: Actor, input: AddLineItemsInput
) -> AddLineItemsPayload:
    findings = Findings()
    lines = read_lines(input.line_items, findings)
    order = await editing.add_line_items(
        context.services.orders, actor, _id(input.order_id), lines, input.expected_version, findings
    )
    return _payload(AddLineItemsPayload, order)


async def update_line_item(
    context: Context, actor: Actor, input: UpdateLineItemInput
) -> UpdateLineItemPayload:
    findings = Findings()
    order_id = noted(findings, Prefix.ORDER, input.order_id, "orderId") or NOTHING
    line_id = noted(findings, Prefix.LINE_ITEM, input.line_item_id, "lineItemId") or NOTHING
    price = _set(input.unit_price)
    if input.name is None:
        findings.add(ErrorCode.FIELD_REQUIRED, "name cannot be cleared.", "name")
    change = editing.LineChange(
        quantity=_set(input.quantity),
        name=_set(input.name),
        unit_price=read_money(price, findings, "unitPrice") if price else None,
        description="" if input.description is None else _set(input.description),
        sku="" if input.sku is None else _set(input.sku),
        taxable=_set(input.taxable),
        tax_category=_set(input.tax_category),
        metadata=_set(input.metadata),
        clears_metadata=input.metadata is None,
        modifiers=None
        if input.modifiers is strawberry.UNSET
        else read_modifiers(input.modifiers, findings),
        ad_hoc_modifiers=None
        if input.ad_hoc_modifiers is strawberry.UNSET
        else read_ad_hoc(input.ad_hoc_modifiers),
    )
    findings.settle()
    order = await editing.update_line_item(
        context.services.orders, actor, order_id, line_id, change, input.expected_version
    )
    return _payload(UpdateLineItemPayload, order)


async def remove_line_items(
    context: Context, actor: Actor, input: RemoveLineItemsInput
) -> RemoveLineItemsPayload:
    order = await editing.remove_line_items(
        context.services.orders,
        actor,
        _id(input.order_id),
        _ids(input.line_item_ids),
        input.expected_version,
    )
    return _payload(RemoveLineItemsPayload, order)


async def apply_coupon(
    context: Context, actor: Actor, input: ApplyCouponInput
) -> ApplyCouponPayload:
    coupon_id = None
    if input.coupon_id is not None:
        coupon_id = decode(Prefix.COUPON, input.coupon_id, ("couponId",))
    order = await applying.apply_coupon(
        context.services.orders,
        actor,
        _id(input.order_id),
        code=input.code,
        coupon_id=coupon_id,
        line_item_ids=None if input.line_item_ids is None else _ids(input.line_item_ids),
        expected_version=input.expected_version,
    )
    return _payload(ApplyCouponPayload, order)


async def remove_discount(
    context: Context, actor: Actor, input: RemoveDiscountInput
) -> RemoveDiscountPayload:
    discount_id = decode(Prefix.APPLIED_DISCOUNT, input.discount_id, ("discountId",))
    order = await applying.remove_discount(
        context.services.orders, actor, _id(input.order_id), discount_id, input.expected_version
    )
    return _payload(RemoveDiscountPayload, order)


async def update_order(
    context: Context, actor: Actor, input: UpdateOrderInput
) -> UpdateOrderPayload:
    changes: dict[str, Any] = {
        "customerId": input.customer_id,
        "buyerEmail": input.buyer_email,
        "buyerPhone": input.buyer_phone,
        "buyerNote": input.buyer_note,
        "internalNote": input.internal_note,
        "shippingAddress": input.shipping_address,
        "billingAddress": input.billing_address,
        "externalReferenceId": input.external_reference_id,
        "metadata": input.metadata,
    }
    changes = {name: value for name, value in changes.items() if value is not strawberry.UNSET}
    findings = Findings()
    if changes.get("customerId") is not None:
        customer_id = noted(findings, Prefix.CUSTOMER, changes.pop("customerId"), "customerId")
        if customer_id is not None:
            changes["customerId"] = customer_id
    for name in ("shippingAddress", "billingAddress"):
        if changes.get(name) is not None:
            changes[name] = changes[name].read()
    order = await detailing.update_order(
        context.services.orders,
        actor,
        _id(input.order_id),
        changes,
        input.expected_version,
        findings,
    )
    return _payload(UpdateOrderPayload, order)


async def pay(context: Context, actor: Actor, input: PayInput) -> PayPayload:
    paid = await paying.pay(context.services.orders, actor, input.read())
    context.services.paid(paid.attempt)
    return PayPayload(
        order=None if paid.is_gone else paid.order,  # pyright: ignore[reportArgumentType]
        attempt=paid.attempt,  # pyright: ignore[reportArgumentType]
        user_errors=refused(paid.problem) if paid.problem else [],
    )


async def close_order(context: Context, actor: Actor, input: CloseOrderInput) -> CloseOrderPayload:
    order = await closing.close_order(
        context.services.orders, actor, _id(input.order_id), input.reason, input.expected_version
    )
    return _payload(CloseOrderPayload, order)


async def resolve_inventory_exception(
    context: Context, actor: Actor, input: ResolveInventoryExceptionInput
) -> ResolveInventoryExceptionPayload:
    order = await resolving.resolve_inventory_exception(
        context.services.orders,
        actor,
        _id(input.order_id),
        take_stock=input.take_stock,
        expected_version=input.expected_version,
    )
    return _payload(ResolveInventoryExceptionPayload, order)


def _set(value: Any) -> Any:
    """Return an optional field's value, None where it was omitted."""
    return None if value is strawberry.UNSET else value


def _ids(texts: list[strawberry.ID]) -> list[UUID]:
    return [decode(Prefix.LINE_ITEM, text, ("lineItemIds", at)) for at, text in enumerate(texts)]


def open_to_maker(context: Context, order_id: UUID) -> None:
    """Let the browser that made an order see it, and its attempts, in the same answer."""
    if context.actor.is_buyer:
        context.actor.order_id = order_id


def check_anonymous_key(actor: Actor) -> None:
    """A publishable key is shared by strangers: its idempotency keys must be UUIDs (IDM-2)."""
    if actor.is_buyer and actor.order_id is None and actor.idempotency is not None:
        try:
            UUID(actor.idempotency.key)
        except ValueError:
            raise Problem(
                ErrorCode.IDEMPOTENCY_KEY_INVALID,
                "With a publishable key alone the idempotency key must be a random UUID.",
            ) from None


@strawberry.type
class OrderMutations:
    create_order = mutation(
        *BOTH,
        description="Make an order; a browser's is a cart until it is first paid.",
        again=secret_again,
    )(create_order)
    rotate_order_secret = mutation(
        *BOTH,
        description="Replace the secret that opens an order to its buyer.",
        again=_present_secret,
    )(rotate_order_secret)
    add_line_items = mutation(
        *BOTH,
        description="Add lines to an open order. A line equal to one that is there raises it.",
    )(add_line_items)
    update_line_item = mutation(*BOTH, description="Change one line of an open order.")(
        update_line_item
    )
    remove_line_items = mutation(*BOTH, description="Take lines off an open order.")(
        remove_line_items
    )
    apply_coupon = mutation(
        *BOTH, description="Apply a coupon to an open order; its use is counted when paying."
    )(apply_coupon)
    remove_discount = mutation(*BOTH, description="Take a discount off an open order.")(
        remove_discount
    )
    update_order = mutation(
        *BOTH,
        description="Change customer, contact, addresses, notes or metadata. Notes and metadata "
        "stay editable after payment.",
    )(update_order)
    pay = mutation(
        *BOTH,
        description="Pay all that is due, with one source. Stock and coupon uses are held before "
        "money moves; a decline leaves the order open. Send @idempotent.",
    )(pay)
    close_order = mutation(
        MERCHANT, description="Close an order for good: archive a paid one, cancel an unpaid one."
    )(close_order)
    resolve_inventory_exception = mutation(
        MERCHANT,
        description="Clear the exception of an order that was paid while its stock was gone: take "
        "the missing units now, or leave them.",
    )(resolve_inventory_exception)
