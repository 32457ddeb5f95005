"""Driving the processes that make load: one job at a time, over their pipes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from typing import Any, Self

import orjson

from benchmarks import wrk
from benchmarks.jobs import Job, Outcome, read_outcome, written
from benchmarks.measuring import cpu_seconds


class Worker:
    """A process of ours that answers one line of JSON for each line that it is sent."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def cpu_seconds(self) -> float:
        """Return the processor time of the process so far."""
        return cpu_seconds(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    def send(self, message: Any) -> None:
        """Send a message; the answer is to be received before the next."""
        assert self._process.stdin is not None
        self._process.stdin.write(written(message))
        self._process.stdin.flush()

    def receive_line(self) -> bytes:
        """Return the next line that the process writes."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load client has ended")
        return line

    def ask(self, message: Any) -> Any:
        """Send a message and return its answer."""
        self.send(message)
        return orjson.loads(self.receive_line())


class LoadClient(Worker):
    """The load client, or wrk where it is installed and can do what is to be done."""

    def __init__(self) -> None:
        super().__init__("benchmarks.load")

    def run(self, job: Job) -> Outcome:
        """Do a job; answers that are neither good nor a refusal end the benchmark."""
        if wrk.can(job):
            outcome = wrk.run(job)
        else:
            self.send(asdict(job))
            outcome = read_outcome(self.receive_line())
        if outcome.failures and not job.tolerant:
            raise RuntimeError("\n".join(["unexpected answers:", *outcome.failures]))
        return outcome
