"""Coupons as clients see them."""

import asyncio

import strawberry

from ordergraph.commerce.categories.reads import categories_by_ids
from ordergraph.commerce.coupons import reads, rules
from ordergraph.core.ids import Prefix, encode
from ordergraph.graph.categories.types import Category
from ordergraph.graph.context import Info
from ordergraph.graph.coupons.enums import EffectiveStatus
from ordergraph.graph.fields import scoped
from ordergraph.graph.ids import Node, identified
from ordergraph.graph.money import DateTime, DecimalText, Metadata, Money, Quantity
from ordergraph.graph.nodes import find, findable


@strawberry.type(
    description="A discount that is applied by its code, or by the merchant by its id."
)
class Coupon(Node):
    source = rules.Coupon

    id: strawberry.ID = identified(Prefix.COUPON)
    name: str = strawberry.field(description="The name, shown beside the discount.")
    description: str | None = strawberry.field(description="What the merchant noted about it.")
    code: str | None = strawberry.field(
        description="The code that buyers enter, in capital letters; any case is taken."
    )
    percent_off: DecimalText | None = strawberry.field(
        description="The percentage taken off the eligible lines; null for a fixed amount."
    )
    amount_off: Money | None = strawberry.field(
        description="The amount taken off the eligible lines; null for a percentage."
    )
    max_uses: Quantity | None = strawberry.field(
        description="How often it can be used by all customers together; null for no limit."
    )
    uses_count: Quantity = strawberry.field(
        description="Uses by paid orders, and by payments that are running."
    )
    max_uses_per_customer: Quantity | None = strawberry.field(
        description="How often one customer or e-mail address can use it; null for no limit."
    )
    starts_at: DateTime | None = strawberry.field(description="From when it can be used.")
    expires_at: DateTime | None = strawberry.field(
        description="From when it can no longer be used."
    )
    minimum_purchase: Money | None = strawberry.field(
        description="What the eligible lines must come to before discounts."
    )
    first_order_only: bool = strawberry.field(
        description="Whether only a customer without an earlier paid order can use it."
    )
    stackable: bool = strawberry.field(
        description="Whether it can be combined with other coupons that are stackable too."
    )
    status: EffectiveStatus = strawberry.field(description="Whether it can be used now.")
    metadata: Metadata = strawberry.field(description="The merchant's own keys and values.")
    version: int = strawberry.field(description="Goes up by one with every change.")
    created_at: DateTime = strawberry.field(description="When the coupon was made.")
    updated_at: DateTime = strawberry.field(description="When the coupon last changed.")

    @scoped(
        "commerce.products.read",
        "commerce.catalog.read",
        description="The products, variants and bundles that it is limited to, at most 250. A "
        "product stands for all its variants; without items and categories it acts on every line.",
    )
    async def limit_to_items(
        self, info: Info, root: strawberry.Parent[rules.Coupon]
    ) -> list[Node] | None:
        ids = [encode(Prefix.PRODUCT, id) for id in root.limit_product_ids]
        ids += [encode(Prefix.VARIANT, id) for id in root.limit_variant_ids]
        ids += [encode(Prefix.BUNDLE, id) for id in root.limit_bundle_ids]
        found = await asyncio.gather(*(find(info.context, id) for id in ids))
        return [item for item in found if item is not None]

    @scoped(
        "commerce.products.read",
        "commerce.catalog.read",
        description="The categories that it is limited to, at most 50: it acts on lines whose "
        "product or bundle was in one of them when they were added.",
    )
    async def limit_to_categories(
        self, info: Info, root: strawberry.Parent[rules.Coupon]
    ) -> list[Category] | None:
        ids = root.limit_category_ids
        found = await asyncio.gather(*(info.context.load(categories_by_ids, id) for id in ids))
        return [each for each in found if each is not None]  # pyright: ignore[reportReturnType]


findable(Prefix.COUPON, reads.coupons_by_ids, "commerce.promotions.read")
