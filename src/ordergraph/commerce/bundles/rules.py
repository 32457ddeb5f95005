"""Bundles as the rest of the house knows them, and their limits (domain 6.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from ordergraph.core.drafts import TaxCategory
from ordergraph.core.money import Money

MOST_COMPONENTS = 100
LARGEST_QUANTITY = 1_000_000


class BundleStatus(StrEnum):
    """Whether a bundle can be sold; deletion is final."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    DELETED = "DELETED"


@dataclass(slots=True)
class BundleComponent:
    """So many units of a variant in each unit of a bundle.

    `name` is what an order's line with the variant would be called, `sku` the variant's own.
    """

    id: UUID
    bundle_id: UUID
    variant_id: UUID
    quantity: int
    position: int
    name: str
    sku: str | None


@dataclass(slots=True)
class Bundle:
    """Variants sold together at a price of their own.

    `available_for_sale` and `quantity_available` are as its components' stock made them when it
    was read (BUN-3, BUN-4); `quantity_available` is None where no component is tracked.
    """

    id: UUID
    name: str
    slug: str
    status: BundleStatus
    description: str | None
    seo_title: str | None
    seo_description: str | None
    images: Sequence[Any]
    image_url: str | None
    unit_price: Money
    compare_at_price: Money | None
    taxable: bool
    tax_category: TaxCategory
    sku: str | None
    barcode: str | None
    modifier_set_id: UUID | None
    external_reference_id: str | None
    metadata: dict[str, str]
    public_metadata: dict[str, str]
    version: int
    created_at: datetime
    updated_at: datetime
    component_count: int
    available_for_sale: bool
    quantity_available: int | None
    components: Sequence[BundleComponent] | None = None
