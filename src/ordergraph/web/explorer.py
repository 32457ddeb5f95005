"""The explorer: GraphiQL on a page of our own, with every file served by this process."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

import orjson
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

STATIC = Path(__file__).parent / "static"
FOLDER = "/explorer/"
"""The path below which the page's files are served."""

_BUILT = (
    "react.production.min.js",
    "react-dom.production.min.js",
    "graphql-ws.min.js",
    "graphiql.min.js",
    "graphiql.min.css",
    "LICENSES.txt",
)
_START = "explorer.js"
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; font-src data:; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}
"""No browser asks another machine for anything because of this page: it is not allowed to."""


class Explorer:
    """Serves the explorer's page at `/` and its files below `FOLDER`.

    `token` goes with every request and subscription: for a demo, because everybody who reaches the
    server may read it there. `query` stands in the editor at the first visit. Where the files from
    npm are missing the page says how to get them; they are looked for at each visit.
    """

    def __init__(
        self,
        endpoint: str = "/graphql",
        token: str | None = None,
        query: str = "",
        static: Path = STATIC,
    ) -> None:
        settings = orjson.dumps({"endpoint": endpoint, "token": token, "query": query}).decode()
        page = (static / "explorer.html").read_text(encoding="utf-8")
        self._page = page.replace("{settings}", escape(settings))
        self._missing = (static / "explorer-missing.html").read_text(encoding="utf-8")
        self._files: Mapping[str, Path] = {
            **{name: static / "explorer" / name for name in _BUILT},
            _START: static / _START,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for the page or for a file of it."""
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 4404})
        await self._answer(scope["path"], scope["method"])(scope, receive, send)

    @property
    def is_built(self) -> bool:
        """Whether the files from npm are there."""
        return all(path.is_file() for path in self._files.values())

    def _answer(self, path: str, method: str) -> Response:
        if method not in ("GET", "HEAD"):
            return PlainTextResponse("This page is read with GET.", 405, {"allow": "GET, HEAD"})
        if path == "/":
            return HTMLResponse(self._page if self.is_built else self._missing, headers=_HEADERS)
        file = self._files.get(path.removeprefix(FOLDER))
        if file is None or not file.is_file():
            return PlainTextResponse("There is no such file.", 404)
        return FileResponse(file, headers=_HEADERS)
