"""Answering queries that everybody who sends the same address may be answered alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic

import orjson

from ordergraph.graph.execution.engine import Answer, Engine, Prepared
from ordergraph.graph.transport import cors
from ordergraph.graph.transport.application import Application, Credentials, I, RequestContext
from ordergraph.graph.transport.asgi import Send, encoded
from ordergraph.graph.transport.requests import GraphQLRequest, hash_of
from ordergraph.graph.transport.shared import SharedAnswer, shared_answer
from ordergraph.graph.transport.shelf import Address, Question, Shelf


@dataclass(frozen=True, slots=True)
class SharedQuery(Generic[I]):
    """A query of which the policy lets others have the answer for `seconds`."""

    identity: I
    token: str
    address: Address
    request: GraphQLRequest
    prepared: Prepared
    context: RequestContext
    request_id: str
    media_type: str
    seconds: int


class Sharing(Generic[I]):
    """Makes answers for caches, and keeps them in this process where there is a shelf."""

    def __init__(
        self, engine: Engine, application: Application[I], shelf: Shelf | None = None
    ) -> None:
        self._engine = engine
        self._application = application
        self._shelf = shelf

    async def recall(self, query_string: bytes, headers: Mapping[str, str], send: Send) -> bool:
        """Answer from the shelf, before anything of the address is read; tell whether it could.

        The key in the address is judged all the same. Whatever is wrong is told the long way.
        """
        if self._shelf is None:
            return False
        found = self._shelf.recall(Address(query_string, headers.get("accept", "")))
        if found is None:
            return False
        application = self._application
        try:
            identity = await application.authenticate(Credentials(headers, key=found.token), "")
            if not application.is_shareable(identity):
                return False
            if application.audience(identity) != found.audience:
                return False
            more = cors.readable_by_caches(headers, application.origins(identity))
        except Exception:
            return False
        more.append((b"age", str(found.age).encode()))
        await found.answer.send(send, headers.get("if-none-match"), more)
        return True

    async def answer(
        self, query: SharedQuery[I], headers: Mapping[str, str], send: Send
    ) -> Answer | None:
        """Answer a query for caches; an answer with errors is returned for its caller alone."""
        failed: list[Answer] = []

        async def make() -> SharedAnswer | None:
            answer = await self._engine.run(query.prepared, query.context, query.request_id)
            if answer.get("errors"):
                failed.append(answer)
                return None
            body = encoded({"data": answer["data"]})
            keys = self._application.surrogate_keys(query.context)
            return shared_answer(body, query.media_type, query.seconds, keys)

        question = None if self._shelf is None else self._question(query)
        if self._shelf is None or question is None:
            answer = await make()
        else:
            answer = await self._shelf.answer(question, query.address, query.token, make)
            if answer is None and not failed:
                answer = await make()  # whoever made it for both of us could not share it
        if answer is None:
            return failed[0]
        more = cors.readable_by_caches(headers, self._application.origins(query.identity))
        await answer.send(send, headers.get("if-none-match"), more)
        return None

    def _question(self, query: SharedQuery[I]) -> Question | None:
        text = query.prepared.operation.document.text
        try:
            variables = orjson.dumps(query.request.variables, option=orjson.OPT_SORT_KEYS)
        except TypeError:  # a number that JSON cannot write again
            return None
        return Question(
            self._application.audience(query.identity),
            query.request.sha256 or hash_of(text),
            query.request.operation_name,
            variables,
            query.media_type,
        )
