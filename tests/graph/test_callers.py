"""Every operation of the schema, tried with each kind of caller: those of the schema itself.

Who holds one of an operation's scopes is answered, whatever is thought of its input; who holds
none is told which are missing, and nothing happens. Nobody is ever told of an internal error.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLScalarType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from ordergraph.core.scopes import ALL_SCOPES, BUYER_SCOPES, MERCHANT_SCOPES
from ordergraph.graph.context import Context
from ordergraph.graph.schema import build_schema
from ordergraph.runtime.actor import Actor, ActorKind
from tests.architecture.sdl import Sdl, scopes
from tests.databases import Databases
from tests.graph.schema_walk import GRAPH
from tests.graph.shop import Shop, open_shop
from tests.graph.test_tenancy import contents
from tests.world import SCHEMA, World

SERVED = Sdl(str(build_schema()))
SAMPLES = {
    **dict.fromkeys(("Int", "Long", "Quantity"), "1"),
    "Boolean": "true",
    "Metadata": '{a: "b"}',
}
"""Values of scalars; everything else is a text that means nothing."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A root field with the scopes of which one is needed, and a document that asks for it."""

    root: str
    name: str
    scopes: tuple[str, ...]

    def __str__(self) -> str:
        return self.name

    @property
    def document(self) -> str:
        field = GRAPH.type_map[self.root].fields[self.name]
        passed = ", ".join(
            f"{name}: {sample(argument.type)}"
            for name, argument in field.args.items()
            if is_required_argument(argument)
        )
        shown = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
        return f"{self.root.lower()} {{ {self.name}{f'({passed})' if passed else ''} {shown} }}"


def sample(kind: Any) -> str:
    """Write a value that the schema takes for a type."""
    inner = get_named_type(kind)
    if isinstance(inner, GraphQLInputObjectType):
        needed = [
            f"{name}: {sample(field.type)}"
            for name, field in inner.fields.items()
            if is_required_input_field(field)
        ]
        text = f"{{{', '.join(needed)}}}"
    elif isinstance(inner, GraphQLScalarType):
        text = SAMPLES.get(inner.name, '"x"')
    else:
        text = next(iter(inner.values))
    return f"[{text}]" if "[" in str(kind) else text


def operations(*roots: str) -> list[Operation]:
    return [
        Operation(root, field.name.value, tuple(scopes(field) or ()))
        for root, field in SERVED.fields(*roots)
    ]


def callers(shop: Shop, operation: Operation) -> dict[str, Actor]:
    """Make callers of every kind, by what they are."""
    world = shop.world
    needed = operation.scopes
    made = {
        "a merchant": shop.owner,
        "a stranger": world.stranger(),
        "a browser": shop.browser(),
        "a buyer": shop.browser(shop.order["id"]),
        "a key without scopes": world.caller(ActorKind.SECRET_KEY, frozenset()),
        "a key with all other scopes": world.caller(
            ActorKind.SECRET_KEY, MERCHANT_SCOPES.difference(needed)
        ),
    }
    for scope in needed:
        kind = ActorKind.PUBLISHABLE_KEY if scope in BUYER_SCOPES else ActorKind.SECRET_KEY
        made[f"a key with {scope} alone"] = world.caller(kind, frozenset({scope}))
    return made


@pytest.fixture(scope="module")
async def shop(databases: Databases) -> AsyncIterator[Shop]:
    """One shop for all tests: what little of it changes is no matter to any of them."""
    async with databases.fresh() as url:
        world = World(url)
        await world.open()
        made = await open_shop(world, world.actor)
        yield made
        await world.close()


@pytest.mark.parametrize("operation", operations("Query", "Mutation"), ids=str)
async def test_every_operation_answers_those_who_may_and_refuses_the_others(
    shop: Shop, operation: Operation
) -> None:
    for who, caller in callers(shop, operation).items():
        before = await contents(shop.world)
        answer = await shop.world.graphql(operation.document, caller=caller)
        may = not operation.scopes or not caller.scopes.isdisjoint(operation.scopes)
        if may:
            assert not {"FORBIDDEN", "INTERNAL_ERROR", None} & set(answer.top_codes), who
            continue
        assert (answer.data, answer.top_codes) == ({operation.name: None}, ["FORBIDDEN"]), who
        details = answer.errors[0].original_error.details()
        assert details == {"missingScopes": list(operation.scopes)}, who
        assert await contents(shop.world) == before, who


@pytest.mark.parametrize("operation", operations("Subscription"), ids=str)
async def test_every_subscription_refuses_those_who_may_not(
    shop: Shop, operation: Operation
) -> None:
    for who, caller in callers(shop, operation).items():
        if not caller.scopes.isdisjoint(operation.scopes):
            continue
        context = Context(shop.world.services, caller, "req_test", None)
        told: Any = await SCHEMA.subscribe(operation.document, context_value=context)
        result: Any = await anext(told) if hasattr(told, "__anext__") else told
        codes = [error.original_error.code for error in result.errors]
        assert codes == ["FORBIDDEN"], who


def test_every_scope_of_an_operation_is_one_that_a_key_can_hold() -> None:
    listed = operations("Query", "Mutation", "Subscription")
    assert {scope for operation in listed for scope in operation.scopes} <= ALL_SCOPES
