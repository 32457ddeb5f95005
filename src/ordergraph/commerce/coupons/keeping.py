"""Uses of coupons that a part-paid order keeps, until it is paid or its money is given back."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, all_, any_, bindparam, case, or_, select, update

from ordergraph.commerce.coupons.reads import uses_of
from ordergraph.commerce.coupons.tables import CouponRow, CouponUseRow, CouponUseStatus
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction


def redeem_kept(tx: Transaction, order_id: UUID, coupon_ids: Sequence[UUID]) -> None:
    """Spend the uses that an order has reserved of these coupons; others were given back before."""
    tx.defer(_REDEEMED, {"of_order": order_id, "spent": list(coupon_ids), "at": tx.now})


async def give_back_kept(
    tx: Transaction, order_id: UUID, but: Sequence[UUID] = (), also: Sequence[UUID] = ()
) -> None:
    """Give back what an order has reserved and not redeemed; harmless when repeated.

    Locks the coupons in the order of their ids, with them those that are to be locked `also`
    because uses of them are taken next (CON-2). Stock is locked after coupons, never before.
    """
    values = {"of_order": order_id, "spent": list(but)}
    if await tx.fetch(_LOCKED, {**values, "also": list(also)}):
        await tx.fetch(_RELEASED, {**values, "at": tx.now})


async def hand_over_kept(
    tx: Transaction, order_id: UUID, customer_key: str | None, also: Sequence[UUID]
) -> Mapping[UUID, Problem]:
    """Count the uses that an order keeps for another customer from now on (PAY-25).

    Return the coupons that this customer has used up with other orders already: their uses stay
    as they were, for the caller to give back. Locks the coupons in the order of their ids (CON-2),
    with them those of which uses may be taken next, and counts under the lock: of orders that are
    handed to one customer at once, only so many are as the coupon allows.
    """
    values = {"of_order": order_id, "spent": [], "also": list(also)}
    limits = {id: most for id, most in await tx.fetch(_LOCKED, values) if most is not None}
    refused: list[UUID] = []
    if limits and customer_key is not None:
        uses = await uses_of(tx, list(limits), customer_key, order_id)
        refused = [id for id, most in limits.items() if uses[id] >= most]
    values = {"of_order": order_id, "spent": refused, "customer": customer_key, "at": tx.now}
    await tx.fetch(_HANDED_OVER, values)
    problem = Problem(
        ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED,
        "This customer has used the coupon as often as it allows.",
    )
    return dict.fromkeys(refused, problem)


_SPENT = bindparam("spent", type_=ARRAY(Uuid))
_RESERVED = (
    within(CouponUseRow),
    CouponUseRow.order_id == bindparam("of_order", type_=Uuid),
    CouponUseRow.status == CouponUseStatus.RESERVED,
)
_OTHERS = (*_RESERVED, CouponUseRow.coupon_id != all_(_SPENT))
_MOST = case((CouponRow.first_order_only, 1), else_=CouponRow.max_uses_per_customer)
_LOCKED = Prepared(
    select(CouponRow.id, _MOST)
    .where(
        within(CouponRow),
        or_(
            CouponRow.id.in_(select(CouponUseRow.coupon_id).where(*_OTHERS)),
            CouponRow.id == any_(bindparam("also", type_=ARRAY(Uuid))),
        ),
    )
    .order_by(CouponRow.id)
    .with_for_update()
)
_HANDED_OVER = Prepared(
    update(CouponUseRow)
    .where(*_OTHERS)
    .values(customer_key=bindparam("customer", type_=Text), updated_at=bindparam("at"))
)
_GIVEN_BACK = (
    update(CouponUseRow)
    .where(*_OTHERS)
    .values(status=CouponUseStatus.RELEASED, updated_at=bindparam("at"))
    .returning(CouponUseRow.coupon_id)
    .cte("kept_given_back")
)
_RELEASED = Prepared(
    update(CouponRow)
    .where(
        within(CouponRow),
        CouponRow.id.in_(select(_GIVEN_BACK.c.coupon_id)),
        CouponRow.uses_count > 0,
    )
    .values(uses_count=CouponRow.uses_count - 1)
)
_REDEEMED = (
    update(CouponUseRow)
    .where(*_RESERVED, CouponUseRow.coupon_id == any_(_SPENT))
    .values(status=CouponUseStatus.REDEEMED, updated_at=bindparam("at"))
    .cte("kept_redeemed")
)
