"""The shelf of answers: what it keeps, for how long, how much, and what it must not put back."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from ordergraph.commerce.bundles.outdating import environment_key, lists_key, product_key
from ordergraph.graph.caching import MOST_KEYS, Keeping, Shown
from ordergraph.graph.transport.shared import SharedAnswer, shared_answer
from ordergraph.graph.transport.shelf import Address, Question, Shelf
from ordergraph.runtime.clock import ManualClock

ADDRESS = Address(b"query={shop{name}}&key=pk", "*/*")
QUESTION = Question("everybody", b"hash", None, b"{}", "application/json")
Make = Callable[[], Awaitable[SharedAnswer | None]]


def made(body: bytes = b"{}", *keys: str) -> SharedAnswer:
    return shared_answer(body, "application/json", 60, keys)


def making(answer: SharedAnswer | None) -> Make:
    async def make() -> SharedAnswer | None:
        return answer

    return make


class Slow:
    """Makes an answer when it is let."""

    def __init__(self, answer: SharedAnswer | None) -> None:
        self.runs = 0
        self.may_end = asyncio.Event()
        self._answer = answer

    async def __call__(self) -> SharedAnswer | None:
        self.runs += 1
        await self.may_end.wait()
        return self._answer


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(ManualClock(), 1)


async def ask(shelf: Shelf, make: Make, question: Question = QUESTION) -> SharedAnswer | None:
    return await shelf.answer(question, ADDRESS, "pk", make)


async def test_an_answer_is_recalled_by_its_address_until_its_time_is_over() -> None:
    clock = ManualClock()
    shelf = Shelf(clock, 1)
    answer = await ask(shelf, making(made()))
    clock.advance(timedelta(seconds=59))
    found = shelf.recall(ADDRESS)
    assert found is not None
    assert (found.answer, found.token, found.audience, found.age) == (answer, "pk", "everybody", 59)
    assert shelf.recall(Address(ADDRESS.query_string, "text/html")) is None
    clock.advance(timedelta(seconds=1))
    assert shelf.recall(ADDRESS) is None


async def test_those_who_ask_meanwhile_get_what_is_made_once(shelf: Shelf) -> None:
    slow = Slow(made())
    asking = [asyncio.create_task(ask(shelf, slow)) for _ in range(5)]
    await asyncio.sleep(0)
    slow.may_end.set()
    answers = await asyncio.gather(*asking)
    assert (slow.runs, len(set(answers))) == (1, 1)


async def test_what_goes_out_of_date_while_it_is_made_is_not_kept(shelf: Shelf) -> None:
    slow = Slow(made(b"old", "prod_a"))
    asking = asyncio.create_task(ask(shelf, slow))
    await asyncio.sleep(0)
    shelf.drop("prod_a")
    later = await ask(shelf, making(made(b"new", "prod_a")))
    slow.may_end.set()
    before = await asking
    assert before is not None
    assert later is not None
    assert (before.body, later.body) == (b"old", b"new")
    found = shelf.recall(ADDRESS)
    assert found is not None
    assert found.answer.body == b"new"


@pytest.mark.parametrize("outcome", [None, RuntimeError])
async def test_whoever_waited_for_nothing_is_told_so(
    shelf: Shelf, outcome: type[Exception] | None
) -> None:
    may_end = asyncio.Event()

    async def make() -> None:
        await may_end.wait()
        if outcome is not None:
            raise outcome

    first = asyncio.create_task(ask(shelf, make))
    await asyncio.sleep(0)
    second = asyncio.create_task(ask(shelf, make))
    await asyncio.sleep(0)
    may_end.set()
    told = await asyncio.gather(first, second, return_exceptions=True)
    assert isinstance(told[0], Exception) is (outcome is not None)
    assert told[1] is None
    assert shelf.recall(ADDRESS) is None
    assert await ask(shelf, making(made())) is not None


async def test_whoever_leaves_takes_no_answer_from_the_others(shelf: Shelf) -> None:
    slow = Slow(made())
    first, second = (asyncio.create_task(ask(shelf, slow)) for _ in range(2))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    slow.may_end.set()
    assert await first is not None


async def test_only_the_answers_that_bear_a_key_are_dropped(shelf: Shelf) -> None:
    other = QUESTION._replace(sha256=b"other")
    elsewhere = Address(b"other", "")
    await ask(shelf, making(made(b"a", "prod_a", "env")))
    await shelf.answer(other, elsewhere, "pk", making(made(b"b", "prod_b", "env")))
    shelf.drop("prod_a")
    shelf.drop("prod_c")
    assert (shelf.recall(ADDRESS), shelf.recall(elsewhere) is None) == (None, False)
    shelf.drop("env")
    assert shelf.recall(elsewhere) is None
    await ask(shelf, making(made()))
    shelf.clear()
    assert shelf.recall(ADDRESS) is None
    assert (shelf._bytes, shelf._kept, shelf._known, dict(shelf._by_key)) == (0, {}, {}, {})


async def test_the_shelf_is_bounded_and_keeps_what_is_asked_for(shelf: Shelf) -> None:
    body = b"x" * 100_000
    await ask(shelf, making(made(body)))
    for number in range(50):
        question = QUESTION._replace(variables=str(number).encode())
        address = Address(str(number).encode(), "")
        await shelf.answer(question, address, "pk", making(made(body)))
        assert shelf.recall(ADDRESS) is not None
        assert shelf._bytes <= 1024 * 1024
    assert len(shelf._kept) == len(shelf._known) == 10


async def test_one_answer_is_known_by_so_many_addresses(shelf: Shelf) -> None:
    for number in range(100):
        address = Address(str(number).encode(), "")
        await shelf.answer(QUESTION, address, "pk", making(made()))
    assert (len(shelf._kept), len(shelf._known)) == (1, 8)


async def test_an_answer_too_large_for_the_shelf_is_given_and_not_kept(shelf: Shelf) -> None:
    assert await ask(shelf, making(made(b"x" * 2_000_000))) is not None
    assert shelf.recall(ADDRESS) is None
    assert shelf._bytes == 0


class Item:
    def __init__(self, number: int) -> None:
        self.nodes = [UUID(int=number) for number in range(number)]


def test_an_answer_with_too_many_products_bears_the_key_of_lists_instead() -> None:
    environment = UUID(int=7)
    whole, crowded = Shown(), Shown()
    keeping = Keeping(60, lambda value: value.nodes)
    whole.note(keeping, Item(MOST_KEYS))
    crowded.note(keeping, Item(MOST_KEYS + 1))
    both = [environment_key(environment), lists_key(environment)]
    assert whole.keys(environment) == both + [product_key(UUID(int=n)) for n in range(MOST_KEYS)]
    assert len(" ".join(whole.keys(environment))) < 4_000
    assert crowded.keys(environment) == both
