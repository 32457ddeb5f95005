"""Shaping products: options, and variants that select one value of each (CAT-1 to CAT-3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from ordergraph.commerce.catalog.coding import barcode_in_use, sku_in_use
from ordergraph.commerce.catalog.rules import (
    MOST_OPTION_VALUES,
    MOST_OPTIONS,
    MOST_VARIANTS,
    Image,
    ProductOption,
    ProductStatus,
    ProductType,
    SelectedOption,
    Seo,
    Variant,
    VariantStatus,
)
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.core.texts import LONGEST_NAME, check_text

_SHAPES = ((True, False, False), (False, True, True))
"""Whether a product is sent with a default variant, with options, with variants (CAT-1)."""


@dataclass(frozen=True, slots=True)
class NewOption:
    """One way in which the variants of a new product differ."""

    name: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class NewVariant:
    """What a variant begins with; its stock is tracked when an initial quantity is given."""

    unit_price: Money
    selected_options: Sequence[SelectedOption] = ()
    name: str | None = None
    sku: str | None = None
    barcode: str | None = None
    taxable: bool = True
    tax_category: TaxCategory = TaxCategory.GENERAL
    status: VariantStatus = VariantStatus.ACTIVE
    enforce_inventory_limit: bool = False
    initial_quantity: int | Decimal | None = None
    external_reference_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    compare_at_price: Money | None = None
    images: Sequence[Image] = ()
    public_metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    modifier_set_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewProduct:
    """What a product begins with: either a default variant, or options with variants (CAT-1).

    Without a `slug` one is made of the name. `image_url` is short for one picture in `images`;
    `categories` are labels.
    """

    name: str
    product_type: ProductType
    default_variant: NewVariant | None = None
    options: Sequence[NewOption] = ()
    variants: Sequence[NewVariant] = ()
    status: ProductStatus = ProductStatus.ACTIVE
    description: str | None = None
    image_url: str | None = None
    external_reference_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    slug: str | None = None
    seo: Seo | None = None
    images: Sequence[Image] = ()
    categories: Sequence[str] = ()
    public_metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    modifier_set_id: UUID | None = None


def check_shape(findings: Findings, wanted: NewProduct) -> None:
    """Note anything but a default variant alone, or options with variants (CAT-1, CAT-3)."""
    sent = (wanted.default_variant is not None, bool(wanted.options), bool(wanted.variants))
    if sent not in _SHAPES:
        findings.add(
            ErrorCode.INVALID_PRODUCT_SHAPE,
            "A product has either a defaultVariant alone, or options together with variants.",
            "variants" if any(sent[1:]) and not sent[0] else "defaultVariant",
        )
    for items, most, name in (
        (wanted.options, MOST_OPTIONS, "options"),
        (wanted.variants, MOST_VARIANTS, "variants"),
    ):
        if len(items) > most:
            findings.add(ErrorCode.TOO_MANY_ITEMS, f"A product has at most {most} {name}.", name)


def shape_options(findings: Findings, wanted: Sequence[NewOption]) -> Iterator[ProductOption]:
    """Make a product's options, noting what is wrong with them."""
    names: set[str] = set()
    for index, new in enumerate(wanted):
        path = ("options", str(index))
        name = check_text(findings, new.name, LONGEST_NAME, *path, "name", least=1) or ""
        if name.casefold() in names:
            findings.add(
                ErrorCode.INVALID_PRODUCT_SHAPE, "Two options have this name.", *path, "name"
            )
        names.add(name.casefold())
        yield ProductOption(new_id(), name, _values(findings, new.values, (*path, "values")))


def _values(findings: Findings, wanted: Sequence[str], path: tuple[str, ...]) -> tuple[str, ...]:
    values = tuple(
        check_text(findings, value, LONGEST_NAME, *path, str(index), least=1) or ""
        for index, value in enumerate(wanted)
    )
    if not 1 <= len(values) <= MOST_OPTION_VALUES:
        findings.add(
            ErrorCode.TOO_MANY_ITEMS if values else ErrorCode.FIELD_REQUIRED,
            f"An option has 1 to {MOST_OPTION_VALUES} values.",
            *path,
        )
    if len(set(values)) < len(values):
        findings.add(ErrorCode.INVALID_PRODUCT_SHAPE, "An option has each value once.", *path)
    return values


def select_options(
    findings: Findings,
    options: Sequence[ProductOption],
    new: NewVariant,
    path: tuple[str, ...],
) -> tuple[SelectedOption, ...]:
    """Return one value for each option, in the options' order (CAT-2, CAT-3)."""
    chosen = {each.name.strip().casefold(): each.value for each in new.selected_options}
    selected = tuple(
        SelectedOption(option.name, value)
        for option in options
        if (value := value_of(option, chosen.get(option.name.casefold()))) is not None
    )
    if not len(selected) == len(options) == len(new.selected_options):
        findings.add(
            ErrorCode.INVALID_PRODUCT_SHAPE,
            _refusal(options, new.selected_options),
            *path,
            "selectedOptions",
        )
    return selected


def value_of(option: ProductOption, wanted: str | None) -> str | None:
    """Return the value of an option that is meant: as it is written, or else in another case."""
    if wanted is None:
        return None
    text = wanted.strip()
    if text in option.values:
        return text
    return next((each for each in option.values if each.casefold() == text.casefold()), None)


def _refusal(options: Sequence[ProductOption], selected: Sequence[SelectedOption]) -> str:
    """Say what is wrong with a selection: a name or a value that is not there, or their number."""
    known = {option.name.casefold(): option for option in options}
    for each in selected:
        option = known.get(each.name.strip().casefold())
        if option is None:
            return f"The product has no option “{each.name.strip()[:LONGEST_NAME]}”."
        if value_of(option, each.value) is None:
            return f"The option “{option.name}” has no value “{each.value.strip()[:LONGEST_NAME]}”."
    return "A variant selects exactly one value of every option of its product."


def check_variants_together(
    findings: Findings, variants: Sequence[Variant], paths: Sequence[tuple[str, ...]]
) -> None:
    """Note variants that cannot stand beside those before them (CAT-3, CAT-31)."""
    combinations: set[tuple[SelectedOption, ...]] = set()
    skus: set[str | None] = set()
    barcodes: set[str | None] = set()
    for variant, path in zip(variants, paths, strict=True):
        if variant.selected_options and variant.selected_options in combinations:
            findings.add(
                ErrorCode.DUPLICATE_VARIANT,
                "Another variant of this product selects the same values.",
                *path,
                "selectedOptions",
            )
        combinations.add(variant.selected_options)
        if variant.sku is not None and variant.sku in skus:
            findings.note(sku_in_use(path))
        skus.add(variant.sku)
        if variant.barcode is not None and variant.barcode in barcodes:
            findings.note(barcode_in_use(path))
        barcodes.add(variant.barcode)
        if variant.unit_price.currency != variants[0].unit_price.currency:
            findings.add(
                ErrorCode.CURRENCY_MISMATCH,
                "All variants of a product have prices of one currency.",
                *path,
                "unitPrice",
                "currency",
            )
