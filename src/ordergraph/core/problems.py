"""Expected refusals: the catalogue of error codes and the exceptions that carry them (ERR-4)."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from ordergraph.core.money import Money

FieldPath = tuple[str, ...]


class ErrorCode(StrEnum):
    """Stable codes a client may branch on; each has one meaning everywhere (domain 28)."""

    # What the input looks like.
    FIELD_REQUIRED = "FIELD_REQUIRED"
    INVALID_ID = "INVALID_ID"
    INVALID_FIELD = "INVALID_FIELD"
    INVALID_ENUM = "INVALID_ENUM"
    INVALID_FORMAT = "INVALID_FORMAT"
    STRING_TOO_LONG = "STRING_TOO_LONG"
    TOO_MANY_ITEMS = "TOO_MANY_ITEMS"
    AMOUNT_OUT_OF_RANGE = "AMOUNT_OUT_OF_RANGE"
    PERCENT_PRECISION = "PERCENT_PRECISION"
    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    CONFLICTING_FIELDS = "CONFLICTING_FIELDS"
    NO_FIELDS_TO_UPDATE = "NO_FIELDS_TO_UPDATE"
    METADATA_LIMIT_EXCEEDED = "METADATA_LIMIT_EXCEEDED"
    INVALID_PAGE_SIZE = "INVALID_PAGE_SIZE"
    INVALID_CURSOR = "INVALID_CURSOR"
    INVALID_DATE_RANGE = "INVALID_DATE_RANGE"
    INSTANT_IN_FUTURE = "INSTANT_IN_FUTURE"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    # Things that are not there, or no longer.
    RESOURCE_NOT_FOUND = "RESOURCE_NOT_FOUND"
    RESOURCE_DELETED = "RESOURCE_DELETED"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    # Catalog and inventory.
    INVALID_PRODUCT_SHAPE = "INVALID_PRODUCT_SHAPE"
    DUPLICATE_VARIANT = "DUPLICATE_VARIANT"
    DUPLICATE_BUNDLE_COMPONENT = "DUPLICATE_BUNDLE_COMPONENT"
    SKU_ALREADY_EXISTS = "SKU_ALREADY_EXISTS"
    BARCODE_ALREADY_EXISTS = "BARCODE_ALREADY_EXISTS"
    SLUG_ALREADY_EXISTS = "SLUG_ALREADY_EXISTS"
    CATEGORY_ALREADY_EXISTS = "CATEGORY_ALREADY_EXISTS"
    LAST_VARIANT = "LAST_VARIANT"
    MODIFIER_NOT_AVAILABLE = "MODIFIER_NOT_AVAILABLE"
    MODIFIER_SELECTION_INVALID = "MODIFIER_SELECTION_INVALID"
    ITEM_NOT_AVAILABLE = "ITEM_NOT_AVAILABLE"
    INVALID_QUANTITY_DELTA = "INVALID_QUANTITY_DELTA"
    INSUFFICIENT_STOCK = "INSUFFICIENT_STOCK"
    INVENTORY_UNAVAILABLE = "INVENTORY_UNAVAILABLE"
    INVENTORY_CHANGED = "INVENTORY_CHANGED"
    LOCATION_IN_USE = "LOCATION_IN_USE"
    # Customers.
    EMAIL_ALREADY_USED = "EMAIL_ALREADY_USED"
    # Orders.
    LINE_ITEM_INVALID_QUANTITY = "LINE_ITEM_INVALID_QUANTITY"
    LINE_ITEM_NEGATIVE_PRICE = "LINE_ITEM_NEGATIVE_PRICE"
    ORDER_EMPTY = "ORDER_EMPTY"
    ORDER_NOT_MUTABLE = "ORDER_NOT_MUTABLE"
    ORDER_ALREADY_PAID = "ORDER_ALREADY_PAID"
    ORDER_NOT_PAID = "ORDER_NOT_PAID"
    ORDER_REFUNDED = "ORDER_REFUNDED"
    ORDER_CLOSED = "ORDER_CLOSED"
    ORDER_HAS_PAYMENTS = "ORDER_HAS_PAYMENTS"
    ORDER_HAS_PENDING_MONEY = "ORDER_HAS_PENDING_MONEY"
    ORDER_CONFLICT = "ORDER_CONFLICT"
    ORDER_LOCKED_BY_PAYMENT = "ORDER_LOCKED_BY_PAYMENT"
    ORDER_CHANGED_REFRESH_REQUIRED = "ORDER_CHANGED_REFRESH_REQUIRED"
    TOTAL_BELOW_PAID = "TOTAL_BELOW_PAID"
    TIP_TOO_LARGE = "TIP_TOO_LARGE"
    TIP_NOT_OFFERED = "TIP_NOT_OFFERED"
    # Coupons and discounts.
    COUPON_NOT_FOUND = "COUPON_NOT_FOUND"
    COUPON_INACTIVE = "COUPON_INACTIVE"
    COUPON_NOT_STARTED = "COUPON_NOT_STARTED"
    COUPON_EXPIRED = "COUPON_EXPIRED"
    COUPON_EXHAUSTED = "COUPON_EXHAUSTED"
    COUPON_CUSTOMER_LIMIT_REACHED = "COUPON_CUSTOMER_LIMIT_REACHED"
    COUPON_ALREADY_APPLIED = "COUPON_ALREADY_APPLIED"
    MAX_COUPONS_REACHED = "MAX_COUPONS_REACHED"
    COUPON_NOT_STACKABLE = "COUPON_NOT_STACKABLE"
    COUPON_NOT_APPLICABLE = "COUPON_NOT_APPLICABLE"
    COUPON_MINIMUM_NOT_MET = "COUPON_MINIMUM_NOT_MET"
    COUPON_CODE_ALREADY_EXISTS = "COUPON_CODE_ALREADY_EXISTS"
    INVALID_COUPON_VALUE = "INVALID_COUPON_VALUE"
    DISCOUNT_NOT_FOUND = "DISCOUNT_NOT_FOUND"
    # Tax.
    TAX_LOCATION_REQUIRED = "TAX_LOCATION_REQUIRED"
    TAX_OVERRIDE_MISMATCH = "TAX_OVERRIDE_MISMATCH"
    TAX_CALCULATION_UNAVAILABLE = "TAX_CALCULATION_UNAVAILABLE"
    TAX_COMPONENTS_OUTDATED = "TAX_COMPONENTS_OUTDATED"
    # Payments.
    PAYMENT_DECLINED = "PAYMENT_DECLINED"
    PAYMENT_IN_PROGRESS = "PAYMENT_IN_PROGRESS"
    PAYMENT_SOURCE_INVALID = "PAYMENT_SOURCE_INVALID"
    PAYMENT_SOURCE_REQUIRED = "PAYMENT_SOURCE_REQUIRED"
    PAYMENT_NOT_REQUIRED = "PAYMENT_NOT_REQUIRED"
    PAYMENT_EXCEEDS_BALANCE = "PAYMENT_EXCEEDS_BALANCE"
    PAYMENT_AMOUNT_MISMATCH = "PAYMENT_AMOUNT_MISMATCH"
    PAYMENT_ATTEMPT_NOT_RESUMABLE = "PAYMENT_ATTEMPT_NOT_RESUMABLE"
    PAYMENT_OUTCOME_UNKNOWN = "PAYMENT_OUTCOME_UNKNOWN"
    PROCESSOR_ERROR = "PROCESSOR_ERROR"
    EXPECTED_OUTSTANDING_REQUIRED = "EXPECTED_OUTSTANDING_REQUIRED"
    # Refunds.
    REFUND_EXCEEDS_REFUNDABLE = "REFUND_EXCEEDS_REFUNDABLE"
    REFUND_QUANTITY_EXCEEDED = "REFUND_QUANTITY_EXCEEDED"
    REFUND_TARGET_MISMATCH = "REFUND_TARGET_MISMATCH"
    REFUND_ALLOCATION_MISMATCH = "REFUND_ALLOCATION_MISMATCH"
    REFUND_FAILED = "REFUND_FAILED"
    # Idempotency.
    IDEMPOTENCY_KEY_INVALID = "IDEMPOTENCY_KEY_INVALID"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    IDEMPOTENCY_KEY_IN_PROGRESS = "IDEMPOTENCY_KEY_IN_PROGRESS"
    # Who is asking.
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    SCOPE_ESCALATION = "SCOPE_ESCALATION"
    # The request itself.
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    QUERY_TOO_DEEP = "QUERY_TOO_DEEP"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    OPERATION_NOT_REGISTERED = "OPERATION_NOT_REGISTERED"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    REQUEST_TOO_LARGE = "REQUEST_TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    RATE_LIMITED = "RATE_LIMITED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    TIMEOUT = "TIMEOUT"


RETRYABLE = frozenset(
    {
        ErrorCode.ORDER_CONFLICT,
        ErrorCode.ORDER_LOCKED_BY_PAYMENT,
        ErrorCode.TAX_CALCULATION_UNAVAILABLE,
        ErrorCode.PAYMENT_IN_PROGRESS,
        ErrorCode.PAYMENT_OUTCOME_UNKNOWN,
        ErrorCode.PROCESSOR_ERROR,
        ErrorCode.REFUND_FAILED,
        ErrorCode.IDEMPOTENCY_KEY_IN_PROGRESS,
        ErrorCode.RATE_LIMITED,
        ErrorCode.INTERNAL_ERROR,
        ErrorCode.SERVICE_UNAVAILABLE,
        ErrorCode.TIMEOUT,
    }
)
"""Codes whose same request may succeed later without any change (domain 28)."""


class Problem(Exception):
    """An expected refusal: a code, a sentence for a person, and the path into the input."""

    def __init__(self, code: ErrorCode, message: str, field: Sequence[str | int] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field: FieldPath = tuple(str(part) for part in field)

    @property
    def retryable(self) -> bool:
        return self.code in RETRYABLE

    def details(self) -> dict[str, Any]:
        """Return what a client needs beside the code, as plain values."""
        return {}

    def under(self, *prefix: str | int) -> Problem:
        """Put the problem's path below `prefix`, in place, and return it."""
        self.field = tuple(str(part) for part in prefix) + self.field
        return self


@dataclass(frozen=True, slots=True)
class StockShortage:
    """One line that stock cannot serve; quantities are units of the line."""

    line_item_id: UUID
    requested: int
    available: int


class StockProblem(Problem):
    """Stock does not reach (INV-11)."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        lines: Sequence[StockShortage] = (),
        field: Sequence[str | int] = (),
    ) -> None:
        super().__init__(code, message, field)
        self.lines = tuple(lines)


class PaymentProblem(Problem):
    """A payment did not go through; `failure_code` is one of domain 13.4 (PAY-9)."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        failure_code: str | None = None,
        attempt_id: UUID | None = None,
        field: Sequence[str | int] = (),
    ) -> None:
        super().__init__(code, message, field)
        self.failure_code = failure_code
        self.attempt_id = attempt_id


class VersionProblem(Problem):
    """The record moved on since the caller read it (CON-3)."""

    def __init__(self, current_version: int, field: Sequence[str | int] = ()) -> None:
        super().__init__(
            ErrorCode.VERSION_CONFLICT,
            f"The record is at version {current_version}: read it again and repeat the change.",
            field,
        )
        self.current_version = current_version


class LimitProblem(Problem):
    """An amount is above what is allowed; `limit` says how much is."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        limit: Money | None,
        field: Sequence[str | int] = (),
    ) -> None:
        super().__init__(code, message, field)
        self.limit = limit


class CursorProblem(Problem):
    """A cursor into the log no longer works; `earliest` is the earliest that does."""

    def __init__(self, earliest: str, field: Sequence[str | int] = ()) -> None:
        super().__init__(
            ErrorCode.CURSOR_EXPIRED,
            "What follows this cursor is no longer known: read the present state, and go on from "
            "the earliest cursor that works.",
            field,
        )
        self.earliest = earliest

    def details(self) -> dict[str, Any]:
        return {"earliestCursor": self.earliest}


class OverflowProblem(Problem):
    """A subscriber took too long; `cursor` resumes behind the last event that it got."""

    def __init__(self, cursor: str) -> None:
        super().__init__(
            ErrorCode.SERVICE_UNAVAILABLE,
            "Events came faster than they were taken: subscribe again with this cursor.",
        )
        self.cursor = cursor

    def details(self) -> dict[str, Any]:
        return {"cursor": self.cursor}


class Forbidden(Problem):
    """The caller's token lacks a scope; `missing` names those that would do (KEY-4)."""

    def __init__(self, missing: Sequence[str], what: str, field: Sequence[str | int] = ()) -> None:
        names = " or ".join(missing)
        super().__init__(ErrorCode.FORBIDDEN, f"{what} needs the scope {names}.", field)
        self.missing = tuple(missing)

    def details(self) -> dict[str, Any]:
        return {"missingScopes": list(self.missing)}


class Problems(Exception):
    """Several problems of one input, told together (ERR-1)."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


class Findings:
    """Collects the problems of one input, so that a caller learns of all at once (ERR-1)."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, code: ErrorCode, message: str, *field: str | int) -> None:
        """Note one problem at `field`."""
        self.problems.append(Problem(code, message, field))

    def note(self, problem: Problem) -> None:
        """Note a problem that was raised elsewhere."""
        self.problems.append(problem)

    @contextmanager
    def noting(self) -> Generator[None]:
        """Note what is raised inside the block, and go on behind it.

        What another try may settle is no finding: a conflict ends the transaction that it met.
        """
        try:
            yield
        except Problem as problem:
            if problem.retryable:
                raise
            self.note(problem)
        except Problems as problems:
            self.problems.extend(problems.problems)

    def settle(self) -> None:
        """Raise what was found, if anything: one `Problem`, or `Problems` for several."""
        if len(self.problems) == 1:
            raise self.problems[0]
        if self.problems:
            raise Problems(self.problems)


def not_found(what: str, *field: str | int) -> Problem:
    """Build the answer for an id that does not exist for this caller (ID-2)."""
    return Problem(ErrorCode.RESOURCE_NOT_FOUND, f"No {what} with this id was found.", field)
