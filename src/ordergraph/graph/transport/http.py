"""GraphQL over HTTP: POST for everything, GET for queries, OPTIONS for browsers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic

import structlog
from graphql import OperationType

from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.graph import masking
from ordergraph.graph.execution.documents import InvalidDocument
from ordergraph.graph.execution.engine import Engine, Prepared
from ordergraph.graph.limits import Limits
from ordergraph.graph.transport import cors
from ordergraph.graph.transport.addresses import KEY, parameters_of, request_in
from ordergraph.graph.transport.application import Application, Credentials, I, RequestContext
from ordergraph.graph.transport.asgi import (
    Disconnected,
    Headers,
    Receive,
    Scope,
    Send,
    encoded,
    headers_of,
    read_body,
    request_id_of,
    respond,
)
from ordergraph.graph.transport.decoding import Undecodable
from ordergraph.graph.transport.hub import Asked, Hub
from ordergraph.graph.transport.negotiation import (
    GRAPHQL_RESPONSE,
    JSON,
    Acceptance,
    accepted,
    carries_json,
)
from ordergraph.graph.transport.preparing import prepare
from ordergraph.graph.transport.recent import RecentRequests
from ordergraph.graph.transport.rechecking import Rechecking
from ordergraph.graph.transport.refusals import Refusal, refuse, status_of
from ordergraph.graph.transport.requests import GraphQLRequest, read_request
from ordergraph.graph.transport.sharing import SharedQuery, Sharing
from ordergraph.graph.transport.shelf import Address, Shelf
from ordergraph.graph.transport.sse import EventStream, Subscribed

_ALLOW = (b"allow", b"GET, POST, OPTIONS")


_CONTENT_TYPES = {each: f"{each}; charset=utf-8".encode() for each in (JSON, GRAPHQL_RESPONSE)}


@dataclass(slots=True)
class _Exchange:
    """One request and what is known so far of how to answer it."""

    scope: Scope
    receive: Receive
    send: Send
    headers: Mapping[str, str]
    request_id: str
    media_type: str = JSON
    cors: Headers = field(default_factory=Headers)
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    """Those of the address, which count for GET alone."""

    def answer_headers(self) -> Headers:
        return [
            (b"cache-control", b"private, no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-request-id", self.request_id.encode()),
            *self.cors,
        ]

    async def answer(self, status: int, answer: Any, *headers: tuple[bytes, bytes]) -> None:
        content_type = (b"content-type", _CONTENT_TYPES[self.media_type])
        body = encoded(answer)
        await respond(self.send, status, [content_type, *self.answer_headers(), *headers], body)


class HttpTransport(Generic[I]):
    """Answers one HTTP request; whatever happens, the answer is JSON with a request id."""

    def __init__(
        self,
        engine: Engine,
        application: Application[I],
        limits: Limits,
        hub: Hub[I],
        rechecking: Rechecking[I],
        shelf: Shelf | None = None,
    ) -> None:
        self._engine = engine
        self._application = application
        self._limits = limits
        self._hub = hub
        self._rechecking = rechecking
        self._recent = RecentRequests()
        self._sharing = Sharing(engine, application, shelf)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        if scope["method"] == "GET" and await self._sharing.recall(
            scope["query_string"], headers, send
        ):
            return
        exchange = _Exchange(scope, receive, send, headers, request_id_of(headers))
        # Every request runs in a context of its own, so nothing has to be unbound in the end.
        structlog.contextvars.bind_contextvars(request_id=exchange.request_id)
        try:
            await self._serve(exchange)
        except Refusal as refusal:
            await self._refuse(exchange, refusal)
        except InvalidDocument as invalid:
            shown = masking.refused(invalid.errors, exchange.request_id)
            await exchange.answer(_status_without_data(exchange), {"errors": shown})
        except Disconnected:
            return
        except Exception as error:
            shown = masking.stopped(error, exchange.request_id)
            status = status_of(error) if isinstance(error, Problem) else 500
            await exchange.answer(status, {"errors": shown})

    async def _serve(self, exchange: _Exchange) -> None:
        method = exchange.scope["method"]
        if method == "OPTIONS":
            headers = [_ALLOW, *exchange.answer_headers(), *cors.preflight(exchange.headers)]
            return await respond(exchange.send, 204, headers)
        if method not in ("GET", "POST"):
            raise refuse(405, ErrorCode.METHOD_NOT_ALLOWED, "Use POST, or GET for queries.", _ALLOW)
        acceptance = _acceptance(exchange)
        if method == "POST":
            _require_json(exchange.headers)
        else:
            exchange.parameters = _parameters(exchange)
        identity = await self._authenticate(exchange)
        request = await self._read(exchange, method)
        await self._run(exchange, identity, request, acceptance)

    async def _authenticate(self, exchange: _Exchange) -> I:
        credentials = Credentials(exchange.headers, key=exchange.parameters.get(KEY))
        try:
            identity = await self._application.authenticate(credentials, exchange.request_id)
        except Problem as problem:
            # Nothing is told that a page could not find out by itself; it may read why.
            exchange.cors = cors.readable("*") if "origin" in exchange.headers else []
            raise Refusal(problem, status_of(problem), [(b"www-authenticate", b"Bearer")]) from None
        exchange.cors = cors.judge_origin(exchange.headers, self._application.origins(identity))
        return identity

    async def _read(self, exchange: _Exchange, method: str) -> GraphQLRequest:
        try:
            if method == "GET":
                return read_request(request_in(exchange.parameters))
            body = await read_body(exchange.headers, exchange.receive, self._limits)
            return self._recent.read(body)
        except Undecodable as error:
            raise refuse(400, ErrorCode.INVALID_FORMAT, str(error)) from None
        except Problem as problem:
            raise Refusal(problem, 400) from None

    async def _run(
        self, exchange: _Exchange, identity: I, request: GraphQLRequest, acceptance: Acceptance
    ) -> None:
        prepared = await self._prepare(identity, request)
        _require_method(exchange, prepared)
        key = _idempotency_key(exchange.headers, prepared)
        context = self._application.context(identity, exchange.request_id, key)
        follows = prepared.kind is OperationType.SUBSCRIPTION
        if follows and not acceptance.events:
            raise refuse(
                406,
                ErrorCode.NOT_ACCEPTABLE,
                "A subscription is answered as text/event-stream, or on the websocket.",
            )
        if not follows and not acceptance.prefers_events:
            shared = self._shared(exchange, identity, request, prepared, context)
            if shared is None:
                answer = await self._engine.run(prepared, context, exchange.request_id)
            else:
                answer = await self._sharing.answer(shared, exchange.headers, exchange.send)
            return None if answer is None else await exchange.answer(200, answer)
        if not follows:
            answer = await self._engine.run(prepared, context, exchange.request_id)
            stream = EventStream(exchange.send)
            await stream.open(exchange.answer_headers())
            return await stream.finish(answer)
        asked = Asked(identity, prepared, request.variables, context, exchange.request_id)
        subscribed = Subscribed(
            self._hub, self._rechecking, self._limits, exchange.receive, exchange.send
        )
        await subscribed.follow(asked, exchange.answer_headers())

    def _shared(
        self,
        exchange: _Exchange,
        identity: I,
        request: GraphQLRequest,
        prepared: Prepared,
        context: RequestContext,
    ) -> SharedQuery[I] | None:
        """Return the query as one whose answer others may have, if it is one."""
        if not self._application.is_shareable(identity):
            return None
        seconds = self._engine.shared_seconds(prepared)
        if seconds == 0:
            return None
        return SharedQuery(
            identity,
            exchange.parameters[KEY],
            Address(exchange.scope["query_string"], exchange.headers.get("accept", "")),
            request,
            prepared,
            context,
            exchange.request_id,
            exchange.media_type,
            seconds,
        )

    async def _prepare(self, identity: I, request: GraphQLRequest) -> Prepared:
        try:
            return await prepare(self._engine, self._application, identity, request)
        except Problem as problem:
            raise Refusal(problem) from None

    async def _refuse(self, exchange: _Exchange, refusal: Refusal) -> None:
        shown = masking.stopped(refusal.problem, exchange.request_id)
        status = refusal.status or _status_without_data(exchange)
        await exchange.answer(status, {"errors": shown}, *refusal.headers)


def _status_without_data(exchange: _Exchange) -> int:
    """Return the status of an answer without data, as the draft wants it for its media type."""
    return 400 if exchange.media_type == GRAPHQL_RESPONSE else 200


def _acceptance(exchange: _Exchange) -> Acceptance:
    acceptance = accepted(exchange.headers.get("accept"))
    exchange.media_type = acceptance.json or JSON
    if acceptance.json is None and not acceptance.events:
        raise refuse(406, ErrorCode.NOT_ACCEPTABLE, f"Answers are {GRAPHQL_RESPONSE} or {JSON}.")
    return acceptance


def _require_json(headers: Mapping[str, str]) -> None:
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise refuse(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send the body as it is, not encoded.")
    if not carries_json(headers.get("content-type")):
        raise refuse(415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, f"Send the request as {JSON}.")


def _parameters(exchange: _Exchange) -> Mapping[str, str]:
    try:
        return parameters_of(exchange.scope["query_string"])
    except Undecodable as error:
        raise refuse(400, ErrorCode.INVALID_FORMAT, str(error)) from None


def _require_method(exchange: _Exchange, prepared: Prepared) -> None:
    if exchange.scope["method"] == "GET" and prepared.kind is OperationType.MUTATION:
        raise refuse(
            405, ErrorCode.METHOD_NOT_ALLOWED, "Send mutations with POST.", (b"allow", b"POST")
        )


def _idempotency_key(headers: Mapping[str, str], prepared: Prepared) -> str | None:
    """Return the header's key for a mutation; it goes with exactly one field (IDM-11, IDM-12)."""
    key = headers.get("idempotency-key")
    if key is None or prepared.kind is not OperationType.MUTATION:
        return None
    if prepared.root_fields != 1:
        raise refuse(
            400,
            ErrorCode.IDEMPOTENCY_KEY_INVALID,
            "The header Idempotency-Key goes with a single mutation: use @idempotent on each.",
        )
    return key
