"""Catalogs in files: how their cells are compared, and the lines that tests add."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from ordergraph.cli.formulas import unescaped
from ordergraph.cli.shopify_columns import column_of

DATA = Path(__file__).parents[1] / "data"
HEADER = (
    "Handle,Title,Body (HTML),Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
    "Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,"
    "Variant Price,Variant Compare At Price,Variant Requires Shipping,Variant Taxable,"
    "Variant Barcode,Image Src,Image Position,Image Alt Text,SEO Title,Variant Image,Status,Notes"
)
NAMES = HEADER.split(",")
Cells = dict[tuple[str, bool, bool], str]


def line(**cells: str) -> str:
    """Write one line: `sku="A"` is the cell of Variant SKU, others by their names in snake case."""
    known = {name.lower().replace("variant ", "").replace(" ", "_"): name for name in NAMES}
    known |= {"body": "Body (HTML)", "price": "Variant Price"}
    wanted = {known[name]: text for name, text in cells.items()}
    return ",".join(_quoted(wanted.get(name, "")) for name in NAMES) + "\n"


def simple(handle: str, **cells: str) -> str:
    """Write the only line of a product without options."""
    given = {"title": handle.title(), "price": "1.00", "sku": handle.upper(), **cells}
    return line(handle=handle, **given)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text


def contents(path: Path) -> Mapping[str, Sequence[Cells]]:
    """Return what a file says, by handle and line, whatever the way in which it is written."""
    products: dict[str, list[Cells]] = {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            cells: Cells = {}
            for header, cell in row.items():
                column = column_of(unescaped(header))
                text = _plain(column.name, unescaped(cell or ""))
                if text:
                    cells[column.name, column.of_variant, column.public] = text
            products.setdefault(cells.pop(("slug", False, False)), []).append(cells)
    return {handle: list(_together(lines)) for handle, lines in products.items()}


def _together(lines: Sequence[Cells]) -> Iterator[Cells]:
    """Yield what variants have, and last all pictures in their order, whatever their lines."""
    pictures: list[str] = []
    for cells in lines:
        found = [cells.pop((name, False, False), "") for name in ("image", "altText")]
        cells.pop(("imagePosition", False, False), None)
        pictures += found if found[0] else []
        if cells:
            yield _told(cells)
    yield {("pictures", False, False): "\n".join(pictures)}


def _plain(name: str, cell: str) -> str:
    """Return a cell as it is compared: truth whatever its case, prices as numbers."""
    if cell.lower() in ("true", "false"):
        return cell.lower()
    if name in ("unitPrice", "compareAtPrice"):
        return str(Decimal(cell).normalize()) if cell else ""
    return cell.strip()


def _told(cells: Cells) -> Cells:
    """Leave out the count of what is not tracked: there is none."""
    untracked = ("quantity", False, False) in cells and ("tracker", False, False) not in cells
    return {key: text for key, text in cells.items() if not (untracked and key[0] == "quantity")}
