"""lists and carts."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_STATUSES = ("NOT_FULFILLED", "PARTIALLY_FULFILLED", "FULFILLED", "CANCELED", "NOT_APPLICABLE")
_OUTSTANDING = "greatest(total_minor - reversed_minor - paid_minor + refunded_minor, 0)"
_DERIVED = """
    UPDATE orders SET fulfillment_status = CASE
        WHEN NOT EXISTS (
            SELECT FROM order_line_items AS line
            WHERE line.environment_id = orders.environment_id AND line.order_id = orders.id
              AND line.fulfillable
        ) THEN 'NOT_APPLICABLE'
        WHEN paid_at IS NULL AND closed_at IS NOT NULL THEN 'CANCELED'
        WHEN paid_at IS NOT NULL AND total_minor > 0 AND reversed_minor = total_minor THEN 'CANCELED'
        ELSE 'NOT_FULFILLED'
    END
"""


def upgrade() -> None:
    op.add_column(
        "orders",
        sa.Column(
            "fulfillment_status",
            sa.Enum(*_STATUSES, name="fulfillment_status", native_enum=False,
                    create_constraint=True, length=40),
            nullable=False,
            server_default="NOT_FULFILLED",
        ),
    )
    op.execute(_DERIVED)
    op.alter_column("orders", "fulfillment_status", server_default=None)
    op.add_column(
        "orders",
        sa.Column("outstanding_minor", sa.BigInteger(), sa.Computed(_OUTSTANDING, persisted=True),
                  nullable=False),
    )
    op.add_column("orders", sa.Column("abandoned_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_orders_total", "orders", ["environment_id", "total_minor", "id"])
    op.create_index("ix_orders_outstanding", "orders", ["environment_id", "outstanding_minor", "id"])
    op.create_index("ix_orders_carts", "orders", ["environment_id", "updated_at"],
                    postgresql_where=sa.text("placed_at is null"))
    op.create_index("ix_inventory_holds_order", "inventory_holds", ["environment_id", "order_id"])


def downgrade() -> None:
    op.drop_index("ix_inventory_holds_order", table_name="inventory_holds")
    for name in ("ix_orders_carts", "ix_orders_outstanding", "ix_orders_total"):
        op.drop_index(name, table_name="orders")
    for name in ("abandoned_at", "outstanding_minor", "fulfillment_status"):
        op.drop_column("orders", name)
