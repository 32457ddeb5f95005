"""How much processor time processes have taken, and how much memory they hold."""

from __future__ import annotations

import resource
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process so far, of all its threads.

    Linux tells it to the nanosecond for each thread; elsewhere it comes in hundredths of a second.
    """
    tasks = Path(f"/proc/{pid}/task")
    try:
        return (
            sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9
        )
    except (FileNotFoundError, ProcessLookupError, IndexError):
        times = psutil.Process(pid).cpu_times()
        return times.user + times.system


def memory_bytes(pid: int) -> int:
    """Return the resident memory of a process."""
    return psutil.Process(pid).memory_info().rss


def allow_many_files() -> None:
    """Let this process and those that it starts hold as many sockets as the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Family:
    """A process with all that it starts, those included that have ended in the meantime."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._seen: dict[tuple[int, float], float] = {}

    def cpu_seconds(self) -> float:
        """Return the processor time of the whole family so far."""
        for process in self._members():
            with suppress(psutil.NoSuchProcess, ProcessLookupError, FileNotFoundError):
                key = (process.pid, process.create_time())
                self._seen[key] = cpu_seconds(process.pid)
        return sum(self._seen.values())

    def _members(self) -> Sequence[psutil.Process]:
        return [self._root, *self._root.children(recursive=True)]
