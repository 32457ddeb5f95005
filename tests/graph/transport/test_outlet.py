"""What goes out on one connection: at once while it flows, else in order and bounded."""

import asyncio
from typing import Any

import pytest

from ordergraph.graph.transport.outlet import Outlet


class Line:
    """A connection that takes messages while it is open, and keeps its sender waiting else."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.taken: list[str] = []
        self.overflows = 0
        self.broken = False
        self.outlet = Outlet(self._send, lambda text: {"text": text}, 3, 100, self._overflowed)

    async def _send(self, message: Any) -> None:
        await self.open.wait()
        if self.broken:
            raise ConnectionResetError
        self.taken.append(message["text"])

    def _overflowed(self) -> None:
        self.overflows += 1

    def push(self, *texts: str, owner: object = "me") -> list[bool]:
        return [self.outlet.push(text, owner, int(text)) for text in texts]


async def test_a_text_is_gone_when_push_returns_and_no_task_was_needed() -> None:
    line = Line()
    tasks = len(asyncio.all_tasks())
    assert line.push("1", "2") == [True, True]
    await line.outlet.say("3")
    assert line.taken == ["1", "2", "3"]
    assert len(asyncio.all_tasks()) == tasks


async def test_what_waits_goes_out_in_order_when_the_connection_flows_again() -> None:
    line = Line()
    line.open.clear()
    line.push("1", "2")
    saying = asyncio.create_task(line.outlet.say("3"))
    await asyncio.sleep(0)
    line.push("4")
    assert (line.taken, saying.done()) == ([], False)
    line.open.set()
    await saying
    await line.outlet.flushed()
    assert line.taken == ["1", "2", "3", "4"]
    line.push("5")
    assert line.taken[-1] == "5"


async def test_whoever_says_something_waits_until_it_was_taken() -> None:
    line = Line()
    line.open.clear()
    first = asyncio.create_task(line.outlet.say("1"))
    await asyncio.sleep(0.01)
    assert not first.done()
    line.open.set()
    await first
    assert line.taken == ["1"]


@pytest.mark.parametrize("texts", [["2", "3", "4", "5"], ["2", "3" * 98, "44"]])
async def test_too_much_is_told_once_and_nothing_is_sent_any_more(texts: list[str]) -> None:
    """At most three messages of 100 bytes wait behind the one that is under way."""
    line = Line()
    line.open.clear()
    line.push("1")
    assert line.push(*texts) == [*[True] * (len(texts) - 1), False]
    assert line.push("6") == [False]
    assert line.overflows == 1
    assert line.outlet.unsent("me") == 1
    await line.outlet.close()
    line.open.set()
    await line.outlet.say("7")
    assert line.taken == []


async def test_each_owner_knows_what_was_not_handed_over() -> None:
    line, a, b = Line(), object(), object()
    line.push("1", owner=a)
    line.open.clear()
    line.push("2", owner=a)
    line.push("3", owner=b)
    line.push("4", owner=a)
    assert [line.outlet.unsent(owner) for owner in (a, b, "c")] == [2, 3, None]
    line.open.set()
    await line.outlet.flushed()
    assert [line.outlet.unsent(owner) for owner in (a, b)] == [None, None]


async def test_what_waits_of_one_owner_can_be_dropped() -> None:
    line, a, b = Line(), object(), object()
    line.open.clear()
    line.push("1", owner=b)
    line.push("2", "3", owner=a)
    line.push("4", owner=b)
    line.outlet.drop(a)
    assert line.push("5", "6", owner=b) == [True, True]
    line.open.set()
    await line.outlet.flushed()
    assert line.taken == ["1", "4", "5", "6"]


async def test_nobody_waits_for_a_connection_that_broke_or_was_closed() -> None:
    for ends in ("breaks", "is closed"):
        line = Line()
        line.open.clear()
        line.push("1")
        saying = asyncio.create_task(line.outlet.say("2"))
        await asyncio.sleep(0)
        if ends == "breaks":
            line.broken = True
            line.open.set()
        else:
            await line.outlet.close()
        await saying
        assert (line.taken, line.push("3"), line.overflows) == ([], [False], 0)


async def test_a_connection_that_is_gone_at_once_harms_nobody() -> None:
    line = Line()
    line.broken = True
    line.push("1")
    assert line.push("2") == [False]
