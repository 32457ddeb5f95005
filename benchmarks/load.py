"""The load client: `python -m benchmarks.load` takes jobs from stdin and answers on stdout.

It speaks HTTP/1.1 with keep-alive over bare sockets and reads no more of an answer than it needs,
so that it takes little of the processor that it shares with the server.
"""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from collections import Counter, defaultdict
from itertools import count
from typing import Any, cast

import orjson
import uvloop

from benchmarks.jobs import Job, Outcome, Step, read_job, written

_RUN = uuid.uuid4().hex[:8]
_NUMBERS = count()
_MOST_FAILURES = 3


class Connection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self) -> None:
        self._received = b""
        self._whole = 0
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Send a request and return its answer to come: status and body."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data if self._received else data
        if not self._whole:
            end = received.find(b"\r\n\r\n")
            if end < 0:
                return
            self._whole = end + 4 + _length(received[: end + 2])
        if len(received) < self._whole:
            return
        body = received[received.find(b"\r\n\r\n") + 4 : self._whole]
        self._received, self._whole = b"", 0
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((int(received[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server closed the connection"))

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


def _length(head: bytes) -> int:
    if head[9:12] in (b"304", b"204"):
        return 0
    lowered = head.lower()
    at = lowered.find(b"\r\ncontent-length:")
    if at < 0:
        raise ValueError(f"an answer without a length: {head!r}")
    return int(lowered[at + 17 : lowered.find(b"\r\n", at + 2)])


class Flows:
    """The flows of one job, and what comes of them."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._left = job.times
        self._begun = job.begin
        self._statuses: Counter[str] = Counter()
        self._refusals: Counter[str] = Counter()
        self._latencies: defaultdict[str, list[float]] = defaultdict(list)
        self._refused: defaultdict[str, list[float]] = defaultdict(list)
        self.outcome = Outcome()

    async def run(self) -> Outcome:
        """Run all flows and return what came of them."""
        loop = asyncio.get_running_loop()
        connections = [
            (await loop.create_connection(Connection, "127.0.0.1", self._job.port))[1]
            for _ in range(self._job.connections)
        ]
        begun = time.perf_counter()
        self._deadline = begun + (self._job.seconds or 1e9)
        await asyncio.gather(*(self._go_on(each) for each in connections))
        outcome = self.outcome
        outcome.seconds = time.perf_counter() - begun
        outcome.statuses, outcome.refusals = dict(self._statuses), dict(self._refusals)
        outcome.latencies, outcome.refused = dict(self._latencies), dict(self._refused)
        for connection in connections:
            connection.close()
        return outcome

    async def _go_on(self, connection: Connection) -> None:
        while time.perf_counter() < self._deadline and self._left != 0:
            if self._left is not None:
                self._left -= 1
            values = {name: each[self._begun % len(each)] for name, each in self._values}
            values["FLOW"] = f"{_RUN}-{next(_NUMBERS)}"
            self._begun += 1
            if await self._flow(connection, values):
                self.outcome.flows += 1
                if self._job.keep:
                    self.outcome.kept.append({name: values[name] for name in self._job.keep})

    @property
    def _values(self) -> list[tuple[str, list[str]]]:
        return list(self._job.values.items())

    async def _flow(self, connection: Connection, values: dict[str, str]) -> bool:
        started = time.perf_counter()
        for step in self._job.steps:
            request = rendered(step, values)
            begun = time.perf_counter()
            status, body = await connection.ask(request)
            took = round((time.perf_counter() - begun) * 1000, 3)
            self.outcome.requests += 1
            self._statuses[str(status)] += 1
            if not self._accepted(step, status, body, took, values):
                return False
        if len(self._job.steps) > 1:
            self._latencies["whole"].append(round((time.perf_counter() - started) * 1000, 3))
        return True

    def _accepted(
        self, step: Step, status: int, body: bytes, took: float, values: dict[str, str]
    ) -> bool:
        """Note an answer; False ends the flow: it was refused, or is not what it should be."""
        if status not in (200, 304) or b'"errors":[' in body:
            self._fail(step, status, body)
            return False
        if step.mutates or step.takes:
            answer = orjson.loads(body)
            (payload,) = answer["data"].values()
            if step.mutates and payload["userErrors"]:
                self._refusals[payload["userErrors"][0]["code"]] += 1
                self._refused[step.name].append(took)
                return False
            for name, path in step.takes.items():
                values[name] = str(_at(answer, path))
        self._latencies[step.name].append(took)
        return True

    def _fail(self, step: Step, status: int, body: bytes) -> None:
        if not self._job.tolerant:
            self._deadline = 0.0
        if len(self.outcome.failures) < _MOST_FAILURES:
            self.outcome.failures.append(f"{step.name}: {status} {body[:600].decode()}")


def rendered(step: Step, values: dict[str, str]) -> bytes:
    """Write the request of a step with the values of its flow."""
    body = b"" if step.body is None else _filled(step.body, values).encode()
    lines = [f"{'GET' if step.body is None else 'POST'} {_filled(step.path, values)} HTTP/1.1"]
    headers = {"host": "benchmark", **step.headers}
    if step.body is not None:
        headers |= {"content-type": "application/json", "content-length": str(len(body))}
    lines += [f"{name}: {_filled(value, values)}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _filled(text: str, values: dict[str, str]) -> str:
    if "@@" not in text:
        return text
    for name, value in values.items():
        text = text.replace(f"@@{name}@@", value)
    return text


def _at(answer: Any, path: list[str | int]) -> Any:
    for key in path:
        answer = answer[key]
    return answer


def main() -> None:
    """Do one job after the other until stdin ends."""
    for line in sys.stdin.buffer:
        outcome = uvloop.run(Flows(read_job(line)).run())
        sys.stdout.buffer.write(written(outcome))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
