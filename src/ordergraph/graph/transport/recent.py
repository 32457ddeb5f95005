"""Requests that come again byte for byte, as those of storefronts do: they are read once."""

from __future__ import annotations

from ordergraph.graph.transport.decoding import decode
from ordergraph.graph.transport.requests import GraphQLRequest, read_request

_LONGEST = 4_096
_MOST = 1_000
"""How many bodies are remembered, of so many bytes each at most."""

_UNCHANGEABLE = frozenset({str, int, bool, type(None)})


class RecentRequests:
    """Reads bodies and remembers what they say, which depends on nothing else.

    Only what nobody can change is shared: a request with a list or an object for a variable is
    read each time.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, GraphQLRequest] = {}

    def read(self, body: bytes) -> GraphQLRequest:
        """Return the request in a body; raises what `decode` and `read_request` raise."""
        known = self._known.get(body)
        if known is not None:
            return known
        request = read_request(decode(body))
        values = request.variables.values()
        if len(body) <= _LONGEST and all(each.__class__ in _UNCHANGEABLE for each in values):
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[body] = request
        return request
