"""The messages of graphql-transport-ws, checked before anything is done with them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, cast

from ordergraph.graph.transport.asgi import encoded
from ordergraph.graph.transport.decoding import Undecodable, decode

PROTOCOL = "graphql-transport-ws"
_LONGEST_ID = 128


class CloseCode(IntEnum):
    """Why a socket is closed, as the protocol numbers it."""

    TOO_BIG = 1009
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INITIALISATION_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_SLOW = 4410
    TOO_MANY_INITIALISATIONS = 4429


class Closing(Exception):
    """The socket has to be closed: with this code, and this reason for whoever debugs."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Message:
    """A message that has the shape its type wants."""

    type: str
    id: str
    payload: dict[str, Any]


def read_message(text: str) -> Message:
    """Return the message in a frame; anything malformed is `Closing` with 4400."""
    try:
        decoded = decode(text.encode("utf-8", "surrogatepass"))
    except Undecodable as error:
        raise _malformed(str(error)) from None
    if not isinstance(decoded, dict):
        raise _malformed("A message is a JSON object.")
    members = cast("dict[str, Any]", decoded)
    match members.get("type"):
        case "connection_init" as kind:
            payload = members.get("payload")
            return Message(kind, "", {} if payload is None else _object(payload, "payload"))
        case "ping" | "pong" as kind:
            return Message(kind, "", _object(members.get("payload", {}), "payload"))
        case "subscribe" as kind:
            return Message(kind, _id(members), _request(members.get("payload")))
        case "complete" as kind:
            return Message(kind, _id(members), {})
        case _:
            raise _malformed("There is no message of this type.")


def written(kind: str, id: str | None = None, payload: Any = None) -> str:
    """Write a message of the server."""
    message: dict[str, Any] = {"type": kind}
    if id is not None:
        message["id"] = id
    if payload is not None:
        message["payload"] = payload
    return encoded(message).decode()


def beginning(kind: str, id: str) -> str:
    """Write a message of the server up to its payload; behind that only a brace is missing."""
    return f'{written(kind, id)[:-1]},"payload":'


def _request(payload: Any) -> dict[str, Any]:
    """Check the shape of a request; the document itself is an error of its operation only."""
    request = _object(payload, "payload")
    for name in ("variables", "extensions"):
        if request.get(name) is not None:
            _object(request[name], name)
    if not isinstance(request.get("operationName"), str | None):
        raise _malformed("operationName is text.")
    extensions: dict[str, Any] = request.get("extensions") or {}
    named = "documentId" in request or "persistedQuery" in extensions
    if not isinstance(request.get("query"), str) and not named:
        raise _malformed("query is text.")
    return request


def _object(value: Any, name: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    raise _malformed(f"{name} is an object.")


def _id(members: dict[str, Any]) -> str:
    id = members.get("id")
    if isinstance(id, str) and 1 <= len(id) <= _LONGEST_ID:
        return id
    raise _malformed(f"id is text of 1 to {_LONGEST_ID} characters.")


def _malformed(reason: str) -> Closing:
    return Closing(CloseCode.BAD_REQUEST, reason)
