"""what orders lack."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("orders", "inventory_exception", existing_type=sa.Text(), type_=sa.String(40))
    op.create_check_constraint(
        op.f("ck_orders_inventory_exception"),
        "orders",
        "inventory_exception IN ('PAID_INVENTORY_FAILED', 'RESOLVED')",
    )
    op.add_column(
        "orders",
        sa.Column(
            "missing_stock",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            server_default="{}",
        ),
    )
    op.alter_column("orders", "missing_stock", server_default=None)


def downgrade() -> None:
    op.drop_column("orders", "missing_stock")
    op.drop_constraint(op.f("ck_orders_inventory_exception"), "orders", type_="check")
    op.alter_column("orders", "inventory_exception", existing_type=sa.String(40), type_=sa.Text())
