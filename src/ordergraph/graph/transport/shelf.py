"""Answers that may be shared, kept in this process for as long as their policy says."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from ordergraph.graph.transport.shared import SharedAnswer
from ordergraph.runtime.clock import Clock

MEGABYTE = 1024 * 1024
_OF_AN_ENTRY = 2_000
_OF_AN_ADDRESS = 500
_MOST_ADDRESSES = 8
"""In how many spellings one answer is found without reading the address."""


class Question(NamedTuple):
    """What an answer depends on: equal questions have equal answers."""

    audience: Hashable
    sha256: bytes
    operation_name: str | None
    variables: bytes
    media_type: str


class Address(NamedTuple):
    """A request as it comes, unread."""

    query_string: bytes
    accept: str


@dataclass(slots=True)
class _Kept:
    answer: SharedAnswer
    since: datetime
    until: datetime
    addresses: list[Address] = field(default_factory=list[Address])
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Known:
    token: str
    question: Question


class Found(NamedTuple):
    """A kept answer, the key that asked for it, whom it is for, and its age in seconds."""

    answer: SharedAnswer
    token: str
    audience: Hashable
    age: int


class Shelf:
    """Keeps so many bytes of answers; what was asked for least recently goes first.

    What is dropped by its surrogate key is not put back by whoever was making it meanwhile.
    """

    def __init__(self, clock: Clock, megabytes: int) -> None:
        self._clock = clock
        self._most_bytes = megabytes * MEGABYTE
        self._bytes = 0
        self._kept: OrderedDict[Question, _Kept] = OrderedDict()
        self._known: dict[Address, _Known] = {}
        self._by_key: defaultdict[str, set[Question]] = defaultdict(set)
        self._flights: dict[Question, asyncio.Future[SharedAnswer | None]] = {}

    def recall(self, address: Address) -> Found | None:
        """Return the answer that is kept for an address, told from its bytes alone."""
        known = self._known.get(address)
        kept = None if known is None else self._fresh(known.question)
        if known is None or kept is None:
            return None
        age = (self._clock.now() - kept.since) // timedelta(seconds=1)
        return Found(kept.answer, known.token, known.question.audience, age)

    async def answer(
        self,
        question: Question,
        address: Address,
        token: str,
        make: Callable[[], Awaitable[SharedAnswer | None]],
    ) -> SharedAnswer | None:
        """Return the answer of a question, made once for all who ask it at the same time.

        None when whoever made it could not share it.
        """
        kept = self._fresh(question)
        if kept is not None:
            answer = kept.answer
        elif (flight := self._flights.get(question)) is not None:
            answer = await asyncio.shield(flight)
        else:
            answer = await self._made(question, make)
        if answer is not None:
            self._know(address, token, question)
        return answer

    def drop(self, surrogate_key: str) -> None:
        """Forget the answers that bear a key."""
        self._flights.clear()
        for question in list(self._by_key.get(surrogate_key, ())):
            self._forget(question)

    def clear(self) -> None:
        """Forget all answers: news about them may have been lost."""
        self._flights.clear()
        for question in list(self._kept):
            self._forget(question)

    async def _made(
        self, question: Question, make: Callable[[], Awaitable[SharedAnswer | None]]
    ) -> SharedAnswer | None:
        flight = self._flights[question] = asyncio.get_running_loop().create_future()
        answer = None
        try:
            answer = await make()
        finally:
            flight.set_result(answer)
            if self._flights.get(question) is flight:
                del self._flights[question]
                if answer is not None:
                    self._keep(question, answer)
        return answer

    def _fresh(self, question: Question) -> _Kept | None:
        kept = self._kept.get(question)
        if kept is not None and self._clock.now() >= kept.until:
            self._forget(question)
            return None
        if kept is not None:
            self._kept.move_to_end(question)
        return kept

    def _keep(self, question: Question, answer: SharedAnswer) -> None:
        now = self._clock.now()
        kept = _Kept(answer, now, now + timedelta(seconds=answer.seconds))
        self._kept[question] = kept
        for key in answer.surrogate_keys:
            self._by_key[key].add(question)
        size = len(answer.body) + len(question.variables) + 200 * len(answer.surrogate_keys)
        self._grow(kept, size + _OF_AN_ENTRY)

    def _know(self, address: Address, token: str, question: Question) -> None:
        kept = self._kept.get(question)
        if kept is None or address in self._known or len(kept.addresses) >= _MOST_ADDRESSES:
            return
        kept.addresses.append(address)
        self._known[address] = _Known(token, question)
        self._grow(kept, len(address.query_string) + len(address.accept) + _OF_AN_ADDRESS)

    def _grow(self, kept: _Kept, size: int) -> None:
        kept.size += size
        self._bytes += size
        while self._bytes > self._most_bytes:
            self._forget(next(iter(self._kept)))

    def _forget(self, question: Question) -> None:
        kept = self._kept.pop(question)
        self._bytes -= kept.size
        for address in kept.addresses:
            del self._known[address]
        for key in kept.answer.surrogate_keys:
            questions = self._by_key[key]
            questions.discard(question)
            if not questions:
                del self._by_key[key]
