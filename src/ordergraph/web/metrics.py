"""What machines watch: figures in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AuditFigures:
    """What the newest audit found: when it ended, in seconds of Unix time, and how many violations
    of each check there are."""

    finished_at: int
    violations: Mapping[str, int]


class Metrics:
    """Answers the present figures; 503 where the database cannot be asked."""

    def __init__(self, audited: Callable[[], Awaitable[AuditFigures | None]]) -> None:
        self._audited = audited

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one question."""
        try:
            figures = await self._audited()
        except Exception as error:
            _log.warning("metrics are not at hand", exc_info=error)
            answer: Response = PlainTextResponse("unavailable", 503)
        else:
            answer = _written(figures)
        answer.headers["cache-control"] = "no-store"
        await answer(scope, receive, send)


def _written(figures: AuditFigures | None) -> Response:
    from prometheus_client import (  # 90 ms of every start, for those who watch
        CONTENT_TYPE_LATEST,
        CollectorRegistry,
        Gauge,
        generate_latest,
    )

    registry = CollectorRegistry()
    violations = Gauge(
        "ordergraph_audit_violations",
        "What does not hold in the whole database, by check of the newest audit.",
        ["check"],
        registry=registry,
    )
    finished = Gauge(
        "ordergraph_audit_finished_timestamp_seconds",
        "When the newest audit ended; 0 before the first.",
        registry=registry,
    )
    if figures is not None:
        finished.set(figures.finished_at)
        for check, count in figures.violations.items():
            violations.labels(check).set(count)
    return Response(generate_latest(registry), 200, {"content-type": CONTENT_TYPE_LATEST})
