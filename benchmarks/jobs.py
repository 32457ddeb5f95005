"""What the load client is asked to do, and what it answers: JSON lines between two processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a flow; `@@NAME@@` in path, headers and body stands for a value of the flow.

    `takes` keeps parts of the answer under names that later steps may use. A mutation's answer is
    read for its user errors: one that is refused ends the flow.
    """

    name: str
    path: str
    body: str | None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    takes: dict[str, list[str | int]] = field(default_factory=dict[str, list[str | int]])
    mutates: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """Flows of steps, for so many seconds or so many times, on so many connections at once.

    Each name of `values` has a list that the flows go through in turn, from `begin` on; `@@FLOW@@`
    is unique among all flows of all jobs. `keep` names the values that are told back for each
    whole flow.
    """

    port: int
    steps: list[Step]
    connections: int = 1
    seconds: float | None = None
    times: int | None = None
    values: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    keep: list[str] = field(default_factory=list[str])
    begin: int = 0
    tolerant: bool = False
    """Whether it goes on after an answer that is neither good nor a refusal."""


@dataclass(slots=True)
class Outcome:
    """What came of a job; latencies are milliseconds, by step, refused ones apart."""

    seconds: float = 0.0
    flows: int = 0
    requests: int = 0
    statuses: dict[str, int] = field(default_factory=dict[str, int])
    refusals: dict[str, int] = field(default_factory=dict[str, int])
    latencies: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    refused: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    kept: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    failures: list[str] = field(default_factory=list[str])


def written(message: Any) -> bytes:
    """Write a message for the other process."""
    return orjson.dumps(message) + b"\n"


def read_job(line: bytes) -> Job:
    """Read a job."""
    members = orjson.loads(line)
    members["steps"] = [Step(**step) for step in members["steps"]]
    return Job(**members)


def read_outcome(line: bytes) -> Outcome:
    """Read an outcome."""
    return Outcome(**orjson.loads(line))
