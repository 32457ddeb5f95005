"""Any series of movements leaves what plain arithmetic says (INV-6, INV-10, INV-12)."""

from dataclasses import dataclass, field
from itertools import accumulate
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ordergraph.commerce.inventory.holding import (
    consume_holds,
    hold_stock,
    release_holds,
    restock,
    take_stock,
)
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.db.transaction import Transaction
from tests.commerce.inventory.shelves import adjust, history, holds, shelve, stock
from tests.world import World

ENFORCED = (True, True, False)
"""Whether each of the three variants of an example enforces its stock."""

_wanted = st.dictionaries(st.integers(0, 2), st.integers(1, 4), min_size=1)
_movements = st.one_of(
    st.tuples(st.just("hold"), _wanted),
    st.tuples(st.just("take"), _wanted),
    st.tuples(st.just("restock"), _wanted),
    st.tuples(st.just("consume"), st.integers(0, 9)),
    st.tuples(st.just("release"), st.integers(0, 9)),
    st.tuples(st.just("adjust"), st.tuples(st.integers(0, 2), st.integers(-6, 6).filter(bool))),
)


@dataclass
class Model:
    """The stock of three variants, by plain arithmetic."""

    on_hand: list[int]
    holds: dict[UUID, dict[int, int]] = field(default_factory=dict)

    def held(self, at: int) -> int:
        return sum(kept.get(at, 0) for kept in self.holds.values())

    def short(self, wanted: dict[int, int]) -> dict[int, int]:
        available = {at: self.on_hand[at] - self.held(at) for at in wanted}
        return {
            at: max(available[at], 0)
            for at, units in wanted.items()
            if ENFORCED[at] and available[at] < units
        }

    def move(self, units: dict[int, int], sign: int) -> None:
        for at, count in units.items():
            self.on_hand[at] += sign * count

    def may_adjust(self, at: int, delta: int) -> bool:
        floor = self.held(at) if ENFORCED[at] else 0
        return delta > 0 or self.on_hand[at] + delta >= floor


@given(first=st.lists(st.integers(0, 8), min_size=3, max_size=3), steps=st.lists(_movements))
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_inv_6_any_series_of_movements_leaves_what_arithmetic_says(
    world: World, first: list[int], steps: list[tuple[str, object]]
) -> None:
    ids = [
        await shelve(world, units, enforced=enforced)
        for units, enforced in zip(first, ENFORCED, strict=True)
    ]
    model = Model(list(first))
    for name, argument in steps:
        if isinstance(argument, tuple):
            await _adjust(world, model, ids, *argument)
        else:
            async with world.database.transaction(world.actor) as tx:
                await _move(tx, model, ids, name, argument)
    kept = await holds(world)
    for at, id in enumerate(ids):
        assert await stock(world, id) == (model.on_hand[at], model.held(at))
        assert sum(units for (_, variant), units in kept.items() if variant == id) == model.held(at)
        entries = await history(world, id)
        assert sum(entry.quantity_delta for entry in entries) == model.on_hand[at]
        deltas = [entry.quantity_delta for entry in entries]
        assert [entry.new_quantity for entry in entries] == list(accumulate(deltas))


async def _move(
    tx: Transaction, model: Model, ids: list[UUID], name: str, argument: object
) -> None:
    attempt = new_id()
    if isinstance(argument, int):
        attempt = [*model.holds, attempt][argument % (len(model.holds) + 1)]
        kept = model.holds.pop(attempt, {})
        if name == "release":
            await release_holds(tx, attempt)
            return
        sold = await consume_holds(tx, attempt, new_id())
        assert sold == {ids[at]: units for at, units in kept.items()}
        model.move(kept, -1)
        return
    assert isinstance(argument, dict)
    units = {ids[at]: count for at, count in argument.items()}
    if name == "restock":
        await restock(tx, new_id(), new_id(), units)
        model.move(argument, +1)
        return
    short = {ids[at]: left for at, left in model.short(argument).items()}
    if name == "hold":
        assert await hold_stock(tx, attempt, new_id(), units) == short
        if not short:
            model.holds[attempt] = argument
    else:
        assert await take_stock(tx, new_id(), units) == short
        if not short:
            model.move(argument, -1)


async def _adjust(world: World, model: Model, ids: list[UUID], at: int, delta: int) -> None:
    if not model.may_adjust(at, delta):
        with pytest.raises(Problem) as refusal:
            await adjust(world, ids[at], delta)
        assert refusal.value.code is ErrorCode.INSUFFICIENT_STOCK
        return
    await adjust(world, ids[at], delta)
    model.on_hand[at] += delta
