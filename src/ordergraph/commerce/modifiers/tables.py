"""The rows of modifier sets, their groups, and the modifiers in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.modifiers.rules import (
    ModifierGroupType,
    ModifierSetStatus,
    ModifierStatus,
)
from ordergraph.core.drafts import TaxCategory
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import belongs_to, one_of


class ModifierSetRow(TenantRow):
    """A set of modifier groups, attached to products, variants or bundles."""

    __tablename__ = "modifier_sets"

    name: Mapped[str]
    name_key: Mapped[str]
    status: Mapped[ModifierSetStatus] = mapped_column(one_of(ModifierSetStatus, "status"))
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_modifier_sets_created", "environment_id", "created_at", "id"),
        Index("ix_modifier_sets_name", "environment_id", "name_key", "id"),
    )


class ModifierGroupRow(TenantRow):
    """A group of a set, in its order."""

    __tablename__ = "modifier_groups"

    set_id: Mapped[UUID]
    name: Mapped[str]
    type: Mapped[ModifierGroupType] = mapped_column(one_of(ModifierGroupType, "type"))
    position: Mapped[int]
    min_selected: Mapped[int]
    max_selected: Mapped[int | None]
    allow_quantities: Mapped[bool]
    min_quantity: Mapped[int]
    max_quantity: Mapped[int | None]
    max_total_quantity: Mapped[int | None]
    longest_text: Mapped[int]
    show_on_receipt: Mapped[bool]
    show_on_fulfillment: Mapped[bool]
    status: Mapped[ModifierStatus] = mapped_column(one_of(ModifierStatus, "status"))

    __table_args__ = (
        belongs_to("modifier_sets", "set_id", ondelete="CASCADE"),
        CheckConstraint("min_selected >= 0", name="min_selected"),
        CheckConstraint("max_selected >= min_selected", name="max_selected"),
        CheckConstraint("min_quantity >= 1", name="min_quantity"),
        CheckConstraint("max_quantity >= min_quantity", name="max_quantity"),
        Index("ix_modifier_groups_set", "environment_id", "set_id", "position"),
    )


class ModifierRow(TenantRow):
    """A modifier of a group, in its order, with what one of it costs."""

    __tablename__ = "modifiers"

    group_id: Mapped[UUID]
    name: Mapped[str]
    unit_price_delta_minor: Mapped[int]
    currency: Mapped[str]
    position: Mapped[int]
    selected_by_default: Mapped[bool]
    default_quantity: Mapped[int]
    taxable: Mapped[bool]
    tax_category: Mapped[TaxCategory | None] = mapped_column(one_of(TaxCategory, "tax_category"))
    status: Mapped[ModifierStatus] = mapped_column(one_of(ModifierStatus, "status"))

    __table_args__ = (
        belongs_to("modifier_groups", "group_id", ondelete="CASCADE"),
        CheckConstraint("unit_price_delta_minor >= 0", name="unit_price_delta"),
        CheckConstraint("default_quantity >= 1", name="default_quantity"),
        Index("ix_modifiers_group", "environment_id", "group_id", "position"),
    )
