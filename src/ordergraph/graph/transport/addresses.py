"""Reading a GET request, all of which stands in its address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from ordergraph.graph.transport.decoding import Undecodable, decode

KEY = "key"
"""The parameter in which a publishable key may stand, so that the request needs no header."""

_ONCE = ("query", "variables", "operationName", "extensions", "documentId", KEY)


def parameters_of(query_string: bytes) -> Mapping[str, str]:
    """Return the parameters of an address as text; one of ours that stands twice is refused."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20
        )
    except ValueError:
        raise Undecodable("The parameters of the address cannot be read.") from None
    parameters: dict[str, str] = {}
    for name, text in pairs:
        if name in parameters and name in _ONCE:
            raise Undecodable(f"The parameter {name} stands there twice.")
        parameters[name] = text
    return parameters


def request_in(parameters: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the request that parameters hold; its objects stand in them as JSON."""
    members: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if members.get(name):
            members[name] = decode(members[name].encode())
        else:
            members.pop(name, None)
    return members
