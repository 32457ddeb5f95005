"""User errors: how an expected refusal looks to a client, made in this one place."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from ordergraph.commerce.payments.reads import attempts_by_ids
from ordergraph.core.ids import Prefix, decode, encode
from ordergraph.core.meanings import MEANINGS
from ordergraph.core.problems import (
    ErrorCode,
    LimitProblem,
    PaymentProblem,
    Problem,
    Problems,
    StockProblem,
    VersionProblem,
)
from ordergraph.graph.context import Info
from ordergraph.graph.enums import shown
from ordergraph.graph.money import Money
from ordergraph.runtime.idempotency import restored_error

if TYPE_CHECKING:
    from ordergraph.graph.payments.types import PaymentAttempt

shown(
    ErrorCode,
    "What went wrong. Codes may be added: treat an unknown one by its message.",
    MEANINGS,
)

TOP_LEVEL = frozenset(
    {
        ErrorCode.UNAUTHENTICATED,
        ErrorCode.FORBIDDEN,
        ErrorCode.RATE_LIMITED,
        ErrorCode.INTERNAL_ERROR,
        ErrorCode.SERVICE_UNAVAILABLE,
    }
)
"""Codes that the caller cannot mend in its input: they stand in `errors`, not in the payload."""


@strawberry.interface(description="Why a mutation did not do what was asked.")
class UserError:
    code: ErrorCode = strawberry.field(description="The stable code to branch on.")
    message: str = strawberry.field(description="A sentence for a person, in English.")
    field: list[str] | None = strawberry.field(
        description="The path into the arguments, list indexes as strings."
    )
    retryable: bool = strawberry.field(
        description="Whether the same request may succeed later without any change."
    )


@strawberry.type(description="An error that needs no more than its code and message.")
class BasicError(UserError):
    pass


@strawberry.type(description="A line that stock cannot serve.")
class StockErrorLine:
    line_item_id: strawberry.ID = strawberry.field(description="The order's line.")
    requested: int = strawberry.field(description="Units that the order asks for.")
    available: int = strawberry.field(description="Units that could be sold now.")


@strawberry.type(description="Stock does not reach for one or more lines; nothing was charged.")
class StockError(UserError):
    lines: list[StockErrorLine] = strawberry.field(description="The lines that are short.")


@strawberry.type(description="A payment did not go through.")
class PaymentError(UserError):
    failure_code: str | None = strawberry.field(
        description="The processor's reason, for example insufficient_funds."
    )
    attempt_id: strawberry.ID | None = strawberry.field(
        description="The attempt that failed, or that is in the way."
    )

    @strawberry.field(description="The same attempt, as it stands now.")
    async def attempt(
        self, info: Info
    ) -> Annotated["PaymentAttempt", strawberry.lazy("ordergraph.graph.payments.types")] | None:
        if self.attempt_id is None:
            return None
        id = decode(Prefix.PAYMENT_ATTEMPT, self.attempt_id)
        return await info.context.load(attempts_by_ids, id)  # pyright: ignore[reportReturnType]


@strawberry.type(description="The record has changed since it was read.")
class VersionError(UserError):
    current_version: int = strawberry.field(description="The version that stands now.")


@strawberry.type(description="An amount is above what is allowed.")
class LimitError(UserError):
    limit: Money | None = strawberry.field(description="The largest amount allowed.")


def user_errors(problem: Problem | Problems, *prefix: str) -> list[UserError]:
    """Return what a client is told, with every path placed below `prefix`."""
    problems: Sequence[Problem] = problem.problems if isinstance(problem, Problems) else (problem,)
    return [_user_error(each.under(*prefix) if each.field else each) for each in problems]


def _user_error(problem: Problem) -> UserError:
    basics = _basics(problem)
    if isinstance(problem, StockProblem):
        lines = [
            StockErrorLine(
                line_item_id=strawberry.ID(encode(Prefix.LINE_ITEM, line.line_item_id)),
                requested=line.requested,
                available=line.available,
            )
            for line in problem.lines
        ]
        return StockError(**basics, lines=lines)
    if isinstance(problem, PaymentProblem):
        attempt = problem.attempt_id and encode(Prefix.PAYMENT_ATTEMPT, problem.attempt_id)
        return PaymentError(
            **basics,
            failure_code=problem.failure_code,
            attempt_id=strawberry.ID(attempt) if attempt else None,
        )
    if isinstance(problem, VersionProblem):
        return VersionError(**basics, current_version=problem.current_version)
    if isinstance(problem, LimitProblem):
        return LimitError(**basics, limit=problem.limit)  # pyright: ignore[reportArgumentType]
    return BasicError(**basics)


def _basics(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "message": problem.message,
        "field": list(problem.field) or None,
        "retryable": problem.retryable,
    }


def replayed_errors(stored: Sequence[dict[str, Any]]) -> list[UserError]:
    """Return the user errors that were kept beside an idempotency key."""
    return user_errors(Problems([restored_error(kept) for kept in stored]), "input")
