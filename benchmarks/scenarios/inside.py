"""Parts of the server in this process, to see where time goes: microseconds of processor time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from benchmarks.bench import Options
from benchmarks.reporting import Report


class _Measurement(Protocol):
    def measure(self) -> Iterator[tuple[str, float]]: ...


def time_execution(_: Options) -> Report:
    """Both executors with the same operations."""
    from benchmarks import execution  # loads the whole server

    return _timed("execution", execution)


def time_pricing(_: Options) -> Report:
    """The arithmetic of an order."""
    from benchmarks import pricing

    return _timed("pricing", pricing)


def _timed(name: str, measurement: _Measurement) -> Report:
    return Report(name, [{"what": what, "CPU us": took} for what, took in measurement.measure()])


SCENARIOS = {"execution": time_execution, "pricing": time_pricing}
