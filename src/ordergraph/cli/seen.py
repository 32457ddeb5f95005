"""What a file has said already: no two of its things have a SKU, barcode or slug in common."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from ordergraph.cli.records import Record
from ordergraph.commerce.bundles.matching import GivenBundle
from ordergraph.commerce.catalog.matching import code, slug_asked
from ordergraph.commerce.catalog.overlaying import GivenProduct
from ordergraph.core.problems import ErrorCode, FieldPath, Problem

_CACHE_KIB = 4_000


class Seen:
    """Remembers codes and slugs with the lines where they stand.

    They lie in a temporary file of SQLite: what is held in memory does not grow with the file.
    """

    def __enter__(self) -> Self:
        self._lines = scratch(
            "CREATE TABLE seen (kind TEXT, text TEXT, line INTEGER, PRIMARY KEY (kind, text)) "
            "WITHOUT ROWID"
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lines.close()

    def note(self, record: Record) -> None:
        """Remember what a record has; what an earlier one had is noted as wrong with this one."""
        for kind, text, path in list(_codes(record)):
            line = self._first_line(kind, text, record.line)
            if line == record.line:
                continue
            error = _CODES[kind]
            message = (
                f"Line {line} has the same {kind}: a file has each product once, its lines together"
                if kind == "handle" and isinstance(record.given, GivenProduct)
                else f"Line {line} has the same {kind}"
            )
            record.given.problems.append(Problem(error, f"{message}.", path))

    def _first_line(self, kind: str, text: str, line: int) -> int:
        added = self._lines.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (kind, text, line)
        )
        if added.rowcount:
            return line
        found = self._lines.execute(
            "SELECT line FROM seen WHERE kind = ? AND text = ?", (kind, text)
        )
        first: int = found.fetchone()[0]
        return first


def scratch(table: str) -> sqlite3.Connection:
    """Open a temporary file with one table, gone when it is closed."""
    lines = sqlite3.connect("", isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
        lines.execute(f"PRAGMA {pragma}")
    lines.execute(table)
    return lines


def _codes(record: Record) -> Iterator[tuple[str, str, FieldPath]]:
    given = record.given
    slug = slug_asked(given.changes.slug if isinstance(given, GivenBundle) else given.slug)
    if slug is not None:
        yield "handle", slug, ("slug",)
    if isinstance(given, GivenBundle):
        changes = given.changes
        for kind, value in (("sku", changes.sku), ("barcode", changes.barcode)):
            if (text := code(value)) is not None:
                yield kind, text, (kind,)
        return
    for index, variant in enumerate(given.variants):
        path = ("defaultVariant",) if given.simple else ("variants", str(index))
        for kind, value in (("sku", variant.sku), ("barcode", variant.barcode)):
            text = code(value)
            if text is not None:
                yield kind, text, (*path, kind)


_CODES = {
    "handle": ErrorCode.SLUG_ALREADY_EXISTS,
    "sku": ErrorCode.SKU_ALREADY_EXISTS,
    "barcode": ErrorCode.BARCODE_ALREADY_EXISTS,
}
