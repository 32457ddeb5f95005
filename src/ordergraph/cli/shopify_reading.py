"""Reading Shopify's product CSV as a stream: the lines of one handle become one product."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ordergraph.cli.formulas import unescaped
from ordergraph.cli.records import BadLine, Record
from ordergraph.cli.shopify_columns import FIELDS, Column, Shape, column_of
from ordergraph.cli.shopify_products import Line, product_of
from ordergraph.core.problems import ErrorCode, FieldPath, Problem
from ordergraph.core.texts import LONGEST_KEY

MOST_LINES = 2_000
"""No product has more lines than this: what goes on so long is none."""

LONGEST_CELL = 100_000
"""A cell with more characters begins with a quote whose other end is missing."""

_UNDECODED = re.compile(r"[\ud800-\udfff]")
_PATHS: dict[str, Sequence[FieldPath]] = {
    "Handle": [("slug",)],
    "Title": [("name",)],
    "Body (HTML)": [("description",)],
    "Tags": [("categories",)],
    "Published": [("published",)],
    "Status": [("status",)],
    "Option1 Name": [("options",), ("options", "0")],
    "Option2 Name": [("options", "1")],
    "Option3 Name": [("options", "2")],
    "Option1 Value": [("options", "0", "values"), ("variants", "selectedOptions")],
    "Option2 Value": [("options", "1", "values"), ("variants", "selectedOptions", "1")],
    "Option3 Value": [("options", "2", "values"), ("variants", "selectedOptions", "2")],
    "Variant Inventory Tracker": [("variants", "tracker")],
    "Variant Inventory Qty": [("variants", "initialQuantityAvailable")],
    "Variant Inventory Policy": [("variants", "enforceInventoryLimit")],
    "Variant Requires Shipping": [("variants", "shipped")],
    "Variant Image": [("variants", "images")],
    "Variant Name": [("variants", "name")],
    "Variant Status": [("variants", "status")],
    "Variant Reference": [("variants", "externalReferenceId")],
    "Image Src": [("images",)],
    "Image Position": [("images", "position")],
    "Image Alt Text": [("images", "altText")],
    "SEO Title": [("seo", "title")],
    "SEO Description": [("seo", "description")],
    "Ordergraph Type": [("productType",)],
    "Ordergraph Currency": [("currency",)],
    "Ordergraph Reference": [("externalReferenceId",)],
}
"""Where in a product the fields of a column stand; one of a variant that is not here is called as
in the code."""


@dataclass(slots=True)
class Header:
    """The columns of a file: which cells are fields, and which are kept as metadata."""

    fields: Sequence[tuple[int, str]]
    kept: Sequence[tuple[int, Column]]
    width: int
    columns: dict[FieldPath, str] = field(default_factory=dict[FieldPath, str])


def read_products(lines: Iterable[str], currency: str) -> Iterator[Record]:
    """Yield the products of a file, one group of lines at a time.

    `lines` keep their ends. Prices are in `currency` where the file does not say otherwise. A file
    whose first line has no column Handle is refused. Reading ends at what is no CSV.
    """
    csv.field_size_limit(LONGEST_CELL)
    rows = _Rows(lines)
    header = _header(rows.first())
    group: list[Line] = []
    for line in _lines(rows, header):
        if isinstance(line, BadLine):
            yield from _grouped(group, header, currency)
            group = []
            yield Record(line.line, "", unreadable=line)
        elif group and group[0].fields["slug"] != line.fields["slug"]:
            yield from _grouped(group, header, currency)
            group = [line]
        elif len(group) <= MOST_LINES:
            group.append(line)
    yield from _grouped(group, header, currency)


def _header(names: Sequence[str]) -> Header:
    columns = [column_of(_text(name)) for name in names]
    seen: set[tuple[object, ...]] = set()
    for column in columns:
        key = (column.shape, column.name, column.of_variant, column.public)
        if key in seen and column.name:
            raise Problem(ErrorCode.INVALID_FORMAT, f"Two columns are called {column.header}")
        if len(column.name) > LONGEST_KEY:
            message = f"The column {column.header} is kept by a name too long: rename or remove it"
            raise Problem(ErrorCode.INVALID_FORMAT, message)
        seen.add(key)
    fields = [(at, each.name) for at, each in enumerate(columns) if each.shape is Shape.FIELD]
    if "slug" not in {name for _, name in fields}:
        message = "The first line has no column Handle: this is no product CSV, separated by commas"
        raise Problem(ErrorCode.INVALID_FORMAT, message)
    kept = [
        (at, each) for at, each in enumerate(columns) if each.shape is Shape.METADATA and each.name
    ]
    return Header(fields, kept, len(columns), dict(_places(columns)))


def _places(columns: Sequence[Column]) -> Iterator[tuple[FieldPath, str]]:
    """Yield where in a product what stands in a column is to be found."""
    canonical = {name: header for header, name in FIELDS.items()}
    for column in columns:
        if column.shape is Shape.METADATA:
            key = "publicMetadata" if column.public else "metadata"
            path = (key, column.name)
            yield (("variants", *path) if column.of_variant else path), column.header
            continue
        yield ("lines", column.name), column.header
        default = [("variants", column.name)]
        for path in _PATHS.get(canonical[column.name], default):
            yield path, column.header


class _Rows:
    """The rows of a CSV, each with the number of its first line."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._reader = csv.reader(lines, strict=True)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            number = self._reader.line_num + 1
            try:
                row = next(self._reader)
            except StopIteration:
                return
            yield number, row

    def first(self) -> list[str]:
        """Return the first row, the names of the columns; one that cannot be read is refused."""
        try:
            row = next((row for _, row in self), list[str]())
        except csv.Error as error:
            message = f"The first line is no CSV ({error}): is this file JSON lines?"
            raise Problem(ErrorCode.INVALID_FORMAT, message) from error
        if any(_UNDECODED.search(name) for name in row):
            message = "The first line is not in UTF-8: save the file as CSV in UTF-8"
            raise Problem(ErrorCode.INVALID_FORMAT, message)
        return row

    @property
    def number(self) -> int:
        """The number of the line after those that were read."""
        return self._reader.line_num + 1


def _lines(rows: _Rows, header: Header) -> Iterator[Line | BadLine]:
    """Yield the lines that have anything, and what is wrong with one that cannot be read."""
    number = rows.number
    try:
        for number, row in rows:
            if any(row):
                yield _line(number, row, header)
            number = rows.number
    except csv.Error as error:
        yield BadLine(number, None, ErrorCode.INVALID_FORMAT.value, _sentence(error))


def _sentence(error: csv.Error) -> str:
    return (
        f"This is no CSV ({error}): is a quote missing, or one inside a cell not doubled? "
        "Nothing behind it was read."
    )


def _line(number: int, row: list[str], header: Header) -> Line | BadLine:
    def bad(message: str) -> BadLine:
        return BadLine(number, None, ErrorCode.INVALID_FORMAT.value, message)

    if len(row) < header.width:
        row += [""] * (header.width - len(row))
    elif any(row[header.width :]):
        return bad(f"The line has {len(row)} cells, the first line {header.width}.")
    joined = "".join(row)
    if "\0" in joined:
        return bad("Texts may not contain NUL.")
    if not joined.isascii() and _UNDECODED.search(joined):
        return bad("The line is not in UTF-8.")
    fields = {name: _text(row[at]) for at, name in header.fields}
    fields["slug"] = fields["slug"].strip()
    if not fields["slug"]:
        return BadLine(
            number, "Handle", ErrorCode.FIELD_REQUIRED.value, "A line begins with its Handle."
        )
    kept = [(column, _text(row[at])) for at, column in header.kept]
    return Line(number, fields, kept)


def _text(cell: str) -> str:
    return unescaped(cell) if cell[:1] == "'" else cell


def _grouped(group: Sequence[Line], header: Header, currency: str) -> Iterator[Record]:
    if not group:
        return
    first = group[0]
    label = first.fields["slug"]
    if len(group) > MOST_LINES:
        message = f"A product has at most {MOST_LINES} lines."
        bad = BadLine(first.number, "Handle", ErrorCode.TOO_MANY_ITEMS.value, message)
        yield Record(first.number, label, unreadable=bad)
        return
    given, lines, image_lines = product_of(group, currency)
    yield Record(first.number, label, given, lines, image_lines, header.columns)
