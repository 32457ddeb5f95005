"""discounts by hand and by category."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_LIMITS = ("limit_bundle_ids", "limit_category_ids")


def upgrade() -> None:
    for column in _LIMITS:
        none = sa.text("'{}'")
        op.add_column(
            "coupons", sa.Column(column, sa.ARRAY(sa.Uuid()), nullable=False, server_default=none)
        )
        op.alter_column("coupons", column, server_default=None)
    op.create_index("ix_coupon_uses_order", "coupon_uses", ["environment_id", "order_id"])


def downgrade() -> None:
    op.drop_index("ix_coupon_uses_order", table_name="coupon_uses")
    for column in reversed(_LIMITS):
        op.drop_column("coupons", column)
