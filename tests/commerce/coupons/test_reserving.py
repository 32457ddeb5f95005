"""Uses of coupons: counted at reservation, whoever else pays at the same moment."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from ordergraph.commerce.coupons.keeping import give_back_kept
from ordergraph.commerce.coupons.reads import held_uses, terms_by_code, terms_by_ids, uses_of
from ordergraph.commerce.coupons.reserving import (
    redeem_uses,
    release_uses,
    reserve_uses,
    return_uses,
)
from ordergraph.commerce.coupons.tables import CouponRow, CouponUseRow, CouponUseStatus
from ordergraph.commerce.merchants.adjusting import update_settings
from ordergraph.core.discounts import CouponStatus
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.statements import counted
from ordergraph.runtime.db.transaction import ConstraintViolated
from tests.world import World


async def coupon(world: World, **terms: Any) -> UUID:
    """Make a coupon row of 20 percent off."""
    id = new_id()
    values: dict[str, Any] = {
        "id": id,
        "name": "Spring",
        "name_key": "spring",
        "percent": 20,
        "limit_variant_ids": [],
        "limit_product_ids": [],
        "limit_bundle_ids": [],
        "limit_category_ids": [],
        "first_order_only": False,
        "stackable": False,
        "status": CouponStatus.ACTIVE,
        "metadata": {},
        "version": 1,
        "created_at": world.clock.now(),
        "updated_at": world.clock.now(),
    }
    async with world.database.transaction(world.actor) as tx:
        await tx.add(CouponRow, values | terms)
    return id


async def reserve(
    world: World,
    *coupon_ids: UUID,
    attempt: UUID | None = None,
    customer: str | None = None,
    order: UUID | None = None,
) -> Mapping[UUID, Problem]:
    """Reserve in a transaction of its own for an order of its own."""
    order, attempt = order or new_id(), attempt or new_id()
    async with world.database.transaction(world.actor) as tx:
        return await reserve_uses(tx, coupon_ids, order, attempt, customer)


async def uses_count(world: World, id: UUID) -> int:
    terms = await terms_by_ids(world.database.viewer(world.actor), [id])
    return terms[id].uses_count


async def statuses(world: World) -> list[CouponUseStatus]:
    viewer = world.database.viewer(world.actor)
    rows = await viewer.rows(select(CouponUseRow.status).where(within(CouponUseRow)))
    return [row.status for row in rows]


async def test_dsc_7_twenty_concurrent_payers_of_a_one_use_coupon_get_one_use(
    world: World,
) -> None:
    once = await coupon(world, max_uses=1)
    outcomes = await asyncio.gather(*(reserve(world, once) for _ in range(20)))
    assert [dict(outcome) for outcome in outcomes].count({}) == 1
    refusals = [outcome[once].code for outcome in outcomes if outcome]
    assert refusals == [ErrorCode.COUPON_EXHAUSTED] * 19
    assert await uses_count(world, once) == 1
    assert await statuses(world) == [CouponUseStatus.RESERVED]


async def test_a_limit_per_customer_holds_against_concurrent_orders_of_one_customer(
    world: World,
) -> None:
    limited = await coupon(world, max_uses_per_customer=2)
    outcomes = await asyncio.gather(
        *(reserve(world, limited, customer="a@example.com") for _ in range(10))
    )
    assert sum(1 for outcome in outcomes if not outcome) == 2
    assert {outcome[limited].code for outcome in outcomes if outcome} == {
        ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED
    }
    assert await reserve(world, limited, customer="b@example.com") == {}
    viewer = world.database.viewer(world.actor)
    assert await uses_of(viewer, [limited], "a@example.com") == {limited: 2}
    assert await uses_of(viewer, [limited], "c@example.com") == {limited: 0}
    assert await uses_count(world, limited) == 3


async def test_a_limit_per_customer_is_refused_while_nobody_knows_who_buys(world: World) -> None:
    limited = await coupon(world, max_uses_per_customer=1)
    outcome = await reserve(world, limited)
    assert outcome[limited].code is ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED
    assert await statuses(world) == []


async def test_all_coupons_are_taken_or_none(world: World) -> None:
    free = await coupon(world)
    used_up = await coupon(world, max_uses=1, uses_count=1)
    unknown = new_id()
    outcome = await reserve(world, free, used_up, unknown)
    assert {id: problem.code for id, problem in outcome.items()} == {
        used_up: ErrorCode.COUPON_EXHAUSTED,
        unknown: ErrorCode.COUPON_NOT_FOUND,
    }
    assert await uses_count(world, free) == 0
    assert await statuses(world) == []


async def test_con_2_orders_that_name_the_same_coupons_in_other_orders_do_not_deadlock(
    world: World,
) -> None:
    first, second = await coupon(world), await coupon(world)
    outcomes = await asyncio.gather(
        *(reserve(world, *pair) for pair in [(first, second), (second, first)] * 8)
    )
    assert all(outcome == {} for outcome in outcomes)
    assert await uses_count(world, first) == 16
    assert await uses_count(world, second) == 16


async def test_dsc_7_a_released_use_can_be_taken_again_and_is_given_back_once(
    world: World,
) -> None:
    once, attempt = await coupon(world, max_uses=1), new_id()
    assert await reserve(world, once, attempt=attempt) == {}
    for _ in range(2):
        async with world.database.transaction(world.actor) as tx:
            await release_uses(tx, attempt)
    assert await uses_count(world, once) == 0
    assert await statuses(world) == [CouponUseStatus.RELEASED]
    assert await reserve(world, once) == {}
    assert await uses_count(world, once) == 1


async def test_dsc_7_a_redeemed_use_is_never_given_back_by_its_attempt(world: World) -> None:
    once, attempt, order = await coupon(world, max_uses=1), new_id(), new_id()
    await reserve(world, once, attempt=attempt, order=order)
    for _ in range(2):
        async with world.database.transaction(world.actor) as tx:
            redeem_uses(tx, attempt)
        async with world.database.transaction(world.actor) as tx:
            await release_uses(tx, attempt)
            await give_back_kept(tx, order)
    assert await uses_count(world, once) == 1
    assert await statuses(world) == [CouponUseStatus.REDEEMED]


async def test_dsc_7_an_order_gives_back_what_its_payments_hold_but_for_what_it_keeps(
    world: World,
) -> None:
    kept, dropped = await coupon(world, max_uses=1), await coupon(world, max_uses=1)
    order, other = new_id(), new_id()
    await reserve(world, kept, dropped, order=order)
    for _ in range(2):
        async with world.database.transaction(world.actor) as tx:
            await give_back_kept(tx, order, [kept])
            await give_back_kept(tx, other)
    assert (await uses_count(world, kept), await uses_count(world, dropped)) == (1, 0)
    viewer = world.database.viewer(world.actor)
    assert await held_uses(viewer, order) == {kept}
    async with world.database.transaction(world.actor) as tx:
        await give_back_kept(tx, order)
    assert await uses_count(world, kept) == 0


async def test_dsc_8_a_redeemed_use_is_given_back_once_and_a_reserved_one_is_not(
    world: World,
) -> None:
    once, twice = await coupon(world, max_uses=1), await coupon(world, max_uses=2)
    order, waiting, attempt = new_id(), new_id(), new_id()
    await reserve(world, once, twice, order=order, attempt=attempt)
    await reserve(world, twice, order=waiting)
    await update_settings(world.database, world.actor, {"return_use_on_full_refund": True})
    async with world.database.transaction(world.actor) as tx:
        await return_uses(tx, order)
    assert (await uses_count(world, once), await uses_count(world, twice)) == (1, 2)
    async with world.database.transaction(world.actor) as tx:
        redeem_uses(tx, attempt)
    for _ in range(2):
        async with world.database.transaction(world.actor) as tx:
            await return_uses(tx, order)
    assert (await uses_count(world, once), await uses_count(world, twice)) == (0, 1)
    assert await reserve(world, once) == {}


async def test_b2_5_the_database_refuses_a_second_use_by_the_same_order(world: World) -> None:
    free, order = await coupon(world), new_id()
    assert await reserve(world, free, order=order) == {}
    with pytest.raises(ConstraintViolated) as violated:
        await reserve(world, free, order=order)
    assert violated.value.constraint == "uq_coupon_uses_active"
    assert await uses_count(world, free) == 1


async def test_a_released_use_no_longer_counts_for_the_customer(world: World) -> None:
    limited, attempt = await coupon(world, max_uses_per_customer=1), new_id()
    await reserve(world, limited, attempt=attempt, customer="a@example.com")
    async with world.database.transaction(world.actor) as tx:
        await release_uses(tx, attempt)
    assert await reserve(world, limited, customer="a@example.com") == {}


async def test_dsc_2_codes_are_found_whatever_their_case_and_not_once_deleted(
    world: World,
) -> None:
    id = await coupon(world, code="SPRING20")
    viewer = world.database.viewer(world.actor)
    found = await terms_by_code(viewer, "  spring20 ")
    assert found is not None
    assert found.id == id
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(update(CouponRow).values(status=CouponStatus.DELETED))
    assert await terms_by_code(viewer, "SPRING20") is None
    assert (await terms_by_ids(viewer, [id]))[id].status is CouponStatus.DELETED


async def test_taking_three_coupons_costs_as_many_statements_as_taking_one(world: World) -> None:
    ids = [await coupon(world, max_uses_per_customer=5) for _ in range(3)]
    sent: list[int] = []
    for chosen in (ids[:1], ids):
        with counted() as statements:
            assert await reserve(world, *chosen, customer="a@example.com") == {}
        sent.append(len(statements))
    assert sent == [5, 5]  # BEGIN, lock, uses of the customer, count and keep, COMMIT
