"""Walking the schema: where ids stand in arguments and inputs, where connections and links are."""

from collections.abc import Iterator

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_required_argument,
)

from tests.world import SCHEMA

GRAPH: GraphQLSchema = SCHEMA._schema
Path = tuple[str, ...]


def id_paths(kind: object, path: Path, above: tuple[str, ...] = ()) -> Iterator[Path]:
    """Yield the paths of all ids in an argument of type `kind`; an entry of a list is at "0"."""
    kind = get_nullable_type(kind)
    if isinstance(kind, GraphQLList):
        yield from id_paths(kind.of_type, (*path, "0"), above)
    elif isinstance(kind, GraphQLInputObjectType):
        if kind.name not in above:
            for name, field in kind.fields.items():
                yield from id_paths(field.type, (*path, name), (*above, kind.name))
    elif getattr(kind, "name", None) == "ID":
        yield path


def id_arguments(root: str) -> set[tuple[str, Path]]:
    """Return every id that the fields of a root type take: the field, and the path to the id."""
    fields = GRAPH.type_map[root].fields
    return {
        (name, path)
        for name, field in fields.items()
        for argument, taken in field.args.items()
        for path in id_paths(taken.type, (argument,))
    }


def objects() -> Iterator[GraphQLObjectType]:
    """Yield the object types, those of introspection left out."""
    for name, kind in GRAPH.type_map.items():
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__"):
            yield kind


def connections() -> list[str]:
    """Return where connections stand in the schema: `Query.products`, `Order.activities`."""
    return [
        f"{kind.name}.{name}"
        for kind in objects()
        for name, field in kind.fields.items()
        if get_named_type(field.type).name.endswith("Connection")
    ]


def selection(kind: object, depth: int) -> str:
    """Select everything below a type that needs no argument, `depth` objects deep."""
    kind = get_named_type(kind)
    if is_leaf_type(kind):
        return ""
    if isinstance(kind, GraphQLUnionType):
        return f"{{ __typename {' '.join(_beside(each, depth) for each in kind.types)} }}"
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return "{ __typename }"
    return f"{{ __typename {' '.join(_selected(kind, depth))} }}"


def _selected(kind: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> Iterator[str]:
    for name, field in kind.fields.items():
        below = get_named_type(field.type)
        needs_more = any(is_required_argument(each) for each in field.args.values())
        if (is_leaf_type(below) or depth > 0) and not needs_more:
            yield f"{name} {selection(below, depth - 1)}"


def _beside(kind: GraphQLObjectType, depth: int) -> str:
    """Select everything of one type of a union, where others have fields of the same names."""
    fields = " ".join(f"{kind.name}_{each.split()[0]}: {each}" for each in _selected(kind, depth))
    return f"... on {kind.name} {{ {fields} }}"
