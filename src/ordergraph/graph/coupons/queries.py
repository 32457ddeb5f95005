"""Asking for coupons."""

from typing import Annotated
from uuid import UUID

import strawberry

from ordergraph.commerce.coupons import reads
from ordergraph.commerce.coupons.judging import LIMITING
from ordergraph.core.ids import Prefix, decode, split
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.core.texts import search_text
from ordergraph.graph.context import Info
from ordergraph.graph.coupons.enums import CouponSortField, EffectiveStatus
from ordergraph.graph.coupons.types import Coupon
from ordergraph.graph.fields import query
from ordergraph.graph.money import DateTime, read_range
from ordergraph.graph.paging import After, Connection, FilterBy, First, SortBy, connect, listed
from ordergraph.graph.sorting import SortDirection


@strawberry.input(description="Which coupons a list has.")
class CouponFilter:
    status: list[EffectiveStatus] | None = strawberry.field(
        default=None, description="Any of these statuses; without it all but deleted coupons."
    )
    query: str | None = strawberry.field(
        default=None, description="A part of the code or name, whatever its case."
    )
    limit_item_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="A product, variant, bundle or category that they name in their limits.",
    )
    created_after: DateTime | None = strawberry.field(
        default=None, description="Made then or later."
    )
    created_before: DateTime | None = strawberry.field(
        default=None, description="Made earlier than that."
    )
    updated_after: DateTime | None = strawberry.field(
        default=None, description="Changed then or later."
    )
    updated_before: DateTime | None = strawberry.field(
        default=None, description="Changed last earlier than that."
    )
    expires_after: DateTime | None = strawberry.field(
        default=None, description="Expiring then or later; one that never does is left out."
    )
    expires_before: DateTime | None = strawberry.field(
        default=None, description="Expiring earlier than that."
    )

    def read(self) -> reads.CouponFilter:
        """Return the filter as the business takes it."""
        created = read_range(self.created_after, self.created_before, "created")
        updated = read_range(self.updated_after, self.updated_before, "updated")
        expires = read_range(self.expires_after, self.expires_before, "expires")
        return reads.CouponFilter(
            listed(self.status or ()),
            search_text(self.query, "filter", "query"),
            _limiting(self.limit_item_id),
            *(*created, *updated, *expires),
        )


def _limiting(text: str | None) -> UUID | None:
    if text is None:
        return None
    path = ("filter", "limitItemId")
    kind, id = split(text, path)
    if kind not in (*LIMITING, Prefix.CATEGORY):
        raise Problem(
            ErrorCode.INVALID_ID, "Expected a product, a variant, a bundle or a category.", path
        )
    return id


@strawberry.input(description="How a list of coupons is ordered.")
class CouponSort:
    field: CouponSortField = strawberry.field(
        default=CouponSortField.CREATED_AT, description="What to order by."
    )
    direction: SortDirection = strawberry.field(
        default=SortDirection.DESC, description="Ascending or descending."
    )


@strawberry.type
class CouponQueries:
    @query(
        "commerce.promotions.read",
        description="One coupon, or null. A deleted one is found as such.",
    )
    async def coupon(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The coupon.")],
    ) -> Coupon | None:
        return await info.context.load(  # pyright: ignore[reportReturnType]
            reads.coupons_by_ids, decode(Prefix.COUPON, id, ("id",))
        )

    @query(
        "commerce.promotions.read",
        description="The coupon with this code, whatever its case, or null for none and for a "
        "deleted one.",
    )
    async def coupon_by_code(
        self,
        info: Info,
        code: Annotated[str, strawberry.argument(description="The code, in any case.")],
    ) -> Coupon | None:
        return await reads.coupon_by_code(info.context.viewer, code)  # pyright: ignore[reportReturnType]

    @query(
        "commerce.promotions.read", description="The merchant's coupons, newest first by default."
    )
    async def coupons(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        filter: Annotated[CouponFilter | None, FilterBy] = None,
        sort: Annotated[CouponSort | None, SortBy] = None,
    ) -> Connection[Coupon] | None:
        viewer = info.context.viewer
        wanted = (filter or CouponFilter()).read()
        order = sort or CouponSort()
        return await connect(
            info.context,
            f"coupons:{order.field}",
            first,
            after,
            fetch=lambda page: reads.coupon_page(viewer, wanted, order.field, page),
            count=lambda: reads.coupon_count(viewer, wanted),
            key=lambda coupon: reads.sort_key(coupon, order.field),
            filters=wanted,
            descending=order.direction is SortDirection.DESC,
        )
