"""The rows of the catalog: products, variants, and the SKUs of all that can be sold."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.catalog.rules import ProductStatus, ProductType, VariantStatus
from ordergraph.core.drafts import TaxCategory
from ordergraph.runtime.db.base import Base, TenantRow
from ordergraph.runtime.db.columns import belongs_to, one_of

FIRST_IMAGE = "images #>> '{0,url}'"
"""What a picture list is shown by where there is room for one: its first."""


class ProductRow(TenantRow):
    """Something the merchant sells, in one or more variants.

    `options` lists what variants differ in, as `{"id", "name", "values"}`; a simple product has
    none. `name_key` is the name as lists are ordered by it, whatever its case. `images` are
    `{"url", "altText", "width", "height"}`. The lowest and highest price are those of the active
    variants, or of all that are left where none is active.
    """

    __tablename__ = "products"

    name: Mapped[str]
    name_key: Mapped[str]
    slug: Mapped[str]
    product_type: Mapped[ProductType] = mapped_column(one_of(ProductType, "product_type"))
    status: Mapped[ProductStatus] = mapped_column(one_of(ProductStatus, "status"))
    description: Mapped[str | None]
    seo_title: Mapped[str | None]
    seo_description: Mapped[str | None]
    images: Mapped[list[Any]]
    image_url: Mapped[str | None] = mapped_column(Computed(FIRST_IMAGE, persisted=True))
    options: Mapped[list[Any]]
    currency: Mapped[str]
    lowest_price_minor: Mapped[int]
    highest_price_minor: Mapped[int]
    variant_count: Mapped[int]
    active_variant_count: Mapped[int]
    modifier_set_id: Mapped[UUID | None]
    external_reference_id: Mapped[str | None]
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    public_metadata: Mapped[dict[str, str]]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("modifier_sets", "modifier_set_id"),
        Index("ix_products_price", "environment_id", "lowest_price_minor", "id"),
        Index("ix_products_created", "environment_id", "created_at", "id"),
        Index("ix_products_updated", "environment_id", "updated_at", "id"),
        Index("ix_products_name", "environment_id", "name_key", "id"),
    )


class VariantRow(TenantRow):
    """One sellable form of a product, with its price.

    `option_values` has one value for each of the product's options, in their order. Its uniqueness
    holds two rules: no combination twice (CAT-3), and one variant in a simple product (CAT-2).
    """

    __tablename__ = "variants"

    product_id: Mapped[UUID]
    position: Mapped[int]
    is_default: Mapped[bool]
    name: Mapped[str | None]
    option_values: Mapped[list[Any]]
    images: Mapped[list[Any]]
    image_url: Mapped[str | None] = mapped_column(Computed(FIRST_IMAGE, persisted=True))
    unit_price_minor: Mapped[int]
    compare_at_minor: Mapped[int | None]
    currency: Mapped[str]
    taxable: Mapped[bool]
    tax_category: Mapped[TaxCategory] = mapped_column(one_of(TaxCategory, "tax_category"))
    status: Mapped[VariantStatus] = mapped_column(one_of(VariantStatus, "status"))
    modifier_set_id: Mapped[UUID | None]
    external_reference_id: Mapped[str | None]
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    public_metadata: Mapped[dict[str, str]]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("products", "product_id"),
        belongs_to("modifier_sets", "modifier_set_id"),
        CheckConstraint("unit_price_minor >= 0", name="unit_price"),
        CheckConstraint("compare_at_minor >= 0", name="compare_at"),
        Index(
            "uq_variants_option_values",
            "environment_id",
            "product_id",
            "option_values",
            unique=True,
            postgresql_where=text("status <> 'DELETED'"),
        ),
        Index(
            "uq_variants_default",
            "environment_id",
            "product_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
        Index("ix_variants_product", "environment_id", "product_id", "position"),
    )


class SellableCodeRow(TenantRow):
    """The SKU and the barcode of a variant or bundle, whose `id` it has (CAT-31).

    No two sellable things of an environment bear the same SKU, none the same barcode. What bears
    neither has no row; what is deleted gives its codes back.
    """

    __tablename__ = "sellable_codes"

    sku: Mapped[str | None]
    barcode: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("environment_id", "sku", name="uq_sellable_codes_sku"),
        UniqueConstraint("environment_id", "barcode", name="uq_sellable_codes_barcode"),
        CheckConstraint("sku IS NOT NULL OR barcode IS NOT NULL", name="some_code"),
    )


class SlugRow(Base):
    """A slug and the product or bundle it leads to; old ones keep leading there.

    `owner_id` is that of the product or bundle; what is deleted gives all its slugs back.
    """

    __tablename__ = "slugs"

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]

    __table_args__ = (Index("ix_slugs_owner", "environment_id", "owner_id"),)
