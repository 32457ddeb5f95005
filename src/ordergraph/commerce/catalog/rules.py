"""Products and variants as the rest of the house knows them, and the limits of their shapes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ordergraph.core.drafts import TaxCategory
from ordergraph.core.money import Money

MOST_OPTIONS = 3
MOST_OPTION_VALUES = 100
MOST_VARIANTS = 250
LONGEST_CODE = 100
"""How long a SKU or a barcode can be."""

LONGEST_DESCRIPTION = 5_000
LONGEST_URL = 2_048
_SORTED_CHARACTERS = 100
"""A longer name is ordered by its beginning: cursors carry this text."""


class ProductType(StrEnum):
    """What kind of thing a product is."""

    PHYSICAL = "PHYSICAL"
    SERVICE = "SERVICE"
    FEE = "FEE"
    DIGITAL = "DIGITAL"


class ProductStatus(StrEnum):
    """Whether a product can be sold; deletion is final (CAT-6)."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    DELETED = "DELETED"


class VariantStatus(StrEnum):
    """Whether a variant can be sold; deletion is final."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class SelectedOption:
    """What a variant is, in one of the ways in which its product's variants differ."""

    name: str
    value: str


@dataclass(slots=True)
class NamedVariant:
    """A variant by what it is called by alone."""

    id: UUID
    sku: str | None


@dataclass(slots=True)
class ListedVariant:
    """One sellable form of a product, with as much of it as lists of products show.

    `name` is its own, `display_name` always says something. Quantities are units: `on_hand` lie on
    the shelf, `held` of them belong to running payments; both are 0 where stock is not tracked.
    """

    id: UUID
    product_id: UUID
    product_name: str
    product_status: ProductStatus
    position: int
    is_default: bool
    name: str | None
    selected_options: tuple[SelectedOption, ...]
    sku: str | None
    unit_price: Money
    status: VariantStatus
    tracked: bool
    enforce_inventory_limit: bool
    on_hand: int
    held: int

    @property
    def display_name(self) -> str:
        """The variant's own name, else its option values, else the product's name."""
        values = " / ".join([option.value for option in self.selected_options])
        return self.name or values or self.product_name

    @property
    def active(self) -> bool:
        """Whether the merchant offers it: product and variant are active."""
        return self.product_status is ProductStatus.ACTIVE and self.status is VariantStatus.ACTIVE

    @property
    def quantity_available(self) -> int | None:
        """Units that can be promised now: None where untracked, below 0 when oversold."""
        return self.on_hand - self.held if self.tracked else None

    @property
    def available_for_sale(self) -> bool:
        """Whether one unit could be sold now (domain 6.2)."""
        limited = self.tracked and self.enforce_inventory_limit
        return self.active and (not limited or self.on_hand > self.held)


@dataclass(slots=True)
class Variant(ListedVariant):
    """A variant whole, with what a sale needs to know of its product."""

    product_type: ProductType
    product_image_url: str | None
    barcode: str | None
    taxable: bool
    tax_category: TaxCategory
    external_reference_id: str | None
    metadata: dict[str, str]
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def line_name(self) -> str:
        """What an order's line is called: the product, and which of its variants."""
        if self.display_name == self.product_name:
            return self.product_name
        return f"{self.product_name} - {self.display_name}"


@dataclass(frozen=True, slots=True)
class ProductOption:
    """One way in which a product's variants differ, with its values in order."""

    id: UUID
    name: str
    values: tuple[str, ...]


@dataclass(slots=True)
class ListedProduct:
    """Something the merchant sells, with as much of it as lists show.

    `variants` is None where they were not read along with it.
    """

    id: UUID
    name: str
    product_type: ProductType
    status: ProductStatus
    image_url: str | None
    options: tuple[ProductOption, ...]
    created_at: datetime
    updated_at: datetime
    variants: Sequence[ListedVariant] | None = field(default=None, kw_only=True)


@dataclass(slots=True)
class Product(ListedProduct):
    """A product whole."""

    description: str | None
    external_reference_id: str | None
    metadata: dict[str, str]
    version: int


def name_key(name: str) -> str:
    """Return what products are ordered by: the beginning of the name, whatever its case."""
    return name.casefold()[:_SORTED_CHARACTERS]
