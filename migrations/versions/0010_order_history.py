"""order history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


# What an order is since its last change that was told; one with money on its way was written
# since, nobody knows when.
_SETTLED = "active_attempt_id is null and pending_refunds = 0"
_ACCOUNTS = (
    "receivable_minor, tender_minor, refund_liability_minor, sales_minor, discount_minor,"
    " tax_minor, tip_minor, fee_minor"
)
_POSTED = (
    "INSERT INTO ledger_postings (environment_id, id, order_id, kind, order_version, currency,"
    f" {_ACCOUNTS}, payment_id, refund_id, created_at)"
)


def _id(instant: str, rank: int) -> str:
    """Make UUIDv7s: what happened in the same millisecond stands in the order of `rank`."""
    return (
        f"(lpad(to_hex((extract(epoch from {instant}) * 1000)::bigint), 12, '0')"
        f" || '700{rank}b' || substr(md5(random()::text), 1, 15))::uuid"
    )


# Orders of before have no charges.
_SALES = f"""
{_POSTED}
SELECT environment_id, {_id("placed_at", 0)}, id, 'SALE', version, currency,
    total_minor, 0, 0, included_tax_minor - subtotal_minor, discount_minor,
    -tax_minor, -tip_minor, -charge_minor, null, null, placed_at
FROM orders
WHERE placed_at is not null AND total_minor + discount_minor + tax_minor > 0
"""

_VOIDS = f"""
{_POSTED}
SELECT environment_id, {_id("closed_at", 4)}, id, 'VOID', version, currency,
    reversed_minor - total_minor, 0, 0,
    subtotal_minor - included_tax_minor - reversed_subtotal_minor + reversed_included_tax_minor,
    reversed_discount_minor - discount_minor,
    tax_minor - reversed_tax_minor, tip_minor - reversed_tip_minor,
    charge_minor - reversed_charge_minor, null, null, closed_at
FROM orders
WHERE placed_at is not null AND total_minor + discount_minor + tax_minor > 0
    AND close_kind in ('CANCELED', 'EXPIRED') AND paid_at is null
"""

_PAYMENTS = f"""
{_POSTED}
SELECT p.environment_id, {_id("p.captured_at", 1)}, p.order_id, 'PAYMENT', o.version, p.currency,
    -p.amount_minor, p.amount_minor, 0, 0, 0, 0, 0, 0, p.id, null, p.captured_at
FROM payments AS p JOIN orders AS o ON o.environment_id = p.environment_id AND o.id = p.order_id
"""

_REFUNDS = f"""
{_POSTED}
SELECT r.environment_id, {_id("r.created_at", 2)}, r.order_id, 'REFUND', o.version, r.currency,
    (r.reversal->>'returned')::bigint, 0, -r.amount_minor,
    undone.gross - undone.included, -undone.discount,
    undone.tax + coalesce((r.reversal->>'flatTax')::bigint, 0), tipped.tip, 0,
    null, r.id, r.created_at
FROM refunds AS r
JOIN orders AS o ON o.environment_id = r.environment_id AND o.id = r.order_id,
LATERAL (
    SELECT coalesce(sum((line->>'gross')::bigint), 0)::bigint AS gross,
        coalesce(sum((line->>'discount')::bigint), 0)::bigint AS discount,
        coalesce(sum((line->>'tax')::bigint), 0)::bigint AS tax,
        coalesce(sum((line->>'included_tax')::bigint), 0)::bigint AS included
    FROM jsonb_array_elements(r.reversal->'lines') AS line
) AS undone,
LATERAL (
    SELECT coalesce(sum((tip->>'amount')::bigint), 0)::bigint AS tip
    FROM jsonb_array_elements(r.reversal->'tips') AS tip
) AS tipped
WHERE r.status <> 'FAILED'
"""

_SENT = f"""
{_POSTED}
SELECT r.environment_id, {_id("r.completed_at", 3)}, r.order_id, 'REFUND_SENT', o.version,
    r.currency, 0, -r.amount_minor, r.amount_minor, 0, 0, 0, 0, 0, r.payment_id, r.id,
    r.completed_at
FROM refunds AS r JOIN orders AS o ON o.environment_id = r.environment_id AND o.id = r.order_id
WHERE r.status = 'SUCCEEDED'
"""


def upgrade() -> None:
    op.add_column(
        "orders", sa.Column("revision", sa.BigInteger(), nullable=False, server_default="1")
    )
    op.add_column("orders", sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE orders SET recorded_at = CASE WHEN "
        f"{_SETTLED} THEN updated_at ELSE greatest(updated_at, now()) END"
    )
    op.alter_column("orders", "revision", server_default=None)
    op.alter_column("orders", "recorded_at", nullable=False)
    json = postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "order_history",
        sa.Column("environment_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("written", json, nullable=False),
        *(
            sa.Column(name, json, nullable=True)
            for name in ("lines", "discounts", "charges", "tips")
        ),
        sa.Column("gone", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("given_back", json, nullable=True),
        sa.ForeignKeyConstraint(
            ["environment_id", "order_id"],
            ["orders.environment_id", "orders.id"],
            name=op.f("fk_order_history_environment_id_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "environment_id", "order_id", "recorded_at", "revision", name=op.f("pk_order_history")
        ),
    )
    for statement in (_SALES, _VOIDS, _PAYMENTS, _REFUNDS, _SENT):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DELETE FROM ledger_postings")
    op.drop_table("order_history")
    op.drop_column("orders", "recorded_at")
    op.drop_column("orders", "revision")
