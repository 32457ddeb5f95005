"""Errors as clients see them: what they may know, and nothing of our insides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from graphql import GraphQLError

from ordergraph.core.problems import ErrorCode, Problem, Problems

_log = structlog.get_logger(__name__)
_MOST_CHARACTERS = 300
_VARIABLE = re.compile(r"Variable '\$(\w+)' has invalid value(?: at ([^:]+))?:")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")

Shown = dict[str, Any]


def refused(errors: Iterable[GraphQLError], request_id: str) -> list[Shown]:
    """Show why a document did not run: what GraphQL itself refuses is `INVALID_FIELD`.

    A variable's error says which part of it is wrong in `extensions.field`.
    """
    shown: list[Shown] = []
    for error in errors:
        extensions: Shown = {"code": ErrorCode.INVALID_FIELD.value}
        field = _field(error.message)
        if field:
            extensions["field"] = field
        shown.append(_show(error.message, error, extensions, request_id))
    return shown


def failed(errors: Iterable[GraphQLError], request_id: str) -> list[Shown]:
    """Show what went wrong while a document ran.

    A `Problem` keeps its code and details. Anything that nobody expected is logged once, with its
    traceback, and shown as `INTERNAL_ERROR` with the request id and nothing else.
    """
    shown: list[Shown] = []
    logged: set[int] = set()
    for error in errors:
        cause = _cause(error)
        if isinstance(cause, Problem | Problems):
            shown.extend(_problems(cause, error, request_id))
        elif cause is None:
            code = (error.extensions or {}).get("code", ErrorCode.INVALID_FIELD.value)
            shown.append(_show(error.message, error, {"code": code}, request_id))
        else:
            if id(cause) not in logged:
                logged.add(id(cause))
                _report(cause, request_id, error.path)
            shown.append(internal_error(request_id, error))
    return shown


def stopped(cause: Exception, request_id: str) -> list[Shown]:
    """Show an exception that ended a whole request or subscription, by the same rules."""
    if isinstance(cause, GraphQLError):
        return failed([cause], request_id)
    if isinstance(cause, Problem | Problems):
        return _problems(cause, None, request_id)
    _report(cause, request_id, None)
    return [internal_error(request_id, None)]


def internal_error(request_id: str, error: GraphQLError | None) -> Shown:
    """Return the only words about our own faults."""
    message = "Something went wrong on our side. The request id helps us to find out what."
    return _show(message, error, {"code": ErrorCode.INTERNAL_ERROR.value}, request_id)


def shortened(text: str) -> str:
    """Cut what a client sent, so that neither answers nor logs carry long input on."""
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "..."


def _problems(
    cause: Problem | Problems, error: GraphQLError | None, request_id: str
) -> list[Shown]:
    shown: list[Shown] = []
    for problem in cause.problems if isinstance(cause, Problems) else (cause,):
        extensions: Shown = {"code": problem.code.value, **problem.details()}
        if problem.field:
            extensions["field"] = list(problem.field)
        if problem.retryable:
            extensions["retryable"] = True
        shown.append(_show(problem.message, error, extensions, request_id))
    return shown


def _show(
    message: str, error: GraphQLError | None, extensions: Mapping[str, Any], request_id: str
) -> Shown:
    shown: Shown = {"message": shortened(message)}
    if error is not None and error.locations:
        places = [{"line": each.line, "column": each.column} for each in error.locations[:10]]
        shown["locations"] = places
    if error is not None and error.path is not None:
        shown["path"] = error.path
    shown["extensions"] = {**extensions, "requestId": request_id}
    return shown


def _cause(error: GraphQLError) -> BaseException | None:
    """Return what a resolver raised; None where GraphQL itself, or we as GraphQL, refused."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _report(cause: BaseException, request_id: str, path: Any) -> None:
    _log.error("resolver failed", request_id=request_id, path=path, exc_info=cause)


def _field(message: str) -> list[str]:
    match = _VARIABLE.match(message)
    if match is None:
        return []
    steps = (name or index for name, index in _STEP.findall(match[2] or ""))
    return [match[1], *(shortened(step) for step in steps)]
