"""What takes too long is cut off, and only that."""

import asyncio

import pytest

from ordergraph.graph.execution.deadline import Deadline


async def test_what_takes_too_long_is_cut_off() -> None:
    with pytest.raises(TimeoutError), Deadline(0.01):
        await asyncio.Event().wait()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)  # nothing is left of it


async def test_what_is_done_in_time_is_left_alone() -> None:
    # Generous: a busy machine may let a hundred milliseconds pass between two steps.
    with Deadline(0.5):
        await asyncio.sleep(0)
    await asyncio.sleep(0.6)


async def test_an_error_inside_stays_what_it_is() -> None:
    with pytest.raises(KeyError), Deadline(60):
        raise KeyError


async def test_who_cancels_the_task_gets_no_timeout() -> None:
    async def wait() -> None:
        with Deadline(60):
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_deadline_inside_another_ends_by_itself() -> None:
    with Deadline(60):
        with pytest.raises(TimeoutError), Deadline(0.01):
            await asyncio.Event().wait()
        await asyncio.sleep(0)
