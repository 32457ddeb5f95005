"""Answers from the shelf: only for those whose key, as it is now, may have them."""

from types import SimpleNamespace
from typing import Any

import pytest

from ordergraph.graph.transport.asgi import Message
from ordergraph.graph.transport.shared import shared_answer
from ordergraph.graph.transport.sharing import Sharing
from ordergraph.graph.transport.shelf import Address, Question, Shelf
from ordergraph.runtime.clock import ManualClock

QUERY = b"documentId=1&key=pk"
QUESTION = Question("shop A", b"hash", None, b"{}", "application/json")


@pytest.mark.parametrize(
    ("audience", "shareable", "answered"),
    [("shop A", True, True), ("shop B", True, False), ("shop A", False, False)],
    ids=["the same audience", "another audience", "a caller who may not share"],
)
async def test_bug_47_a_kept_answer_is_for_the_audience_it_was_made_for(
    audience: str, shareable: bool, answered: bool
) -> None:
    """Between two requests of one address its key may come to mean something else."""
    shelf = Shelf(ManualClock(), 1)

    async def make() -> Any:
        return shared_answer(b'{"data":{}}', "application/json", 60, ())

    await shelf.answer(QUESTION, Address(QUERY, ""), "pk", make)

    async def authenticate(*_: object) -> str:
        return "whoever the key names now"

    application: Any = SimpleNamespace(
        authenticate=authenticate,
        audience=lambda _: audience,
        is_shareable=lambda _: shareable,
        origins=lambda _: None,
    )
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    engine: Any = None  # nothing is run for an answer that is kept
    assert await Sharing(engine, application, shelf).recall(QUERY, {}, send) is answered
    assert b"".join(each.get("body", b"") for each in sent) == (b'{"data":{}}' if answered else b"")
