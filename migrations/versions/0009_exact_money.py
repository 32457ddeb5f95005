"""exact money."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


_FILLED = (
    ("order_discounts", "source"),
    ("order_discounts", "shares"),
    ("order_line_items", "fulfillable"),
    ("order_line_items", "category_ids"),
    ("order_tips", "metadata"),
    ("orders", "tax_rounding"),
    ("orders", "flat_tax_minor"),
    ("orders", "reversed_flat_tax_minor"),
    ("orders", "provisional"),
)
_RULES = (
    ("orders", "flat_tax_in_tax", "flat_tax_minor between 0 and tax_minor and reversed_flat_tax_minor between 0 and flat_tax_minor"),
    ("orders", "placed_for_good", "not (provisional and placed_at is not null)"),
    ("order_discounts", "from_its_source", "(source = 'COUPON') = (coupon_id is not null)"),
    ("order_discounts", "one_value", "(percent is null) <> (amount_off_minor is null)"),
)


def upgrade() -> None:
    op.create_table('ledger_postings',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('SALE', 'VOID', 'PAYMENT', 'REFUND', 'REFUND_SENT', 'REFUND_FAILED', name='kind', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('order_version', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('receivable_minor', sa.BigInteger(), nullable=False),
    sa.Column('tender_minor', sa.BigInteger(), nullable=False),
    sa.Column('refund_liability_minor', sa.BigInteger(), nullable=False),
    sa.Column('sales_minor', sa.BigInteger(), nullable=False),
    sa.Column('discount_minor', sa.BigInteger(), nullable=False),
    sa.Column('tax_minor', sa.BigInteger(), nullable=False),
    sa.Column('tip_minor', sa.BigInteger(), nullable=False),
    sa.Column('fee_minor', sa.BigInteger(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=True),
    sa.Column('refund_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('environment_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint('receivable_minor + tender_minor + refund_liability_minor + sales_minor + discount_minor + tax_minor + tip_minor + fee_minor = 0', name=op.f('ck_ledger_postings_balanced')),
    sa.ForeignKeyConstraint(['environment_id', 'order_id'], ['orders.environment_id', 'orders.id'], name=op.f('fk_ledger_postings_environment_id_order_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('environment_id', 'id', name=op.f('pk_ledger_postings'))
    )
    op.create_index('ix_ledger_postings_order', 'ledger_postings', ['environment_id', 'order_id', 'created_at', 'id'], unique=False)
    op.create_table('order_charges',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('type', sa.Enum('SERVICE', 'DELIVERY', 'SHIPPING', 'HANDLING', 'PACKAGING', 'SMALL_ORDER', 'SERVICE_AREA', 'SETUP', 'INSTALLATION', 'CLEANING', 'BOOKING', 'RESERVATION', 'TICKET', 'FULFILLMENT', 'RESTOCKING', 'RUSH', 'OTHER', name='type', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('percent', sa.Numeric(precision=9, scale=4), nullable=True),
    sa.Column('basis', sa.Enum('SUBTOTAL_PRE_DISCOUNT', 'SUBTOTAL_POST_DISCOUNT', name='basis', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('fixed_minor', sa.BigInteger(), nullable=True),
    sa.Column('taxable', sa.Boolean(), nullable=False),
    sa.Column('tax_category', sa.Enum('GENERAL', 'PHYSICAL_GOODS', 'DIGITAL_GOODS', 'SOFTWARE', 'SAAS', 'SERVICES', 'PROFESSIONAL_SERVICES', 'FOOD', 'PREPARED_FOOD', 'CLOTHING', 'MEDICAL_GOODS', 'ADMISSION', name='tax_category', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('metadata', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('tax_minor', sa.BigInteger(), nullable=False),
    sa.Column('included_tax_minor', sa.BigInteger(), nullable=False),
    sa.Column('reversed_amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('reversed_tax_minor', sa.BigInteger(), nullable=False),
    sa.Column('reversed_included_tax_minor', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('environment_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.CheckConstraint('(percent is null) <> (fixed_minor is null)', name=op.f('ck_order_charges_one_value')),
    sa.CheckConstraint('amount_minor >= 0', name=op.f('ck_order_charges_amount_not_negative')),
    sa.CheckConstraint('included_tax_minor between 0 and tax_minor', name=op.f('ck_order_charges_included_in_tax')),
    sa.CheckConstraint('reversed_amount_minor between 0 and amount_minor and reversed_tax_minor between 0 and tax_minor and reversed_included_tax_minor between 0 and included_tax_minor', name=op.f('ck_order_charges_reversed_within_sold')),
    sa.ForeignKeyConstraint(['environment_id', 'order_id'], ['orders.environment_id', 'orders.id'], name=op.f('fk_order_charges_environment_id_order_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('environment_id', 'id', name=op.f('pk_order_charges'))
    )
    op.create_index('ix_order_charges_order', 'order_charges', ['environment_id', 'order_id'], unique=False)
    op.add_column('order_discounts', sa.Column('source', sa.Enum('COUPON', 'MANUAL', name='source', native_enum=False, create_constraint=True, length=40), nullable=False, server_default=sa.text("'COUPON'")))
    op.add_column('order_discounts', sa.Column('allocation', sa.Enum('EACH', 'ACROSS', name='allocation', native_enum=False, create_constraint=True, length=40), nullable=True))
    op.add_column('order_discounts', sa.Column('eligible_ids', sa.ARRAY(sa.Uuid()), nullable=True))
    op.add_column('order_discounts', sa.Column('shares', postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default=sa.text("'[]'")))
    op.add_column('order_line_items', sa.Column('fulfillable', sa.Boolean(), nullable=False, server_default=sa.text("true")))
    op.add_column('order_line_items', sa.Column('category_ids', sa.ARRAY(sa.Uuid()), nullable=False, server_default=sa.text("'{}'")))
    op.add_column('order_tips', sa.Column('description', sa.Text(), nullable=True))
    op.add_column('order_tips', sa.Column('metadata', postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default=sa.text("'{}'")))
    op.add_column('orders', sa.Column('tax_rounding', sa.Enum('ORDER', 'LINE', name='tax_rounding', native_enum=False, create_constraint=True, length=40), nullable=False, server_default=sa.text("'ORDER'")))
    op.add_column('orders', sa.Column('flat_tax_minor', sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column('orders', sa.Column('tip_limit_minor', sa.BigInteger(), nullable=True))
    op.add_column('orders', sa.Column('reversed_flat_tax_minor', sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column('orders', sa.Column('provisional', sa.Boolean(), nullable=False, server_default=sa.text("false")))

    for table, column in _FILLED:
        op.alter_column(table, column, server_default=None)
    for table, name, rule in _RULES:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)


def downgrade() -> None:
    for table, name, _ in _RULES:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.drop_column('orders', 'provisional')
    op.drop_column('orders', 'reversed_flat_tax_minor')
    op.drop_column('orders', 'tip_limit_minor')
    op.drop_column('orders', 'flat_tax_minor')
    op.drop_column('orders', 'tax_rounding')
    op.drop_column('order_tips', 'metadata')
    op.drop_column('order_tips', 'description')
    op.drop_column('order_line_items', 'category_ids')
    op.drop_column('order_line_items', 'fulfillable')
    op.drop_column('order_discounts', 'shares')
    op.drop_column('order_discounts', 'eligible_ids')
    op.drop_column('order_discounts', 'allocation')
    op.drop_column('order_discounts', 'source')
    op.drop_index('ix_order_charges_order', table_name='order_charges')
    op.drop_table('order_charges')
    op.drop_index('ix_ledger_postings_order', table_name='ledger_postings')
    op.drop_table('ledger_postings')
