"""The hub: who joins when, and that everybody gets each event once whatever the moment."""

import asyncio
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import parse

from ordergraph.graph.transport.hub import Asked, Hub
from ordergraph.runtime.events.following import Overflow
from ordergraph.runtime.events.live import Live
from tests.graph.transport.toy import eventually

TEXT = "subscription ($after: String, $of: ID) { told(after: $after, of: $of) }"


class Log:
    """Events that are numbers, and whoever follows them."""

    def __init__(self) -> None:
        self.events: list[int] = []
        self.grown = asyncio.Condition()
        self.ends: Any = None
        self.followers = 0

    async def tell(self, *numbers: int) -> None:
        self.events += numbers
        async with self.grown:
            self.grown.notify_all()

    async def end(self, by: Any) -> None:
        self.ends = by
        await self.tell()

    def show(self, event: Any) -> int:
        return event.position

    async def follow(self, after: int) -> AsyncGenerator[Any]:
        self.followers += 1
        try:
            while True:
                for number in self.events[after:]:
                    after = number
                    yield SimpleNamespace(position=number)
                if isinstance(self.ends, Exception):
                    raise self.ends
                if self.ends is not None:
                    yield self.ends
                    return
                async with self.grown:
                    await self.grown.wait_for(
                        lambda after=after: self.events[after:] or self.ends is not None
                    )
        finally:
            self.followers -= 1

    async def replay(self, after: int) -> AsyncGenerator[Any]:
        for number in self.events[after:]:
            after = number
            yield SimpleNamespace(position=number)
        yield after


class Engine:
    """Executes when it may, and notes what."""

    def __init__(self) -> None:
        self.executed: list[int] = []
        self.may = asyncio.Event()
        self.may.set()

    async def tell(self, prepared: Any, shown: int, context: Any, request_id: str) -> Any:
        self.executed.append(shown)
        await self.may.wait()
        return {"data": shown}


class Seat:
    """Somebody who follows; `got` is what was told to this one alone or with others."""

    def __init__(self, place: "Place", text: str, variables: dict[str, Any]) -> None:
        operation = SimpleNamespace(
            document=SimpleNamespace(text=text), name=None, node=parse(text).definitions[0]
        )
        prepared: Any = SimpleNamespace(operation=operation)
        self.group: Any = None
        self.position = 0
        self.got: list[tuple[str, int]] = []
        self.ended: list[Any] = []
        self._place = place
        self._asked = Asked(None, prepared, variables, None, "r")

    async def join(self, after: int) -> None:
        live = Live(self._place.log, after, lambda: None)  # type: ignore[arg-type]

        async def answers() -> AsyncGenerator[Any]:
            yield live

        assert await self._place.hub.pursue(self._asked, answers(), self, self._tell) is live

    async def _tell(self, answer: Any, position: int) -> None:
        assert answer["data"] == position
        self.got.append(("alone", position))

    def push(self, payload: str, position: int) -> None:
        self.position = position
        self.got.append(("together", position))

    def released(self, cursor: str, error: Exception | None) -> None:
        self.ended.append(error or cursor)


class Place:
    def __init__(self) -> None:
        self.log, self.engine = Log(), Engine()
        application = SimpleNamespace(audience=lambda who: who, context=lambda *_: None)
        self.hub: Hub[Any] = Hub(self.engine, application)  # type: ignore[arg-type]

    def seat(self, text: str = TEXT, **variables: Any) -> Seat:
        return Seat(self, text, variables)

    @property
    def groups(self) -> list[Any]:
        return list(self.hub._groups.values())


@pytest.fixture
def place() -> Place:
    return Place()


def together(*positions: int) -> list[tuple[str, int]]:
    return [("together", position) for position in positions]


async def test_who_comes_late_catches_up_alone_and_then_joins(place: Place) -> None:
    early, late = place.seat(), place.seat(after="cursor")
    await early.join(0)
    await place.log.tell(1, 2, 3)
    await eventually(lambda: len(early.got) == 3)
    await late.join(1)
    assert late.got == [("alone", 2), ("alone", 3)]
    await place.log.tell(4)
    await eventually(lambda: len(late.got) == 3)
    assert early.got == together(1, 2, 3, 4)
    assert late.got[2:] == together(4)
    assert place.engine.executed == [1, 2, 3, 2, 3, 4]


async def test_who_was_told_an_event_before_its_group_is_not_told_again(place: Place) -> None:
    early, quick = place.seat(), place.seat()
    await early.join(0)
    place.engine.may.clear()
    await place.log.tell(1)
    await eventually(lambda: place.engine.executed == [1])
    await quick.join(1)
    between = place.seat()
    await between.join(0)
    place.engine.may.set()
    await place.log.tell(2)
    await eventually(lambda: len(early.got) == 2)
    await asyncio.sleep(0)
    assert (early.got, quick.got) == (together(1, 2), together(2))
    assert between.got == together(1, 2)


async def test_the_last_one_who_leaves_closes_the_group(place: Place) -> None:
    for executing in (False, True):
        seats = [place.seat(), place.seat()]
        for seat in seats:
            await seat.join(len(place.log.events))
        if executing:
            place.engine.may.clear()
            await place.log.tell(1)
            await eventually(lambda: place.engine.executed == [1])
        seats[0].group.remove(seats[0])
        assert len(place.groups) == 1
        seats[1].group.remove(seats[1])
        assert place.groups == []
        place.engine.may.set()
        await eventually(lambda: place.log.followers == 0)
        assert [seat.got + seat.ended for seat in seats] == [[], []]


async def test_when_the_feed_ends_or_fails_all_are_released(place: Place) -> None:
    for end, told in ((Overflow("cursor"), "cursor"), (failure := OSError("gone"), failure)):
        seats = [place.seat(), place.seat()]
        for seat in seats:
            await seat.join(0)
        await place.log.end(end)
        await eventually(lambda seats=seats: all(seat.ended for seat in seats))
        assert [seat.ended for seat in seats] == [[told], [told]]
        assert [seat.group for seat in seats] == [None, None]
        assert place.groups == []
        place.log.ends = None


@pytest.mark.parametrize(
    ("text", "one", "other", "groups"),
    [
        (TEXT, {"after": "a"}, {"after": "b"}, 1),
        (TEXT, {"after": "a"}, {}, 1),
        (TEXT, {"of": "a", "after": "c"}, {"after": "c", "of": "a"}, 1),
        (TEXT, {"of": "a"}, {"of": "b"}, 2),
        (TEXT, {"of": "a"}, {"of": None}, 2),
        # What says more than where to begin decides the answer.
        ("subscription ($a: ID) { told(after: $a) { b(of: $a) } }", {"a": "1"}, {"a": "2"}, 2),
        ("subscription ($a: ID) { told(of: $a) }", {"a": "1"}, {"a": "2"}, 2),
        ("subscription ($a: ID) { told(x: {after: $a}) }", {"a": "1"}, {"a": "2"}, 2),
    ],
)
async def test_who_asks_the_same_shares(
    place: Place, text: str, one: Any, other: Any, groups: int
) -> None:
    seats = [place.seat(text, **one), place.seat(text, **other)]
    for seat in seats:
        await seat.join(0)
    assert len(place.groups) == groups
    for seat in seats:
        seat.group.remove(seat)
