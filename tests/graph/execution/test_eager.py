"""Coroutines that are run as far as they get without waiting."""

import asyncio

import pytest

from ordergraph.graph.execution.eager import Done, begin


async def test_what_is_there_at_once_is_not_awaited() -> None:
    async def answer() -> int:
        return 7

    assert begin(answer()) == Done(7)


async def test_what_waits_goes_on_where_it_waited() -> None:
    steps: list[str] = []
    first, second = asyncio.Event(), asyncio.Event()

    async def answer() -> int:
        steps.append("begun")
        await first.wait()
        steps.append("half")
        await second.wait()
        return 7

    waiting = begin(answer())
    assert steps == ["begun"]
    assert not isinstance(waiting, Done)
    loop = asyncio.get_running_loop()
    loop.call_later(0.001, first.set)
    loop.call_later(0.002, second.set)
    assert await waiting == 7
    assert steps == ["begun", "half"]


async def test_what_it_raises_is_raised_at_once_or_later() -> None:
    async def fail(waits: bool) -> None:
        if waits:
            await asyncio.sleep(0)
        raise KeyError

    with pytest.raises(KeyError):
        begin(fail(waits=False))
    waiting = begin(fail(waits=True))
    assert not isinstance(waiting, Done)
    with pytest.raises(KeyError):
        await waiting


async def test_a_cancellation_reaches_what_waits() -> None:
    cleaned: list[bool] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)

    async def begin_and_wait() -> None:
        waiting = begin(wait())
        assert not isinstance(waiting, Done)
        await waiting

    task = asyncio.create_task(begin_and_wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned == [True]


async def test_any_other_awaitable_is_left_as_it_is() -> None:
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    assert begin(future) is future
