"""The unit of work: what travels together, when it begins, and what a refusal undoes."""

import pytest
from sqlalchemy import CTE, select, text

from ordergraph.core.events import Event
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.statements import counted
from ordergraph.runtime.db.together import write
from ordergraph.runtime.db.transaction import Conflict, ConstraintViolated, Transaction
from ordergraph.runtime.events.tables import EventRow
from tests.world import World

ONE = Prepared(text("SELECT 1"))
HEADS = Prepared(text("SELECT position FROM event_heads WHERE environment_id = :scope"))


def head(name: str = "head") -> CTE:
    return write(
        name,
        "INSERT INTO event_heads (environment_id, position)"
        " VALUES (CAST(:scope AS uuid), CAST(:position AS bigint)) RETURNING 1",
    )


async def heads(world: World) -> list[int]:
    async with world.database.transaction(world.actor) as tx:
        return [row[0] for row in await tx.fetch(HEADS)]


@pytest.fixture
def quiet(world: World) -> World:
    """A world whose sequencer keeps out of the heads."""
    world.sequencer.wake = lambda: None  # type: ignore[method-assign]
    return world


async def test_writes_that_travel_together_need_no_other_statement(quiet: World) -> None:
    with counted() as sent:
        async with quiet.database.transaction(quiet.actor) as tx:
            tx.defer(head(), {"position": 7})
            tx.emit(Event("order.CREATED", new_id(), {}))
            assert sent.texts == []
    assert len(sent.texts) == 1
    assert await heads(quiet) == [7]
    viewer = quiet.database.viewer(quiet.actor)
    told = select(EventRow.type).where(EventRow.environment_id == quiet.environment_id)
    assert "order.CREATED" in [row[0] for row in await viewer.rows(told)]


async def test_what_only_looks_does_not_begin_a_transaction(quiet: World) -> None:
    with counted() as sent:
        async with quiet.database.transaction(quiet.actor) as tx:
            await tx.fetch(ONE)
            await tx.fetch(HEADS)
    assert "BEGIN" not in sent.texts
    with counted() as sent:
        async with quiet.database.transaction(quiet.actor) as tx:
            await tx.fetch(Prepared(text("SELECT position FROM event_heads FOR UPDATE")))
    assert [sent.texts[0], sent.texts[-1]] == ["BEGIN", "COMMIT"]


async def test_a_write_comes_before_whatever_is_asked_after_it(quiet: World) -> None:
    async with quiet.database.transaction(quiet.actor) as tx:
        tx.defer(head(), {"position": 3})
        assert [row[0] for row in await tx.fetch(HEADS)] == [3]
        assert await tx.scalar(text("SELECT count(*) FROM event_heads WHERE position = 3")) == 1


@pytest.mark.parametrize("otherwise", [None, Problem(ErrorCode.ORDER_CLOSED, "No.")])
async def test_another_number_of_rows_than_expected_undoes_everything(
    quiet: World, otherwise: Problem | None
) -> None:
    with pytest.raises(Problem) as refused:
        async with quiet.database.transaction(quiet.actor) as tx:
            tx.defer(head(), {"position": 1}, expecting=2, otherwise=otherwise)
    assert isinstance(refused.value, Conflict) if otherwise is None else refused.value is otherwise
    assert await heads(quiet) == []


async def test_a_broken_constraint_means_what_was_said_with_the_write(quiet: World) -> None:
    async def twice(tx: Transaction, refusals: dict[str, Problem]) -> None:
        tx.defer(head("first"), {"position": 1})
        await tx.fetch(ONE)
        tx.defer(head("second"), {"position": 2}, refusals=refusals)

    with pytest.raises(ConstraintViolated, match="pk_event_heads"):
        async with quiet.database.transaction(quiet.actor) as tx:
            await twice(tx, {})
    assert await heads(quiet) == []  # what was sent before the failure is undone as well
    closed = Problem(ErrorCode.ORDER_CLOSED, "No.")
    with pytest.raises(Problem) as refused:
        async with quiet.database.transaction(quiet.actor) as tx:
            await twice(tx, {"pk_event_heads": closed})
    assert refused.value is closed
    assert await heads(quiet) == []
