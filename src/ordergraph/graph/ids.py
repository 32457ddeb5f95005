"""The Node interface and the `id` field of types that have one."""

from typing import Any, ClassVar
from uuid import UUID

import strawberry

from ordergraph.core import ids
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import Findings, Problem
from ordergraph.graph.execution.writable import writable

NOTHING = UUID(int=0)
"""Stands for an id that could not be read, until what was noted is raised."""


@strawberry.interface(description="Anything with an id of its own.")
class Node:
    """The base of types with identity; a subclass names as `source` the objects it shows."""

    id: strawberry.ID = strawberry.field(description="The id: opaque, unique everywhere.")
    source: ClassVar[type | tuple[type, ...]]

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        """Tell whether a room's object is shown as this type."""
        return isinstance(value, cls.source)


def identified(prefix: Prefix) -> Any:
    """Make the `id` field of a type whose objects keep a plain UUID."""

    written: Any = ids.Written(prefix)

    @writable("{written}[{parent}.id.int]", written=written)
    def resolve(root: Any) -> strawberry.ID:
        return written[root.id.int]

    return strawberry.field(resolver=resolve, description="The id: opaque, unique everywhere.")


def noted(findings: Findings, prefix: Prefix, text: str, *path: str | int) -> UUID | None:
    """Decode an id of an input; a malformed one is noted and None returned (ERR-1)."""
    try:
        return ids.decode(prefix, text, path)
    except Problem as problem:
        findings.note(problem)
        return None
