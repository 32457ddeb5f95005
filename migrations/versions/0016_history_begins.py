"""history begins: every order of before as it stands, with all columns that it has by now."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


_PARTS = {
    "lines": "order_line_items",
    "discounts": "order_discounts",
    "charges": "order_charges",
    "tips": "order_tips",
}


def _of_parts(table: str) -> str:
    return (
        f"(SELECT coalesce(jsonb_agg(to_jsonb(part)), '[]') FROM {table} AS part"
        " WHERE part.environment_id = o.environment_id AND part.order_id = o.id)"
    )


_HISTORY = f"""
INSERT INTO order_history (environment_id, order_id, recorded_at, revision, whole, written,
    {", ".join(_PARTS)}, given_back)
SELECT o.environment_id, o.id, o.recorded_at, o.revision, true, jsonb_build_array(to_jsonb(o)),
    {", ".join(map(_of_parts, _PARTS.values()))},
    (SELECT jsonb_agg(jsonb_build_object('id', p.id, 'refunded_minor', p.refunded_minor))
        FROM payments AS p
        WHERE p.environment_id = o.environment_id AND p.order_id = o.id)
FROM orders AS o
WHERE NOT EXISTS (SELECT FROM order_history AS h
    WHERE h.environment_id = o.environment_id AND h.order_id = o.id)
"""


def upgrade() -> None:
    op.execute(_HISTORY)


def downgrade() -> None:
    pass
