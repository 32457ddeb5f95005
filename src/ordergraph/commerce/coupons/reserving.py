"""Taking, spending and giving back the uses of coupons around a payment (DSC-7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, delete, select, text, update

from ordergraph.commerce.coupons.reads import uses_of
from ordergraph.commerce.coupons.tables import CouponRow, CouponUseRow, CouponUseStatus
from ordergraph.commerce.merchants.reads import settings_beside
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class _Locked:
    """A coupon under lock, and whether a use of all of them was taken with the same statement."""

    id: UUID
    max_uses: int | None
    uses_count: int
    max_uses_per_customer: int | None
    all_taken: bool


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
    is None. One for first orders only is limited to one. All or nothing: if any coupon refuses,
    none is taken.
    """
    if not coupon_ids:
        return {}
    values = {
        "coupons": coupon_ids,
        "uses": [new_id() for _ in coupon_ids],
        "of_order": order_id,
        "for_attempt": attempt_id,
        "customer": customer_key,
        "at": tx.now,
    }
    locked = [_Locked(*row) for row in await tx.fetch(_TAKE_UNLIMITED, values)]
    if locked and locked[0].all_taken:
        return {}
    coupons = {coupon.id: coupon for coupon in locked}
    limited = [each.id for each in locked if each.max_uses_per_customer is not None]
    known: Mapping[UUID, int] = {}
    if limited and customer_key is not None:
        known = await uses_of(tx, limited, customer_key)
    refusals: dict[UUID, Problem] = {}
    for id in coupon_ids:
        refusal = _refusal(coupons.get(id), known.get(id))
        if refusal is not None:
            refusals[id] = refusal
    if not refusals:
        await tx.fetch(_TAKE, values)
    return refusals


def redeem_uses(tx: Transaction, attempt_id: UUID) -> None:
    """Spend for good what an attempt reserved, once its order is paid; harmless when repeated."""
    tx.defer(_REDEEMED, {"for_attempt": attempt_id, "at": tx.now})


async def release_uses(tx: Transaction, attempt_id: UUID) -> None:
    """Give back what an attempt reserved and did not redeem; harmless when repeated.

    Locks the coupons in the order of their ids (CON-2).
    """
    if await tx.fetch(_LOCKED_OF_ATTEMPT, {"for_attempt": attempt_id}):
        await tx.fetch(_RELEASED, {"for_attempt": attempt_id, "at": tx.now})


async def return_uses(tx: Transaction, order_id: UUID) -> None:
    """Give back the uses that an order has redeemed, once; harmless when repeated (DSC-8).

    It is for the moment in which the last refund of a full one has arrived; nothing happens unless
    the shop's `returnUseOnFullRefund` is on then. Locks the coupons in the order of their ids
    (CON-2).
    """
    if await tx.fetch(_LOCKED_REDEEMED, {"of_order": order_id}):
        await tx.fetch(_RETURNED, {"of_order": order_id, "at": tx.now})


def forget_uses(tx: Transaction, attempt_id: UUID) -> None:
    """Leave nothing of what an attempt reserved and gave back: its order is gone (CHK-5)."""
    tx.defer(_FORGOTTEN, {"forgotten_of": attempt_id})


def _refusal(coupon: _Locked | None, uses: int | None) -> Problem | None:
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


_RESERVED_BY_ATTEMPT = (
    within(CouponUseRow),
    CouponUseRow.attempt_id == bindparam("for_attempt"),
    CouponUseRow.status == CouponUseStatus.RESERVED,
)
_TAKING = """
    WITH locked AS (
        SELECT id, max_uses, uses_count,
               CASE WHEN first_order_only THEN 1 ELSE max_uses_per_customer END
                   AS max_uses_per_customer
        FROM coupons WHERE environment_id = :scope AND id = ANY(CAST(:coupons AS uuid[]))
        ORDER BY id FOR UPDATE
    ),
    free AS (
        SELECT FROM locked WHERE {condition} (max_uses IS NULL OR uses_count < max_uses)
    ),
    verdict AS (
        SELECT (SELECT count(*) FROM free) = cardinality(CAST(:coupons AS uuid[])) AS all_taken
    ),
    counted AS (
        UPDATE coupons SET uses_count = locked.uses_count + 1 FROM locked, verdict
        WHERE coupons.environment_id = :scope AND coupons.id = locked.id AND all_taken
    ),
    kept AS (
        INSERT INTO coupon_uses (environment_id, id, coupon_id, order_id, attempt_id,
                                 customer_key, status, created_at, updated_at)
        SELECT :scope, use.id, use.coupon_id, CAST(:of_order AS uuid), CAST(:for_attempt AS uuid),
               CAST(:customer AS text), 'RESERVED',
               CAST(:at AS timestamptz), CAST(:at AS timestamptz)
        FROM unnest(CAST(:uses AS uuid[]), CAST(:coupons AS uuid[])) AS use (id, coupon_id), verdict
        WHERE all_taken
    )
    SELECT id, max_uses, uses_count, max_uses_per_customer, all_taken FROM locked, verdict
"""
"""Counts come from the locked rows: what the statement saw when it began may be older.

A coupon for first orders is used by a customer once: of several first orders that are paid at once,
none of which is paid yet, one gets it.
"""

_TAKE_UNLIMITED = Prepared(text(_TAKING.format(condition="max_uses_per_customer IS NULL AND")))
_TAKE = Prepared(text(_TAKING.format(condition="")))
_REDEEMED_BY_ORDER = (
    within(CouponUseRow),
    CouponUseRow.order_id == bindparam("of_order", type_=Uuid),
    CouponUseRow.status == CouponUseStatus.REDEEMED,
)


def _locking(*conditions: ColumnElement[bool]) -> Prepared:
    """Lock the coupons of such uses in the order of their ids."""
    of_uses = CouponRow.id.in_(select(CouponUseRow.coupon_id).where(*conditions))
    return Prepared(
        select(CouponRow.id)
        .where(within(CouponRow), of_uses)
        .order_by(CouponRow.id)
        .with_for_update()
    )


def _giving_back(*conditions: ColumnElement[bool]) -> Prepared:
    """Release such uses and count them off; their coupons are locked already."""
    given_back = (
        update(CouponUseRow)
        .where(*conditions)
        .values(status=CouponUseStatus.RELEASED, updated_at=bindparam("at"))
        .returning(CouponUseRow.coupon_id)
        .cte("given_back")
    )
    return Prepared(
        update(CouponRow)
        .where(
            within(CouponRow),
            CouponRow.id.in_(select(given_back.c.coupon_id)),
            CouponRow.uses_count > 0,
        )
        .values(uses_count=CouponRow.uses_count - 1)
    )


_LOCKED_OF_ATTEMPT = _locking(*_RESERVED_BY_ATTEMPT)
_LOCKED_REDEEMED = _locking(
    *_REDEEMED_BY_ORDER, settings_beside()["returnUseOnFullRefund"].as_boolean()
)
_RELEASED = _giving_back(*_RESERVED_BY_ATTEMPT)
_RETURNED = _giving_back(*_REDEEMED_BY_ORDER)
_REDEEMED = (
    update(CouponUseRow)
    .where(*_RESERVED_BY_ATTEMPT)
    .values(status=CouponUseStatus.REDEEMED, updated_at=bindparam("at"))
    .cte("uses_redeemed")
)
_FORGOTTEN = (
    delete(CouponUseRow)
    .where(
        within(CouponUseRow),
        CouponUseRow.attempt_id == bindparam("forgotten_of"),
        CouponUseRow.status == CouponUseStatus.RELEASED,
    )
    .cte("uses_forgotten")
)
