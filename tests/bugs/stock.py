"""Bugs of stock: the last unit sold twice, lines judged one by one, holds that are lost."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any
from uuid import UUID

import pytest

from ordergraph.commerce.inventory import holding
from ordergraph.commerce.inventory.holding import consume_holds, release_holds
from ordergraph.commerce.orders import reserving
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode
from tests.bugs.bugs import Bug, after_waiting, at_once, code_of, codes_of, rewritten
from tests.commerce.inventory.shelves import history, hold, holds, shelve
from tests.commerce.orders.counter import Counter, ad_hoc, of, packed, usd
from tests.commerce.orders.rushes import BUYERS, assert_sold, lined_up, rush

_LOCK = ("FOR UPDATE OF inventory_items", "")


async def the_last_units_are_sold_once_each(counter: Counter) -> None:
    last = await counter.variant(units=1)
    two = await lined_up(counter, [[of(last)]] * 2)
    item = ("inventory_items", "variant_id", last)
    outcomes = await after_waiting(counter, item, *map(counter.pay, two))
    assert sum([len(await counter.charges(order)) for order in two]) == 1
    assert set(codes_of(outcomes)) == {None, ErrorCode.INVENTORY_UNAVAILABLE}
    variant = await counter.variant(units=10)
    orders = await lined_up(counter, [[of(variant)]] * BUYERS)
    paid, refused = await rush(counter, orders)
    assert (len(paid), len(refused)) == (10, BUYERS - 10)
    await assert_sold(counter, {variant: 10}, paid, refused)


async def stock_is_held_without_a_lock(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    rewritten(patch, holding, "_HOLD", _LOCK)


async def lines_that_share_stock_are_summed_before_they_are_judged(counter: Counter) -> None:
    random, outcomes = Random(16502), set[bool]()
    for _ in range(8):
        units = [random.randint(4, 9) for _ in range(2)]
        beans, mug = [await counter.variant(units=each) for each in units]
        box, pair = (random.randint(1, 2), 1), (1, random.randint(1, 2))
        bundles = [
            await counter.bundle(900, (beans, part[0]), (mug, part[1])) for part in (box, pair)
        ]
        cart = [(bundles[0], box), (bundles[0], box), (bundles[1], pair)]
        cart += [(beans, (1, 0)), (beans, (1, 0)), (mug, (0, 1))]
        needed = (0, 0)
        lines: list[Any] = []
        for id, part in random.sample(cart, random.randint(3, 6)):
            quantity = random.randint(1, 2)
            line = packed if id in bundles else of
            lines.append(line(id, quantity, separate=True))
            needed = (needed[0] + quantity * part[0], needed[1] + quantity * part[1])
        fits = all(need <= there for need, there in zip(needed, units, strict=True))
        (paid,) = await at_once(counter.pay(await counter.order(*lines)))
        assert code_of(paid) is (None if fits else ErrorCode.INVENTORY_UNAVAILABLE)
        for variant, there, need in zip((beans, mug), units, needed, strict=True):
            assert await counter.stock(variant) == (there - need if fits else there, 0)
        outcomes.add(fits)
    assert outcomes == {True, False}


async def each_line_is_judged_alone(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    def largest(order: Order) -> Mapping[UUID, int]:
        wanted: dict[UUID, int] = {}
        for line in order.line_items:
            for variant, each in line.units_each.items():
                wanted[variant] = max(wanted.get(variant, 0), each * line.quantity)
        return wanted

    patch.setattr(reserving, "wanted_stock", largest)


async def what_is_held_is_the_sum_of_all_holds(counter: Counter) -> None:
    world = counter.world
    wanted = await shelve(world, 9)
    attempts = [new_id() for _ in range(4)]
    for attempt in attempts:
        assert await hold(world, {wanted: 2}, attempt) == {}

    async def release(attempt: UUID) -> None:
        async with world.database.transaction(counter.actor) as tx:
            await release_holds(tx, attempt)

    item = ("inventory_items", "variant_id", wanted)
    await after_waiting(counter, item, *map(release, attempts[:3]))
    assert await counter.stock(wanted) == (9, 2)
    await release(attempts[3])
    variants = [await shelve(world, 60) for _ in range(3)]

    async def buyer(number: int) -> None:
        random = Random(number)
        for _ in range(4):
            attempt = new_id()
            units = {id: random.randint(1, 3) for id in random.sample(variants, 2)}
            if await hold(world, units, attempt):
                continue
            then = random.choice(("release", "sell", "keep"))
            if then == "release":
                await release(attempt)
            elif then == "sell":
                async with world.database.transaction(counter.actor) as tx:
                    await consume_holds(tx, attempt, new_id())

    outcomes = await at_once(*(buyer(number) for number in range(30)))
    assert [each for each in outcomes if each is not None] == []
    held = await holds(world)
    for variant in variants:
        written = [units for (_, id), units in held.items() if id == variant]
        moved = sum(entry.quantity_delta for entry in await history(world, variant))
        assert await counter.stock(variant) == (moved, sum(written))


async def holds_are_given_back_without_a_lock(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    rewritten(patch, holding, "_RELEASE", _LOCK)


async def lines_of_one_variant_that_differ_share_its_stock(counter: Counter) -> None:
    variant = await counter.variant(units=7)
    lines = [
        of(variant, 3, metadata={"engraving": "Ada"}),
        of(variant, 3, metadata={"engraving": "Grace"}),
        of(variant, 2, unit_price=usd(1)),
        ad_hoc(100),
    ]
    order = await counter.order(*lines)
    assert [line.quantity for line in order.line_items] == [3, 3, 2, 1]
    (refused,) = await at_once(counter.pay(order))
    assert code_of(refused) is ErrorCode.INVENTORY_UNAVAILABLE
    assert (await counter.charges(order), await counter.stock(variant)) == ([], (7, 0))
    assert (await counter.paid(*lines[:2], lines[3])).paid_minor == 6 * 1999 + 100
    assert await counter.stock(variant) == (1, 0)


async def a_later_line_of_a_variant_hides_the_others(
    counter: Counter, patch: pytest.MonkeyPatch
) -> None:
    def last(order: Order) -> Mapping[UUID, int]:
        return {
            variant: each * line.quantity
            for line in order.line_items
            for variant, each in line.units_each.items()
        }

    patch.setattr(reserving, "wanted_stock", last)


BUGS = (
    Bug(1, "saleor#543", the_last_units_are_sold_once_each, stock_is_held_without_a_lock),
    Bug(
        2,
        "medusa#16502",
        lines_that_share_stock_are_summed_before_they_are_judged,
        each_line_is_judged_alone,
    ),
    Bug(
        3,
        "medusa#16569",
        what_is_held_is_the_sum_of_all_holds,
        holds_are_given_back_without_a_lock,
    ),
    Bug(
        4,
        "vendure#3508",
        lines_of_one_variant_that_differ_share_its_stock,
        a_later_line_of_a_variant_hides_the_others,
    ),
)
