"""Looking at what is counted: stock and the uses of coupons (invariants 6 and 7)."""

from ordergraph.commerce.auditing.rules import Inspection

STOCK = Inspection(
    {
        "stock.history": (6, "What lies at a location is the sum of its history."),
        "stock.running": (6, "Each entry of a history says what lay there after it."),
        "stock.levels": (6, "What is in stock is the sum of what lies at all locations."),
        "stock.held": (6, "What is held is the sum of the holds."),
        "stock.not_negative": (6, "Where stock is enforced there is never less than nothing."),
    },
    """
    WITH history AS (
        SELECT environment_id, variant_id, location_id, sum(quantity_delta) AS moved
        FROM inventory_adjustments GROUP BY environment_id, variant_id, location_id
    ),
    levels AS (
        SELECT environment_id, variant_id, sum(on_hand) AS there
        FROM inventory_levels GROUP BY environment_id, variant_id
    ),
    holds AS (
        SELECT environment_id, variant_id, sum(quantity) AS held
        FROM inventory_holds GROUP BY environment_id, variant_id
    )
    SELECT e.environment_id, 'var' AS kind, e.variant_id AS id, 'stock.history' AS check_name,
           e.on_hand::text AS found, coalesce(h.moved, 0)::text AS due
    FROM inventory_levels e
    LEFT JOIN history h ON (h.environment_id, h.variant_id, h.location_id)
        = (e.environment_id, e.variant_id, e.location_id)
    WHERE e.on_hand <> coalesce(h.moved, 0)
    UNION ALL
    SELECT a.environment_id, 'var', a.variant_id, 'stock.running', a.new_quantity::text,
           a.due::text
    FROM (
        SELECT environment_id, variant_id, new_quantity, sum(quantity_delta) OVER (
            PARTITION BY environment_id, variant_id, location_id ORDER BY sequence
        ) AS due FROM inventory_adjustments
    ) AS a
    WHERE a.new_quantity <> a.due
    UNION ALL
    SELECT i.environment_id, 'var', i.variant_id, v.check_name, v.found::text, v.due::text
    FROM inventory_items i
    LEFT JOIN levels e ON (e.environment_id, e.variant_id) = (i.environment_id, i.variant_id)
    LEFT JOIN holds h ON (h.environment_id, h.variant_id) = (i.environment_id, i.variant_id)
    CROSS JOIN LATERAL (VALUES
        ('stock.levels', i.on_hand, coalesce(e.there, 0)),
        ('stock.held', i.held, coalesce(h.held, 0)),
        ('stock.not_negative', CASE WHEN i.enforced THEN least(i.on_hand, 0) ELSE 0 END, 0)
    ) AS v (check_name, found, due)
    WHERE v.found <> v.due
    """,
)

COUPONS = Inspection(
    {
        "coupon.uses": (7, "A coupon's count is the number of its uses that were not given back."),
        "coupon.limit": (7, "A coupon is used no more often than it may be."),
        "coupon.customer_limit": (7, "No customer uses a coupon more often than it allows."),
        "coupon.use_lost": (7, "A use is reserved only while its order is being paid."),
        "coupon.redeemed": (7, "A discount that was redeemed has its use."),
        "coupon.used_twice": (7, "An order uses a coupon once."),
    },
    """
    WITH uses AS (SELECT * FROM coupon_uses WHERE status <> 'RELEASED'),
    counted AS (
        SELECT environment_id, coupon_id, count(*) AS uses FROM uses
        GROUP BY environment_id, coupon_id
    )
    SELECT c.environment_id, 'cpn' AS kind, c.id, v.check_name, v.found::text, v.due::text
    FROM coupons c
    LEFT JOIN counted n ON (n.environment_id, n.coupon_id) = (c.environment_id, c.id)
    CROSS JOIN LATERAL (VALUES
        ('coupon.uses', c.uses_count, coalesce(n.uses, 0)),
        ('coupon.limit', coalesce(n.uses, 0),
            least(coalesce(n.uses, 0), coalesce(c.max_uses, n.uses, 0)))
    ) AS v (check_name, found, due)
    WHERE v.found <> v.due
    UNION ALL
    SELECT c.environment_id, 'cpn', c.id, 'coupon.customer_limit', count(*)::text,
           c.max_uses_per_customer::text
    FROM coupons c JOIN uses u ON (u.environment_id, u.coupon_id) = (c.environment_id, c.id)
    WHERE u.customer_key IS NOT NULL
    GROUP BY c.environment_id, c.id, c.max_uses_per_customer, u.customer_key
    HAVING count(*) > c.max_uses_per_customer
    UNION ALL
    SELECT u.environment_id, 'cpn', u.coupon_id, 'coupon.used_twice', count(*)::text, '1'
    FROM uses u GROUP BY u.environment_id, u.coupon_id, u.order_id HAVING count(*) > 1
    UNION ALL
    SELECT u.environment_id, 'cpn', u.coupon_id, 'coupon.use_lost', u.order_id::text, 'RELEASED'
    FROM uses u LEFT JOIN orders o ON (o.environment_id, o.id) = (u.environment_id, u.order_id)
    WHERE u.status = 'RESERVED' AND o.active_attempt_id IS NULL AND coalesce(o.paid_minor, 0) = 0
    UNION ALL
    SELECT d.environment_id, 'odi', d.id, 'coupon.redeemed', 'no use', 'a use'
    FROM order_discounts d
    JOIN orders o ON (o.environment_id, o.id) = (d.environment_id, d.order_id)
    LEFT JOIN coupon_uses u ON (u.environment_id, u.coupon_id, u.order_id)
        = (d.environment_id, d.coupon_id, d.order_id)
        AND (u.status = 'REDEEMED' OR o.status = 'REFUNDED')
    WHERE d.status = 'REDEEMED' AND d.source = 'COUPON' AND u.id IS NULL
    """,
)
