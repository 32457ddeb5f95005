"""The mutation wrapper: policy, idempotency, conflicts and user errors, once for all mutations."""

import dataclasses
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, cast, get_type_hints

import orjson
import strawberry
from graphql import FieldNode, GraphQLError, StringValueNode, ValueNode, VariableNode
from strawberry.directive import DirectiveLocation, DirectiveValue

from ordergraph.commerce.taxes.asking import taxed_by
from ordergraph.core.problems import ErrorCode, Problem, Problems
from ordergraph.graph.context import Context, Info
from ordergraph.graph.nodes import written
from ordergraph.graph.problems import TOP_LEVEL, UserError, replayed_errors, user_errors
from ordergraph.graph.scopes import needs, require, require_for_input
from ordergraph.runtime.actor import Actor, IdempotencyKey
from ordergraph.runtime.db.transaction import Conflict
from ordergraph.runtime.idempotency import Replay

Service = Callable[[Context, Actor, Any], Awaitable[Any]]
Again = Callable[[Context, Replay], Awaitable[Mapping[str, Any]]]
"""Makes the payload's fields anew that no id stands for, before a replay is rendered (IDM-9)."""

_TRIES = 3


@strawberry.type(description="What every mutation answers beside its objects.")
class Payload:
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was done; empty when all of it was done.", default_factory=list
    )


@strawberry.directive(
    locations=[DirectiveLocation.FIELD],
    description="Do a mutation at most once for a key: a repeated request with the same key and "
    "arguments answers what the first one did.",
)
def idempotent(
    value: DirectiveValue[object],
    key: Annotated[str, strawberry.argument(description="1 to 255 visible ASCII characters.")],
) -> object:
    """Declare @idempotent; the mutation wrapper reads it before the work, not after it."""
    return value


def mutation(
    *scopes: str, description: str, again: Again | None = None
) -> Callable[[Service], Any]:
    """Declare a mutation from `async (context, actor, input) -> payload`.

    The function's annotations give the input and payload types; the field is nullable, so that a
    refusal at the top level leaves the other fields of the answer alone. A `Problem` becomes the
    payload's user errors with paths below `input`; one the caller cannot mend stands at the top
    level. A conflict with another transaction is tried again while nothing was committed (CON-4).
    `again` gives what a replay cannot find by an id: secrets, made anew.
    """

    def declare(service: Service) -> Any:
        hints = get_type_hints(service)
        input_type, payload_type = hints["input"], hints["return"]

        async def resolve(info: Info, input: Any) -> Any:
            context = info.context
            context.forget()  # an earlier mutation of the request may have changed what was read
            require(context.actor, scopes, f"The mutation {info.field_name}")
            require_for_input(context.actor, input, ("input",))
            try:
                key = _key(info, input)
                return await _run(service, context, context.actor.for_mutation(key), input)
            except Replay as replay:
                return await _replayed(context, payload_type, replay, again)
            except (Problem, Problems) as problem:
                return payload_type(user_errors=refused(problem))

        resolve.__annotations__ = {
            "info": Info,
            "input": Annotated[input_type, strawberry.argument(description="What is to be done.")],
            "return": payload_type | None,
        }
        resolve.__name__, resolve.__module__ = service.__name__, service.__module__
        return strawberry.mutation(
            resolver=resolve, description=description, directives=needs(*scopes)
        )

    return declare


def refused(problem: Problem | Problems) -> list[UserError]:
    """Return a refusal as user errors, or raise it again where it belongs at the top level."""
    problems = problem.problems if isinstance(problem, Problems) else (problem,)
    for each in problems:
        if each.code in TOP_LEVEL:
            raise each
    return user_errors(problem, "input")


async def _run(service: Service, context: Context, actor: Actor, input: Any) -> Any:
    for _ in range(_TRIES - 1):
        try:
            return await _taxed(service, context, actor, input)
        except Conflict:
            if actor.committed:
                raise
    return await _taxed(service, context, actor, input)


async def _taxed(service: Service, context: Context, actor: Actor, input: Any) -> Any:
    """Call a service, again for each answer of a tax provider that it lacks (TAX-5)."""
    return await taxed_by(
        context.services.orders.taxes,
        actor.environment_id,
        lambda: service(context, actor, input),
    )


async def _replayed(
    context: Context, payload_type: Any, replay: Replay, again: Again | None
) -> Any:
    """Render a payload again from the ids kept beside its key, on present state (IDM-5)."""
    context.extensions["idempotency"] = {"replayed": True}
    fields = {field.name for field in dataclasses.fields(payload_type)}
    values: dict[str, Any] = dict(await again(context, replay)) if again else {}
    for name, id in replay.objects.items():
        if name in fields and id is not None:
            values[name] = id if name.startswith("deleted") else await written(context, id)
    return payload_type(**values, user_errors=replayed_errors(replay.errors))


def _key(info: Info, input: Any) -> IdempotencyKey | None:
    """Return the field's idempotency key: its directive, else the request's header (IDM-12)."""
    text = _directive(info)
    if text is None:
        text = info.context.idempotency_header
    if text is None:
        return None
    if not 1 <= len(text) <= 255 or not all(33 <= ord(character) <= 126 for character in text):
        raise Problem(
            ErrorCode.IDEMPOTENCY_KEY_INVALID,
            "An idempotency key is 1 to 255 visible ASCII characters.",
        )
    body = orjson.dumps([info.field_name, input], default=_plain, option=orjson.OPT_SORT_KEYS)
    return IdempotencyKey(text, info.field_name, hashlib.sha256(body).digest())


def _directive(info: Info) -> str | None:
    raw = cast(Any, info._raw_info)  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType]
    nodes: list[FieldNode] = raw.field_nodes
    for directive in (each for node in nodes for each in node.directives or ()):
        if directive.name.value == "idempotent":
            return _text(info, *(argument.value for argument in directive.arguments or ()))
    return None


def _text(info: Info, value: ValueNode) -> str:
    if isinstance(value, VariableNode):
        found = info.variable_values.get(value.name.value)
    else:
        found = value.value if isinstance(value, StringValueNode) else None
    if not isinstance(found, str):
        raise GraphQLError("@idempotent needs a key.")
    return found


def _plain(value: object) -> object:
    """Write an input for its fingerprint: what was omitted is not what was null."""
    if value is strawberry.UNSET:
        return {"unset": True}
    if isinstance(value, Decimal):
        return str(value)
    return vars(value)
