"""Prepared statements: rendered once, run by viewers and in transactions, confined like all."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from asyncpg.exceptions import ReadOnlySQLTransactionError
from sqlalchemy import BigInteger, bindparam, column, func, insert, literal, select, text

from ordergraph.commerce.catalog.listing import ProductFilter, ProductSortField, product_page
from ordergraph.commerce.catalog.rules import ProductStatus, ProductType
from ordergraph.commerce.catalog.tables import ProductRow
from ordergraph.commerce.merchants.tables import EnvironmentRow
from ordergraph.core.ids import new_id
from ordergraph.core.paging import PageRequest, Position
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.clock import SystemClock
from ordergraph.runtime.db import prepared
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.prepared import Prepared, maker, named
from ordergraph.runtime.db.reading import ReadingConnections
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.statements import counted
from tests.commerce.catalog.shelf import create, simple
from tests.world import World

NOBODY = Actor.system(new_id(), new_id())
NAMES = Prepared(select(ProductRow.id, ProductRow.name).where(within(ProductRow)))
BACKEND = Prepared(select(func.pg_backend_pid()))
SLOW_BACKEND = Prepared(select(func.pg_backend_pid(), func.pg_sleep(0.02)))
END_ONESELF = Prepared(select(func.pg_terminate_backend(func.pg_backend_pid())))


async def alive(world: World, backends: set[int]) -> set[int]:
    """Return which of these connections the server still has."""
    shown = select(column("pid")).select_from(text("pg_stat_activity"))
    async with world.database.alone() as connection:
        pids = (await connection.execute(shown)).scalars().all()
    return backends & set(pids)


def test_constants_are_written_into_the_text_and_values_come_by_name() -> None:
    statement = Prepared(
        select(ProductRow.id).where(
            within(ProductRow),
            ProductRow.status != ProductStatus.DELETED,
            ProductRow.name == bindparam("wanted"),
            ProductRow.description == "it's",
        )
    )
    assert "products.status != 'DELETED'" in statement.text
    assert "products.description = 'it''s'" in statement.text
    assert "products.environment_id = $1" in statement.text
    mine, theirs = new_id(), new_id()
    assert statement.arguments(mine, {"wanted": "Shirt", "scope": theirs}) == [mine, "Shirt"]
    with pytest.raises(KeyError):
        statement.arguments(mine, {})


def test_a_statement_is_rendered_when_it_first_runs_and_never_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rendered: list[Any] = []
    render = prepared._rendered
    monkeypatch.setattr(prepared, "_rendered", lambda core: rendered.append(core) or render(core))
    statement = Prepared(select(literal(1)))
    assert rendered == []
    assert {statement.text for _ in range(3)} == {"SELECT 1 AS anon_1"}
    assert len(rendered) == 1


def test_rows_become_objects_with_members_of_enumerations() -> None:
    columns = (ProductRow.name, ProductRow.product_type, ProductRow.description)
    made = maker(lambda *values: values, columns)(("Shirt", "PHYSICAL", None))
    assert made == ("Shirt", ProductType.PHYSICAL, None)
    row = named(columns)(("Shirt", "PHYSICAL", None))
    assert (row.name, row.product_type) == ("Shirt", ProductType.PHYSICAL)


async def test_a_viewer_finds_what_is_of_its_environment_alone(world: World) -> None:
    await create(world, simple("Shirt"))
    rows = await world.database.viewer(world.actor).fetch(NAMES)
    assert [name for _, name in rows] == ["Shirt"]
    stranger = world.database.viewer(world.stranger())
    assert list(await stranger.fetch(NAMES, {"scope": world.actor.environment_id})) == []


async def test_in_a_transaction_it_sees_what_the_transaction_has_done(world: World) -> None:
    made = (await create(world, simple("Shirt"))).id
    rename = text("UPDATE products SET name = 'Blouse'")
    async with world.database.transaction(world.actor) as tx:
        await tx.execute(rename)
        assert [list(row) for row in await tx.fetch(NAMES)] == [[made, "Blouse"]]
        outside = await world.database.viewer(world.actor).fetch(NAMES)
        assert [list(row) for row in outside] == [[made, "Shirt"]]


async def test_its_runs_are_counted_wherever_they_run(world: World) -> None:
    viewer = world.database.viewer(world.actor)
    with counted() as statements:
        await viewer.fetch(NAMES)
        await asyncio.gather(viewer.fetch(NAMES), viewer.fetch(BACKEND))
        async with world.database.transaction(world.actor) as tx:
            await tx.fetch(NAMES)
    assert statements.texts.count(NAMES.text) == 3
    assert statements.texts.count(BACKEND.text) == 1


async def test_a_viewer_cannot_write(world: World) -> None:
    change = Prepared(
        insert(EnvironmentRow).from_select(
            ["id", "merchant_id"], select(func.gen_random_uuid(), func.gen_random_uuid())
        )
    )
    with pytest.raises(ReadOnlySQLTransactionError):
        await world.database.viewer(world.actor).fetch(change)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:9/none", SystemClock())
    with pytest.raises(Problem) as looked:
        await database.viewer(NOBODY).fetch(BACKEND)
    assert looked.value.code is ErrorCode.SERVICE_UNAVAILABLE
    assert looked.value.retryable
    await database.close()


async def test_a_connection_that_is_cut_is_unavailable_once(world: World) -> None:
    viewer = world.database.viewer(world.actor)
    ((before,),) = await viewer.fetch(BACKEND)
    with pytest.raises(Problem) as cut:
        await viewer.fetch(END_ONESELF)
    assert cut.value.code is ErrorCode.SERVICE_UNAVAILABLE
    ((after,),) = await viewer.fetch(BACKEND)
    assert after != before


async def test_a_connection_that_was_cut_while_idle_is_noticed(world: World) -> None:
    viewer = world.database.viewer(world.actor)
    ((idle,),) = await viewer.fetch(BACKEND)
    async with world.database.transaction(world.actor) as tx:
        ended = select(func.pg_terminate_backend(idle, literal(5000, BigInteger)))
        assert await tx.scalar(ended) is True
    ((after,),) = await viewer.fetch(BACKEND)
    assert after != idle


async def test_no_more_connections_than_allowed_and_nobody_is_turned_away(
    fresh_database: str,
) -> None:
    connections = ReadingConnections(fresh_database, 2, "bounded", {})
    runs = [connections.fetch(SLOW_BACKEND.text, []) for _ in range(12)]
    found = await asyncio.gather(*runs)
    await connections.close()
    assert len(found) == 12
    assert len({row[0] for (row,) in found}) == 2


async def test_who_gives_up_waiting_leaves_the_connection_in_order(world: World) -> None:
    viewer = world.database.viewer(world.actor)
    given_up = asyncio.create_task(viewer.fetch(Prepared(select(func.pg_sleep(60)))))
    await asyncio.sleep(0.05)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert len(await viewer.fetch(BACKEND)) == 1


async def test_closing_leaves_no_connection(world: World) -> None:
    database = Database(world.database.url, SystemClock())
    viewer = database.viewer(world.actor)
    found = await asyncio.gather(*(viewer.fetch(SLOW_BACKEND) for _ in range(3)))
    backends = {row[0] for (row,) in found}
    assert len(await alive(world, backends)) == 3
    await database.close()
    for _ in range(500):  # the server takes a moment to notice
        if not await alive(world, backends):
            break
        await asyncio.sleep(0.02)
    assert await alive(world, backends) == set()


async def test_a_list_is_rendered_once_for_each_shape(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("A", "B", "C"):
        await create(world, simple(name))
    viewer = world.database.viewer(world.actor)
    sort = ProductSortField.NAME

    async def names(query: str, page: PageRequest) -> list[str]:
        found = await product_page(viewer, ProductFilter(query=query), sort, page)
        return [product.name for product in found.items]

    rendered: list[Any] = []
    render = prepared._rendered
    monkeypatch.setattr(prepared, "_rendered", lambda core: rendered.append(core) or render(core))
    with counted() as statements:
        assert await names("a", PageRequest(5)) == ["A"]
        assert await names("b", PageRequest(5)) == ["B"]
        assert len(set(statements.texts)) == 1
        assert await names("c", PageRequest(5, Position("b", UUID(int=0)))) == ["C"]
        assert await names("a", PageRequest(5, Position("b", UUID(int=0)))) == []
        assert len(set(statements.texts)) == 2
        assert await names("a", PageRequest(2)) == ["A"]
    assert len(set(statements.texts)) == 3
    assert len(rendered) <= 3
