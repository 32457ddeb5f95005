"""The rows of the catalog: products, variants, and the SKUs of all that can be sold."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.catalog.rules import ProductStatus, ProductType, VariantStatus
from ordergraph.core.drafts import TaxCategory
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import belongs_to, one_of


class ProductRow(TenantRow):
    """Something the merchant sells, in one or more variants.

    `options` lists what variants differ in, as `{"id", "name", "values"}`; a simple product has
    none. `name_key` is the name as lists are ordered by it, whatever its case.
    """

    __tablename__ = "products"

    name: Mapped[str]
    name_key: Mapped[str]
    product_type: Mapped[ProductType] = mapped_column(one_of(ProductType, "product_type"))
    status: Mapped[ProductStatus] = mapped_column(one_of(ProductStatus, "status"))
    description: Mapped[str | None]
    image_url: Mapped[str | None]
    options: Mapped[list[Any]]
    external_reference_id: Mapped[str | None]
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
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
    barcode: Mapped[str | None]
    unit_price_minor: Mapped[int]
    currency: Mapped[str]
    taxable: Mapped[bool]
    tax_category: Mapped[TaxCategory] = mapped_column(one_of(TaxCategory, "tax_category"))
    status: Mapped[VariantStatus] = mapped_column(one_of(VariantStatus, "status"))
    external_reference_id: Mapped[str | None]
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("products", "product_id"),
        CheckConstraint("unit_price_minor >= 0", name="unit_price"),
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


class SellableSkuRow(TenantRow):
    """A SKU; `id` is that of what bears it, and no two sellable things bear the same (CAT-31).

    One table for all kinds of sellable things: a variant today, a bundle beside it later.
    """

    __tablename__ = "sellable_skus"

    sku: Mapped[str]

    __table_args__ = (UniqueConstraint("environment_id", "sku", name="uq_sellable_skus_sku"),)
