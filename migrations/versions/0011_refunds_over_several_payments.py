"""refunds over several payments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_BEFORE = "status in ('PENDING', 'IN_TRANSIT', 'SUCCEEDED', 'FAILED')"
_AFTER = "status in ('PENDING', 'IN_TRANSIT', 'SUCCEEDED', 'PARTIALLY_SUCCEEDED', 'FAILED')"
_FAILED = (
    "failed_minor between 0 and amount_minor"
    " and (status = 'FAILED') = (failed_minor = amount_minor)"
)
_SPLIT = """
    INSERT INTO payment_refunds (environment_id, id, refund_id, position, payment_id, attempt_id,
        amount_minor, currency, status, failure_reason, reference, sent_at, completed_at)
    SELECT environment_id, id, id, 0, payment_id, attempt_id,
        amount_minor, currency, status, failure_reason, reference,
        CASE WHEN status <> 'PENDING' THEN coalesce(completed_at, updated_at) END, completed_at
    FROM refunds
"""
# The first part of a refund has stood for all of it before: the others are forgotten.
_JOIN = """
    UPDATE refunds SET payment_id = leg.payment_id, attempt_id = leg.attempt_id,
        reference = leg.reference
    FROM payment_refunds AS leg
    WHERE leg.environment_id = refunds.environment_id AND leg.refund_id = refunds.id
        AND leg.position = 0
"""


def upgrade() -> None:
    op.create_table(
        "payment_refunds",
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                *("PENDING", "IN_TRANSIT", "SUCCEEDED", "FAILED"),
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("failure_reason", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("environment_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_refunds_amount_positive")),
        sa.ForeignKeyConstraint(
            ["environment_id", "payment_id"],
            ["payments.environment_id", "payments.id"],
            name=op.f("fk_payment_refunds_environment_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["environment_id", "refund_id"],
            ["refunds.environment_id", "refunds.id"],
            name=op.f("fk_payment_refunds_environment_id_refund_id"),
        ),
        sa.PrimaryKeyConstraint("environment_id", "id", name=op.f("pk_payment_refunds")),
    )
    op.create_index(
        "uq_payment_refunds_payment",
        "payment_refunds",
        ["environment_id", "refund_id", "payment_id"],
        unique=True,
    )
    op.create_index(
        "ix_payment_refunds_payment", "payment_refunds", ["environment_id", "payment_id"]
    )
    # The processor knows what was sent by the id of the refund: its only part goes on under it.
    op.execute(_SPLIT)
    op.add_column(
        "refunds",
        sa.Column("failed_minor", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column("refunds", sa.Column("taken_back", postgresql.JSONB(), nullable=True))
    op.add_column("refunds", sa.Column("external_reference_id", sa.Text(), nullable=True))
    op.execute(
        "UPDATE refunds SET failed_minor = amount_minor, taken_back = reversal"
        " WHERE status = 'FAILED'"
    )
    op.alter_column("refunds", "failed_minor", server_default=None)
    op.drop_constraint(op.f("ck_refunds_status"), "refunds", type_="check")
    op.create_check_constraint(op.f("ck_refunds_status"), "refunds", _AFTER)
    op.create_check_constraint(op.f("ck_refunds_failed_within_amount"), "refunds", _FAILED)
    op.create_index("ix_refunds_created", "refunds", ["environment_id", "created_at", "id"])
    op.drop_constraint(op.f("fk_refunds_environment_id_payment_id"), "refunds", type_="foreignkey")
    for column in ("payment_id", "attempt_id", "reference"):
        op.drop_column("refunds", column)


def downgrade() -> None:
    op.add_column("refunds", sa.Column("payment_id", sa.Uuid(), nullable=True))
    op.add_column("refunds", sa.Column("attempt_id", sa.Uuid(), nullable=True))
    op.add_column("refunds", sa.Column("reference", sa.Text(), nullable=True))
    op.execute(_JOIN)
    op.alter_column("refunds", "payment_id", nullable=False)
    op.alter_column("refunds", "attempt_id", nullable=False)
    op.create_foreign_key(
        op.f("fk_refunds_environment_id_payment_id"),
        "refunds",
        "payments",
        ["environment_id", "payment_id"],
        ["environment_id", "id"],
    )
    op.drop_index("ix_refunds_created", table_name="refunds")
    op.drop_constraint(op.f("ck_refunds_failed_within_amount"), "refunds", type_="check")
    op.execute("UPDATE refunds SET status = 'SUCCEEDED' WHERE status = 'PARTIALLY_SUCCEEDED'")
    op.drop_constraint(op.f("ck_refunds_status"), "refunds", type_="check")
    op.create_check_constraint(op.f("ck_refunds_status"), "refunds", _BEFORE)
    for column in ("failed_minor", "taken_back", "external_reference_id"):
        op.drop_column("refunds", column)
    op.drop_table("payment_refunds")
