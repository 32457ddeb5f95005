"""taxes by jurisdiction."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_CATEGORIES = (
    "GENERAL", "PHYSICAL_GOODS", "DIGITAL_GOODS", "SOFTWARE", "SAAS", "SERVICES",
    "PROFESSIONAL_SERVICES", "FOOD", "PREPARED_FOOD", "CLOTHING", "MEDICAL_GOODS", "ADMISSION",
)
_STATUSES = ("NOT_REQUIRED", "REQUIRES_LOCATION", "CALCULATED", "EXEMPT")
_REASONS = (
    "STANDARD_RATED", "NOT_TAXABLE", "CUSTOMER_EXEMPT", "TAX_DISABLED", "NO_JURISDICTION",
    "LOCATION_REQUIRED",
)
_TYPES = ("SALES_TAX", "USE_TAX", "VAT", "GST", "RETAIL_DELIVERY_FEE")


def _one_of(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{each}'" for each in values)


def upgrade() -> None:
    op.add_column("tax_rates", sa.Column("tax_categories", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("tax_rates", sa.Column("type", _one_of("type", _TYPES), nullable=False, server_default=sa.text("'SALES_TAX'")))
    op.add_column("tax_rates", sa.Column("active_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tax_rates", sa.Column("active_to", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE tax_rates SET tax_categories = ARRAY[tax_category::text] WHERE tax_category IS NOT NULL")
    op.drop_column("tax_rates", "tax_category")
    for column in ("tax_categories", "type"):
        op.alter_column("tax_rates", column, server_default=None)
    op.create_check_constraint(op.f("ck_tax_rates_tax_categories"), "tax_rates", f"tax_categories <@ ARRAY[{_listed(_CATEGORIES)}]")
    op.create_check_constraint(op.f("ck_tax_rates_active_for_a_while"), "tax_rates", "active_from < active_to")

    op.add_column("orders", sa.Column("tax_exempt_override", sa.Boolean(), nullable=True))
    op.add_column("orders", sa.Column("external_taxes", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("orders", sa.Column("tax_reason", _one_of("tax_reason", _REASONS), nullable=True))
    op.add_column("orders", sa.Column("tax_location", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.execute(
        "UPDATE orders SET tax_reason = CASE tax_status WHEN 'EXEMPT' THEN 'CUSTOMER_EXEMPT'"
        " WHEN 'REQUIRES_LOCATION' THEN 'LOCATION_REQUIRED' WHEN 'NOT_REQUIRED' THEN 'NO_JURISDICTION'"
        " ELSE 'STANDARD_RATED' END"
    )
    op.drop_constraint(op.f("ck_orders_tax_status"), "orders", type_="check")
    op.create_check_constraint(op.f("ck_orders_tax_status"), "orders", f"tax_status IN ({_listed((*_STATUSES, 'INCOMPLETE'))})")


def downgrade() -> None:
    op.execute("UPDATE orders SET tax_status = 'NOT_REQUIRED' WHERE tax_status = 'INCOMPLETE'")
    op.drop_constraint(op.f("ck_orders_tax_status"), "orders", type_="check")
    op.create_check_constraint(op.f("ck_orders_tax_status"), "orders", f"tax_status IN ({_listed(_STATUSES)})")
    for column in ("tax_location", "tax_reason", "external_taxes", "tax_exempt_override"):
        op.drop_column("orders", column)
    op.drop_constraint(op.f("ck_tax_rates_active_for_a_while"), "tax_rates", type_="check")
    op.drop_constraint(op.f("ck_tax_rates_tax_categories"), "tax_rates", type_="check")
    op.add_column("tax_rates", sa.Column("tax_category", _one_of("tax_category", _CATEGORIES), nullable=True))
    op.execute("UPDATE tax_rates SET tax_category = tax_categories[1]")
    for column in ("active_to", "active_from", "type", "tax_categories"):
        op.drop_column("tax_rates", column)
