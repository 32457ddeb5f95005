"""Asking for coupons."""

from typing import Annotated

import strawberry

from ordergraph.commerce.coupons import reads
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.texts import search_text
from ordergraph.graph.context import Info
from ordergraph.graph.coupons.enums import CouponSortField, EffectiveStatus
from ordergraph.graph.coupons.types import Coupon
from ordergraph.graph.fields import query
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
        asked = filter or CouponFilter()
        wanted = reads.CouponFilter(
            status=listed(asked.status or ()), query=search_text(asked.query, "filter", "query")
        )
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
