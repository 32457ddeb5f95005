"""The rows of merchants and of their environments."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.merchants.rules import EnvironmentMode
from ordergraph.runtime.db.base import Base
from ordergraph.runtime.db.columns import one_of


class MerchantRow(Base):
    """A tenant: every other row belongs to one of its environments."""

    __tablename__ = "merchants"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    currency: Mapped[str]
    time_zone: Mapped[str]
    created_at: Mapped[datetime]


class EnvironmentRow(Base):
    """One world of a merchant's rows; its id is part of the key of every row in it (ENV-1)."""

    __tablename__ = "environments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    merchant_id: Mapped[UUID] = mapped_column(ForeignKey("merchants.id"), index=True)
    mode: Mapped[EnvironmentMode] = mapped_column(one_of(EnvironmentMode, "mode"))
    settings: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
