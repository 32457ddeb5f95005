"""stock at locations."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

_REASONS = (
    'MANUAL_ADJUSTMENT', 'RECEIVED_STOCK', 'INVENTORY_COUNT', 'DAMAGE', 'THEFT', 'LOSS',
    'ORDER_FULFILLMENT', 'ORDER_CANCELLATION', 'ORDER_REFUND',
)
_LEVEL = (
    ['environment_id', 'variant_id', 'location_id'],
    ['environment_id', 'variant_id', 'location_id'],
)
_ITEM = (['environment_id', 'variant_id'], ['environment_id', 'variant_id'])


def upgrade() -> None:
    op.create_table('inventory_items',
    sa.Column('environment_id', sa.Uuid(), nullable=False),
    sa.Column('variant_id', sa.Uuid(), nullable=False),
    sa.Column('tracked', sa.Boolean(), nullable=False),
    sa.Column('enforced', sa.Boolean(), nullable=False),
    sa.Column('on_hand', sa.BigInteger(), nullable=False),
    sa.Column('held', sa.BigInteger(), nullable=False),
    sa.Column('low_stock_threshold', sa.BigInteger(), nullable=True),
    sa.Column('is_low', sa.Boolean(), nullable=False),
    sa.CheckConstraint('NOT enforced OR (on_hand >= 0 AND held <= on_hand)', name=op.f('ck_inventory_items_enforced')),
    sa.CheckConstraint('held >= 0', name=op.f('ck_inventory_items_held')),
    sa.CheckConstraint('low_stock_threshold >= 0', name=op.f('ck_inventory_items_low_stock_threshold')),
    sa.CheckConstraint('tracked OR (on_hand = 0 AND held = 0)', name=op.f('ck_inventory_items_tracked')),
    sa.PrimaryKeyConstraint('environment_id', 'variant_id', name=op.f('pk_inventory_items'))
    )
    op.execute("""
        INSERT INTO inventory_items
            (environment_id, variant_id, tracked, enforced, on_hand, held, is_low)
        SELECT environment_id, variant_id, bool_or(tracked), bool_or(enforced), sum(on_hand),
            sum(held), false
        FROM inventory_levels GROUP BY environment_id, variant_id
    """)
    op.create_foreign_key(op.f('fk_inventory_items_environment_id_variant_id'), 'inventory_items', 'variants', ['environment_id', 'variant_id'], ['environment_id', 'id'])

    op.add_column('locations', sa.Column('is_open', sa.Boolean(), nullable=False, server_default='true'))
    op.alter_column('locations', 'is_open', server_default=None)
    op.add_column('locations', sa.Column('version', sa.BigInteger(), nullable=False, server_default='1'))
    op.alter_column('locations', 'version', server_default=None)
    op.add_column('locations', sa.Column('updated_at', sa.DateTime(timezone=True), nullable=True))
    op.execute('UPDATE locations SET updated_at = created_at')
    op.alter_column('locations', 'updated_at', nullable=False)
    op.create_check_constraint(op.f('ck_locations_default'), 'locations', 'is_open OR NOT is_default')
    op.create_unique_constraint('uq_locations_open', 'locations', ['environment_id', 'id', 'is_open'])

    op.drop_constraint('fk_inventory_holds_environment_id_variant_id_location_id', 'inventory_holds', type_='foreignkey')
    op.drop_constraint(op.f('uq_inventory_holds_environment_id_attempt_id_variant_id_location_id'), 'inventory_holds', type_='unique')
    op.drop_index('ix_inventory_holds_order', table_name='inventory_holds')
    op.drop_column('inventory_holds', 'location_id')
    op.create_unique_constraint(op.f('uq_inventory_holds_environment_id_attempt_id_variant_id'), 'inventory_holds', ['environment_id', 'attempt_id', 'variant_id'])
    op.create_index('ix_inventory_holds_variant', 'inventory_holds', ['environment_id', 'variant_id', 'created_at', 'id'], unique=False)
    op.create_foreign_key(op.f('fk_inventory_holds_environment_id_variant_id'), 'inventory_holds', 'inventory_items', *_ITEM)

    for name in ('held', 'enforced', 'tracked'):
        op.drop_constraint(op.f(f'ck_inventory_levels_{name}'), 'inventory_levels', type_='check')
    op.drop_constraint(op.f('fk_inventory_levels_environment_id_variant_id'), 'inventory_levels', type_='foreignkey')
    op.drop_constraint(op.f('fk_inventory_levels_environment_id_location_id'), 'inventory_levels', type_='foreignkey')
    # What is not tracked lies nowhere; where it once was, its history still stands on the level.
    op.execute("""
        DELETE FROM inventory_levels AS l WHERE NOT tracked AND NOT EXISTS (
            SELECT 1 FROM inventory_adjustments AS a
            WHERE a.environment_id = l.environment_id AND a.variant_id = l.variant_id
            AND a.location_id = l.location_id)
    """)
    for name in ('tracked', 'enforced', 'held'):
        op.drop_column('inventory_levels', name)
    op.add_column('inventory_levels', sa.Column('location_open', sa.Boolean(), nullable=False, server_default='true'))
    op.alter_column('inventory_levels', 'location_open', server_default=None)
    op.create_check_constraint(op.f('ck_inventory_levels_open'), 'inventory_levels', 'location_open OR on_hand = 0')
    op.create_foreign_key(op.f('fk_inventory_levels_environment_id_variant_id'), 'inventory_levels', 'inventory_items', *_ITEM)
    op.create_foreign_key(op.f('fk_inventory_levels_environment_id_location_id_location_open'), 'inventory_levels', 'locations', ['environment_id', 'location_id', 'location_open'], ['environment_id', 'id', 'is_open'], onupdate='CASCADE')
    op.create_index('ix_inventory_levels_location', 'inventory_levels', ['environment_id', 'location_id', 'location_open'], unique=False)

    op.add_column('inventory_adjustments', sa.Column('reference', sa.Text(), nullable=True))
    _replace_reasons(*_REASONS, 'TRANSFER')


def _replace_reasons(*reasons: str) -> None:
    listed = ', '.join(f"'{reason}'" for reason in reasons)
    name = op.f('ck_inventory_adjustments_change_reason')
    op.drop_constraint(name, 'inventory_adjustments', type_='check')
    op.create_check_constraint(name, 'inventory_adjustments', f'change_reason IN ({listed})')


def downgrade() -> None:
    op.execute("UPDATE inventory_adjustments SET change_reason = 'MANUAL_ADJUSTMENT' WHERE change_reason = 'TRANSFER'")
    _replace_reasons(*_REASONS)
    op.drop_column('inventory_adjustments', 'reference')

    op.drop_index('ix_inventory_levels_location', table_name='inventory_levels')
    op.drop_constraint(op.f('fk_inventory_levels_environment_id_location_id_location_open'), 'inventory_levels', type_='foreignkey')
    op.drop_constraint(op.f('fk_inventory_levels_environment_id_variant_id'), 'inventory_levels', type_='foreignkey')
    op.drop_constraint(op.f('ck_inventory_levels_open'), 'inventory_levels', type_='check')
    op.drop_column('inventory_levels', 'location_open')
    for name, kind in (('tracked', sa.Boolean()), ('enforced', sa.Boolean()), ('held', sa.BigInteger())):
        op.add_column('inventory_levels', sa.Column(name, kind, nullable=True))
    # There was one level for each variant; what lies elsewhere comes back to the default location.
    op.execute("""
        INSERT INTO inventory_levels (environment_id, variant_id, location_id, on_hand)
        SELECT i.environment_id, i.variant_id, l.id, 0 FROM inventory_items AS i
        JOIN locations AS l ON l.environment_id = i.environment_id AND l.is_default
        ON CONFLICT DO NOTHING
    """)
    op.execute("""
        UPDATE inventory_levels AS v SET tracked = i.tracked, enforced = i.enforced,
            on_hand = CASE WHEN l.is_default THEN i.on_hand ELSE 0 END,
            held = CASE WHEN l.is_default THEN i.held ELSE 0 END
        FROM inventory_items AS i, locations AS l
        WHERE i.environment_id = v.environment_id AND i.variant_id = v.variant_id
        AND l.environment_id = v.environment_id AND l.id = v.location_id
    """)
    op.execute("""
        UPDATE inventory_adjustments AS a SET location_id = l.id FROM locations AS l
        WHERE l.environment_id = a.environment_id AND l.is_default AND l.id <> a.location_id
    """)
    op.execute("""
        DELETE FROM inventory_levels AS v USING locations AS l
        WHERE l.environment_id = v.environment_id AND l.id = v.location_id AND NOT l.is_default
    """)
    for name in ('tracked', 'enforced', 'held'):
        op.alter_column('inventory_levels', name, nullable=False)
    op.create_check_constraint(op.f('ck_inventory_levels_enforced'), 'inventory_levels', 'NOT enforced OR (on_hand >= 0 AND held <= on_hand)')
    op.create_check_constraint(op.f('ck_inventory_levels_held'), 'inventory_levels', 'held >= 0')
    op.create_check_constraint(op.f('ck_inventory_levels_tracked'), 'inventory_levels', 'tracked OR (on_hand = 0 AND held = 0)')
    op.create_foreign_key(op.f('fk_inventory_levels_environment_id_location_id'), 'inventory_levels', 'locations', ['environment_id', 'location_id'], ['environment_id', 'id'])
    op.create_foreign_key(op.f('fk_inventory_levels_environment_id_variant_id'), 'inventory_levels', 'variants', ['environment_id', 'variant_id'], ['environment_id', 'id'])

    op.drop_constraint(op.f('fk_inventory_holds_environment_id_variant_id'), 'inventory_holds', type_='foreignkey')
    op.drop_index('ix_inventory_holds_variant', table_name='inventory_holds')
    op.drop_constraint(op.f('uq_inventory_holds_environment_id_attempt_id_variant_id'), 'inventory_holds', type_='unique')
    op.add_column('inventory_holds', sa.Column('location_id', sa.Uuid(), nullable=True))
    op.execute("""
        UPDATE inventory_holds AS h SET location_id = l.id FROM locations AS l
        WHERE l.environment_id = h.environment_id AND l.is_default
    """)
    op.alter_column('inventory_holds', 'location_id', nullable=False)
    op.create_unique_constraint(op.f('uq_inventory_holds_environment_id_attempt_id_variant_id_location_id'), 'inventory_holds', ['environment_id', 'attempt_id', 'variant_id', 'location_id'])
    op.create_index('ix_inventory_holds_order', 'inventory_holds', ['environment_id', 'order_id'], unique=False)
    op.create_foreign_key(op.f('fk_inventory_holds_environment_id_variant_id_location_id'), 'inventory_holds', 'inventory_levels', *_LEVEL)

    op.drop_constraint(op.f('ck_locations_default'), 'locations', type_='check')
    op.drop_constraint('uq_locations_open', 'locations', type_='unique')
    for name in ('updated_at', 'version', 'is_open'):
        op.drop_column('locations', name)
    op.drop_table('inventory_items')
