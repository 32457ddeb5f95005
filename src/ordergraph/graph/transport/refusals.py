"""What is refused before a document runs, with its HTTP status."""

from __future__ import annotations

from collections.abc import Sequence

from ordergraph.core.problems import ErrorCode, Problem

_STATUS = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.INTERNAL_ERROR: 500,
    ErrorCode.SERVICE_UNAVAILABLE: 503,
}


class Refusal(Exception):
    """A request that is answered without running anything.

    Where `status` is None the media type decides, as the GraphQL over HTTP draft wants it for what
    GraphQL itself refuses: 400 for `application/graphql-response+json`, 200 for JSON.
    """

    def __init__(
        self,
        problem: Problem,
        status: int | None = None,
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.status = status
        self.headers = tuple(headers)


def refuse(status: int, code: ErrorCode, message: str, *headers: tuple[bytes, bytes]) -> Refusal:
    """Make a refusal with the status that fits what is wrong with the request."""
    return Refusal(Problem(code, message), status, headers)


def status_of(problem: Problem) -> int:
    """Return the HTTP status of a problem that stopped a request before its document ran."""
    return _STATUS.get(problem.code, 400)
