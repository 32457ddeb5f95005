"""Cursors are sealed, belong to one environment, and say when they no longer work."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from ordergraph.core.ids import new_id
from ordergraph.core.problems import CursorProblem, ErrorCode, Problem
from ordergraph.runtime.events.cursors import CursorSeal, Place
from ordergraph.runtime.secrets import server_secret
from tests.runtime.processes import SHOP, numbers, running

SEAL = CursorSeal(b"secret")


@pytest.mark.parametrize("place", [Place(0, 0), Place(2**62, 2**62), Place(5, 1)])
def test_a_cursor_opens_to_the_place_it_was_made_of(place: Place) -> None:
    assert SEAL.open(SHOP, SEAL.seal(SHOP, place)) == place


def test_a_cursor_shows_neither_its_environment_nor_the_secret() -> None:
    assert len(SEAL.seal(SHOP, Place(1, 1))) == 43
    assert SEAL.seal(SHOP, Place(1, 1)) != SEAL.seal(new_id(), Place(1, 1))


def test_a_cursor_with_any_character_changed_is_refused() -> None:
    cursor = SEAL.seal(SHOP, Place(7, 9))
    for index, character in enumerate(cursor):
        for other in "A", "_", "=", "é", "\n":
            changed = cursor[:index] + other + cursor[index + 1 :]
            if other != character:
                with pytest.raises(Problem) as refused:
                    SEAL.open(SHOP, changed, "after")
                assert refused.value.code is ErrorCode.INVALID_CURSOR
                assert refused.value.field == ("after",)


@pytest.mark.parametrize(
    "text", ["", "x", "=" * 43, "A" * 43, "A" * 42, "A" * 100_000, "\0" * 43, "ord_" + "0" * 39]
)
def test_what_never_was_a_cursor_is_refused(text: str) -> None:
    with pytest.raises(Problem) as refused:
        SEAL.open(SHOP, text)
    assert refused.value.code is ErrorCode.INVALID_CURSOR


def test_a_cursor_of_another_environment_or_another_server_is_refused() -> None:
    cursor = SEAL.seal(SHOP, Place(7, 9))
    for seal, environment in ((SEAL, new_id()), (CursorSeal(b"other"), SHOP)):
        with pytest.raises(Problem) as refused:
            seal.open(environment, cursor)
        assert refused.value.code is ErrorCode.INVALID_CURSOR


async def test_a_cursor_beyond_the_head_is_expired_and_names_the_earliest_that_works(
    fresh_database: str,
) -> None:
    async with running(fresh_database) as process:
        await process.tell(1)
        (told,) = await process.take(1)
        assert await process.log.resume(SHOP, told.cursor) == 1
        beyond = process.log.cursor(SHOP, 2)
        with pytest.raises(CursorProblem) as refused:
            await process.log.resume(SHOP, beyond, "after")
        assert refused.value.code is ErrorCode.CURSOR_EXPIRED
        assert refused.value.field == ("after",)
        earliest = refused.value.earliest
        assert refused.value.details() == {"earliestCursor": earliest}
        assert await process.log.resume(SHOP, earliest) == 0
        assert numbers(await process.take(1, after=0)) == [1]


async def test_all_processes_share_one_secret_for_each_purpose(fresh_database: str) -> None:
    engine = create_async_engine(fresh_database)
    made = await asyncio.gather(*(server_secret(engine, "one") for _ in range(5)))
    assert len(set(made)) == 1
    assert len(made[0]) == 32
    assert await server_secret(engine, "two") != made[0]
    await engine.dispose()
