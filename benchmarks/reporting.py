"""What a scenario found, as a table for people and a line of JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.comparing import Measured


@dataclass(slots=True)
class Report:
    """The findings of one scenario: rows of one table, and remarks below it."""

    scenario: str
    rows: list[dict[str, Any]]
    remarks: list[str] = field(default_factory=list[str])

    def table(self) -> str:
        """Write the table."""
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        lines = [names, *([_cell(row.get(name)) for name in names] for row in self.rows)]
        widths = [max(len(line[at]) for line in lines) for at in range(len(names))]
        written = [
            "  ".join(
                cell.ljust(width) if at == 0 else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([f"== {self.scenario}", *written, *self.remarks])

    def json(self) -> str:
        """Write the line for programs."""
        return json.dumps(asdict(self))


def comparison(scenario: str, found: Sequence[Measured], unit: str) -> Report:
    """Report a comparison; the last server is the one that the others are measured by."""
    limit = found[-1]
    rows = [_row(each, limit, unit) for each in found]
    remarks = [
        f"{each.server}: median ms of "
        + ", ".join(f"{name} {took:.1f}" for name, took in each.steps.items())
        for each in found
        if len(each.steps) > 1
    ]
    return Report(scenario, rows, remarks)


def _row(found: Measured, limit: Measured, unit: str) -> dict[str, Any]:
    whole = found.server_ms + found.postgres_ms
    row: dict[str, Any] = {
        "server": found.server,
        f"server CPU ms/{unit}": found.server_ms,
        "Postgres": found.postgres_ms,
        "both": whole,
        "statements": found.statements,
        f"{unit}s/s": round(found.per_second, 1),
        "p50 ms": found.p50,
        "p95": found.p95,
        "p99": found.p99,
    }
    if found is not limit:
        row[f"CPU / {limit.server}"] = found.server_ms / limit.server_ms
        row["both / both"] = whole / (limit.server_ms + limit.postgres_ms)
    return row


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    return "" if value is None else str(value)
