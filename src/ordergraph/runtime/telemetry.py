"""Logs: one line for each thing that happened, with the request that it happened in."""

import logging
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from ordergraph.core.ids import Prefix, encode, new_id

_TOKEN = re.compile(r"(og_(?:test|live)_[a-z]{2}_)[0-9a-f]{16,}")
_SHOWN = re.compile(r"[\x21-\x7e]{1,128}")
_QUIET = ("uvicorn.access", "websockets", "httpx2", "httpcore2", "alembic", "asyncio")


def configure_logs(*, json_lines: bool, level: str = "info", stream: TextIO = sys.stderr) -> None:
    """Write what this process logs to `stream`: lines for people, or one JSON object a line.

    Libraries that use Python's own logging are written the same way, from warnings up where they
    chatter. Tokens never reach a log, whoever wrote them there.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(json_lines, stream),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))


def request_id(presented: str | None) -> str:
    """Return the caller's request id when it may stand in a header, else a new one (REQ-1)."""
    if presented and _SHOWN.fullmatch(presented):
        return presented
    return encode(Prefix.REQUEST, new_id())


@contextmanager
def logged_as(**words: Any) -> Generator[None]:
    """Add `words` (the request id, say) to every line logged inside, also by awaited calls."""
    with structlog.contextvars.bound_contextvars(**words):
        yield


def _rendering(json_lines: bool, stream: TextIO) -> list[Processor]:
    if json_lines:
        return [
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(),
            _mask_tokens,
        ]
    console = structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return [console, _mask_tokens]


def _mask_tokens(_logger: object, _method: str, line: Any) -> str:
    """Take the secret part out of every token in a rendered line."""
    return _TOKEN.sub(r"\1...", line)
