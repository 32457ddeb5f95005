"""Whether a statement is confined to one environment, told from its text (ENV-1)."""

import re
from collections.abc import Iterator

from ordergraph.runtime.db.base import Base

TENANT_TABLES = frozenset(
    table.name for table in Base.metadata.tables.values() if "environment_id" in table.columns
)

_NAMED = re.compile(r"\b(?:FROM|JOIN|UPDATE|USING)\s+(\w+)(?:\s+AS\s+(?!\()(\w+))?", re.IGNORECASE)
_AMONG = re.compile(r",\s*(\w+)(?:\s+AS\s+(?!\()(\w+))?(?=\s*(?:,|\s(?:WHERE|JOIN|LEFT|ON)\b|$))")
_INSERTED = re.compile(r"\bINSERT\s+INTO\s+(\w+)\s*(?:AS\s+\w+\s*)?\(([^)]*)\)", re.IGNORECASE)


def unconfined(text: str) -> Iterator[str]:
    """Yield the tables of `text` that it reads or writes without naming their environment."""
    for table, columns in _INSERTED.findall(text):
        if table in TENANT_TABLES and "environment_id" not in columns:
            yield table
    for pattern in (_NAMED, _AMONG):
        for found in pattern.finditer(text):
            table, alias = found.groups()
            if table in TENANT_TABLES and not _binds(text, found.end(), alias or table):
                yield table


def _binds(text: str, end: int, name: str) -> bool:
    """Tell whether the environment of a table is bound: by its name, or plainly in its subquery."""
    column = rf"\b{name}\.environment_id\b"
    plain = re.search(r"(?<![.\w])environment_id\s*=", _rest_of_subquery(text, end))
    return plain is not None or re.search(rf"{column}\s*(?:=|IN\b)|=\s*{column}", text) is not None


def _rest_of_subquery(text: str, start: int) -> str:
    depth = 0
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth < 0:
            return text[start:at]
    return text[start:]
