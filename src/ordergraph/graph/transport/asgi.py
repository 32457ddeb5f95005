"""The little of ASGI that the endpoint needs, in bytes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import orjson

from ordergraph.core.ids import Prefix, new_text
from ordergraph.core.problems import ErrorCode
from ordergraph.graph.execution.deadline import Deadline
from ordergraph.graph.execution.eager import Done, begin
from ordergraph.graph.limits import Limits
from ordergraph.graph.transport.refusals import refuse

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_MOST_DISCARDED = 8 * 1024 * 1024
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class Disconnected(Exception):
    """The client went away before its request had arrived."""


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers in lower case; what is sent twice is joined, as HTTP reads it."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def request_id_of(headers: Mapping[str, str]) -> str:
    """Return the id that the caller gave its request, if it is a plain one, else a new one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else new_request_id()


def new_request_id() -> str:
    """Make the id of a request that brought none."""
    return new_text(Prefix.REQUEST)


async def read_body(headers: Mapping[str, str], receive: Receive, limits: Limits) -> bytes:
    """Return a request's body, refusing it as soon as it is known to be too long or too slow."""
    length = headers.get("content-length", "")
    declared = int(length[:20]) if length.isdecimal() else 0
    if declared > limits.body_bytes:
        # The server reads on and discards what is still under way, unless it is cut off.
        raise _too_large(limits, cut_off=declared > _MOST_DISCARDED)
    reading = begin(_read(receive, limits))
    if isinstance(reading, Done):
        return reading.value
    try:
        with Deadline(limits.body_seconds):
            return await reading
    except TimeoutError:
        raise refuse(408, ErrorCode.TIMEOUT, "The body took too long to arrive.") from None


async def _read(receive: Receive, limits: Limits) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        part: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(part)
        if size > limits.body_bytes:
            # The rest of a body that ends soon is discarded, so that its sender sees the answer.
            parts.clear()
            if size > _MOST_DISCARDED or not more:
                raise _too_large(limits, cut_off=more)
            continue
        parts.append(part)
        if not more:
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(limits: Limits, *, cut_off: bool) -> Exception:
    message = f"A request's body has at most {limits.body_bytes} bytes."
    headers = [(b"connection", b"close")] if cut_off else []
    return refuse(413, ErrorCode.REQUEST_TOO_LARGE, message, *headers)


async def respond(send: Send, status: int, headers: Headers, body: bytes = b"") -> None:
    """Send a whole response."""
    if body:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def encoded(answer: Any) -> bytes:
    """Write an answer as JSON."""
    return orjson.dumps(answer)
