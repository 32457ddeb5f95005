"""What an error of the database means to whoever sent the statement."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from asyncpg import InterfaceError, InternalClientError, PostgresError
from sqlalchemy.exc import DBAPIError, EmulatedDBAPIException, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ordergraph.core.problems import ErrorCode, Problem

_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
"""Serialisation failure, deadlock, lock wait above the limit (CON-4)."""

_UNREACHABLE = frozenset({"08", "53", "57"})
"""Classes of errors that say that the server is gone, going, full or not yet there."""

_BREAKING = ("closed", "cannot switch to state")
"""What the driver says of a connection that breaks; anything else would be our mistake."""

_INTEGRITY = "23"
"""The class of errors of broken constraints."""


class ConstraintViolated(Exception):
    """The database refused a row; `constraint` names the rule that it broke."""

    def __init__(self, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint


class Conflict(Problem):
    """Another transaction stood in the way; nothing was written (CON-4)."""

    def __init__(self) -> None:
        super().__init__(
            ErrorCode.ORDER_CONFLICT,
            "Somebody else was changing the same records. Nothing was changed: please repeat.",
        )


class Unavailable(Problem):
    """The database cannot be reached now; what was under way is not known to have happened."""

    def __init__(self) -> None:
        super().__init__(
            ErrorCode.SERVICE_UNAVAILABLE,
            "The shop's database cannot be reached at the moment: please repeat in a while.",
        )


@contextmanager
def translated() -> Generator[None]:
    """Raise what an error of the database means to the caller, inside the block."""
    try:
        yield
    except DBAPIError as error:
        raise _meaning(error) from error
    except PostgresError as error:
        raise _drivers_meaning(error) from error
    except EmulatedDBAPIException as error:
        raise _drivers_meaning(error.driver_exception) from error
    except (OSError, PoolTimeout) as error:
        raise Unavailable() from error
    except (InterfaceError, InternalClientError) as error:
        if any(words in str(error) for words in _BREAKING):
            raise Unavailable() from error
        raise


def _meaning(error: DBAPIError) -> Exception:
    cause: Any = error.orig
    state: str = getattr(cause, "sqlstate", None) or ""
    if state in _CONFLICTS:
        return Conflict()
    if error.connection_invalidated or state[:2] in _UNREACHABLE:
        return Unavailable()
    if isinstance(error, IntegrityError):
        driver: Any = getattr(cause, "__cause__", None) or cause
        return ConstraintViolated(getattr(driver, "constraint_name", None) or "")
    return error


def _drivers_meaning(error: Any) -> Exception:
    if not isinstance(error, PostgresError):
        return Unavailable()  # no connection came about
    state: str = getattr(error, "sqlstate", None) or ""
    if state in _CONFLICTS:
        return Conflict()
    if state[:2] in _UNREACHABLE:
        return Unavailable()
    if state[:2] == _INTEGRITY:
        return ConstraintViolated(getattr(error, "constraint_name", None) or "")
    return error
