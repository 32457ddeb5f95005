"""What all tests of the graph share: no statement of theirs may leave its environment (ENV-1)."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pytest
from sqlalchemy import Engine, event

from ordergraph.core.ids import Prefix
from ordergraph.runtime.db import statements
from tests.databases import Databases
from tests.graph.confinement import unconfined
from tests.graph.shop import Shop, open_shop
from tests.world import World


@lru_cache(1_000)
def _unconfined(text: str) -> tuple[str, ...]:
    return tuple(unconfined(text))


@pytest.fixture(scope="session", autouse=True)
async def migrated(databases: Databases) -> None:
    """Migrate before statements are looked at: what a migration moves is of all environments."""
    async with databases.fresh():
        pass


@pytest.fixture(autouse=True)
def every_statement_is_confined_to_its_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """Look at every statement of the test, on whatever engine or driver connection it travels."""
    beyond: list[str] = []
    note = statements.note

    def look(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        beyond.extend(f"{table} in: {text}" for table in _unconfined(text))

    def noted(text: str) -> None:
        look(None, None, text)
        note(text)

    monkeypatch.setattr(statements, "note", noted)
    event.listen(Engine, "before_cursor_execute", look)
    yield
    event.remove(Engine, "before_cursor_execute", look)
    assert beyond == []


@dataclass(frozen=True, slots=True)
class Street:
    """Two shops with the same things in two environments of one world."""

    world: World
    mine: Shop
    foreign: Shop


@pytest.fixture(scope="module")
async def street(databases: Databases) -> AsyncIterator[Street]:
    """Two shops for all tests of a module: they only look, or are refused."""
    async with databases.fresh() as url:
        world = World(url)
        await world.open()
        mine = await open_shop(world, world.actor)
        limited = [mine.ids[Prefix.PRODUCT]]
        await mine.make(
            "createCoupon", "coupon { id }", name="Beans", percentOff="5", limitToItemIds=limited
        )
        yield Street(world, mine, await open_shop(world, world.stranger()))
        await world.close()
