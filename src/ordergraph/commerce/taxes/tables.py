"""The rows of tax rates."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.core.drafts import TaxCategory
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import one_of


class TaxRateRow(TenantRow):
    """A rate of tax; what is null places no condition (TAX-1)."""

    __tablename__ = "tax_rates"

    name: Mapped[str]
    percent: Mapped[Decimal]
    inclusive: Mapped[bool]
    country: Mapped[str | None]
    region: Mapped[str | None]
    postal_prefix: Mapped[str | None]
    tax_category: Mapped[TaxCategory | None] = mapped_column(one_of(TaxCategory, "tax_category"))
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        Index(
            "ix_tax_rates_active",
            "environment_id",
            "created_at",
            "id",
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )
