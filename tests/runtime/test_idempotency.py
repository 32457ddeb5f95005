"""Idempotency keys in transactions: claims, replays, lives and deaths of keys (IDM)."""

import asyncio
from datetime import timedelta

import pytest

from ordergraph.core.ids import Prefix, new_id
from ordergraph.core.problems import ErrorCode, PaymentProblem, Problem
from ordergraph.runtime.actor import Actor, IdempotencyKey
from ordergraph.runtime.idempotency import (
    RETENTION,
    Replay,
    prune,
    restored_error,
    stored_error,
)
from tests.world import World

DAY = timedelta(days=1)


def keyed(world: World, key: str = "k", operation: str = "pay", body: bytes = b"same") -> Actor:
    return world.actor.for_mutation(IdempotencyKey(key, operation, body))


async def do(world: World, actor: Actor, *problems: Problem) -> None:
    """Do the one transaction of a mutation that answers with an order."""
    async with world.database.transaction(actor) as tx:
        tx.remember("order", Prefix.ORDER, new_id())
        tx.errors.extend(problems)


async def test_idm_5_what_was_remembered_is_replayed(world: World) -> None:
    order_id = new_id()
    async with world.database.transaction(keyed(world)) as tx:
        tx.remember("order", Prefix.ORDER, order_id)
    with pytest.raises(Replay) as replay:
        await do(world, keyed(world))
    assert list(replay.value.objects) == ["order"]
    assert replay.value.errors == []


async def test_a_mutation_of_several_transactions_claims_once_and_adds_to_its_answer(
    world: World,
) -> None:
    actor = keyed(world)
    await do(world, actor)
    async with world.database.transaction(actor) as tx:
        tx.remember("order", Prefix.ORDER, new_id())
        tx.remember("attempt", Prefix.PAYMENT_ATTEMPT, new_id())
    assert actor.committed == 2
    async with world.database.transaction(actor):
        pass  # nothing to answer: what is kept stays
    with pytest.raises(Replay) as replay:
        await do(world, keyed(world))
    assert sorted(replay.value.objects) == ["attempt", "order"]


async def test_idm_6_a_rolled_back_transaction_gives_its_key_free(world: World) -> None:
    actor = keyed(world)
    with pytest.raises(ZeroDivisionError):
        async with world.database.transaction(actor):
            raise ZeroDivisionError
    await do(world, actor)  # the same request may try again
    with pytest.raises(Replay):
        await do(world, keyed(world))


async def test_idm_3_other_arguments_are_refused(world: World) -> None:
    await do(world, keyed(world))
    with pytest.raises(Problem) as problem:
        await do(world, keyed(world, body=b"other"))
    assert problem.value.code is ErrorCode.IDEMPOTENCY_KEY_REUSED


async def test_idm_2_the_same_key_elsewhere_is_another_key(world: World) -> None:
    await do(world, keyed(world))
    await do(world, keyed(world, operation="refund"))
    await do(world, keyed(world, key="K"))
    stranger = world.stranger().for_mutation(keyed(world).idempotency)
    stranger.idempotency = IdempotencyKey("k", "pay", b"same")
    await do(world, stranger)


async def test_idm_8_a_second_caller_waits_for_the_first_and_replays(world: World) -> None:
    entered, go = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with world.database.transaction(keyed(world)) as tx:
            entered.set()
            await go.wait()
            tx.remember("order", Prefix.ORDER, new_id())

    working = asyncio.create_task(first())
    await entered.wait()
    waiting = asyncio.create_task(do(world, keyed(world)))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    go.set()
    await working
    with pytest.raises(Replay) as replay:
        await waiting
    assert list(replay.value.objects) == ["order"]


async def test_idm_8_a_second_caller_works_when_the_first_comes_to_nothing(world: World) -> None:
    entered, go = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with world.database.transaction(keyed(world)):
            entered.set()
            await go.wait()
            raise ZeroDivisionError

    working = asyncio.create_task(first())
    await entered.wait()
    waiting = asyncio.create_task(do(world, keyed(world)))
    await asyncio.sleep(0.05)
    go.set()
    with pytest.raises(ZeroDivisionError):
        await working
    await waiting
    with pytest.raises(Replay):
        await do(world, keyed(world))


async def test_idm_4_whoever_waits_too_long_is_told_that_it_is_in_progress(world: World) -> None:
    entered, go = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with world.database.transaction(keyed(world)):
            entered.set()
            await go.wait()

    working = asyncio.create_task(first())
    await entered.wait()
    with pytest.raises(Problem) as problem:
        await do(world, keyed(world))
    assert problem.value.code is ErrorCode.IDEMPOTENCY_KEY_IN_PROGRESS
    assert problem.value.retryable
    go.set()
    await working


async def test_idm_7_old_keys_are_pruned_and_those_of_money_never(world: World) -> None:
    for operation in ("createOrder", "pay", "refund"):
        await do(world, keyed(world, operation=operation))
    world.clock.advance(RETENTION - timedelta(seconds=1))
    await do(world, keyed(world, key="young", operation="createOrder"))
    assert await pruned(world) == 0
    world.clock.advance(timedelta(seconds=2))
    assert await pruned(world) == 1
    await do(world, keyed(world, operation="createOrder"))
    world.clock.advance(400 * DAY)
    assert await pruned(world) == 2
    for operation in ("pay", "refund"):
        with pytest.raises(Replay):
            await do(world, keyed(world, operation=operation))


async def pruned(world: World) -> int:
    async with world.database.transaction(world.actor) as tx:
        return await prune(tx)


async def test_idm_5_problems_come_back_as_they_were(world: World) -> None:
    attempt_id = new_id()
    declined = PaymentProblem(
        ErrorCode.PAYMENT_DECLINED, "No.", "card_declined", attempt_id, ("sources",)
    )
    plain = Problem(ErrorCode.ORDER_CHANGED_REFRESH_REQUIRED, "Look again.", ("a", 0))
    await do(world, keyed(world), declined, plain)
    with pytest.raises(Replay) as replay:
        await do(world, keyed(world))
    first, second = (restored_error(kept) for kept in replay.value.errors)
    assert isinstance(first, PaymentProblem)
    assert (first.code, first.message, first.field) == (declined.code, "No.", ("sources",))
    assert (first.failure_code, first.attempt_id) == ("card_declined", attempt_id)
    assert stored_error(second) == stored_error(plain)
    assert not isinstance(second, PaymentProblem)
