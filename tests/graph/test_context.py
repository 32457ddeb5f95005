"""What a request has in hand, and what it reads together."""

import asyncio
from asyncio import Future
from collections.abc import Mapping, Sequence
from uuid import UUID

from ordergraph.core.ids import new_id
from ordergraph.graph.context import Context
from ordergraph.runtime.db.transaction import Reader
from tests.world import World


class Names:
    """A batch of names that remembers what it was asked for."""

    def __init__(self, names: Mapping[UUID, str]) -> None:
        self.names = names
        self.asked: list[set[UUID]] = []

    async def __call__(self, _reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, str]:
        self.asked.append(set(ids))
        return {id: self.names[id] for id in ids if id in self.names}


async def test_what_is_primed_is_there_at_once(world: World) -> None:
    context = Context(world.services, world.actor, "req_test")
    ada, nobody = new_id(), new_id()
    names = Names({})
    context.prime(names, {ada: "Ada"})
    context.prime(names, {nobody: None})
    assert context.take(names, ada) == "Ada"
    assert context.take(names, nobody) is None
    assert await context.load(names, ada) == "Ada"
    assert names.asked == []


async def test_what_is_not_in_hand_is_read_together_and_once(world: World) -> None:
    context = Context(world.services, world.actor, "req_test")
    ada, bob, nobody = new_id(), new_id(), new_id()
    names = Names({ada: "Ada", bob: "Bob"})
    taken = context.take(names, ada)
    assert isinstance(taken, Future)
    found = await asyncio.gather(taken, context.load(names, bob), context.load(names, nobody))
    assert found == ["Ada", "Bob", None]
    assert await context.load(names, ada) == "Ada"
    assert names.asked == [{ada, bob, nobody}]


async def test_what_was_known_is_forgotten(world: World) -> None:
    context = Context(world.services, world.actor, "req_test")
    ada = new_id()
    names = Names({ada: "Ada King"})
    context.prime(names, {ada: "Ada"})
    context.forget()
    assert await context.load(names, ada) == "Ada King"


async def test_a_failed_read_fails_all_who_wait_and_may_be_tried_again(world: World) -> None:
    context = Context(world.services, world.actor, "req_test")
    ada, bob = new_id(), new_id()

    class Failing(Names):
        async def __call__(self, reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, str]:
            found = await super().__call__(reader, ids)
            if len(self.asked) == 1:
                raise ConnectionError
            return found

    names = Failing({ada: "Ada", bob: "Bob"})
    failed = await asyncio.gather(
        context.load(names, ada), context.load(names, bob), return_exceptions=True
    )
    assert [type(each) for each in failed] == [ConnectionError, ConnectionError]
    assert await context.load(names, ada) == "Ada"
    assert names.asked == [{ada, bob}, {ada}]
