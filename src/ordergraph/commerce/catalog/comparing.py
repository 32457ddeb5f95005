"""Comparing: what has to be written for a product of a file, against what the shop has of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import cast
from uuid import UUID

from ordergraph.commerce.catalog.coding import Codes, barcode_in_use, sku_in_use
from ordergraph.commerce.catalog.matching import Bearers, code, wanted_slug
from ordergraph.commerce.catalog.overlaying import GivenProduct, GivenVariant, Overlaid, Present
from ordergraph.commerce.catalog.rules import Product, ProductOption, Variant
from ordergraph.commerce.categories.rules import label_key
from ordergraph.commerce.inventory.rules import MOST_UNITS
from ordergraph.commerce.inventory.stocking import NewLevel
from ordergraph.commerce.inventory.tallying import Tally
from ordergraph.core.problems import ErrorCode, FieldPath, Findings

_QUANTITY = "initialQuantityAvailable"

_OF_PRODUCT = attrgetter(
    *("name", "product_type", "status", "description", "slug", "seo", "images", "options"),
    *("modifier_set_id", "external_reference_id", "metadata", "public_metadata"),
)
_OF_VARIANT = attrgetter(
    *("name", "selected_options", "sku", "barcode", "unit_price", "compare_at_price", "taxable"),
    *("tax_category", "status", "own_images", "own_modifier_set_id", "external_reference_id"),
    *("metadata", "public_metadata", "enforce_inventory_limit"),
)
_CODES_OF = attrgetter("sku", "barcode")


@dataclass(slots=True)
class Change:
    """What is to be written for one product; `old` is None for a new one.

    `labels` is None where they stay, and `slug` where none has to be taken.
    """

    product: Product
    old: Product | None
    labels: Sequence[str] | None
    slug: str | None
    touched: bool = False
    """Whether anything but stock changed: the product gets its next version."""

    added: list[Variant] = field(default_factory=list[Variant])
    changed: list[Variant] = field(default_factory=list[Variant])
    moved: list[UUID] = field(default_factory=list[UUID])
    """Variants that are to select other values."""

    codes: list[Codes] = field(default_factory=list[Codes])
    levels: list[NewLevel] = field(default_factory=list[NewLevel])
    tallies: list[Tally] = field(default_factory=list[Tally])

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.touched or self.tallies)


def compare(
    findings: Findings,
    given: GivenProduct,
    described: Product,
    overlaid: Overlaid,
    present: Present | None,
    labels: Sequence[str],
    bearers: Bearers,
) -> Change:
    """Compare a product as it is to be with what there is of it; `described` becomes the former.

    Codes and slugs that something else bears, and stock that cannot be so, are noted.
    """
    old = present.product if present else None
    change = Change(described, old, None, None)
    if old is not None:
        _continue(described, old)
    _name(findings, given, change, bearers)
    _compare_variants(findings, given, overlaid, present, change, bearers)
    same = old is not None and _OF_PRODUCT(described) == _OF_PRODUCT(old)
    # A category is spelled as whoever made it did (CTG-1).
    if present is None or list(map(label_key, present.labels)) != list(map(label_key, labels)):
        change.labels = labels
    relabeled = change.labels is not None
    change.touched = not same or relabeled or bool(change.added or change.changed)
    return change


def _continue(product: Product, old: Product) -> None:
    """Have a product go on from what there is of it: its id, its version, its options' ids."""
    product.id, product.created_at = old.id, old.created_at
    product.version = old.version + 1
    known = {each.name.casefold(): each for each in old.options}
    product.options = tuple(
        ProductOption(known[each.name.casefold()].id, each.name, each.values)
        if each.name.casefold() in known
        else each
        for each in product.options
    )


def _name(findings: Findings, given: GivenProduct, change: Change, bearers: Bearers) -> None:
    """Settle the slug; without one, and without a SKU, nobody would know the product again."""
    product, old = change.product, change.old
    wanted = wanted_slug(given)
    if wanted is None:
        product.slug = old.slug if old else ""
        if old is None and not any(code(each.sku) for each in given.variants):
            message = "A product has a slug or a SKU, to be known by when it comes again."
            findings.add(ErrorCode.FIELD_REQUIRED, message, "slug")
        return
    product.slug = wanted
    owner = bearers.by_slug.get(wanted)
    if owner is None:
        change.slug = wanted
    elif owner != product.id:
        message = "This slug leads to something else already."
        findings.add(ErrorCode.SLUG_ALREADY_EXISTS, message, "slug")


def _compare_variants(
    findings: Findings,
    given: GivenProduct,
    overlaid: Overlaid,
    present: Present | None,
    change: Change,
    bearers: Bearers,
) -> None:
    variants = cast(Sequence[Variant], change.product.variants)  # described ones are whole
    position = max((each.position for each in present.variants), default=-1) if present else -1
    released = set(_released(variants, overlaid.origins))
    for index, (variant, origin) in enumerate(zip(variants, overlaid.origins, strict=True)):
        said = given.variants[index] if index < len(given.variants) else GivenVariant()
        simple = overlaid.wanted.default_variant is not None
        path = ("defaultVariant",) if simple else ("variants", str(index))
        variant.product_id = change.product.id
        if origin is None:
            position += 1
            variant.position = position
            variant.tracked = _is_tracked(said, None)
            change.added.append(variant)
            change.levels.append(_new_level(findings, said, variant, path))
        else:
            _continue_variant(variant, origin)
            units = present.on_shelf.get(origin.id, 0) if present else 0
            _compare_stock(findings, said, variant, origin, units, change, path)
            if _OF_VARIANT(variant) != _OF_VARIANT(origin):
                change.changed.append(variant)
            if variant.selected_options != origin.selected_options:
                change.moved.append(variant.id)
        _compare_codes(findings, variant, origin, released, change, bearers, path)


def _released(variants: Sequence[Variant], origins: Sequence[Variant | None]) -> Iterator[UUID]:
    """Yield the variants that give their barcode up, so that another of the product may take it."""
    for variant, origin in zip(variants, origins, strict=True):
        if origin is not None and variant.barcode != origin.barcode:
            yield origin.id


def _continue_variant(variant: Variant, origin: Variant) -> None:
    variant.id, variant.created_at, variant.position = origin.id, origin.created_at, origin.position
    variant.is_default, variant.version = origin.is_default, origin.version + 1
    variant.tracked, variant.on_hand, variant.held = origin.tracked, origin.on_hand, origin.held


def _compare_codes(
    findings: Findings,
    variant: Variant,
    origin: Variant | None,
    released: set[UUID],
    change: Change,
    bearers: Bearers,
    path: FieldPath,
) -> None:
    if bearers.by_sku.get(variant.sku or "", variant.id) != variant.id:
        findings.note(sku_in_use(path))
    bearer = bearers.by_barcode.get(variant.barcode or "", variant.id)
    if bearer != variant.id and bearer not in released:
        findings.note(barcode_in_use(path))
    if origin is None or _CODES_OF(variant) != _CODES_OF(origin):
        change.codes.append(Codes(variant.id, variant.sku, variant.barcode, path))


def _is_tracked(said: GivenVariant, origin: Variant | None) -> bool:
    """Tell whether stock is counted: an import switches that on, and never off."""
    was = origin is not None and origin.tracked
    return was or said.tracked is True or isinstance(said.quantity, int)


def _new_level(
    findings: Findings, said: GivenVariant, variant: Variant, path: FieldPath
) -> NewLevel:
    units = said.quantity if isinstance(said.quantity, int) else 0
    if not 0 <= units <= MOST_UNITS:
        message = f"The quantity of a new variant is a whole number from 0 to {MOST_UNITS}."
        findings.add(ErrorCode.INVALID_FIELD, message, *path, _QUANTITY)
    return NewLevel(variant.id, variant.enforce_inventory_limit, units if variant.tracked else None)


def _compare_stock(
    findings: Findings,
    said: GivenVariant,
    variant: Variant,
    origin: Variant,
    units: int,
    change: Change,
    path: FieldPath,
) -> None:
    """Note the count of a variant at the default location, where `units` lie, and its limits."""
    tracked = _is_tracked(said, origin)
    counted = said.quantity if isinstance(said.quantity, int) else units
    enforced = variant.enforce_inventory_limit
    if (tracked, counted, enforced) == (origin.tracked, units, origin.enforce_inventory_limit):
        return
    total = origin.on_hand - units + counted
    if counted > MOST_UNITS:
        message = f"The stock of a variant is at most {MOST_UNITS} units."
        findings.add(ErrorCode.INVALID_FIELD, message, *path, _QUANTITY)
    elif counted < 0 and counted != units:
        message = "A count is not below zero."
        findings.add(ErrorCode.INSUFFICIENT_STOCK, message, *path, _QUANTITY)
    elif enforced and total < origin.held:
        message = f"{origin.held} units are held for running payments: {total} are too few."
        findings.add(ErrorCode.INSUFFICIENT_STOCK, message, *path, _QUANTITY)
    change.tallies.append(Tally(variant.id, tracked, enforced, counted))
    variant.tracked = tracked
