"""Catalogs of any size: product CSV as shops export it, written as fast as it is read."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

SIZES = ("S", "M", "L")
_THINGS = ("shirt", "jacket", "mug", "lamp", "notebook", "kettle", "scarf", "clock", "basket")
_LOOKS = ("linen", "striped", "walnut", "enamel", "felted", "brass", "woven", "glazed", "waxed")
_COLOURS = ("navy", "ochre", "moss", "rust", "ivory", "slate", "plum", "sand", "teal", "charcoal")
_WORDS = (
    *("soft", "sturdy", "washed", "before", "cutting", "keeps", "shape", "mended", "worn", "years"),
    *("small", "workshop", "hand", "finished", "seams", "taped", "buttons", "lid", "handle"),
)
_HEADER = (
    *("Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published", "Option1 Name"),
    *("Option1 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker"),
    *("Variant Inventory Qty", "Variant Inventory Policy", "Variant Price", "Variant Barcode"),
    *("Variant Taxable", "Image Src", "Image Position", "Image Alt Text", "SEO Title", "Status"),
)
EVERYTHING = "Everything"
"""The label that all products have."""

RARE = 1_000
"""Every so many products one is called by a word that no other has: `marvel-0`, `marvel-1000`."""


def write_catalog(path: Path, products: int, prefix: str = "") -> None:
    """Write so many products of three variants each; the same number, the same file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(_HEADER)
        chance = random.Random(products)
        for number in range(products):
            rows.writerows(_product(number, prefix, chance))


def _product(number: int, prefix: str, chance: random.Random) -> Iterator[list[object]]:
    look, colour, thing = (chance.choice(each) for each in (_LOOKS, _COLOURS, _THINGS))
    words = " ".join(chance.choices(_WORDS, k=40))
    name = f"{look} {colour} {thing} {number}".capitalize()
    if number % RARE == 0:
        name += f" marvel{number}"
    handle = f"{prefix}{thing}-{number}"
    price = chance.randrange(500, 20_000)
    whole = [
        *(handle, name, f"<p>{words}</p>", f"Maker {number % 200}", thing),
        *(f"{EVERYTHING}, {thing}s, {colour}, {look}", "TRUE", "Size"),
    ]
    picture = f"https://images.example.com/{handle}.jpg"
    for place, size in enumerate(SIZES):
        first = place == 0
        yield [
            *(whole if first else [handle, *[""] * 7]),
            *(size, f"{prefix}{number}-{size}", 200 + place, "shopify"),
            *(chance.randrange(0, 60), "deny", f"{(price + 100 * place) // 100}.{price % 100:02}"),
            *(f"{prefix}40{number:09}{place}", "TRUE"),
            *((picture, 1, name, name, "active") if first else ("",) * 5),
        ]
