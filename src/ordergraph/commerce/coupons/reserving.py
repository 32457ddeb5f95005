"""Taking, spending and giving back the uses of coupons around a payment (DSC-7)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Row,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    insert,
    literal,
    select,
    update,
)

from ordergraph.commerce.coupons.reads import uses_of
from ordergraph.commerce.coupons.tables import CouponRow, CouponUseRow, CouponUseStatus
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Transaction


async def reserve_uses(
    tx: Transaction,
    coupon_ids: Sequence[UUID],
    order_id: UUID,
    attempt_id: UUID,
    customer_key: str | None,
) -> Mapping[UUID, Problem]:
    """Take one use of each coupon for a payment attempt; return the coupons that refused, and why.

    Locks the coupons in the order of their ids (CON-2) and counts under the lock, so that neither
    limit can be exceeded by concurrent payers: `COUPON_EXHAUSTED`, and
    `COUPON_CUSTOMER_LIMIT_REACHED` also where a coupon is limited per customer and `customer_key`
    is None. All or nothing: if any coupon refuses, none is taken.
    """
    if not coupon_ids:
        return {}
    coupons = {row.id: row for row in await tx.rows(_LOCKED, {"ids": list(coupon_ids)})}
    limited = [id for id, row in coupons.items() if row.max_uses_per_customer is not None]
    known: Mapping[UUID, int] = {}
    if limited and customer_key is not None:
        known = await uses_of(tx, limited, customer_key)
    refusals: dict[UUID, Problem] = {}
    for id in coupon_ids:
        refusal = _refusal(coupons.get(id), known.get(id))
        if refusal is not None:
            refusals[id] = refusal
    if not refusals:
        await _take(tx, list(coupons), order_id, attempt_id, customer_key)
    return refusals


async def redeem_uses(tx: Transaction, attempt_id: UUID) -> None:
    """Spend for good what an attempt reserved, once its order is paid; harmless when repeated."""
    await tx.execute(_REDEEMED, {"attempt": attempt_id, "at": tx.now})


async def release_uses(tx: Transaction, attempt_id: UUID) -> None:
    """Give back what an attempt reserved and did not redeem; harmless when repeated.

    Locks the coupons in the order of their ids (CON-2).
    """
    if await tx.rows(_LOCKED_OF_ATTEMPT, {"attempt": attempt_id}):
        await tx.execute(_RELEASED, {"attempt": attempt_id, "at": tx.now})


def _refusal(coupon: Row[Any] | None, uses: int | None) -> Problem | None:
    """Check the two limits of a locked coupon; `uses` is None while the customer is unknown."""
    if coupon is None:
        return Problem(ErrorCode.COUPON_NOT_FOUND, "There is no such coupon.")
    if coupon.max_uses is not None and coupon.uses_count >= coupon.max_uses:
        return Problem(ErrorCode.COUPON_EXHAUSTED, "This coupon has been used up.")
    if coupon.max_uses_per_customer is None:
        return None
    if uses is None:
        return Problem(
            ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED,
            "This coupon is limited per customer: say who buys, by customer or e-mail address.",
        )
    if uses >= coupon.max_uses_per_customer:
        return Problem(
            ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED,
            "This customer has used the coupon as often as it allows.",
        )
    return None


async def _take(
    tx: Transaction,
    coupon_ids: Sequence[UUID],
    order_id: UUID,
    attempt_id: UUID,
    customer_key: str | None,
) -> None:
    await tx.execute(
        _TAKEN,
        {
            "ids": coupon_ids,
            "use_ids": [new_id() for _ in coupon_ids],
            "of_order": order_id,
            "attempt": attempt_id,
            "customer": customer_key,
            "at": tx.now,
        },
    )


_RESERVED_BY_ATTEMPT = (
    within(CouponUseRow),
    CouponUseRow.attempt_id == bindparam("attempt"),
    CouponUseRow.status == CouponUseStatus.RESERVED,
)
_LOCKED = (
    select(CouponRow.id, CouponRow.max_uses, CouponRow.uses_count, CouponRow.max_uses_per_customer)
    .where(within(CouponRow), CouponRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(CouponRow.id)
    .with_for_update()
)
_LOCKED_OF_ATTEMPT = (
    select(CouponRow.id)
    .where(
        within(CouponRow),
        CouponRow.id.in_(select(CouponUseRow.coupon_id).where(*_RESERVED_BY_ATTEMPT)),
    )
    .order_by(CouponRow.id)
    .with_for_update()
)
_COUNTED = (
    update(CouponRow)
    .where(
        within(CouponRow),
        CouponRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        CouponRow.max_uses.is_(None) | (CouponRow.uses_count < CouponRow.max_uses),
    )
    .values(uses_count=CouponRow.uses_count + 1)
    .cte("counted")
)
_USE = {
    "environment_id": ENVIRONMENT,
    "id": func.unnest(bindparam("use_ids", type_=ARRAY(Uuid))),
    "coupon_id": func.unnest(bindparam("ids", type_=ARRAY(Uuid))),
    "order_id": bindparam("of_order", type_=Uuid),
    "attempt_id": bindparam("attempt", type_=Uuid),
    "customer_key": bindparam("customer", type_=Text),
    "status": literal(CouponUseStatus.RESERVED, CouponUseRow.status.type),
    "created_at": bindparam("at", type_=CouponUseRow.created_at.type),
    "updated_at": bindparam("at", type_=CouponUseRow.updated_at.type),
}
_TAKEN = (
    insert(CouponUseRow)
    .from_select(list(_USE), select(*(value.label(f"new_{name}") for name, value in _USE.items())))
    .add_cte(_COUNTED)
)
_REDEEMED = (
    update(CouponUseRow)
    .where(*_RESERVED_BY_ATTEMPT)
    .values(status=CouponUseStatus.REDEEMED, updated_at=bindparam("at"))
)
_GIVEN_BACK = (
    update(CouponUseRow)
    .where(*_RESERVED_BY_ATTEMPT)
    .values(status=CouponUseStatus.RELEASED, updated_at=bindparam("at"))
    .returning(CouponUseRow.coupon_id)
    .cte("given_back")
)
_RELEASED = (
    update(CouponRow)
    .where(
        within(CouponRow),
        CouponRow.id.in_(select(_GIVEN_BACK.c.coupon_id)),
        CouponRow.uses_count > 0,
    )
    .values(uses_count=CouponRow.uses_count - 1)
)
