"""Looking ahead: a resolver may read along what is selected below its field."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from ordergraph.graph.context import Info
from ordergraph.graph.execution.outlook import Outlook

T = TypeVar("T")


def selects(info: Info, *path: str) -> bool:
    """Tell whether the operation selects a field below the one that is being resolved.

    `path` has the names of the schema: `selects(info, "nodes", "variants")`. What @skip or a type
    condition may leave out counts as selected. It costs no more than a look into a dictionary.
    """
    return _outlook(info).has(path)


def selects_any(info: Info, path: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Tell whether the operation selects any of `names` of what `path` leads to."""
    return _outlook(info).has_any(path, names)


def settled(info: Info, question: Callable[[Outlook], T]) -> T:
    """Return what `question` finds below the field, asked once for all runs of an operation."""
    return _outlook(info).settle(question)


def _outlook(info: Info) -> Outlook:
    raw = cast(Any, info._raw_info)  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType]
    found: Outlook | None = getattr(raw, "outlook", None)
    # Strawberry's own executor, in tests, has none.
    return Outlook(raw.field_nodes, raw.fragments) if found is None else found
