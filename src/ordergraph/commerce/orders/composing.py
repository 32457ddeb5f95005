"""Composing lines: what a caller asks for, resolved against the catalog and snapshotted (ORD-1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ordergraph.commerce.catalog.reads import Variant, variants_for_sale
from ordergraph.commerce.catalog.rules import LONGEST_URL
from ordergraph.commerce.orders.itemizing import LineItem
from ordergraph.commerce.orders.lifecycle import LineSource
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, FieldPath, Findings, not_found
from ordergraph.core.texts import LONGEST_NAME, check_text, merge_metadata
from ordergraph.runtime.db.transaction import Reader

MOST_LINES = 500
LARGEST_QUANTITY = 1_000_000
LONGEST_DESCRIPTION = 5_000
LONGEST_SKU = 100


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A line as a caller asks for it: a variant, or a name with a price (domain 9.2).

    `quantity` is whatever number came in. A price on a variant overrides the catalog's. Of a line
    that is not `readable` something was noted already: only its other fields are judged (ERR-1).
    """

    variant_id: UUID | None = None
    name: str | None = None
    quantity: Any = 1
    unit_price: Money | None = None
    description: str | None = None
    sku: str | None = None
    image_url: str | None = None
    taxable: bool | None = None
    tax_category: TaxCategory | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    separate: bool = False
    readable: bool = True


async def sellables(reader: Reader, wanted: Sequence[WantedLine]) -> Mapping[UUID, Variant]:
    """Return the variants that the lines name, in one statement."""
    ids = {line.variant_id for line in wanted if line.variant_id is not None}
    return await variants_for_sale(reader, sorted(ids)) if ids else {}


def currency_of(
    wanted: Sequence[WantedLine], variants: Mapping[UUID, Variant], explicit: str | None
) -> str | None:
    """Return the order's currency: the explicit one, else that of the first priced line (MON-5)."""
    if explicit is not None:
        return explicit
    for line in wanted:
        if line.unit_price is not None:
            return line.unit_price.currency
        if line.variant_id is not None and line.variant_id in variants:
            return variants[line.variant_id].unit_price.currency
    return None


def add_lines(
    order: Order,
    wanted: Sequence[WantedLine],
    variants: Mapping[UUID, Variant],
    findings: Findings,
    *path: str,
) -> list[LineItem]:
    """Put lines on an order and return those that were added or raised.

    A line equal to one that is there raises its quantity, unless it asks to be separate (ORD-4).
    What is wrong is noted in `findings` below `path`, with the index of the line.
    """
    touched: list[LineItem] = []
    position = max((line.position for line in order.line_items), default=-1) + 1
    for index, asked in enumerate(wanted):
        here = (*path, str(index))
        line = _composed(order, asked, variants, findings, here)
        if line is None:
            continue
        twin = None if asked.separate else _twin(order, line)
        if twin is None:
            line.position = position
            position += 1
            order.line_items.append(line)
            touched.append(line)
        else:
            twin.quantity = check_quantity(
                findings, twin.quantity + line.quantity, *here, "quantity"
            )
            if twin not in touched:
                touched.append(twin)
    if len(order.line_items) > MOST_LINES:
        findings.add(ErrorCode.TOO_MANY_ITEMS, f"An order has at most {MOST_LINES} lines.", *path)
    return touched


def check_quantity(findings: Findings, quantity: Any, *field: str) -> int:
    """Return a quantity, noted at `field` when it is not a whole number in range (ORD-3)."""
    whole = isinstance(quantity, int) and not isinstance(quantity, bool)
    if whole and 1 <= quantity <= LARGEST_QUANTITY:
        return quantity
    findings.add(
        ErrorCode.LINE_ITEM_INVALID_QUANTITY,
        f"A quantity is a whole number from 1 to {LARGEST_QUANTITY}.",
        *field,
    )
    return 1


def check_currency(findings: Findings, money: Money, order: Order, *field: str) -> None:
    """Note an amount that is not in the order's currency (MON-4, ORD-6)."""
    if money.currency != order.currency:
        findings.add(
            ErrorCode.CURRENCY_MISMATCH,
            f"The order is in {order.currency}, this amount in {money.currency}.",
            *field,
            "currency",
        )


def _composed(
    order: Order,
    asked: WantedLine,
    variants: Mapping[UUID, Variant],
    findings: Findings,
    here: FieldPath,
) -> LineItem | None:
    quantity = check_quantity(findings, asked.quantity, *here, "quantity")
    description = check_text(findings, asked.description, LONGEST_DESCRIPTION, *here, "description")
    sku = check_text(findings, asked.sku, LONGEST_SKU, *here, "sku", least=1)
    name = check_text(findings, asked.name, LONGEST_NAME, *here, "name", least=1)
    image_url = check_text(findings, asked.image_url, LONGEST_URL, *here, "imageUrl")
    metadata = merge_metadata(findings, {}, asked.metadata, *here, "metadata")
    if asked.unit_price is not None:
        check_currency(findings, asked.unit_price, order, *here, "unitPrice")
    if not asked.readable:
        return None
    snapshot = (
        _custom(asked, name, findings, here)
        if asked.variant_id is None
        else _from_catalog(order, asked, name, variants, findings, here)
    )
    if snapshot is None:
        return None
    overrides = {"description": description, "sku": sku, "image_url": image_url}
    snapshot |= {key: value for key, value in overrides.items() if value}
    if asked.taxable is not None:
        snapshot["taxable"] = asked.taxable
    if asked.tax_category is not None:
        snapshot["tax_category"] = asked.tax_category
    return LineItem(
        id=new_id(),
        order_id=order.id,
        position=0,
        currency=order.currency,
        quantity=quantity,
        metadata=metadata,
        **snapshot,
    )


def _custom(
    asked: WantedLine, name: str | None, findings: Findings, here: FieldPath
) -> dict[str, Any] | None:
    if name is None:
        findings.add(
            ErrorCode.FIELD_REQUIRED, "A line needs a variantId, or a name with a unitPrice.", *here
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
        "name": name,
        "description": None,
        "sku": None,
        "image_url": None,
        "unit_price_minor": asked.unit_price.minor,
        "price_overridden": False,
        "taxable": True,
        "tax_category": TaxCategory.GENERAL,
    }


def _from_catalog(
    order: Order,
    asked: WantedLine,
    name: str | None,
    variants: Mapping[UUID, Variant],
    findings: Findings,
    here: FieldPath,
) -> dict[str, Any] | None:
    assert asked.variant_id is not None
    variant = variants.get(asked.variant_id)
    if variant is None:
        findings.note(not_found("variant", *here, "variantId"))
        return None
    if not variant.available_for_sale:
        findings.add(
            ErrorCode.ITEM_NOT_AVAILABLE, "This item is not for sale now.", *here, "variantId"
        )
        return None
    price = asked.unit_price or variant.unit_price
    if asked.unit_price is None:
        check_currency(findings, variant.unit_price, order, *here, "variantId")
    return {
        "source_type": LineSource.VARIANT,
        "variant_id": variant.id,
        "product_id": variant.product_id,
        "name": name or variant.line_name,
        "description": None,
        "sku": variant.sku,
        "image_url": variant.product_image_url,
        "unit_price_minor": price.minor,
        "price_overridden": asked.unit_price is not None,
        "taxable": variant.taxable,
        "tax_category": variant.tax_category,
    }


def _twin(order: Order, line: LineItem) -> LineItem | None:
    """Return the line that sells the same at the same price, if neither carries metadata."""
    if line.variant_id is None or line.metadata:
        return None
    for other in order.line_items:
        if (
            other.variant_id == line.variant_id
            and other.unit_price_minor == line.unit_price_minor
            and (other.name, other.description) == (line.name, line.description)
            and (other.sku, other.image_url) == (line.sku, line.image_url)
            and (other.taxable, other.tax_category) == (line.taxable, line.tax_category)
            and not other.metadata
        ):
            return other
    return None
