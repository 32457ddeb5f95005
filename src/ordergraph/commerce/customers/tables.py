"""The rows of customers."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.runtime.db.base import TenantRow


class CustomerRow(TenantRow):
    """A buyer that the merchant knows.

    `email_key` is the address as addresses are compared: unique whatever its case (domain 8).
    """

    __tablename__ = "customers"

    email: Mapped[str]
    email_key: Mapped[str]
    name: Mapped[str | None]
    phone: Mapped[str | None]
    shipping_address: Mapped[dict[str, Any] | None]
    billing_address: Mapped[dict[str, Any] | None]
    external_reference_id: Mapped[str | None]
    tax_exempt: Mapped[bool]
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("environment_id", "email_key", name="uq_customers_email"),
        Index("ix_customers_created", "environment_id", "created_at", "id"),
        Index("ix_customers_updated", "environment_id", "updated_at", "id"),
    )
