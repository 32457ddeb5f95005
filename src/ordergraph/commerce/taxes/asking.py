"""Asking a tax provider with nothing held: whoever prices asks for an answer, or is run again.

Pricing happens inside a transaction, where nobody elsewhere may be called. It looks for the answer
to its request in hand; where there is none it raises `TaxesWanted`, the transaction rolls back with
nothing written, the provider is asked, and all is done again with the answer in hand.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar
from uuid import UUID

import structlog

from ordergraph.commerce.taxes.provider import (
    ProvidedTax,
    TaxProvider,
    TaxRequest,
    TaxUnavailable,
)

MOST_ASKED = 3
"""How often one change of an order asks: the order may be another one each time."""

T = TypeVar("T")
Answer = tuple[ProvidedTax, ...] | None
_log = structlog.get_logger(__name__)


class TaxesWanted(Exception):
    """The taxes of a request are to be asked for before the order can be priced."""

    def __init__(self, request: TaxRequest) -> None:
        super().__init__()
        self.request = request


class _Hand:
    """The answers that one change of an order has by now; at last it goes without."""

    def __init__(self) -> None:
        self.answers: dict[TaxRequest, Answer] = {}
        self.gives_up = False


_IN_HAND: ContextVar[_Hand | None] = ContextVar("taxes in hand", default=None)


def is_asked() -> bool:
    """Tell whether a provider elsewhere taxes what is priced now, and not the table of rates."""
    return _IN_HAND.get() is not None


def answer_to(request: TaxRequest) -> Answer:
    """Return the answer in hand, None where the provider has none to give (TAX-5).

    Raises `TaxesWanted` where it was not asked yet.
    """
    hand = _IN_HAND.get()
    assert hand is not None  # only where `is_asked`
    if request not in hand.answers:
        if hand.gives_up:
            return None
        raise TaxesWanted(request)
    return hand.answers[request]


async def taxed_by(
    provider: TaxProvider | None, environment_id: UUID, change: Callable[[], Awaitable[T]]
) -> T:
    """Do what prices orders, taxed by a provider, or by the table of rates where there is none.

    `change` is run again for each answer that it needs, at most `MOST_ASKED` times; it must write
    nothing outside the transaction that prices. No answer makes taxes incomplete, not an error.
    """
    if provider is None:
        return await change()
    hand = _Hand()
    token = _IN_HAND.set(hand)
    try:
        for _ in range(MOST_ASKED):
            try:
                return await change()
            except TaxesWanted as wanted:
                hand.answers[wanted.request] = await _asked(
                    provider, environment_id, wanted.request
                )
        hand.gives_up = True
        return await change()
    finally:
        _IN_HAND.reset(token)


async def _asked(provider: TaxProvider, environment_id: UUID, request: TaxRequest) -> Answer:
    try:
        async with asyncio.timeout(provider.timeout.total_seconds()):
            return await provider.calculate(environment_id, request)
    except (TaxUnavailable, TimeoutError):
        _log.warning("tax provider unavailable", environment=str(environment_id))
        return None
