"""Whether the process lives, and whether it can serve."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

_log = structlog.get_logger(__name__)


class Health:
    """Answers 200 when a check passes, 503 when it fails or raises; without one always 200.

    `/health/live` has no check: a process that answers lives, and restarting it would not bring
    a lost database back. `/health/ready` asks whether requests can be served now; why not is
    logged and not told.
    """

    def __init__(self, check: Callable[[], Awaitable[bool]] | None = None) -> None:
        self._check = check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one question."""
        well = await self._is_well()
        body = {"status": "ok" if well else "unavailable"}
        answer = JSONResponse(body, 200 if well else 503, {"cache-control": "no-store"})
        await answer(scope, receive, send)

    async def _is_well(self) -> bool:
        if self._check is None:
            return True
        try:
            return await self._check()
        except Exception as error:
            _log.warning("not ready", exc_info=error)
            return False
