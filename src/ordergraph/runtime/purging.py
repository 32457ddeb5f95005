"""Telling the cache in front which answers it has to forget, over HTTP."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPMessage
from typing import IO
from urllib.request import HTTPRedirectHandler, Request, build_opener

import orjson

from ordergraph.runtime.jobs.running import Job

PURGE = "purge caches"
"""The name of the jobs; their payload is `{"surrogateKeys": [...]}`."""

MOST_KEYS = 500
GATHERING_SECONDS = 0.1
TIMEOUT_SECONDS = 5


@dataclass(slots=True)
class _Batch:
    keys: set[str] = field(default_factory=set[str])
    sent: asyncio.Future[None] = field(default_factory=asyncio.Future[None])


class PurgeHook:
    """Posts surrogate keys to a URL; jobs that come within a moment share one request.

    A request that is not answered with a 2xx fails all of its jobs, and the queue tries them again.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._gathering: _Batch | None = None
        self._sending: set[asyncio.Task[None]] = set()

    async def handle(self, job: Job) -> None:
        """Do one job: it is done when the cache has answered."""
        batch = self._gathering
        if batch is None:
            batch = self._gathering = _Batch()
            task = asyncio.create_task(self._send(batch))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        batch.keys.update(job.payload["surrogateKeys"])
        await asyncio.shield(batch.sent)

    async def _send(self, batch: _Batch) -> None:
        await asyncio.sleep(GATHERING_SECONDS)
        self._gathering = None
        keys = sorted(batch.keys)
        try:
            for start in range(0, len(keys), MOST_KEYS):
                await asyncio.to_thread(_post, self._url, keys[start : start + MOST_KEYS])
        except Exception as failure:
            batch.sent.set_exception(failure)
        else:
            batch.sent.set_result(None)


class _NoRedirects(HTTPRedirectHandler):
    """A redirect is a failure: a POST would arrive as a GET elsewhere."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _post(url: str, keys: Sequence[str]) -> None:
    body = orjson.dumps({"surrogateKeys": keys})
    request = Request(url, body, {"content-type": "application/json"})  # noqa: S310  # settings take http and https alone
    with _OPENER.open(request, timeout=TIMEOUT_SECONDS):
        pass


_OPENER = build_opener(_NoRedirects)
