"""The statements that write: each is a transaction of its own, and does everything in it."""

_COPIED = (
    "orders",
    "order_line_items",
    "order_discounts",
    "payments",
    "refunds",
    "payment_refunds",
    "coupons",
    "coupon_uses",
    "inventory_items",
    "inventory_levels",
    "inventory_adjustments",
    "event_log",
)

_DEFAULTS = """
DO $$ DECLARE each record; BEGIN
  FOR each IN SELECT table_name, column_name, CASE
      WHEN column_name = 'tax_rounding' THEN 'ORDER'
      WHEN column_name = 'tax_mode' THEN 'AUTOMATIC'
      WHEN column_name = 'fulfillment_status' THEN 'NOT_FULFILLED'
      WHEN column_name = 'source' THEN 'COUPON'
      WHEN data_type = 'jsonb' THEN '[]'
      WHEN data_type = 'ARRAY' THEN '{}'
      WHEN data_type = 'boolean' THEN 'false'
      WHEN data_type = 'bigint' THEN '0'
      WHEN data_type LIKE 'timestamp%' THEN 'now' END AS value
    FROM information_schema.columns WHERE table_schema = 'limits' AND is_nullable = 'NO'
      AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER'
  LOOP
    IF each.value IS NOT NULL THEN
      EXECUTE format('ALTER TABLE limits.%I ALTER COLUMN %I SET DEFAULT %L',
                     each.table_name, each.column_name, each.value);
    END IF;
  END LOOP;
END $$;
"""
"""What a purchase does not have: g writes none of it."""

PREPARE = "\n".join(
    [
        "DROP SCHEMA IF EXISTS limits CASCADE;",
        "CREATE SCHEMA limits;",
        *(f"CREATE TABLE limits.{name} (LIKE public.{name} INCLUDING ALL);" for name in _COPIED),
        _DEFAULTS,
        "INSERT INTO limits.coupons SELECT * FROM public.coupons;",
        "INSERT INTO limits.inventory_items SELECT * FROM public.inventory_items;",
        "INSERT INTO limits.inventory_levels SELECT * FROM public.inventory_levels;",
    ]
)

_TELL = """
INSERT INTO limits.event_log
  (environment_id, id, type, subject_id, payload, request_id, occurred_at)
SELECT $1, gen_random_uuid(), {type}, $2, {payload}::jsonb, 'req_limit', {now} FROM changed
"""

_MOVE = """
, moved AS (
  UPDATE limits.inventory_items i SET on_hand = i.on_hand {sign} w.quantity
  FROM unnest({variants}::uuid[], {quantities}::bigint[], {ids}::uuid[])
    AS w (variant_id, quantity, id)
  WHERE i.environment_id = $1 AND i.variant_id = w.variant_id AND i.tracked
  RETURNING i.variant_id, w.quantity, w.id
), placed AS (
  UPDATE limits.inventory_levels l SET on_hand = l.on_hand {sign} m.quantity
  FROM moved m JOIN locations p ON p.environment_id = $1 AND p.is_default
  WHERE l.environment_id = $1 AND l.variant_id = m.variant_id AND l.location_id = p.id
  RETURNING l.variant_id, l.location_id, l.on_hand, m.quantity, m.id
), noted AS (
  INSERT INTO limits.inventory_adjustments (environment_id, id, variant_id, location_id,
    quantity_delta, new_quantity, change_reason, order_id, actor_kind, principal, created_at)
  SELECT $1, id, variant_id, location_id, {sign} quantity, on_hand, {reason}, $2, 'SECRET_KEY',
    'limit', {now}
  FROM placed
)
"""

CREATE = """
WITH changed AS (
  INSERT INTO limits.orders (environment_id, id, number, buyer_email, subtotal_minor, tax_minor,
    total_minor, created_at, updated_at, placed_at, status, payment_status, refund_status, source,
    currency, version, metadata, secret_generation, tax_exempt, tax_status, taxes, discount_minor,
    charge_minor, included_tax_minor, tip_minor, reversed_subtotal_minor, reversed_discount_minor,
    reversed_charge_minor, reversed_tax_minor, reversed_included_tax_minor, reversed_tip_minor,
    reversed_minor, paid_minor, refunded_minor, pending_refunds, missing_stock)
  VALUES ($1, $2, $3, $4, $5, $6, $5::bigint + $6::bigint, $7, $7, $7, 'OPEN', 'UNPAID',
    'NONE', 'API', 'USD', 1, '{}', 1, false, 'CALCULATED', '[]', 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{}')
  RETURNING 1
), lines AS (
  INSERT INTO limits.order_line_items (environment_id, order_id, position, id, variant_id,
    product_id, name, sku, unit_price_minor, quantity, gross_minor, tax_minor, source_type,
    currency, price_overridden, taxable, tax_category, metadata, discount_minor,
    included_tax_minor, reversed_gross_minor, reversed_discount_minor, reversed_tax_minor,
    reversed_included_tax_minor, refunded_quantity, restocked_quantity, components, modifiers)
  SELECT $1, $2, l.position, l.id, l.variant_id, l.product_id, l.name, l.sku, l.price, l.quantity,
    l.gross, l.tax, 'VARIANT', 'USD', false, true, 'GENERAL', '{}', 0, 0, 0, 0, 0, 0, 0, 0,
    '[]', '[]'
  FROM unnest($8::uuid[], $9::uuid[], $10::uuid[], $11::text[], $12::text[], $13::bigint[],
    $14::bigint[], $15::bigint[], $16::bigint[]) WITH ORDINALITY
    AS l (id, variant_id, product_id, name, sku, price, quantity, gross, tax, position)
)
""" + _TELL.format(type="'order.CREATED'", payload="$17", now="$7")

APPLY = """
WITH changed AS (
  UPDATE limits.orders SET version = version + 1, discount_minor = $4, tax_minor = $5,
    total_minor = $6, updated_at = $7
  WHERE environment_id = $1 AND id = $2 AND version = $3 RETURNING 1
), discount AS (
  INSERT INTO limits.order_discounts (environment_id, id, order_id, coupon_id, coupon_code, name,
    percent, scope, currency, amount_minor, applied_minor, status, applied_at)
  SELECT $1, $8, $2, $9, $10, $11, $12, 'ORDER', 'USD', $4, $4, 'PENDING', $7 FROM changed
), lines AS (
  UPDATE limits.order_line_items i SET discount_minor = l.discount, tax_minor = l.tax
  FROM unnest($13::uuid[], $14::bigint[], $15::bigint[]) AS l (id, discount, tax), changed
  WHERE i.environment_id = $1 AND i.id = l.id
)
""" + _TELL.format(type="'order.UPDATED'", payload="$16", now="$7")

PAY = (
    """
WITH changed AS (
  UPDATE limits.orders SET version = version + 1, status = 'PAID', payment_status = 'PAID',
    paid_minor = $4, paid_at = $5, updated_at = $5
  WHERE environment_id = $1 AND id = $2 AND version = $3 RETURNING 1
), paid AS (
  INSERT INTO limits.payments (environment_id, id, order_id, attempt_id, amount_minor,
    refunded_minor, currency, kind, status, brand, last4, captured_at)
  SELECT $1, $12, $2, $11, $4, 0, 'USD', 'TOKEN', 'SUCCEEDED', 'visa', '4242', $5 FROM changed
), counted AS (
  UPDATE limits.coupons SET uses_count = uses_count + 1
  WHERE environment_id = $1 AND id = ANY($9::uuid[])
), used AS (
  INSERT INTO limits.coupon_uses (environment_id, id, coupon_id, order_id, attempt_id, status,
    created_at, updated_at)
  SELECT $1, u.id, u.coupon_id, $2, $11, 'REDEEMED', $5, $5
  FROM unnest($9::uuid[], $10::uuid[]) AS u (coupon_id, id)
)
"""
    + _MOVE.format(
        sign="-",
        variants="$6",
        quantities="$7",
        ids="$8",
        reason="'ORDER_FULFILLMENT'",
        now="$5",
    )
    + _TELL.format(type="'order.PAID'", payload="$13", now="$5")
)

REFUND = (
    """
WITH changed AS (
  UPDATE limits.orders SET version = version + 1, status = 'REFUNDED', refund_status = 'REFUNDED',
    refunded_minor = $4, reversed_minor = $4, reversed_subtotal_minor = subtotal_minor,
    reversed_discount_minor = discount_minor, reversed_tax_minor = tax_minor, updated_at = $5
  WHERE environment_id = $1 AND id = $2 AND version = $3 RETURNING 1
), returned AS (
  UPDATE limits.payments SET refunded_minor = refunded_minor + $4
  WHERE environment_id = $1 AND id = $7 RETURNING attempt_id
), refunded AS (
  INSERT INTO limits.refunds (environment_id, id, order_id, amount_minor,
    currency, status, reversal, metadata, told, lease_until, created_at, updated_at, completed_at)
  SELECT $1, $6, $2, $4, 'USD', 'SUCCEEDED', '{}', '{}', true, $5, $5, $5, $5
  FROM returned
), sent AS (
  INSERT INTO limits.payment_refunds (environment_id, id, refund_id, position, payment_id,
    attempt_id, amount_minor, currency, status, completed_at)
  SELECT $1, $6, $6, 0, $7, attempt_id, $4, 'USD', 'SUCCEEDED', $5 FROM returned
), lines AS (
  UPDATE limits.order_line_items SET reversed_gross_minor = gross_minor,
    reversed_discount_minor = discount_minor, reversed_tax_minor = tax_minor,
    refunded_quantity = quantity, restocked_quantity = quantity
  WHERE environment_id = $1 AND order_id = $2
)
"""
    + _MOVE.format(
        sign="+", variants="$8", quantities="$9", ids="$10", reason="'ORDER_REFUND'", now="$5"
    )
    + _TELL.format(type="'order.REFUNDED'", payload="$11", now="$5")
)
