"""The schema as its readers see it; each check of its shape yields what breaks the rule."""

import re
from collections.abc import Iterator
from typing import Any

from graphql import (
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    TypeNode,
    parse,
    print_ast,
)

Broken = Iterator[str]

ROOTS = ("Query", "Mutation", "Subscription")
VERBS = {
    *("create", "update", "delete", "add", "remove", "apply", "adjust", "rotate"),
    *("pay", "refund", "close", "resolve", "checkout"),
    *("replace", "retire", "count", "transfer"),
}
COUNTS = {
    *("version", "expectedVersion", "currentVersion", "first", "position", "totalCount"),
    *("quantity", "refundedQuantity", "quantityDelta", "newQuantity", "quantityAvailable"),
    *("requested", "available"),
    *("componentCount", "productCount", "bundleCount", "variantCount", "activeVariantCount"),
    *("optionCount", "count", "inStock", "width", "height"),
    *("onHand", "quantityOnHand", "quantityHeld", "lowStockThreshold", "expectedQuantity"),
    *("minSelected", "maxSelected", "minQuantity", "maxQuantity", "maxTotalQuantity"),
    *("defaultQuantity", "longestText"),
    *("restocked", "restockQuantity", "orderVersion", "cartLifetimeDays"),
    "maxCouponsPerOrder",
}
"""Fields that are whole numbers; an amount of money never is one."""

SENTENCE = re.compile(r"^[`A-Z0-9{].*[.]$", re.DOTALL)


class Sdl:
    """A schema that was parsed from its own words."""

    def __init__(self, text: str) -> None:
        self.document: DocumentNode = parse(text)
        self.types: dict[str, Any] = {
            node.name.value: node
            for node in self.document.definitions
            if not isinstance(node, DirectiveDefinitionNode) and hasattr(node, "name")
        }

    def fields(self, *names: str) -> Iterator[tuple[str, FieldDefinitionNode]]:
        """Yield the fields of the object types and interfaces, or of those named."""
        for name, node in self.types.items():
            if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode) and (
                not names or name in names
            ):
                yield from ((name, field) for field in node.fields or ())

    def inputs(self) -> Iterator[tuple[str, Any]]:
        """Yield the fields of the input types."""
        for name, node in self.types.items():
            if isinstance(node, InputObjectTypeDefinitionNode):
                yield from ((name, field) for field in node.fields or ())

    def described(self) -> Iterator[tuple[str, Any]]:
        """Yield everything that needs a description."""
        for node in self.document.definitions:
            name = getattr(getattr(node, "name", None), "value", "schema")
            yield name, node
            if isinstance(node, DirectiveDefinitionNode):
                yield from ((f"@{name}({each.name.value})", each) for each in node.arguments or ())
            if isinstance(node, EnumTypeDefinitionNode):
                yield from ((f"{name}.{each.name.value}", each) for each in node.values or ())
        for name, field in (*self.fields(), *self.inputs()):
            place = f"{name}.{field.name.value}"
            yield place, field
            for argument in getattr(field, "arguments", None) or ():
                yield f"{place}({argument.name.value})", argument


def scopes(node: Any) -> list[str] | None:
    """Return the scopes that a field names, or None where it has no policy."""
    for directive in node.directives or ():
        if directive.name.value == "requiresScopes":
            return [value.value for value in directive.arguments[0].value.values]
    return None


def named(kind: TypeNode) -> str:
    """Return the name of a type, whatever lists and exclamation marks are around it."""
    while not isinstance(kind, NamedTypeNode):
        assert isinstance(kind, ListTypeNode | NonNullTypeNode)
        kind = kind.type
    return kind.name.value


def is_null(field: Any) -> bool:
    """Tell whether a field may be null."""
    return not isinstance(field.type, NonNullTypeNode)


def root_fields_without_a_policy(sdl: Sdl) -> Broken:
    """Every root field names the scopes that it needs, an empty list for any token."""
    for name, field in sdl.fields(*ROOTS):
        if scopes(field) is None:
            yield f"{name}.{field.name.value}"


def scoped_fields_that_are_never_null(sdl: Sdl) -> Broken:
    """A field with a policy is nullable: a refusal spares the rest of the answer (KEY-4)."""
    for name, field in sdl.fields():
        if name != "Subscription" and scopes(field) is not None and not is_null(field):
            yield f"{name}.{field.name.value}"


def things_without_a_description(sdl: Sdl) -> Broken:
    """Everything is described in one or more sentences."""
    for place, node in sdl.described():
        text = node.description.value if node.description else ""
        if not SENTENCE.match(text.strip()):
            yield f"{place}: {text!r}"


def names_that_break_the_grammar(sdl: Sdl) -> Broken:
    """PascalCase types, camelCase fields and arguments, SCREAMING_SNAKE_CASE enum values."""
    for name, node in sdl.types.items():
        if not re.fullmatch(r"([A-Z][a-z0-9]*)+", name):
            yield name
        for value in getattr(node, "values", None) or ():
            if not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", value.name.value):
                yield f"{name}.{value.name.value}"
    for name, field in (*sdl.fields(), *sdl.inputs()):
        for node in (field, *(getattr(field, "arguments", None) or ())):
            if not re.fullmatch(r"[a-z]+[0-9]*([A-Z][a-z0-9]*)*", node.name.value):
                yield f"{name}.{field.name.value} {node.name.value}"


def mutations_of_another_shape(sdl: Sdl) -> Broken:
    """`verbNoun(input: VerbNounInput!): VerbNounPayload`."""
    for _, field in sdl.fields("Mutation"):
        name = field.name.value
        if re.split(r"(?=[A-Z])", name)[0] not in VERBS:
            yield f"{name} does not start with a verb"
        pascal = name[0].upper() + name[1:]
        arguments = [f"{each.name.value}: {print_ast(each.type)}" for each in field.arguments or ()]
        if arguments != [f"input: {pascal}Input!"]:
            yield f"{name} takes {arguments}"
        if print_ast(field.type) != f"{pascal}Payload":
            yield f"{name} answers {print_ast(field.type)}"


def payloads_of_another_shape(sdl: Sdl) -> Broken:
    """A payload's objects are nullable and its user errors are a list that is always there."""
    for name, node in sdl.types.items():
        if not name.endswith("Payload"):
            continue
        kinds = {field.name.value: print_ast(field.type) for field in node.fields}
        if kinds.pop("userErrors", None) != "[UserError!]!":
            yield f"{name}.userErrors"
        if not kinds:
            yield f"{name} has no object"
        yield from (f"{name}.{field}" for field, kind in kinds.items() if kind.endswith("!"))


def numbers_that_could_be_money(sdl: Sdl) -> Broken:
    """No Float; Int only for counts and versions; Long only for the amount of Money (MON-1)."""
    for name, field in (*sdl.fields(), *sdl.inputs()):
        for node in (field, *(getattr(field, "arguments", None) or ())):
            kind, place = named(node.type), f"{name}.{field.name.value} {node.name.value}"
            if kind == "Float" or (kind == "Int" and node.name.value not in COUNTS):
                yield place
            if kind == "Long" and (name not in ("Money", "MoneyInput")):
                yield place


def connections_of_another_shape(sdl: Sdl) -> Broken:
    """Connections are Relay's, with `nodes` and counts beside the edges, paged forward only.

    One may have more: what a search found is counted by facets too.
    """
    for name, node in sdl.types.items():
        if name.endswith("Connection"):
            kind = name.removesuffix("Connection")
            shape = {field.name.value: print_ast(field.type) for field in node.fields}
            wanted = {
                "edges": f"[{kind}Edge!]!",
                "nodes": f"[{kind}!]!",
                "pageInfo": "PageInfo!",
                "totalCount": "Int!",
                "totalCountIsExact": "Boolean!",
            }
            if not wanted.items() <= shape.items():
                yield name
            edge = sdl.types.get(f"{kind}Edge")
            parts = {each.name.value: print_ast(each.type) for each in edge.fields} if edge else {}
            if parts != {"cursor": "String!", "node": f"{kind}!"}:
                yield f"{kind}Edge"
    for name, field in sdl.fields():
        taken = {each.name.value: print_ast(each.type) for each in field.arguments or ()}
        if named(field.type).endswith("Connection"):
            if (taken.get("first"), taken.get("after")) != ("Int", "String"):
                yield f"{name}.{field.name.value} takes {taken}"
        elif "first" in taken:
            yield f"{name}.{field.name.value} is no connection"


def lists_with_holes(sdl: Sdl) -> Broken:
    """The entries of a list are never null, but those of `nodes(ids:)` (ID-2)."""
    for name, field in (*sdl.fields(), *sdl.inputs()):
        kind = field.type.type if isinstance(field.type, NonNullTypeNode) else field.type
        has_holes = isinstance(kind, ListTypeNode) and not isinstance(kind.type, NonNullTypeNode)
        if has_holes and (name, field.name.value) != ("Query", "nodes"):
            yield f"{name}.{field.name.value}"


def root_fields_that_null_everything(sdl: Sdl) -> Broken:
    """A root field of a query or mutation is nullable: one refusal leaves the others."""
    for name, field in sdl.fields("Query", "Mutation"):
        if not is_null(field):
            yield f"{name}.{field.name.value}"
