"""Picking what lines sell: what the catalog has under their ids, snapshotted as sold (ORD-1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from ordergraph.commerce.bundles.reads import bundles_for_sale
from ordergraph.commerce.bundles.rules import Bundle
from ordergraph.commerce.catalog.reads import variants_to_sell
from ordergraph.commerce.catalog.rules import ProductType, Variant
from ordergraph.commerce.modifiers.reads import sets_by_ids
from ordergraph.commerce.modifiers.rules import ModifierSet
from ordergraph.commerce.modifiers.selecting import AdHocModifier, WantedGroup
from ordergraph.commerce.orders.itemizing import LineItem
from ordergraph.commerce.orders.lifecycle import LineSource
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, FieldPath, Findings, Problem, not_found
from ordergraph.runtime.db.transaction import Reader

T = TypeVar("T")

_DELIVERED = (ProductType.PHYSICAL, ProductType.DIGITAL)
"""Kinds of products that have to reach their buyer; nobody delivers a service or a fee."""


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A line as a caller asks for it: a variant, a bundle, or a name with a price (domain 9.2).

    `quantity` is whatever number came in. A price on what the catalog has overrides the catalog's.
    Of a line that is not `readable` something was noted already: only its other fields are judged
    (ERR-1).
    """

    variant_id: UUID | None = None
    bundle_id: UUID | None = None
    name: str | None = None
    quantity: Any = 1
    unit_price: Money | None = None
    modifiers: tuple[WantedGroup, ...] = ()
    ad_hoc_modifiers: tuple[AdHocModifier, ...] = ()
    description: str | None = None
    sku: str | None = None
    image_url: str | None = None
    taxable: bool | None = None
    tax_category: TaxCategory | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    separate: bool = False
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the catalog has of what lines name, by id, with the modifier sets in force."""

    variants: Mapping[UUID, Variant] = field(default_factory=dict[UUID, Variant])
    bundles: Mapping[UUID, Bundle] = field(default_factory=dict[UUID, Bundle])
    sets: Mapping[UUID, ModifierSet] = field(default_factory=dict[UUID, ModifierSet])

    def thing(self, line: WantedLine | LineItem) -> Variant | Bundle | None:
        """Return what a line sells, if it is there."""
        if line.variant_id is not None:
            return self.variants.get(line.variant_id)
        return None if line.bundle_id is None else self.bundles.get(line.bundle_id)

    def modifiers_of(self, line: WantedLine | LineItem) -> ModifierSet | None:
        """Return the set that a line is chosen from: a variant's own, else its product's."""
        thing = self.thing(line)
        if thing is None or thing.modifier_set_id is None:
            return None
        return self.sets.get(thing.modifier_set_id)


async def sellables(reader: Reader, lines: Sequence[WantedLine | LineItem]) -> Shelf:
    """Return what the lines name: one statement for all variants, one for all bundles with their
    components, and one for the modifier sets of both, each only if there is any."""
    variants = await _found(reader, variants_to_sell, [line.variant_id for line in lines])
    bundles = await _found(reader, bundles_for_sale, [line.bundle_id for line in lines])
    things = (*variants.values(), *bundles.values())
    sets = await _found(reader, sets_by_ids, [each.modifier_set_id for each in things])
    return Shelf(variants, bundles, sets)


async def _found(
    reader: Reader,
    read: Callable[[Reader, Sequence[UUID]], Awaitable[Mapping[UUID, T]]],
    ids: Sequence[UUID | None],
) -> Mapping[UUID, T]:
    wanted = sorted({id for id in ids if id is not None})
    return await read(reader, wanted) if wanted else {}


def currency_of(lines: Sequence[WantedLine], shelf: Shelf, explicit: str | None) -> str | None:
    """Return the order's currency: the explicit one, else that of the first priced line (MON-5)."""
    if explicit is not None:
        return explicit
    for line in lines:
        if line.unit_price is not None:
            return line.unit_price.currency
        thing = shelf.thing(line)
        if thing is not None:
            return thing.unit_price.currency
    return None


def picked(
    asked: WantedLine, shelf: Shelf, currency: str, findings: Findings, here: FieldPath
) -> dict[str, Any] | None:
    """Return the fields of a line that say what it sells, or None with what is wrong noted.

    A catalog line takes all of them from the catalog as it is now, a bundle its components too
    (BUN-2, BUN-8).
    """
    if asked.variant_id is not None and asked.bundle_id is not None:
        findings.add(
            ErrorCode.CONFLICTING_FIELDS,
            "A line sells a variant or a bundle, not both.",
            *here,
            "bundleId",
        )
        return None
    if asked.variant_id is None and asked.bundle_id is None:
        return _ad_hoc(asked, findings, here)
    kind = "variant" if asked.bundle_id is None else "bundle"
    where = (*here, f"{kind}Id")
    thing = shelf.thing(asked)
    if thing is None:
        findings.note(not_found(kind, *where))
        return None
    if not thing.available_for_sale:
        findings.note(unavailable(*where))
        return None
    if asked.unit_price is None:
        check_currency(findings, thing.unit_price, currency, *where)
    return {**_of_catalog(asked, thing), **_shown(thing)}


def unavailable(*field: str) -> Problem:
    """Build the answer for what the catalog does not sell now (ORD-2)."""
    return Problem(ErrorCode.ITEM_NOT_AVAILABLE, "This item is not for sale now.", field)


def check_currency(findings: Findings, money: Money, currency: str, *field: str) -> None:
    """Note an amount that is not in the order's currency (MON-4, ORD-6)."""
    if money.currency != currency:
        findings.add(
            ErrorCode.CURRENCY_MISMATCH,
            f"The order is in {currency}, this amount in {money.currency}.",
            *field,
            "currency",
        )


def _ad_hoc(asked: WantedLine, findings: Findings, here: FieldPath) -> dict[str, Any] | None:
    if asked.name is None:
        findings.add(
            ErrorCode.FIELD_REQUIRED,
            "A line needs a variantId, a bundleId, or a name with a unitPrice.",
            *here,
        )
        return None
    if asked.unit_price is None:
        findings.add(
            ErrorCode.FIELD_REQUIRED, "A line with a name needs a unitPrice.", *here, "unitPrice"
        )
        return None
    return {
        "source_type": LineSource.CUSTOM,
        "variant_id": None,
        "product_id": None,
        "name": asked.name,
        "description": None,
        "sku": None,
        "image_url": None,
        "unit_price_minor": asked.unit_price.minor,
        "price_overridden": False,
        "taxable": True,
        "tax_category": TaxCategory.GENERAL,
    }


def _of_catalog(asked: WantedLine, thing: Variant | Bundle) -> dict[str, Any]:
    return {
        "description": None,
        "sku": thing.sku,
        "image_url": thing.image_url,
        "unit_price_minor": (asked.unit_price or thing.unit_price).minor,
        "price_overridden": asked.unit_price is not None,
        "taxable": thing.taxable,
        "tax_category": thing.tax_category,
        "category_ids": list(thing.category_ids),
        "fulfillable": not isinstance(thing, Variant) or thing.product_type in _DELIVERED,
    }


def _shown(thing: Variant | Bundle) -> dict[str, Any]:
    """Return what differs between the kinds of things that the catalog has."""
    if isinstance(thing, Variant):
        return {
            "source_type": LineSource.VARIANT,
            "variant_id": thing.id,
            "product_id": thing.product_id,
            "name": thing.line_name,
        }
    return {
        "source_type": LineSource.BUNDLE,
        "variant_id": None,
        "product_id": None,
        "bundle_id": thing.id,
        "name": thing.name,
        "components": [
            {
                "variantId": str(each.variant_id),
                "quantity": each.quantity,
                "name": each.name,
                "sku": each.sku,
            }
            for each in thing.components or ()
        ],
    }
