"""Making a product of the lines that a product CSV has of it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ordergraph.cli.shopify_cells import BOOLEANS, Cells
from ordergraph.cli.shopify_columns import Column
from ordergraph.commerce.catalog.overlaying import GivenProduct, GivenVariant
from ordergraph.commerce.catalog.rules import (
    Image,
    ProductStatus,
    ProductType,
    SelectedOption,
    VariantStatus,
)
from ordergraph.commerce.catalog.shaping import NewOption
from ordergraph.core.currencies import DIGITS
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.problems import ErrorCode
from ordergraph.core.sparse import OMITTED, Omitted

NO_OPTION = ("Title", "Default Title")
"""How a product without options is written: the name and the value of its only option."""

TRACKER = "shopify"
CANONICAL = {
    ProductStatus.ACTIVE: ("active", "true"),
    ProductStatus.INACTIVE: ("draft", "false"),
}
"""How a status is written: in the column Status, and in Published."""

_OF_VARIANTS = (
    *("value1", "value2", "value3", "sku", "tracker", "quantity", "policy", "unitPrice"),
    *("compareAtPrice", "shipped", "taxable", "barcode", "variantImage", "variantName"),
    *("variantStatus", "taxCategory", "variantReference"),
)
_OF_PRODUCTS = (
    *("name", "description", "categories", "published", "status", "seoTitle", "seoDescription"),
    *("productType", "currency", "externalReferenceId", "option1", "option2", "option3"),
)


@dataclass(slots=True)
class Line:
    """One line of the file: its number, its fields by name, and what is kept as metadata."""

    number: int
    fields: dict[str, str]
    kept: Sequence[tuple[Column, str]]

    @property
    def has_variant(self) -> bool:
        """Whether it says anything of a variant; other lines have one more picture."""
        cells = self.fields
        return any(cells.get(name) for name in _OF_VARIANTS) or any(
            value for column, value in self.kept if column.of_variant
        )


def product_of(
    group: Sequence[Line], currency: str
) -> tuple[GivenProduct, Sequence[int], Sequence[int]]:
    """Return the product, the lines of its variants, and those of its pictures."""
    reading = _Reading(group=group, currency=currency)
    given = reading.product()
    return given, [each.number for each in reading.variant_lines], reading.image_lines


@dataclass(slots=True, kw_only=True)
class _Reading(Cells):
    """The reading of one product; what is wrong is noted with where it stands."""

    group: Sequence[Line]
    variant_lines: Sequence[Line] = ()
    image_lines: Sequence[int] = ()

    def product(self) -> GivenProduct:
        """Read the whole product."""
        first = self.group[0]
        self.variant_lines = [each for each in self.group if each.has_variant]
        self._settle_currency(first)
        names = self._option_names()
        simple = not names
        kind = self._product_type(first)
        status, remembered = self._status(first)
        given = GivenProduct(
            slug=first.fields["slug"],
            name=self._name(first),
            product_type=kind,
            status=status,
            description=self.clearable(first.fields, "description"),
            seo_title=self.clearable(first.fields, "seoTitle"),
            seo_description=self.clearable(first.fields, "seoDescription"),
            images=self._images(),
            categories=self._labels(first),
            external_reference_id=self.clearable(first.fields, "externalReferenceId"),
            metadata=self._kept(first, remembered, of_variant=False, public=False),
            public_metadata=self._kept(first, {}, of_variant=False, public=True),
            simple=simple,
            variants=[
                self._variant(line, index, names, kind)
                for index, line in enumerate(self.variant_lines)
            ],
            problems=self.problems,
        )
        if names:
            given.options = self._options(names)
        self._check_repetitions(first)
        return given

    def _settle_currency(self, first: Line) -> None:
        said = first.fields.get("currency", "").strip()
        if said and said not in DIGITS:
            message = "This is no currency of ISO 4217, such as USD."
            self.note(ErrorCode.UNKNOWN_CURRENCY, message, "currency")
        elif said:
            self.currency = said

    def _name(self, first: Line) -> str | Omitted:
        return first.fields.get("name") or OMITTED

    def _labels(self, first: Line) -> Sequence[str] | Omitted:
        cell = first.fields.get("categories")
        if cell is None:
            return OMITTED
        parts = csv.reader([cell], skipinitialspace=True) if cell.strip() else ()
        return [each.strip() for row in parts for each in row if each.strip()]

    def _product_type(self, first: Line) -> ProductType | Omitted:
        said = first.fields.get("productType", "").strip().upper()
        if said in ProductType.__members__:
            return ProductType(said)
        if said:
            message = f"The type of a product is one of {', '.join(ProductType)}."
            self.note(ErrorCode.INVALID_ENUM, message, "productType")
        shipped = first.fields.get("shipped", "").strip().casefold()
        if not shipped or said or shipped not in BOOLEANS:
            return OMITTED
        return ProductType.PHYSICAL if BOOLEANS[shipped] else ProductType.DIGITAL

    def _status(self, first: Line) -> tuple[ProductStatus | Omitted, dict[str, str]]:
        """Return the status, and what of its two columns it does not say by itself."""
        said = first.fields.get("status", "").strip().casefold()
        published = first.fields.get("published", "").strip().casefold()
        if said not in ("", "active", "draft", "archived"):
            message = "The status of a product is active, draft or archived."
            self.note(ErrorCode.INVALID_ENUM, message, "status")
        if published not in ("", *BOOLEANS):
            self.note(ErrorCode.INVALID_FIELD, "This is TRUE or FALSE.", "published")
        remembered = {
            key: ""
            for key, name in (("Status", "status"), ("Published", "published"))
            if name in first.fields
        }
        if not said and not published:
            return OMITTED, remembered
        offered = said in ("", "active") and published != "false"
        status = ProductStatus.ACTIVE if offered else ProductStatus.INACTIVE
        for key, cell, usual in zip(
            ("Status", "Published"), (said, published), CANONICAL[status], strict=True
        ):
            if cell and cell != usual:
                remembered[key] = cell
        return status, remembered

    def _option_names(self) -> list[str]:
        """Return the names of the options in use, the first that is said of each."""
        names: list[str] = []
        for number in "123":
            said = [line.fields.get(f"option{number}", "") for line in self.group]
            name = next((each.strip() for each in said if each.strip()), "")
            names.append(name)
            if not name and (at := self._first_with(f"value{number}")) is not None:
                message = f"There is an Option{number} Value, and no Option{number} Name."
                self.note(ErrorCode.INVALID_PRODUCT_SHAPE, message, "lines", at, f"value{number}")
        if names[1:] == ["", ""] and names[0].casefold() == NO_OPTION[0].casefold():
            values = {line.fields.get("value1", "").strip() for line in self.variant_lines}
            if values <= {NO_OPTION[1], ""}:
                return []
        return [each for each in names if each]

    def _first_with(self, name: str) -> str | None:
        found = (str(line.number) for line in self.group if line.fields.get(name, "").strip())
        return next(found, None)

    def _options(self, names: Sequence[str]) -> Sequence[NewOption]:
        return [
            NewOption(name, list(dict.fromkeys(self._values(index))))
            for index, name in enumerate(names)
        ]

    def _values(self, index: int) -> Iterator[str]:
        for line in self.variant_lines:
            value = line.fields.get(f"value{index + 1}", "").strip()
            if value:
                yield value

    def _images(self) -> Sequence[Image] | Omitted:
        if "image" not in self.group[0].fields:
            return OMITTED
        found: list[tuple[int, Line]] = []
        for line in self.group:
            if not line.fields["image"].strip():
                continue
            said = line.fields.get("imagePosition", "").strip()
            if said and not said.isdecimal():
                self.note(
                    ErrorCode.INVALID_FIELD,
                    "A position is a whole number.",
                    *("lines", str(line.number), "imagePosition"),
                )
            position = int(said) if said.isdecimal() and len(said) < 10 else 10**9
            found.append((position, line))
        found.sort(key=lambda each: each[0])
        self.image_lines = [line.number for _, line in found]
        return [
            Image(line.fields["image"].strip(), line.fields.get("altText", "").strip() or None)
            for _, line in found
        ]

    def _variant(
        self, line: Line, index: int, names: Sequence[str], kind: ProductType | Omitted
    ) -> GivenVariant:
        path = ("variants", str(index))
        cells = line.fields
        tracker = cells.get("tracker")
        tracked = bool(tracker and tracker.strip())
        remembered = self._remembered(cells, kind)
        image = self.clearable(cells, "variantImage")
        return GivenVariant(
            selected_options=self._selected(line, names),
            unit_price=self.price(cells.get("unitPrice", ""), *path, "unitPrice") or OMITTED,
            compare_at_price=(
                self.price(cells["compareAtPrice"], *path, "compareAtPrice")
                if "compareAtPrice" in cells
                else OMITTED
            ),
            name=self.clearable(cells, "variantName"),
            sku=self.clearable(cells, "sku"),
            barcode=self.clearable(cells, "barcode"),
            taxable=self.boolean(cells, "taxable", path),
            tax_category=self.one_of(TaxCategory, cells, "taxCategory", (*path, "taxCategory")),
            status=self.one_of(VariantStatus, cells, "variantStatus", (*path, "status")),
            enforce_inventory_limit=self.policy(cells, path, tracked=tracked),
            tracked=True if tracked else OMITTED,
            quantity=self.quantity(cells, path, tracker),
            external_reference_id=self.clearable(cells, "variantReference"),
            metadata=self._kept(line, remembered, of_variant=True, public=False),
            public_metadata=self._kept(line, {}, of_variant=True, public=True),
            first_image=image.strip() if isinstance(image, str) else image,
        )

    def _remembered(self, cells: dict[str, str], kind: ProductType | Omitted) -> dict[str, str]:
        """Return what the fields of a variant do not say by themselves of two of its columns."""
        remembered: dict[str, str] = {}
        if "shipped" in cells:
            said = cells["shipped"].strip().casefold()
            usual = "true" if kind in (ProductType.PHYSICAL, OMITTED) else "false"
            remembered["Variant_Requires_Shipping"] = "" if said == usual else said
        if "tracker" in cells:
            said = cells["tracker"].strip()
            remembered["Variant_Inventory_Tracker"] = "" if said in (TRACKER, "") else said
        return remembered

    def _selected(self, line: Line, names: Sequence[str]) -> Sequence[SelectedOption] | Omitted:
        if not names:
            return OMITTED
        values = [line.fields.get(f"value{index + 1}", "").strip() for index in range(len(names))]
        return [
            SelectedOption(name, value) for name, value in zip(names, values, strict=True) if value
        ]

    def _kept(
        self, line: Line, remembered: dict[str, str], *, of_variant: bool, public: bool
    ) -> dict[str, str] | Omitted:
        """Return what of a line is kept as metadata of the product or of its variant.

        On a later line a column of the product is one of the variant, unless it repeats the first.
        """
        first = {(each.name, each.public): text for each, text in self.group[0].kept}
        kept = {
            column.name: text
            for column, text in line.kept
            if column.public is public
            and (
                column.of_variant is of_variant
                or (
                    of_variant
                    and line is not self.group[0]
                    and text
                    and text != first[column.name, public]
                )
            )
        }
        kept |= remembered
        return kept or OMITTED

    def _check_repetitions(self, first: Line) -> None:
        """Note what later lines say otherwise of the product than its first."""
        for line in self.group[1:]:
            for name in _OF_PRODUCTS:
                said = line.fields.get(name, "")
                if (
                    said
                    and said != first.fields[name]
                    and not (name.startswith("option") and not first.fields[name])
                ):
                    message = f"Line {first.number} says something else of the same product."
                    self.note(
                        ErrorCode.CONFLICTING_FIELDS, message, "lines", str(line.number), name
                    )
            if not line.has_variant and self._says_more(line, first):
                self.note(
                    ErrorCode.INVALID_FIELD,
                    "A line that has nothing but a picture says nothing else.",
                    *("lines", str(line.number)),
                )

    def _says_more(self, line: Line, first: Line) -> bool:
        """Tell whether a column that is kept as metadata has more than a repetition."""
        return any(
            text and text != begun
            for (_, text), (_, begun) in zip(line.kept, first.kept, strict=True)
        )
