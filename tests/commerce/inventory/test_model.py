"""Any series of movements leaves what plain arithmetic says, at every location (INV-6, INV-10).

Sales, refunds, adjustments, transfers, counts and holds that end or expire, in any mix: the
history of every level adds up to it, the levels to the item, and what is available is what is on
hand without what the rows of holds keep.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ordergraph.commerce.catalog.reads import variants_for_sale
from ordergraph.commerce.inventory.holding import (
    consume_holds,
    hold_stock,
    release_holds,
    restock,
    take_stock,
)
from ordergraph.commerce.inventory.locating import LocationChanges, update_location
from ordergraph.commerce.inventory.reads import location_page
from ordergraph.core.ids import new_id
from ordergraph.core.paging import PageRequest
from ordergraph.core.problems import ErrorCode, Problem
from tests.commerce.inventory.shelves import (
    adjust,
    count,
    history,
    holds,
    levels,
    locate,
    main,
    shelve,
    stock,
    told,
    transfer,
)
from tests.world import World

ENFORCED = (True, True, False)
"""Whether each of the three variants of an example enforces its stock."""

PLACES = 3

_variant = st.integers(0, 2)
_place = st.integers(0, PLACES - 1)
_wanted = st.dictionaries(_variant, st.integers(1, 4), min_size=1)
_movements = st.one_of(
    st.tuples(st.just("hold"), _wanted),
    st.tuples(st.just("take"), _wanted),
    st.tuples(st.just("restock"), _wanted),
    st.tuples(st.just("consume"), st.integers(0, 9)),
    st.tuples(st.just("expire"), st.integers(0, 9)),
    st.tuples(st.just("adjust"), _variant, _place, st.integers(-6, 6).filter(bool)),
    st.tuples(st.just("count"), _variant, _place, st.integers(0, 8)),
    st.tuples(st.just("transfer"), _variant, _place, _place, st.integers(1, 5)),
    st.tuples(st.just("default"), _place),
)


@dataclass
class Model:
    """The stock of three variants at three locations, by plain arithmetic."""

    lies: list[list[int]]
    default: int = 0
    holds: dict[UUID, dict[int, int]] = field(default_factory=dict)

    def on_hand(self, at: int) -> int:
        return sum(self.lies[at])

    def held(self, at: int) -> int:
        return sum(kept.get(at, 0) for kept in self.holds.values())

    def available(self, at: int) -> int:
        return self.on_hand(at) - self.held(at)

    def short(self, wanted: Mapping[int, int]) -> dict[int, int]:
        return {
            at: max(self.available(at), 0)
            for at, units in wanted.items()
            if ENFORCED[at] and self.available(at) < units
        }

    def sell(self, units: Mapping[int, int], order: list[int]) -> None:
        """Take from the default location, then from the others in `order` (INV-24)."""
        for at, left in units.items():
            for place in [self.default, *(each for each in order if each != self.default)]:
                share = min(max(self.lies[at][place], 0), left)
                self.lies[at][place] -= share
                left -= share
            self.lies[at][self.default] -= left

    def may_set(self, at: int, place: int, delta: int) -> bool:
        """Tell whether an adjustment is allowed (INV-5)."""
        floor = self.held(at) if ENFORCED[at] else 0
        stays = self.on_hand(at) + delta >= floor and self.lies[at][place] + delta >= 0
        return delta > 0 or stays

    def may_count(self, at: int, delta: int) -> bool:
        return not ENFORCED[at] or self.on_hand(at) + delta >= self.held(at)


@dataclass
class Shop:
    """The variants and places of an example, with the model that they are held against."""

    world: World
    ids: list[UUID]
    places: list[UUID]
    model: Model

    @property
    def order(self) -> list[int]:
        """The places as sales go through them."""
        return sorted(range(PLACES), key=lambda place: self.places[place])

    async def hold(self, wanted: dict[int, int]) -> None:
        attempt, model = new_id(), self.model
        async with self.world.database.transaction(self.world.actor) as tx:
            short = await hold_stock(tx, attempt, new_id(), self.named(wanted))
        assert short == self.named(model.short(wanted))
        if not short:
            model.holds[attempt] = wanted

    async def take(self, wanted: dict[int, int]) -> None:
        async with self.world.database.transaction(self.world.actor) as tx:
            short = await take_stock(tx, new_id(), self.named(wanted))
        assert short == self.named(self.model.short(wanted))
        if not short:
            self.model.sell(wanted, self.order)

    async def restock(self, units: dict[int, int]) -> None:
        async with self.world.database.transaction(self.world.actor) as tx:
            await restock(tx, new_id(), new_id(), self.named(units))
        for at, back in units.items():
            self.model.lies[at][self.model.default] += back

    async def consume(self, which: int) -> None:
        attempt, kept = self.some_hold(which)
        async with self.world.database.transaction(self.world.actor) as tx:
            sold = await consume_holds(tx, attempt, new_id())
        assert sold == self.named(kept)
        self.model.sell(kept, self.order)

    async def expire(self, which: int) -> None:
        attempt, _ = self.some_hold(which)
        async with self.world.database.transaction(self.world.actor) as tx:
            await release_holds(tx, attempt)

    async def adjust(self, at: int, place: int, delta: int) -> None:
        moving = adjust(self.world, self.ids[at], delta, at=self.places[place])
        if self.model.may_set(at, place, delta):
            entry = await moving
            self.model.lies[at][place] += delta
            assert entry.new_quantity == self.model.lies[at][place]
        else:
            with pytest.raises(Problem) as refused:
                await moving
            assert refused.value.code is ErrorCode.INSUFFICIENT_STOCK

    async def count(self, at: int, place: int, units: int) -> None:
        delta = units - self.model.lies[at][place]
        known = self.model.lies[at][place]
        counting = count(self.world, self.ids[at], units, at=self.places[place], expected=known)
        if self.model.may_count(at, delta):
            assert (await counting is None) is (delta == 0)
            self.model.lies[at][place] = units
        else:
            with pytest.raises(Problem) as refused:
                await counting
            assert refused.value.code is ErrorCode.INSUFFICIENT_STOCK

    async def transfer(self, at: int, source: int, target: int, units: int) -> None:
        moving = transfer(self.world, self.ids[at], self.places[source], self.places[target], units)
        if source != target and self.model.lies[at][source] >= units:
            await moving
            self.model.lies[at][source] -= units
            self.model.lies[at][target] += units
        else:
            with pytest.raises(Problem) as refused:
                await moving
            same = source == target
            expected = ErrorCode.CONFLICTING_FIELDS if same else ErrorCode.INSUFFICIENT_STOCK
            assert refused.value.code is expected

    async def default(self, place: int) -> None:
        wanted = LocationChanges(is_default=True)
        await update_location(self.world.database, self.world.actor, self.places[place], wanted)
        self.model.default = place

    def some_hold(self, which: int) -> tuple[UUID, dict[int, int]]:
        attempts = [*self.model.holds, new_id()]
        attempt = attempts[which % len(attempts)]
        return attempt, self.model.holds.pop(attempt, {})

    def named(self, units: Mapping[int, int]) -> dict[UUID, int]:
        return {self.ids[at]: count for at, count in units.items()}

    async def check(self) -> None:
        """Hold what is stored against the model."""
        kept, model = await holds(self.world), self.model
        shown = await variants_for_sale(self.world.database.viewer(self.world.actor), self.ids)
        for at, id in enumerate(self.ids):
            assert await stock(self.world, id) == (model.on_hand(at), model.held(at))
            rows = sum(units for (_, variant), units in kept.items() if variant == id)
            assert rows == model.held(at)
            assert shown[id].quantity_available == model.on_hand(at) - rows
            lies = await levels(self.world, id)
            assert [lies.get(place, 0) for place in self.places] == model.lies[at]
            await self.check_history(id, lies)
            events = [payload for kind, payload in await told(self.world, id) if kind == "CHANGED"]
            if events:
                assert events[-1]["onHand"] == model.on_hand(at)

    async def check_history(self, id: UUID, lies: Mapping[UUID, int]) -> None:
        totals = dict.fromkeys(self.places, 0)
        for entry in await history(self.world, id):
            totals[entry.location_id] += entry.quantity_delta
            assert entry.new_quantity == totals[entry.location_id]
        assert totals == {place: lies.get(place, 0) for place in self.places}


async def some_places(world: World) -> list[UUID]:
    """Return three locations, the default one first; all examples share them."""
    found = await location_page(world.database.viewer(world.actor), PageRequest(PLACES))
    places = {location.id for location in found.items}
    default = await main(world)
    places |= {await locate(world) for _ in range(PLACES - len(places))}
    return sorted(places, key=lambda id: (id != default, id))


@given(
    first=st.lists(st.integers(0, 8), min_size=3, max_size=3),
    steps=st.lists(_movements, min_size=20, max_size=50),
)
@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to make it smaller takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_inv_6_any_series_of_movements_leaves_what_arithmetic_says(
    world: World, first: list[int], steps: list[tuple[str, *tuple[object, ...]]]
) -> None:
    ids = [
        await shelve(world, units, enforced=enforced)
        for units, enforced in zip(first, ENFORCED, strict=True)
    ]
    places = await some_places(world)
    shop = Shop(world, ids, places, Model([[units, 0, 0] for units in first]))
    for name, *arguments in steps:
        await getattr(shop, name)(*arguments)
    await shop.check()
