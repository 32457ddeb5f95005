"""What transactions lock, read from their statements: whether all lock in one order (CON-2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

ORDER = (
    "orders",
    "payment_attempts",
    "refunds",
    "coupons",
    "inventory_items",
    "inventory_levels",
)
"""The tables whose rows somebody may wait for, in the order in which everybody locks them."""

SETS = ("coupons", "inventory_items", "inventory_levels")
"""Of these a transaction locks several rows at once, so they need an order among themselves."""

_LOCK = re.compile(r"\bFOR UPDATE(?: OF (\w+))?")
_FROM = re.compile(r"\bFROM (\w+)")
_INNERMOST = re.compile(r"\([^()]*\)")


def transactions(texts: Sequence[str]) -> list[list[str]]:
    """Divide the statements of a task into those of its transactions."""
    found: list[list[str]] = []
    inside = False
    for text in texts:
        if text == "BEGIN":
            found.append([])
        inside = text == "BEGIN" or (inside and text not in ("COMMIT", "ROLLBACK"))
        if inside:
            found[-1].append(text)
    return found


def locked_by(text: str) -> Iterator[tuple[str, bool]]:
    """Name the tables that a statement locks rows of, and whether it does so in some order."""
    for lock in _LOCK.finditer(text):
        query = _own_part(text[: lock.start()])
        table = lock[1] or _FROM.findall(query)[-1]
        yield table, "ORDER BY" in query


def disorder(statements: Sequence[str]) -> list[str]:
    """Tell what a transaction locks against the order, or without any order among its rows."""
    wrong: list[str] = []
    held: list[str] = []
    for table, in_order in (each for text in statements for each in locked_by(text)):
        if table not in ORDER:
            wrong.append(f"{table} has no place in the order")
        elif table not in held:
            later = ORDER[ORDER.index(table) + 1 :]
            wrong += [f"{table} after {each}" for each in held if each in later]
            held.append(table)
        if table in SETS and not in_order:
            wrong.append(f"rows of {table} in any order")
    return wrong


def _own_part(before: str) -> str:
    """Return the text of the query that ends here, without the queries inside and around it."""
    while True:
        shorter = _INNERMOST.sub(" ", before)
        if shorter == before:
            return before.rpartition("(")[2]
        before = shorter
