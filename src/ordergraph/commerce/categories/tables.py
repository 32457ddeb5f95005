"""The rows of categories, and of what is in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.categories.rules import LAST_POSITION, MemberKind
from ordergraph.runtime.db.base import Base, TenantRow
from ordergraph.runtime.db.columns import belongs_to, one_of

MENU_KEY = "lpad(position::text, 7, '0') || ' ' || left(name_key, 80)"
"""What menus are ordered by: the position in as many digits as the last one has, then the name."""


class CategoryRow(TenantRow):
    """A category, made by the first product or bundle that has its label.

    `name_key` is the label as labels are compared, whatever its case (CTG-1); `menu_key` is the
    position and the beginning of it.
    """

    __tablename__ = "categories"

    name: Mapped[str]
    name_key: Mapped[str]
    slug: Mapped[str]
    position: Mapped[int]
    menu_key: Mapped[str] = mapped_column(Computed(MENU_KEY, persisted=True))
    image_url: Mapped[str | None]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("environment_id", "name_key", name="uq_categories_name"),
        UniqueConstraint("environment_id", "slug", name="uq_categories_slug"),
        CheckConstraint(f"position BETWEEN 0 AND {LAST_POSITION}", name="position"),
        Index("ix_categories_menu", "environment_id", "menu_key", "id"),
    )


class CategoryMemberRow(Base):
    """A product or bundle in a category; `position` is where the label stands among its labels.

    `active` is whether it can be sold by its own status, so that menus count without looking.
    """

    __tablename__ = "category_members"

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    category_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[MemberKind] = mapped_column(one_of(MemberKind, "kind"))
    active: Mapped[bool]
    position: Mapped[int]

    __table_args__ = (
        belongs_to("categories", "category_id", ondelete="CASCADE"),
        Index("ix_category_members_member", "environment_id", "member_id", "position"),
        Index("ix_category_members_kind", "environment_id", "category_id", "kind", "active"),
    )
