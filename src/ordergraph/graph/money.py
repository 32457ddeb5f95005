"""Money and the other scalars of the schema: exact on the way in and on the way out."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NewType

import orjson
import strawberry
from graphql import GraphQLError, IntValueNode, ObjectValueNode, StringValueNode, ValueNode
from graphql.utilities import value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

from ordergraph.core.currencies import DIGITS, check_money
from ordergraph.core.money import Money as CoreMoney
from ordergraph.core.problems import ErrorCode, FieldPath, Findings, Problem
from ordergraph.graph.execution.leaves import Straight

LARGEST_LONG = 2**53 - 1
_MOST_DIGITS = 400

Long = NewType("Long", int)
Quantity = NewType("Quantity", int)
CurrencyCode = NewType("CurrencyCode", str)
DecimalText = NewType("DecimalText", str)
DateTime = NewType("DateTime", str)
Metadata = NewType("Metadata", dict[str, Any])
ProofDocument = NewType("ProofDocument", dict[str, Any])


def _long(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_LONG:
        return value
    raise GraphQLError("Long takes a whole JSON number between -(2^53-1) and 2^53-1.")


def _long_literal(node: ValueNode, _variables: Any = None) -> int:
    if isinstance(node, IntValueNode):
        return _long(int(node.value))
    raise GraphQLError("Long takes a whole number between -(2^53-1) and 2^53-1.")


def _number(value: Any) -> Any:
    """Take any JSON number; what is not whole becomes a Decimal for the service to refuse."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise GraphQLError("A quantity is a JSON number.")
    return Decimal(repr(value)) if isinstance(value, float) else value


def _number_literal(node: ValueNode, _variables: Any = None) -> Any:
    if isinstance(node, IntValueNode):
        return int(node.value)
    text = getattr(node, "value", None)
    if node.kind == "float_value" and isinstance(text, str):
        value = Decimal(text)
        if abs(value.adjusted()) <= _MOST_DIGITS:
            return value
    raise GraphQLError("A quantity is a number.")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise GraphQLError("A JSON string is expected here.")


def _text_literal(node: ValueNode, _variables: Any = None) -> str:
    if isinstance(node, StringValueNode):
        return node.value
    raise GraphQLError("A string is expected here.")


def _map(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value  # pyright: ignore[reportUnknownVariableType]
    raise GraphQLError("Metadata is a JSON object of strings.")


def _map_literal(node: ValueNode, variables: Any = None) -> dict[str, Any]:
    if isinstance(node, ObjectValueNode):
        return _map(value_from_ast_untyped(node, variables))
    raise GraphQLError("Metadata is an object of strings.")


def _no_input(_value: Any, _variables: Any = None) -> Any:
    raise GraphQLError("A proof is only ever answered.")


def _instant(value: datetime) -> str:
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    if value.microsecond:
        # A third of the price of isoformat; but it leaves out a fraction of zero.
        return orjson.dumps(value, option=orjson.OPT_UTC_Z)[1:-1].decode()
    return f"{value.isoformat(timespec='microseconds')[:-6]}Z"


def _plain_decimal(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


_WHOLE = Straight(_long, int, -LARGEST_LONG, LARGEST_LONG)

SCALARS: dict[object, ScalarDefinition] = {
    Long: strawberry.scalar(
        name="Long",
        description="A whole number between -(2^53-1) and 2^53-1, as a JSON integer.",
        serialize=_WHOLE,
        parse_value=_long,
        parse_literal=_long_literal,
    ),
    Quantity: strawberry.scalar(
        name="Quantity",
        description="A count of units, a JSON number; each field says which whole ones it takes.",
        serialize=_WHOLE,
        parse_value=_number,
        parse_literal=_number_literal,
    ),
    CurrencyCode: strawberry.scalar(
        name="CurrencyCode",
        description="A currency as three capital letters of ISO 4217, for example USD.",
        specified_by_url="https://www.iso.org/iso-4217-currency-codes.html",
        serialize=str,
        parse_value=_text,
        parse_literal=_text_literal,
    ),
    DecimalText: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number as a string, for example "8.99".',
        serialize=lambda value: value if isinstance(value, str) else _plain_decimal(value),
        parse_value=_text,
        parse_literal=_text_literal,
    ),
    DateTime: strawberry.scalar(
        name="DateTime",
        description="An instant in UTC as RFC 3339 writes it, for example 2026-11-21T09:30:00Z.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=Straight(_instant, datetime, turned=_instant),
        parse_value=_text,
        parse_literal=_text_literal,
    ),
    Metadata: strawberry.scalar(
        name="Metadata",
        description="A flat JSON object of strings: at most 50 keys of 40 characters with values "
        "of 500. In an update a key with null or an empty string is deleted, {} clears all.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259#section-4",
        serialize=lambda value: value,
        parse_value=_map,
        parse_literal=_map_literal,
    ),
    ProofDocument: strawberry.scalar(
        name="ProofDocument",
        description="A calculation with its inputs and every step, as a JSON object: save it as it "
        "is and check it with `ordergraph verify-proof`. Its format is ordergraph-proof/1.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259#section-4",
        serialize=lambda value: value,
        parse_value=_no_input,
        parse_literal=_no_input,
    ),
}


@strawberry.type(description="An amount of money, exact in the smallest unit of its currency.")
class Money:
    minor: Long = strawberry.field(
        name="amount",
        description="The amount in minor units: 1999 is 19.99 in USD, 1999 in JPY, 1.999 in KWD.",
    )
    currency: CurrencyCode = strawberry.field(description="The currency of the amount.")

    @strawberry.field(description="The same amount in major units, as an exact decimal string.")
    def decimal(self) -> DecimalText:
        digits = DIGITS[self.currency]
        return DecimalText(format(Decimal(self.minor).scaleb(-digits), "f"))


@strawberry.input(description="An amount of money in the smallest unit of its currency.")
class MoneyInput:
    amount: Long = strawberry.field(description="The amount in minor units, a whole number.")
    currency: CurrencyCode = strawberry.field(description="The currency, as ISO 4217 writes it.")


def read_money(
    value: MoneyInput, findings: Findings, *field: str, least: int = 0
) -> CoreMoney | None:
    """Judge an amount of an input: what is wrong is noted at `field` and None returned (MON-2).

    `least` is the smallest amount allowed, in minor units: 0 for prices, 1 for tips and refunds.
    """
    return check_money(findings, CoreMoney(value.amount, value.currency), *field, least=least)


def read_decimal(text: str, field: FieldPath) -> Decimal:
    """Read an exact decimal; anything else is `INVALID_FORMAT` at `field`."""
    try:
        if len(text) <= 40 and "_" not in text:
            value = Decimal(text)
            if value.is_finite():
                return value
    except InvalidOperation:
        pass
    raise Problem(
        ErrorCode.INVALID_FORMAT, 'A decimal number as a string is expected, such as "8.99".', field
    )


def read_instant(text: str, field: FieldPath) -> datetime:
    """Read an instant of RFC 3339 with its offset; anything else is `INVALID_FORMAT` at `field`."""
    try:
        value = datetime.fromisoformat(text) if len(text) <= 40 else None
    except ValueError:
        value = None
    if value is None or value.tzinfo is None:
        raise Problem(
            ErrorCode.INVALID_FORMAT,
            "An instant with its time zone is expected, such as 2026-11-21T09:30:00Z.",
            field,
        )
    return value.astimezone(UTC)


def read_range(
    after: DateTime | None, before: DateTime | None, name: str
) -> tuple[datetime | None, datetime | None]:
    """Read both ends of a time that a filter names; an empty one is `INVALID_DATE_RANGE`."""
    start = None if after is None else read_instant(after, ("filter", f"{name}After"))
    end = None if before is None else read_instant(before, ("filter", f"{name}Before"))
    if start is not None and end is not None and start >= end:
        raise Problem(
            ErrorCode.INVALID_DATE_RANGE,
            f"{name}After must lie before {name}Before.",
            ("filter", f"{name}Before"),
        )
    return start, end
