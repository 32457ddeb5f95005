"""`make bench`: measure, and print a table and a line of JSON for each scenario."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import FrameType

from benchmarks.bench import Options, open_bench
from benchmarks.large import open_large
from benchmarks.measuring import allow_many_files
from benchmarks.reporting import Report
from benchmarks.scenarios import ALONE, LARGE, SHARED
from benchmarks.writing import kept_in, write_results


def main() -> None:
    """Run the scenarios that are named, or all."""
    arguments = _arguments()
    allow_many_files()
    # Whoever ends us ends what we have started: the contexts are left as by any other error.
    signal.signal(signal.SIGTERM, _leave)
    wanted = arguments.scenarios or [*SHARED, *LARGE, *ALONE]
    also = [(name, Path(source)) for name, _, source in (e.partition("=") for e in arguments.also)]
    options = Options(arguments.seconds, arguments.slices, arguments.quick, also)
    reports: list[Report] = []
    with arguments.json.open("a") if arguments.json else nullcontext() as lines:
        for report in run(wanted, options):
            print(report.table(), report.json(), sep="\n", end="\n\n", flush=True)
            if lines is not None:
                lines.write(report.json() + "\n")
            reports.append(report)
    if arguments.write:
        write_results(kept_in(arguments.json) if arguments.json else reports)


def run(wanted: list[str], options: Options) -> Iterator[Report]:
    """Yield what each scenario finds; the shared servers run only for those that use them."""
    shared = [name for name in wanted if name in SHARED]
    if shared:
        with open_bench(options) as bench:
            for name in shared:
                yield _timed(partial(SHARED[name], bench))
    large = [name for name in wanted if name in LARGE]
    if large:
        with open_large(options) as bench:
            for name in large:
                yield _timed(partial(LARGE[name], bench))
    for name in wanted:
        if name in ALONE:
            yield _timed(partial(ALONE[name], options))


def _timed(scenario: Callable[[], Report]) -> Report:
    begun = time.monotonic()
    report = scenario()
    report.remarks.append(f"({time.monotonic() - begun:.0f} s)")
    return report


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "scenarios",
        nargs="*",
        metavar="SCENARIO",
        help=f"of: {', '.join((*SHARED, *LARGE, *ALONE))}",
    )
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="how long each server is measured"
    )
    parser.add_argument("--slices", type=int, default=10, help="in how many turns")
    parser.add_argument("--quick", action="store_true", help="little of everything")
    parser.add_argument("--json", type=Path, help="append the lines of JSON to this file")
    parser.add_argument(
        "--write",
        action="store_true",
        help="write benchmarks/RESULTS.md: of this run, or of all that the file of --json has",
    )
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="NAME=SRC",
        help="measure another checkout too, by the path of its src",
    )
    found = parser.parse_args()
    unknown = set(found.scenarios) - set(SHARED) - set(LARGE) - set(ALONE)
    if unknown:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    return found


if __name__ == "__main__":
    main()
