"""What a process serves, told apart by path: the graph, health, the explorer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Endpoint = Callable[[Any, Receive, Send], Awaitable[None]]

_NOT_FOUND = b'{"errors":[{"message":"Nothing is served at this path: try /graphql."}]}'


class Site:
    """An ASGI application of several, chosen by exact path or by the longest prefix that ends in /.

    Plain dispatch, because a router costs more than the health checks it would serve.
    """

    def __init__(self, pages: Mapping[str, Endpoint]) -> None:
        self._pages = dict(pages)

    def add(self, pages: Mapping[str, Endpoint]) -> None:
        """Serve more pages from now on."""
        self._pages.update(pages)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Hand a request or socket to the page of its path."""
        path: str = scope["path"]
        page = self._pages.get(path) or self._below(path)
        if page is not None:
            await page(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4404})
        else:
            await _answer(send, 404, _NOT_FOUND)

    def _below(self, path: str) -> Endpoint | None:
        folder = path.rpartition("/")[0] + "/"
        return self._pages.get(folder) if len(folder) > 1 else None


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
