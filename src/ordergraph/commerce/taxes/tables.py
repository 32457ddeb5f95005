"""The rows of tax rates."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.core.drafts import TaxCategory
from ordergraph.core.jurisdictions import TaxType
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import one_of

_CATEGORIES = ", ".join(f"'{each.value}'" for each in TaxCategory)


class TaxRateRow(TenantRow):
    """A rate of tax; what is null or empty places no condition (TAX-1)."""

    __tablename__ = "tax_rates"

    name: Mapped[str]
    percent: Mapped[Decimal]
    inclusive: Mapped[bool]
    country: Mapped[str | None]
    region: Mapped[str | None]
    postal_prefix: Mapped[str | None]
    tax_categories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    type: Mapped[TaxType] = mapped_column(one_of(TaxType, "type"))
    active_from: Mapped[datetime | None]
    active_to: Mapped[datetime | None]
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        CheckConstraint(f"tax_categories <@ ARRAY[{_CATEGORIES}]", name="tax_categories"),
        CheckConstraint("active_from < active_to", name="active_for_a_while"),
        Index(
            "ix_tax_rates_active",
            "environment_id",
            "created_at",
            "id",
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )
