"""What clients send to make and change coupons, and how it is read."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import UNSET

from ordergraph.commerce.coupons.judging import LIMITING
from ordergraph.commerce.coupons.rules import CouponChanges, LimitCategory, LimitItem
from ordergraph.core.ids import Prefix, decode, split
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.graph.coupons.enums import EffectiveStatus
from ordergraph.graph.money import (
    DateTime,
    DecimalText,
    Metadata,
    MoneyInput,
    Quantity,
    read_instant,
)
from ordergraph.graph.sparse import sent


@strawberry.input(
    description="A new coupon. It takes off either a percentage or an amount, exactly one."
)
class CreateCouponInput:
    name: str = strawberry.field(description="The name, shown beside the discount.")
    description: str | None = strawberry.field(
        default=None, description="A note of at most 5000 characters."
    )
    code: str | None = strawberry.field(
        default=None,
        description="The code that buyers enter: 1 to 64 characters of A-Z a-z 0-9 _ -, unique "
        "whatever its case. Without it only the merchant can apply the coupon, by its id.",
    )
    percent_off: DecimalText | None = strawberry.field(
        default=None,
        description='A percentage above 0 up to 100 with at most 4 fraction digits, such as "20".',
    )
    amount_off: MoneyInput | None = strawberry.field(
        default=None, description="A fixed amount; the coupon then fits orders in its currency."
    )
    max_uses: Quantity | None = strawberry.field(
        default=None, description="How often it can be used by all together, from 1."
    )
    max_uses_per_customer: Quantity | None = strawberry.field(
        default=None, description="How often one customer or e-mail address can use it, from 1."
    )
    starts_at: DateTime | None = strawberry.field(
        default=None, description="From when it can be used."
    )
    expires_at: DateTime | None = strawberry.field(
        default=None, description="From when it can no longer be used."
    )
    minimum_purchase: MoneyInput | None = strawberry.field(
        default=None, description="What the eligible lines must come to before discounts."
    )
    limit_to_item_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Ids of the products, variants and bundles that it acts on, at most 250; "
        "without any, and without categories, it acts on every line.",
    )
    limit_to_categories: list[str] | None = strawberry.field(
        default=None,
        description="Categories by label or id, at most 50: it acts on what is in any of them, "
        "and on the items.",
    )
    first_order_only: bool = strawberry.field(
        default=False,
        description="Whether only a customer without an earlier paid order can use it.",
    )
    stackable: bool = strawberry.field(
        default=False,
        description="Whether it can be combined with other coupons that are stackable too.",
    )
    status: EffectiveStatus = strawberry.field(
        default=EffectiveStatus.ACTIVE, description="ACTIVE or DISABLED."
    )
    metadata: Metadata | None = strawberry.field(
        default=None, description="The merchant's own keys and values."
    )


@strawberry.input(
    description="Changes to a coupon: what is omitted stays as it is, null clears what can be "
    "cleared."
)
class UpdateCouponInput:
    id: strawberry.ID = strawberry.field(description="The coupon.")
    expected_version: int | None = strawberry.field(
        default=None, description="The version that was read: another one is VERSION_CONFLICT."
    )
    name: str | None = strawberry.field(default=UNSET, description="The name; not to be cleared.")
    description: str | None = strawberry.field(
        default=UNSET, description="A note of at most 5000 characters."
    )
    code: str | None = strawberry.field(
        default=UNSET, description="The code that buyers enter, unique whatever its case."
    )
    percent_off: DecimalText | None = strawberry.field(
        default=UNSET, description="A percentage; it takes the place of an amount."
    )
    amount_off: MoneyInput | None = strawberry.field(
        default=UNSET, description="A fixed amount; it takes the place of a percentage."
    )
    max_uses: Quantity | None = strawberry.field(
        default=UNSET, description="How often it can be used: not below the uses so far."
    )
    max_uses_per_customer: Quantity | None = strawberry.field(
        default=UNSET, description="How often one customer or e-mail address can use it."
    )
    starts_at: DateTime | None = strawberry.field(
        default=UNSET, description="From when it can be used."
    )
    expires_at: DateTime | None = strawberry.field(
        default=UNSET, description="From when it can no longer be used."
    )
    minimum_purchase: MoneyInput | None = strawberry.field(
        default=UNSET, description="What the eligible lines must come to before discounts."
    )
    limit_to_item_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET,
        description="All products, variants and bundles that it acts on from now on; none for no "
        "limit.",
    )
    limit_to_categories: list[str] | None = strawberry.field(
        default=UNSET,
        description="All categories, by label or id, that it acts on from now on; none for no "
        "limit.",
    )
    first_order_only: bool | None = strawberry.field(
        default=UNSET,
        description="Whether only a customer without an earlier paid order can use it.",
    )
    stackable: bool | None = strawberry.field(
        default=UNSET,
        description="Whether it can be combined with other coupons that are stackable too.",
    )
    status: EffectiveStatus | None = strawberry.field(
        default=UNSET, description="ACTIVE or DISABLED."
    )
    metadata: Metadata | None = strawberry.field(
        default=UNSET, description="Keys to set; a key with null is deleted, {} clears all."
    )


@strawberry.input(description="A coupon that is deleted for good.")
class DeleteCouponInput:
    id: strawberry.ID = strawberry.field(description="The coupon.")


def read_changes(input: CreateCouponInput | UpdateCouponInput, findings: Findings) -> CouponChanges:
    """Return what is set of a coupon; unreadable instants and ids are noted in `findings`."""
    return CouponChanges(
        name=sent(input.name),
        description=sent(input.description),
        code=sent(input.code),
        percent_off=sent(input.percent_off),
        amount_off=_money(sent(input.amount_off)),
        max_uses=sent(input.max_uses),
        max_uses_per_customer=sent(input.max_uses_per_customer),
        starts_at=_instant(sent(input.starts_at), findings, "startsAt"),
        expires_at=_instant(sent(input.expires_at), findings, "expiresAt"),
        minimum_purchase=_money(sent(input.minimum_purchase)),
        limit_to=_items(sent(input.limit_to_item_ids), findings),
        limit_categories=_categories(sent(input.limit_to_categories)),
        first_order_only=sent(input.first_order_only),
        stackable=sent(input.stackable),
        status=sent(input.status),
        metadata=sent(input.metadata),
    )


def _money(value: MoneyInput | Omitted | None) -> Money | Omitted | None:
    return Money(value.amount, value.currency) if isinstance(value, MoneyInput) else value


def _instant(
    value: DateTime | Omitted | None, findings: Findings, field: str
) -> datetime | Omitted | None:
    if value is OMITTED or value is None:
        return value
    try:
        return read_instant(value, (field,))
    except Problem as problem:
        findings.note(problem)
        return OMITTED


def _items(
    values: Sequence[strawberry.ID] | Omitted | None, findings: Findings
) -> Sequence[LimitItem] | Omitted | None:
    if values is OMITTED or values is None:
        return values
    items: list[LimitItem] = []
    for position, text in enumerate(values):
        path = ("limitToItemIds", str(position))
        try:
            kind, id = split(text, path)
        except Problem as problem:
            findings.note(problem)
            continue
        if kind in LIMITING:
            items.append(LimitItem(kind, id, position))
        else:
            findings.add(ErrorCode.INVALID_ID, "Expected a product, a variant or a bundle.", *path)
    return items


def _categories(
    values: Sequence[str] | Omitted | None,
) -> Sequence[LimitCategory] | Omitted | None:
    """Return the categories that are named; what reads as the id of one is no label."""
    if values is OMITTED or values is None:
        return values
    return [LimitCategory(*_category(text), at) for at, text in enumerate(values)]


def _category(text: str) -> tuple[str | None, UUID | None]:
    try:
        return None, decode(Prefix.CATEGORY, text)
    except Problem:
        return text, None
