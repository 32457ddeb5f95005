"""What a person is told when a command cannot be done."""

import asyncpg

from ordergraph.cli.listening import CannotListen
from ordergraph.cli.sharing import TooManyWorkers
from ordergraph.cli.supervising import WorkerFails
from ordergraph.core.problems import Problem, Problems
from ordergraph.runtime.db.binaries import PostgresUnavailable
from ordergraph.runtime.db.migrating import DatabaseUnsuitable

_MENDABLE = (PostgresUnavailable, DatabaseUnsuitable, CannotListen, TooManyWorkers, WorkerFails)


def sentence_for(error: Exception) -> str | None:
    """Return what to tell a person, or None for what only a developer can mend."""
    if isinstance(error, Problems):
        return " ".join(_sentence(problem) for problem in error.problems)
    if isinstance(error, Problem):
        return _sentence(error)
    if isinstance(error, _MENDABLE):
        return str(error)
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError | ConnectionError):
        return f"The database cannot be used: {error}"
    if isinstance(error, OSError) and error.filename is None:
        return str(error.strerror or error)
    return None


def _sentence(problem: Problem) -> str:
    where = f" ({'.'.join(problem.field)})" if problem.field else ""
    return f"{problem.message.rstrip('.')}{where}."
