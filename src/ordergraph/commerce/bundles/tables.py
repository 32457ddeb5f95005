"""The rows of bundles and of their components."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.bundles.rules import BundleStatus
from ordergraph.commerce.catalog.tables import FIRST_IMAGE
from ordergraph.core.drafts import TaxCategory
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import belongs_to, one_of


class BundleRow(TenantRow):
    """Variants sold together; price, pictures, tax and categories are its own (BUN-1)."""

    __tablename__ = "bundles"

    name: Mapped[str]
    name_key: Mapped[str]
    slug: Mapped[str]
    status: Mapped[BundleStatus] = mapped_column(one_of(BundleStatus, "status"))
    description: Mapped[str | None]
    seo_title: Mapped[str | None]
    seo_description: Mapped[str | None]
    images: Mapped[list[Any]]
    image_url: Mapped[str | None] = mapped_column(Computed(FIRST_IMAGE, persisted=True))
    unit_price_minor: Mapped[int]
    compare_at_minor: Mapped[int | None]
    currency: Mapped[str]
    taxable: Mapped[bool]
    tax_category: Mapped[TaxCategory] = mapped_column(one_of(TaxCategory, "tax_category"))
    modifier_set_id: Mapped[UUID | None]
    external_reference_id: Mapped[str | None]
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    public_metadata: Mapped[dict[str, str]]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        belongs_to("modifier_sets", "modifier_set_id"),
        CheckConstraint("unit_price_minor >= 0", name="unit_price"),
        CheckConstraint("compare_at_minor >= 0", name="compare_at"),
        Index("ix_bundles_created", "environment_id", "created_at", "id"),
        Index("ix_bundles_updated", "environment_id", "updated_at", "id"),
        Index("ix_bundles_name", "environment_id", "name_key", "id"),
    )


class BundleComponentRow(TenantRow):
    """So many units of a variant in each unit of a bundle; each variant once (BUN-6)."""

    __tablename__ = "bundle_components"

    bundle_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    quantity: Mapped[int]
    position: Mapped[int]

    __table_args__ = (
        belongs_to("bundles", "bundle_id", ondelete="CASCADE"),
        belongs_to("variants", "variant_id"),
        UniqueConstraint(
            "environment_id", "bundle_id", "variant_id", name="uq_bundle_components_variant"
        ),
        CheckConstraint("quantity >= 1", name="quantity"),
        Index("ix_bundle_components_bundle", "environment_id", "bundle_id", "position"),
        Index("ix_bundle_components_variant", "environment_id", "variant_id"),
    )
