"""One GraphQL request, whatever brought it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from ordergraph.core.problems import ErrorCode, Problem

_NUL = re.compile(r"\\u(0000|\{0+\})")
"""An escape that would put a NUL into a text: no database text can hold one."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A document, which of its operations to run, and the raw values of its variables."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]


class PersistedQueryRefused(Problem):
    """Only the hash of a document came: the client falls back to sending the document."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED, "PersistedQueryNotSupported")


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
    if query is None or query == "":
        if isinstance(extensions.get("persistedQuery"), dict):
            raise PersistedQueryRefused
        raise Problem(ErrorCode.FIELD_REQUIRED, "The document is missing.", ("query",))
    if not isinstance(query, str):
        raise Problem(ErrorCode.INVALID_FIELD, "The document must be text.", ("query",))
    if _NUL.search(query):
        raise Problem(ErrorCode.INVALID_FIELD, "Texts may not contain NUL.", ("query",))
    return GraphQLRequest(query, name or None, variables)


def _object(members: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = members.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Problem(ErrorCode.INVALID_FIELD, f"{name} must be an object.", (name,))
    return cast("dict[str, Any]", value)
