"""What an audit looks for and what it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ordergraph.core.ids import Prefix, encode


@dataclass(frozen=True, slots=True)
class Inspection:
    """One look at the whole database: a statement that returns what does not hold, and only that.

    Its columns are environment_id, kind (the prefix of ids of what is wrong), id, check_name,
    found and due (texts). `checks` names each thing that it looks at, with what holds in words and
    the number of the invariant of domain 32 that it belongs to.
    """

    checks: Mapping[str, tuple[int, str]]
    sql: str


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that does not hold: what is stored, and what would agree with the rest."""

    environment_id: UUID
    kind: str
    id: UUID
    check: str
    found: str | None
    due: str | None

    @property
    def subject(self) -> str:
        """The id of what is wrong, as clients see it; a variant stands for its stock."""
        return encode(Prefix(self.kind), self.id)


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that failed: how often in each environment, and the first of its violations."""

    check: str
    invariant: int
    holds: str
    counts: Mapping[UUID, int]
    violations: Sequence[Violation]

    @property
    def count(self) -> int:
        """How often it failed in all."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Audit:
    """One run over the whole database, or over one environment: what failed of so many checks."""

    id: UUID
    started_at: datetime
    finished_at: datetime
    checks: int
    findings: Sequence[Finding]

    @property
    def violations(self) -> int:
        """How many things do not hold."""
        return sum(finding.count for finding in self.findings)
