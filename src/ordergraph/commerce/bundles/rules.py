"""Bundles as the rest of the house knows them, and their limits (domain 6.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from ordergraph.commerce.catalog.rules import Image, Seo, first_url
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.money import Money
from ordergraph.core.sparse import OMITTED, Omitted

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
    `category_ids` are read where it is sold.
    """

    id: UUID
    name: str
    slug: str
    status: BundleStatus
    description: str | None
    seo: Seo
    images: tuple[Image, ...]
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
    components: Sequence[BundleComponent] | None = field(default=None, compare=False)
    category_ids: Sequence[UUID] = field(default=(), compare=False)

    @property
    def image_url(self) -> str | None:
        """The first of its pictures."""
        return first_url(self.images)


@dataclass(frozen=True, slots=True)
class NewComponent:
    """A variant that a bundle is to have; None for an id that could not be read.

    The quantity comes as it was sent and is judged here. `named` is the member of the input that
    says which variant it is.
    """

    variant_id: UUID | None
    quantity: int | Decimal
    named: str = "variantId"


@dataclass(frozen=True, slots=True)
class BundleChanges:
    """What is set of a bundle: what is omitted stays, None clears (UPD-1, UPD-2).

    Without a slug one is made of the name. `image_url` is short for one picture in `images`.
    Components are none of it (BUN-11).
    """

    name: str | Omitted | None = OMITTED
    slug: str | Omitted | None = OMITTED
    status: BundleStatus | Omitted | None = OMITTED
    description: str | Omitted | None = OMITTED
    seo: Seo | Omitted | None = OMITTED
    images: Sequence[Image] | Omitted | None = OMITTED
    image_url: str | Omitted | None = OMITTED
    unit_price: Money | Omitted | None = OMITTED
    compare_at_price: Money | Omitted | None = OMITTED
    taxable: bool | Omitted | None = OMITTED
    tax_category: TaxCategory | Omitted | None = OMITTED
    sku: str | Omitted | None = OMITTED
    barcode: str | Omitted | None = OMITTED
    modifier_set_id: UUID | Omitted | None = OMITTED
    external_reference_id: str | Omitted | None = OMITTED
    metadata: Mapping[str, Any] | Omitted | None = OMITTED
    public_metadata: Mapping[str, Any] | Omitted | None = OMITTED
