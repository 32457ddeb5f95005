"""Changing settings: one by one, and two at once."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from ordergraph.commerce.merchants.adjusting import update_settings
from ordergraph.commerce.merchants.events import SETTINGS_CHANGED
from ordergraph.commerce.merchants.reads import own_environment
from ordergraph.commerce.merchants.rules import SearchLanguage, ShopSettings
from ordergraph.core.problems import ErrorCode, Problem, Problems
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.events.tables import EventRow
from tests.world import World


async def present(world: World, caller: Actor | None = None) -> ShopSettings:
    environment = await own_environment(world.database.viewer(caller or world.actor))
    assert environment
    return environment.settings


async def change(world: World, **changes: Any) -> ShopSettings:
    return await update_settings(world.database, world.actor, changes)


async def told(world: World) -> list[Any]:
    """Return which settings each event says that it changed."""
    async with world.database.transaction(world.actor) as tx:
        rows = await tx.rows(
            select(EventRow.payload)
            .where(within(EventRow), EventRow.type == SETTINGS_CHANGED)
            .order_by(EventRow.seq)
        )
    return [row.payload["changed"] for row in rows]


async def test_upd_1_what_is_omitted_stays(world: World) -> None:
    await change(world, low_stock_threshold=5, allow_negative_stock=True)
    settings = await change(world, search_language=SearchLanguage.SIMPLE)
    assert settings == await present(world)
    assert settings == ShopSettings(
        low_stock_threshold=5, allow_negative_stock=True, search_language=SearchLanguage.SIMPLE
    )
    assert await present(world, world.stranger()) == ShopSettings()


async def test_upd_2_a_threshold_can_be_cleared_and_nothing_else(world: World) -> None:
    await change(world, low_stock_threshold=0)
    assert (await present(world)).low_stock_threshold == 0
    assert (await change(world, low_stock_threshold=None)).low_stock_threshold is None
    with pytest.raises(Problems) as refused:
        await change(
            world,
            allow_negative_stock=None,
            search_language=None,
            prices_include_tax=None,
            low_stock_threshold=-1,
        )
    assert {(each.code, each.field) for each in refused.value.problems} == {
        (ErrorCode.FIELD_REQUIRED, ("allowNegativeStock",)),
        (ErrorCode.FIELD_REQUIRED, ("searchLanguage",)),
        (ErrorCode.FIELD_REQUIRED, ("pricesIncludeTax",)),
        (ErrorCode.INVALID_FIELD, ("lowStockThreshold",)),
    }
    assert await present(world) == ShopSettings()


@pytest.mark.parametrize("value", [-1, Decimal("1.5"), 1_000_000_001])
async def test_a_threshold_is_a_whole_number_of_units(world: World, value: Any) -> None:
    with pytest.raises(Problem) as refused:
        await change(world, low_stock_threshold=value)
    assert (refused.value.code, refused.value.field) == (
        ErrorCode.INVALID_FIELD,
        ("lowStockThreshold",),
    )
    assert await present(world) == ShopSettings()


async def test_upd_3_nothing_to_change_is_refused_and_equal_values_are_no_change(
    world: World,
) -> None:
    with pytest.raises(Problem) as refused:
        await change(world)
    assert refused.value.code is ErrorCode.NO_FIELDS_TO_UPDATE
    await change(world, prices_include_tax=True, low_stock_threshold=3)
    await change(world, prices_include_tax=True, low_stock_threshold=3)
    await change(world, prices_include_tax=True, low_stock_threshold=4)
    assert await told(world) == [["lowStockThreshold", "pricesIncludeTax"], ["lowStockThreshold"]]


async def test_set_3_of_two_changes_at_once_both_hold(world: World) -> None:
    for turn in range(5):
        await asyncio.gather(
            change(world, low_stock_threshold=turn + 1),
            change(world, allow_negative_stock=turn % 2 == 0),
            change(world, prices_include_tax=turn % 2 == 0),
        )
        assert await present(world) == ShopSettings(
            low_stock_threshold=turn + 1,
            allow_negative_stock=turn % 2 == 0,
            prices_include_tax=turn % 2 == 0,
        )


async def test_what_another_release_has_stored_stays(world: World) -> None:
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(
            text("""UPDATE environments SET settings = '{"later": 1}' WHERE id = :scope""")
        )
    await change(world, allow_negative_stock=True)
    async with world.database.transaction(world.actor) as tx:
        stored = await tx.scalar(text("SELECT settings FROM environments WHERE id = :scope"))
    assert stored == {"later": 1, "allowNegativeStock": True}


@pytest.mark.parametrize(("name", "outdates"), [("prices_include_tax", True), ("other", False)])
async def test_what_shop_shows_outdates_every_answer(
    world: World, name: str, outdates: bool
) -> None:
    outdated: list[set[Any]] = []

    class Noting:
        async def opened(self, tx: Any) -> None: ...
        async def closing(self, tx: Any) -> None:
            outdated.append(set(tx.outdated))

        def closed(self, tx: Any, *, committed: bool) -> None: ...

    world.database._hooks = (*world.database._hooks, Noting())
    if name == "prices_include_tax":
        await change(world, prices_include_tax=True)
    else:
        await change(world, low_stock_threshold=1, allow_negative_stock=True)
    assert outdated == [{world.environment_id} if outdates else set()]
