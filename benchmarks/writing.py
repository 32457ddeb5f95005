"""Writing RESULTS.md: what was measured, beside what was to be reached."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.reporting import Report
from benchmarks.targets import TARGETS

RESULTS = Path(__file__).with_name("RESULTS.md")
NOTES = "## Notes"
"""What stands from here on is written by hand and kept."""


def write_results(reports: Sequence[Report]) -> None:
    """Write the results anew, and keep the notes below them."""
    notes = ""
    if RESULTS.exists() and NOTES in (old := RESULTS.read_text()):
        notes = old[old.index(NOTES) :]
    RESULTS.write_text(f"{_page(reports)}\n{notes}")


def kept_in(lines: Path) -> list[Report]:
    """Return the reports that a file of JSON lines has, the last one of each scenario."""
    reports = [Report(**json.loads(line)) for line in lines.read_text().splitlines()]
    return list({report.scenario: report for report in reports}.values())


def _page(reports: Sequence[Report]) -> str:
    rows = {report.scenario: report.rows for report in reports}
    return "\n".join(
        [
            "# What was measured",
            "",
            f"On {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores shared by server, Postgres "
            f"and clients, Python {platform.python_version()}, with `make bench ARGS=--write`. "
            "[README.md](README.md) says how to read it.",
            "",
            "| work | target | measured | reached |",
            "|---|---|---|---|",
            *(target.line(rows) for target in TARGETS),
            "",
            "## In full",
            "",
            "```",
            "\n\n".join(report.table() for report in reports),
            "```",
            "",
        ]
    )
