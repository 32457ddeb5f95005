"""The rows of stock: locations, levels, their history, and holds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.inventory.rules import InventoryChangeReason
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db.base import Base, TenantRow
from ordergraph.runtime.db.columns import belongs_to, one_of


def _belongs_to_item() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["environment_id", "variant_id"],
        ["inventory_items.environment_id", "inventory_items.variant_id"],
    )


def _belongs_to_level() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["environment_id", "variant_id", "location_id"],
        [
            "inventory_levels.environment_id",
            "inventory_levels.variant_id",
            "inventory_levels.location_id",
        ],
    )


class LocationRow(TenantRow):
    """Where stock lies; an environment has one default location, made when first needed.

    A deleted one is not open any more: it stays for the history that names it.
    """

    __tablename__ = "locations"

    name: Mapped[str]
    is_default: Mapped[bool]
    is_open: Mapped[bool]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("environment_id", "id", "is_open", name="uq_locations_open"),
        CheckConstraint("is_open OR NOT is_default", name="default"),
        Index(
            "uq_locations_default",
            "environment_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )


class InventoryItemRow(Base):
    """The stock of one variant at all locations together; every variant has one, tracked or not.

    `enforced` stops sales and adjustments at zero; without it stock may go below (INV-12).
    `held` units belong to running payments (INV-10). `is_low` says that its fall to the threshold
    was told and that it has not risen above since (INV-19). Whoever changes anything of a
    variant's stock locks this row first.
    """

    __tablename__ = "inventory_items"

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(primary_key=True)
    tracked: Mapped[bool]
    enforced: Mapped[bool]
    on_hand: Mapped[int]
    held: Mapped[int]
    low_stock_threshold: Mapped[int | None]
    is_low: Mapped[bool]

    __table_args__ = (
        belongs_to("variants", "variant_id"),
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("NOT enforced OR (on_hand >= 0 AND held <= on_hand)", name="enforced"),
        CheckConstraint("tracked OR (on_hand = 0 AND held = 0)", name="tracked"),
        CheckConstraint("low_stock_threshold >= 0", name="low_stock_threshold"),
    )


class InventoryLevelRow(Base):
    """The units of one variant at one location; those of all locations add up to the item.

    A level is made when stock first comes to a location, and stays. `location_open` follows its
    location, so that the database lets no units come to one that is deleted.
    """

    __tablename__ = "inventory_levels"

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(primary_key=True)
    location_id: Mapped[UUID] = mapped_column(primary_key=True)
    on_hand: Mapped[int]
    location_open: Mapped[bool]

    __table_args__ = (
        _belongs_to_item(),
        ForeignKeyConstraint(
            ["environment_id", "location_id", "location_open"],
            ["locations.environment_id", "locations.id", "locations.is_open"],
            onupdate="CASCADE",
        ),
        CheckConstraint("location_open OR on_hand = 0", name="open"),
        Index("ix_inventory_levels_location", "environment_id", "location_id", "location_open"),
    )


class InventoryAdjustmentRow(TenantRow):
    """One change of a level, never altered: the deltas of a level add up to it (INV-6, INV-7).

    `new_quantity` is what lay at that location after it. `reference` is the caller's own word.

    `sequence` is given while the level is locked, so it follows the order in which the changes of
    a level took effect, also where their transactions began in another.
    """

    __tablename__ = "inventory_adjustments"

    variant_id: Mapped[UUID]
    location_id: Mapped[UUID]
    quantity_delta: Mapped[int]
    new_quantity: Mapped[int]
    change_reason: Mapped[InventoryChangeReason] = mapped_column(
        one_of(InventoryChangeReason, "change_reason")
    )
    note: Mapped[str | None]
    reference: Mapped[str | None]
    order_id: Mapped[UUID | None]
    refund_id: Mapped[UUID | None]
    actor_kind: Mapped[ActorKind] = mapped_column(one_of(ActorKind, "actor_kind"))
    principal: Mapped[str]
    sequence: Mapped[int] = mapped_column(Identity(always=True))
    created_at: Mapped[datetime]

    __table_args__ = (
        _belongs_to_level(),
        CheckConstraint("quantity_delta <> 0", name="quantity_delta"),
        Index("ix_inventory_adjustments_history", "environment_id", "variant_id", "sequence", "id"),
    )


class InventoryHoldRow(TenantRow):
    """Units kept for one payment attempt, for exactly as long as it lives (INV-10).

    A part of a payment leaves them to its order, until that is paid or its money given back
    (PAY-22). When the attempt pays the order, the hold's id becomes that of the history entry of
    the sale.
    """

    __tablename__ = "inventory_holds"

    attempt_id: Mapped[UUID]
    order_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    quantity: Mapped[int]
    created_at: Mapped[datetime]

    __table_args__ = (
        _belongs_to_item(),
        UniqueConstraint("environment_id", "attempt_id", "variant_id"),
        Index("ix_inventory_holds_order", "environment_id", "order_id"),
        Index("ix_inventory_holds_variant", "environment_id", "variant_id", "created_at", "id"),
        CheckConstraint("quantity >= 1", name="quantity"),
    )
