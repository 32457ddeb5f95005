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
LONGEST_ALT_TEXT = 500
LONGEST_SEO_DESCRIPTION = 500
MOST_IMAGES = 20
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


@dataclass(frozen=True, slots=True)
class Image:
    """A picture by its web address; sizes are in pixels, None where nobody said."""

    url: str
    alt_text: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Seo:
    """What search engines are told in the place of name and description."""

    title: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class PriceRange:
    """What one unit costs at least and at most."""

    lowest: Money
    highest: Money


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
    """A variant whole, with what a sale needs to know of its product.

    What is its own is told from what it has of its product: pictures, and the modifier set.
    `category_ids` are those of its product, where a sale is made of it.
    """

    product_type: ProductType
    product_images: tuple[Image, ...]
    product_modifier_set_id: UUID | None
    barcode: str | None
    taxable: bool
    tax_category: TaxCategory
    compare_at_price: Money | None
    own_images: tuple[Image, ...]
    own_modifier_set_id: UUID | None
    external_reference_id: str | None
    metadata: dict[str, str]
    public_metadata: dict[str, str]
    version: int
    created_at: datetime
    updated_at: datetime
    category_ids: Sequence[UUID] = field(default=(), compare=False)

    @property
    def images(self) -> tuple[Image, ...]:
        """Its own pictures, else those of its product."""
        return self.own_images or self.product_images

    @property
    def images_inherited(self) -> bool:
        """Whether its pictures are those of its product."""
        return not self.own_images

    @property
    def image_url(self) -> str | None:
        """The first of its pictures."""
        return first_url(self.images)

    @property
    def modifier_set_id(self) -> UUID | None:
        """The set that its buyers choose from: its own, else that of its product (domain 6.5)."""
        return self.own_modifier_set_id or self.product_modifier_set_id

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

    @property
    def option_count(self) -> int:
        """In how many ways its variants differ."""
        return len(self.options)


@dataclass(slots=True)
class ShownProduct(ListedProduct):
    """A product with what shop windows show of it besides.

    The lowest and highest price are those of its active variants, else of all that are left.
    """

    slug: str
    images: tuple[Image, ...]
    lowest_price: Money
    highest_price: Money
    variant_count: int
    active_variant_count: int

    @property
    def price_range(self) -> PriceRange | None:
        """What its active variants cost; None where it has none."""
        if not self.active_variant_count:
            return None
        return PriceRange(self.lowest_price, self.highest_price)


@dataclass(slots=True)
class Product(ShownProduct):
    """A product whole."""

    description: str | None
    seo: Seo
    modifier_set_id: UUID | None
    external_reference_id: str | None
    metadata: dict[str, str]
    public_metadata: dict[str, str]
    version: int


def first_url(images: Sequence[Image]) -> str | None:
    """Return what pictures are shown by where there is room for one."""
    return images[0].url if images else None


def name_key(name: str) -> str:
    """Return what products are ordered by: the beginning of the name, whatever its case."""
    return name.casefold()[:_SORTED_CHARACTERS]
