"""Looking ahead: a resolver may read along what is selected below its field."""

from typing import Any, cast

from ordergraph.graph.context import Info
from ordergraph.graph.execution.outlook import Outlook


def selects(info: Info, *path: str) -> bool:
    """Tell whether the operation selects a field below the one that is being resolved.

    `path` has the names of the schema: `selects(info, "nodes", "variants")`. What @skip or a type
    condition may leave out counts as selected. It costs no more than a look into a dictionary.
    """
    raw = cast(Any, info._raw_info)  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType]
    outlook: Outlook | None = getattr(raw, "outlook", None)
    if outlook is None:  # Strawberry's own executor, in tests
        outlook = Outlook(raw.field_nodes, raw.fragments)
    return outlook.has(path)
