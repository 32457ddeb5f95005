"""Overlaying: what a file says of a product, laid over what the shop has of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from ordergraph.commerce.catalog.rules import (
    Image,
    Product,
    ProductStatus,
    ProductType,
    SelectedOption,
    Seo,
    Variant,
    VariantStatus,
)
from ordergraph.commerce.catalog.shaping import NewOption, NewProduct, NewVariant
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.core.sparse import OMITTED, Omitted

T = TypeVar("T")


@dataclass(slots=True)
class GivenVariant:
    """What is said of a variant; what is omitted stays as it is, or begins as that of a new one.

    `first_image` replaces the first of its pictures alone. `quantity` is a count of the units at
    the default location; a variant that has one is tracked from then on.
    """

    selected_options: Sequence[SelectedOption] | Omitted = OMITTED
    unit_price: Money | Omitted = OMITTED
    compare_at_price: Money | Omitted | None = OMITTED
    name: str | Omitted | None = OMITTED
    sku: str | Omitted | None = OMITTED
    barcode: str | Omitted | None = OMITTED
    taxable: bool | Omitted = OMITTED
    tax_category: TaxCategory | Omitted = OMITTED
    status: VariantStatus | Omitted = OMITTED
    enforce_inventory_limit: bool | Omitted = OMITTED
    tracked: bool | Omitted = OMITTED
    quantity: int | Omitted = OMITTED
    external_reference_id: str | Omitted | None = OMITTED
    metadata: Mapping[str, Any] | Omitted = OMITTED
    public_metadata: Mapping[str, Any] | Omitted = OMITTED
    images: Sequence[Image] | Omitted = OMITTED
    first_image: str | Omitted | None = OMITTED
    modifier_set_id: UUID | Omitted | None = OMITTED


@dataclass(slots=True)
class GivenProduct:
    """What is said of a product; what is omitted stays as it is, or begins as that of a new one.

    A simple one has its variant alone. `problems` is what was found wrong while it was read.
    """

    slug: str | Omitted = OMITTED
    name: str | Omitted = OMITTED
    product_type: ProductType | Omitted = OMITTED
    status: ProductStatus | Omitted = OMITTED
    description: str | Omitted | None = OMITTED
    seo_title: str | Omitted | None = OMITTED
    seo_description: str | Omitted | None = OMITTED
    images: Sequence[Image] | Omitted = OMITTED
    categories: Sequence[str] | Omitted = OMITTED
    external_reference_id: str | Omitted | None = OMITTED
    metadata: Mapping[str, Any] | Omitted = OMITTED
    public_metadata: Mapping[str, Any] | Omitted = OMITTED
    modifier_set_id: UUID | Omitted | None = OMITTED
    options: Sequence[NewOption] = ()
    simple: bool = True
    variants: list[GivenVariant] = field(default_factory=list[GivenVariant])
    problems: list[Problem] = field(default_factory=list[Problem])


@dataclass(slots=True)
class Present:
    """A product as the shop has it, whole; `on_shelf` counts units at the default location."""

    product: Product
    variants: Sequence[Variant]
    labels: Sequence[str]
    on_shelf: Mapping[UUID, int]


@dataclass(slots=True)
class Overlaid:
    """A product as it is to be, and which of its variants the shop has already.

    Variants stand in the order of `wanted`: those that were given, then those that were not.
    """

    wanted: NewProduct
    origins: Sequence[Variant | None]


def overlay(findings: Findings, given: GivenProduct, present: Present | None) -> Overlaid:
    """Lay what was given over what is there; what cannot be laid is noted."""
    simple = _shape(findings, given, present)
    origins = list(_origins(given, present))
    known = {variant.id for variant in origins if variant is not None}
    rest = [each for each in present.variants if each.id not in known] if present else []
    variants = [
        _variant(findings, (_path(simple, index)), each, origin)
        for index, (each, origin) in enumerate(zip(given.variants, origins, strict=True))
    ] + [_variant(findings, ("variants",), GivenVariant(), variant) for variant in rest]
    options = () if simple else _options(given, present, covered=not rest)
    wanted = _product(given, present, simple, options, variants)
    return Overlaid(wanted, [*origins, *rest])


def _shape(findings: Findings, given: GivenProduct, present: Present | None) -> bool:
    """Tell whether the product is a simple one; an import does not turn one kind into the other."""
    if present is None:
        if given.simple and len(given.variants) > 1:
            findings.add(
                ErrorCode.INVALID_PRODUCT_SHAPE,
                "A product without options has one variant.",
                *_path(False, 1),
            )
        return given.simple
    simple = not present.product.options
    if given.variants and given.simple is not simple and not _silent(given):
        has = "no options" if simple else "options"
        findings.add(
            ErrorCode.INVALID_PRODUCT_SHAPE,
            f"The product in the shop has {has}: an import does not change that.",
            "options",
        )
    elif simple and len(given.variants) > 1:
        findings.add(
            ErrorCode.INVALID_PRODUCT_SHAPE,
            "A product without options has one variant.",
            *_path(False, 1),
        )
    return simple


def _silent(given: GivenProduct) -> bool:
    """Tell whether nothing is said about options, so that variants are known by SKU alone."""
    return not given.options and all(each.selected_options is OMITTED for each in given.variants)


def _path(simple: bool, index: int) -> tuple[str, ...]:
    return ("defaultVariant",) if simple else ("variants", str(index))


def _origins(given: GivenProduct, present: Present | None) -> Iterator[Variant | None]:
    """Yield the variant of the shop that each given one is: by its SKU, else by what it selects,
    else by being the only one."""
    if present is None:
        yield from [None] * len(given.variants)
        return
    by_sku = {each.sku: each for each in present.variants if each.sku is not None}
    mentioned = {_trimmed(each.sku) for each in given.variants}
    left = [each for each in present.variants if each.sku is None or each.sku not in mentioned]
    by_choice = {_chosen(each.selected_options): each for each in left}
    for each in given.variants:
        sku = _trimmed(each.sku)
        if sku is not None and sku in by_sku:
            yield by_sku.pop(sku)
        elif not present.product.options:
            yield left[0] if left and len(given.variants) == 1 else None
        elif each.selected_options is OMITTED:
            yield None
        else:
            yield by_choice.pop(_chosen(each.selected_options), None)


def _trimmed(text: str | Omitted | None) -> str | None:
    return text.strip() if isinstance(text, str) else None


def _chosen(options: Sequence[SelectedOption]) -> frozenset[tuple[str, str]]:
    return frozenset((each.name.strip().casefold(), each.value.strip()) for each in options)


def _options(given: GivenProduct, present: Present | None, *, covered: bool) -> Sequence[NewOption]:
    """Return the options: those of the shop with the values that are new, in their order.

    Options of other names replace them where every variant of the shop is `covered`.
    """
    if present is None:
        return given.options
    old = [NewOption(each.name, each.values) for each in present.product.options]
    if not given.options:
        return old
    names = [each.name.strip().casefold() for each in given.options]
    if names != [each.name.casefold() for each in old]:
        return given.options if covered else old
    return [
        NewOption(new.name, _joined(was.values, new.values))
        for was, new in zip(old, given.options, strict=True)
    ]


def _joined(old: Sequence[str], new: Sequence[str]) -> Sequence[str]:
    return list(dict.fromkeys([*old, *(value.strip() for value in new)]))


def _product(
    given: GivenProduct,
    present: Present | None,
    simple: bool,
    options: Sequence[NewOption],
    variants: Sequence[NewVariant],
) -> NewProduct:
    old = present.product if present else None
    return NewProduct(
        name=_or(given.name, old.name if old else ""),
        product_type=_or(given.product_type, old.product_type if old else ProductType.PHYSICAL),
        default_variant=variants[0] if simple and variants else None,
        options=options,
        variants=() if simple else variants,
        status=_or(given.status, old.status if old else ProductStatus.ACTIVE),
        description=_or(given.description, old.description if old else None),
        external_reference_id=_or_none(
            given.external_reference_id, old.external_reference_id if old else None
        ),
        metadata=_merged(given.metadata, old.metadata if old else {}),
        slug=_or(given.slug, old.slug if old else None),
        seo=Seo(
            _or(given.seo_title, old.seo.title if old else None),
            _or(given.seo_description, old.seo.description if old else None),
        ),
        images=_pictures(given.images, old.images if old else ()),
        categories=_or(given.categories, present.labels if present else ()),
        public_metadata=_merged(given.public_metadata, old.public_metadata if old else {}),
        modifier_set_id=_or(given.modifier_set_id, old.modifier_set_id if old else None),
    )


def _variant(
    findings: Findings, path: tuple[str, ...], given: GivenVariant, old: Variant | None
) -> NewVariant:
    price = _or(given.unit_price, old.unit_price if old else None)
    if price is None:
        findings.add(ErrorCode.FIELD_REQUIRED, "A new variant has a price.", *path, "unitPrice")
        price = Money(0, "USD")
    chosen = given.selected_options
    return NewVariant(
        unit_price=price,
        selected_options=old.selected_options if chosen is OMITTED and old else _or(chosen, ()),
        name=_or_none(given.name, old.name if old else None),
        sku=_or_none(given.sku, old.sku if old else None),
        barcode=_or_none(given.barcode, old.barcode if old else None),
        taxable=_or(given.taxable, old.taxable if old else True),
        tax_category=_or(given.tax_category, old.tax_category if old else TaxCategory.GENERAL),
        status=_or(given.status, old.status if old else VariantStatus.ACTIVE),
        enforce_inventory_limit=_or(
            given.enforce_inventory_limit, old.enforce_inventory_limit if old else False
        ),
        external_reference_id=_or_none(
            given.external_reference_id, old.external_reference_id if old else None
        ),
        metadata=_merged(given.metadata, old.metadata if old else {}),
        compare_at_price=_or(given.compare_at_price, old.compare_at_price if old else None),
        images=_variant_pictures(given, old.own_images if old else ()),
        public_metadata=_merged(given.public_metadata, old.public_metadata if old else {}),
        modifier_set_id=_or(given.modifier_set_id, old.own_modifier_set_id if old else None),
    )


def _pictures(given: Sequence[Image] | Omitted, old: Sequence[Image]) -> Sequence[Image]:
    """Return the pictures given; sizes that nobody says now stay what they were."""
    if given is OMITTED:
        return old
    known = {each.url: each for each in old}
    return [_sized(each, known.get(each.url)) for each in given]


def _sized(image: Image, known: Image | None) -> Image:
    if known is None or (image.width is not None or image.height is not None):
        return image
    return Image(image.url, image.alt_text, known.width, known.height)


def _variant_pictures(given: GivenVariant, old: Sequence[Image]) -> Sequence[Image]:
    if given.images is not OMITTED:
        return _pictures(given.images, old)
    if given.first_image is OMITTED or (given.first_image or None) == (old[0].url if old else None):
        return old
    return [Image(given.first_image), *old[1:]] if given.first_image else ()


def _merged(changes: Mapping[str, Any] | Omitted, old: Mapping[str, str]) -> dict[str, Any]:
    """Return metadata with its changes; a key with nothing is taken away (META-2 to META-4)."""
    if changes is OMITTED:
        return dict(old)
    if not changes:
        return {}
    merged = {**old, **changes}
    return {key: value for key, value in merged.items() if value is not None and value != ""}


def _or(given: T | Omitted, otherwise: T) -> T:
    return otherwise if given is OMITTED else given


def _or_none(given: str | Omitted | None, otherwise: str | None) -> str | None:
    """Return a text, or None for an empty one: it clears what was there (UPD-2)."""
    text = otherwise if given is OMITTED else given
    return text if text and text.strip() else None
