"""`ordergraph audit`: whether all figures in the database agree."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.progress import Progress

from ordergraph.cli.working import operator_of, work_on_database
from ordergraph.commerce.auditing.auditing import audit
from ordergraph.commerce.auditing.repricing import reprice_all
from ordergraph.commerce.auditing.rules import Audit, Finding
from ordergraph.core.ids import Prefix, decode, encode
from ordergraph.runtime.db.database import Database

_SHOWN = 20
"""Of one check so many violations are printed for people; `--json` has up to 100."""


def audit_database(
    *, environment: str | None, deep: bool, as_json: bool, data_dir: Path | None
) -> None:
    """Audit the database, print what does not hold, and exit 1 if there is any; nothing changes."""
    wanted = None
    if environment is not None:
        wanted = decode(Prefix.ENVIRONMENT, environment, ("environment",))
    done = work_on_database(data_dir, lambda database: _work(database, wanted, deep))
    if as_json:
        print(json.dumps(_document(done), indent=2))
    else:
        _print(done)
    if done.findings:
        sys.exit(1)


async def _work(database: Database, environment_id: UUID | None, deep: bool) -> Audit:
    if environment_id is not None:
        await operator_of(database, environment_id)  # says that there is no such environment
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Auditing", total=None)
        done = await audit(
            database,
            environment_id,
            lambda done, of: progress.update(task, completed=done, total=of),
        )
        if not deep:
            return done
        progress.update(task, description="Pricing every order again", total=None)
        again = await reprice_all(database, environment_id)
        return replace(done, checks=done.checks + 1, findings=[*done.findings, *again])


def _print(done: Audit) -> None:
    if not done.findings:
        print(f"All {done.checks} checks hold.")
        return
    for finding in done.findings:
        print(f"{finding.check} (invariant {finding.invariant}): {finding.count} violations")
        print(f"  {finding.holds}")
        for each in finding.violations[:_SHOWN]:
            where = encode(Prefix.ENVIRONMENT, each.environment_id)
            print(f"  {each.subject} in {where}: found {each.found}, due {each.due}")
        if finding.count > _SHOWN:
            print(f"  and {finding.count - _SHOWN} more")
    failed = len(done.findings)
    print(f"{failed} of {done.checks} checks do not hold: {done.violations} violations.")


def _document(done: Audit) -> dict[str, Any]:
    return {
        "checks": done.checks,
        "violations": done.violations,
        "findings": [_finding(finding) for finding in done.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "invariant": finding.invariant,
        "holds": finding.holds,
        "count": finding.count,
        "violations": [
            {
                "environmentId": encode(Prefix.ENVIRONMENT, each.environment_id),
                "id": each.subject,
                "found": each.found,
                "due": each.due,
            }
            for each in finding.violations
        ],
    }
