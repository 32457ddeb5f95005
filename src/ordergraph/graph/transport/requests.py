"""One GraphQL request, whatever brought it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

from ordergraph.core.problems import ErrorCode, Problem

_NUL = re.compile(r"\\u(0000|\{0+\})")
"""An escape that would put a NUL into a text: no database text can hold one."""

_HASH = re.compile(r"[0-9a-fA-F]{64}")
_PREFIX = "sha256:"
_NO_HASH = b""
"""Stands for what is no SHA-256 at all: no document has it."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A document, which of its operations to run, and the raw values of its variables.

    Without `query`, `sha256` names a document that is registered by the hash of its text.
    """

    query: str | None
    operation_name: str | None
    variables: dict[str, Any]
    sha256: bytes | None = None


def read_request(decoded: Any) -> GraphQLRequest:
    """Judge the shape of a request, or raise the `Problem` that it has."""
    if not isinstance(decoded, dict):
        raise Problem(ErrorCode.INVALID_FORMAT, "A GraphQL request is one JSON object.")
    members = cast("Mapping[str, Any]", decoded)
    query = members.get("query")
    extensions = _object(members, "extensions")
    variables = _object(members, "variables")
    name = members.get("operationName")
    if name is not None and not isinstance(name, str):
        raise Problem(ErrorCode.INVALID_FIELD, "operationName must be text.", ("operationName",))
    wanted, path = _named_by(members, extensions)
    if query is None or query == "":
        if wanted is None:
            raise Problem(ErrorCode.FIELD_REQUIRED, "The document is missing.", ("query",))
        return GraphQLRequest(None, name or None, variables, wanted)
    if not isinstance(query, str):
        raise Problem(ErrorCode.INVALID_FIELD, "The document must be text.", ("query",))
    if _NUL.search(query):
        raise Problem(ErrorCode.INVALID_FIELD, "Texts may not contain NUL.", ("query",))
    if wanted is not None and wanted != hash_of(query):
        raise Problem(
            ErrorCode.INVALID_FIELD, "The hash is not the SHA-256 of the document beside it.", path
        )
    return GraphQLRequest(query, name or None, variables, wanted)


def hash_of(query: str) -> bytes:
    """Return the hash that names a document: the SHA-256 of its text in UTF-8."""
    return sha256(query.encode()).digest()


def _named_by(
    members: Mapping[str, Any], extensions: Mapping[str, Any]
) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the hash that a request names its document by, in either form, and where it stands."""
    if (named := members.get("documentId")) is not None:
        if not isinstance(named, str):
            raise Problem(ErrorCode.INVALID_FIELD, "documentId must be text.", ("documentId",))
        return _hash(named.removeprefix(_PREFIX)), ("documentId",)
    path = ("extensions", "persistedQuery")
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return None, path
    entry = _object(extensions, "persistedQuery", *path[:1])
    if entry.get("version") != 1:
        raise Problem(ErrorCode.INVALID_FIELD, "persistedQuery has the version 1.", path)
    named = entry.get("sha256Hash")
    if not isinstance(named, str):
        raise Problem(ErrorCode.INVALID_FIELD, "sha256Hash must be text.", (*path, "sha256Hash"))
    return _hash(named), (*path, "sha256Hash")


def _hash(text: str) -> bytes:
    return bytes.fromhex(text) if _HASH.fullmatch(text) else _NO_HASH


def _object(members: Mapping[str, Any], name: str, *above: str) -> dict[str, Any]:
    value = members.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Problem(ErrorCode.INVALID_FIELD, f"{name} must be an object.", (*above, name))
    return cast("dict[str, Any]", value)
