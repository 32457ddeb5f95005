"""Random operations over the whole schema: valid by construction, or thrown away."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from tests.graph.execution.shop import Shop

DEEPEST = 6
OMITTED = object()

PREFIXES = {
    "product": "prod",
    "productVariant": "var",
    "coupon": "cpn",
    "customer": "cus",
    "order": "ord",
    "taxRate": "txr",
}
"""What the ids of a root field begin with."""


@dataclass
class Literal:
    """What stands in a document as it is: an enum value, a variable."""

    text: str


@dataclass
class Operation:
    """A document and the variables to send with it."""

    text: str
    variables: dict[str, Any]


@dataclass
class Draft:
    """The parts of a document that is being made up."""

    definitions: dict[str, str] = field(default_factory=dict[str, str])
    """Variables by name, each with its type and default."""

    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    fragments: dict[str, str] = field(default_factory=dict[str, str])
    arguments: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    aliases: int = 0


class Generator:
    """Makes operations up from a seed."""

    def __init__(self, schema: GraphQLSchema, shop: Shop, seed: int) -> None:
        self._schema = schema
        self._shop = shop
        self._random = random.Random(seed)
        self._prefix = ""
        self._scalars: dict[str, Callable[[], Any]] = {
            "ID": self._id,
            "String": lambda: self._pick(shop.words),
            "Int": lambda: self._pick([1, 2, 3, 3, 0, 101]),
            "Boolean": lambda: self._chance(0.5),
            "Long": lambda: self._pick([0, 5, 1999, -1, 2**40]),
            "Quantity": lambda: self._pick([1, 2, 0, -3, 1.5]),
            "CurrencyCode": lambda: self._pick(["USD", "EUR", "usd", "XXX"]),
            "Decimal": lambda: self._pick(["20", "8.99", "-1", "much"]),
            "DateTime": lambda: self._pick(shop.instants),
            "Metadata": lambda: self._pick([{}, {"a": "b"}, {"a": ""}]),
        }

    def operation(self) -> Operation:
        """Make an operation up: a query mostly."""
        if self._chance(0.03) and self._shop.replays:
            return Operation(*self._pick(self._shop.replays))
        kind, root = "query", self._schema.query_type
        if self._chance(0.12):
            kind, root = "mutation", self._schema.mutation_type
        draft = Draft()
        assert root is not None
        selection = self._selection(draft, root, 0)
        heads = [f"${name}: {text}" for name, text in draft.definitions.items()]
        head = f"{kind} Made({', '.join(heads)})" if heads else kind
        text = "\n".join([f"{head} {selection}", *draft.fragments.values()])
        if draft.variables and self._chance(0.02):
            draft.variables[self._pick(list(draft.variables))] = self._pick([None, [], "wrong", {}])
        return Operation(text, draft.variables)

    def _selection(self, draft: Draft, parent: Any, depth: int) -> str:
        most = 2 if depth == 0 else 5
        parts = [self._part(draft, parent, depth) for _ in range(self._random.randint(1, most))]
        found = [part for part in parts if part]
        return "{ " + " ".join(found or ["__typename"]) + " }"

    def _part(self, draft: Draft, parent: Any, depth: int) -> str:
        dice = self._random.random()
        if isinstance(parent, GraphQLUnionType) or (is_abstract_type(parent) and dice < 0.7):
            return self._inline(draft, self._pick(self._schema.get_possible_types(parent)), depth)
        if dice < 0.06:
            return f"{self._alias(draft, 0.3)}__typename{self._directive(draft)}"
        if dice < 0.12:
            return self._inline(draft, self._condition(parent), depth)
        if dice < 0.18:
            return self._spread(draft, self._condition(parent), depth)
        return self._field(draft, parent, depth)

    def _condition(self, parent: Any) -> Any:
        """Return a type that a fragment inside `parent` may name."""
        around = [each for each in getattr(parent, "interfaces", ()) if self._chance(0.5)]
        return self._pick([parent, *around])

    def _inline(self, draft: Draft, condition: Any, depth: int) -> str:
        on = f" on {condition.name}"
        return f"...{on}{self._directive(draft)} {self._selection(draft, condition, depth + 1)}"

    def _spread(self, draft: Draft, condition: Any, depth: int) -> str:
        known = [name for name in draft.fragments if name.split("_")[1] == condition.name]
        if known and self._chance(0.5):
            name = self._pick(known)
        else:
            selection = self._selection(draft, condition, depth + 1)
            name = f"F{len(draft.fragments)}_{condition.name}"
            draft.fragments[name] = f"fragment {name} on {condition.name} {selection}"
        return f"...{name}{self._directive(draft)}"

    def _field(self, draft: Draft, parent: Any, depth: int) -> str:
        fields = parent.fields
        if depth >= DEEPEST:
            fields = {
                n: f for n, f in fields.items() if not is_composite_type(get_named_type(f.type))
            }
            if not fields:
                return "__typename"
        name = self._pick(list(fields))
        definition = fields[name]
        named = get_named_type(definition.type)
        below = ""
        if is_composite_type(named):
            below = " " + self._selection(draft, named, depth + 1)
        alias = self._alias(draft, 0.15)
        arguments = self._arguments(draft, parent, name, definition, canonical=not alias)
        idempotent = ""
        if parent is self._schema.mutation_type and self._chance(0.3):
            idempotent = f' @idempotent(key: "{self._pick(["key-0", "key-9", "", "k e y"])}")'
        return f"{alias}{name}{arguments}{idempotent}{self._directive(draft)}{below}"

    def _alias(self, draft: Draft, chance: float) -> str:
        if not self._chance(chance):
            return ""
        draft.aliases += 1
        return f"a{draft.aliases}: "

    def _arguments(
        self, draft: Draft, parent: Any, name: str, definition: Any, *, canonical: bool
    ) -> str:
        """Write arguments; a field without alias always has the same, so that it can be merged."""
        if not definition.args:
            return ""
        known = draft.arguments.get((parent.name, name))
        if canonical and known is not None:
            return known
        self._prefix = PREFIXES.get(name, "")
        written: list[str] = []
        for argument, each in definition.args.items():
            value = self._value(draft, each.type, each.default is not None)
            if value is not OMITTED:
                written.append(f"{argument}: {_literal(value)}")
        text = f"({', '.join(written)})" if written else ""
        if canonical:
            draft.arguments[parent.name, name] = text
        return text

    def _value(self, draft: Draft, kind: Any, optional: bool, *, constant: bool = False) -> Any:
        """Make a value up for an input of a type: itself, or a variable that carries it."""
        required = isinstance(kind, GraphQLNonNull)
        if (optional or not required) and self._chance(0.5):
            return OMITTED
        if not required and self._chance(0.06):
            return Literal("null")
        if not constant and self._chance(0.4):
            return self._variable(draft, kind)
        return self._constant(draft, kind.of_type if required else kind, constant)

    def _constant(self, draft: Draft, kind: Any, constant: bool) -> Any:
        if isinstance(kind, GraphQLList):
            inner: Any = kind.of_type
            most = self._random.randint(0, 3)
            found = [self._value(draft, inner, False, constant=constant) for _ in range(most)]
            return [value for value in found if value is not OMITTED]
        if isinstance(kind, GraphQLNonNull):
            return self._constant(draft, kind.of_type, constant)
        if isinstance(kind, GraphQLEnumType):
            return Literal(self._pick(list(kind.values)))
        if isinstance(kind, GraphQLInputObjectType):
            made: dict[str, Any] = {}
            for name, each in kind.fields.items():
                value = self._value(draft, each.type, each.default is not None, constant=constant)
                if value is not OMITTED:
                    made[name] = value
            return made
        return self._scalars[kind.name]()

    def _variable(self, draft: Draft, kind: Any) -> Literal:
        """Declare a variable with or without a default, sent, sent as null or left out."""
        name = f"v{len(draft.definitions)}"
        value = self._constant(draft, kind, constant=True)
        declared = str(kind)
        if isinstance(kind, GraphQLNonNull) and self._chance(0.3):
            declared = f"{kind.of_type} = {_literal(value)}"
            if self._chance(0.1):
                draft.variables[name] = None
        elif self._chance(0.3):
            declared = f"{kind} = {_literal(value)}"
        draft.definitions[name] = declared
        if "=" not in declared or self._chance(0.4):
            draft.variables.setdefault(name, _json(value))
        return Literal(f"${name}")

    def _directive(self, draft: Draft) -> str:
        if not self._chance(0.1):
            return ""
        found = ""
        for name in self._random.sample(["skip", "include"], self._pick([1, 1, 2])):
            condition = self._pick(["true", "false", "variable", "variable"])
            if condition == "variable":
                condition = _literal(self._switch(draft))
            found += f" @{name}(if: {condition})"
        return found

    def _switch(self, draft: Draft) -> Literal:
        known = [name for name in draft.definitions if name.startswith("s")]
        if known and self._chance(0.5):
            return Literal(f"${self._pick(known)}")
        name = f"s{len(draft.definitions)}"
        default = self._pick(["true", "false"])
        draft.definitions[name] = self._pick(["Boolean!", f"Boolean = {default}"])
        if draft.definitions[name] == "Boolean!" or self._chance(0.4):
            draft.variables[name] = self._chance(0.5)
        elif self._chance(0.05):
            draft.variables[name] = None
        return Literal(f"${name}")

    def _id(self) -> str:
        fitting = [id for id in self._shop.ids if id.startswith(self._prefix)]
        return self._pick(fitting if self._chance(0.8) else self._shop.ids)

    def _pick(self, choices: Any) -> Any:
        return self._random.choice(choices)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share


def _literal(value: Any) -> str:
    """Write a value as GraphQL does."""
    if isinstance(value, Literal):
        return value.text
    if isinstance(value, list):
        return f"[{', '.join(_literal(each) for each in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_literal(each)}" for name, each in value.items()) + "}"
    return json.dumps(value)


def _json(value: Any) -> Any:
    """Write a constant value as JSON variables carry it."""
    if isinstance(value, Literal):
        return None if value.text == "null" else value.text
    if isinstance(value, list):
        return [_json(each) for each in value]
    if isinstance(value, dict):
        return {name: _json(each) for name, each in value.items()}
    return value
