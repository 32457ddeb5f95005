"""Looking at figures: what orders, lines, discounts and taxes come to (invariants 1 to 3, 11)."""

from ordergraph.commerce.auditing.rules import Inspection

ORDERS = Inspection(
    {
        "order.subtotal": (1, "The subtotal is the sum of the lines' gross amounts."),
        "order.discount": (1, "The discount is the sum of the lines' discounts."),
        "order.discount_applied": (1, "The discount is the sum of what the discounts took off."),
        "order.charge": (1, "The charge is the sum of the charges."),
        "order.tax": (1, "The tax is that of the lines, the charges and the flat taxes."),
        "order.included_tax": (1, "The included tax is that of the lines and the charges."),
        "order.tip": (1, "The tip is the sum of the tips that count."),
        "order.total": (2, "The total is subtotal - discount + charge + added tax + tip."),
        "order.reversed_subtotal": (5, "What refunds reversed of the subtotal is the lines'."),
        "order.reversed_discount": (5, "What refunds reversed of the discount is the lines'."),
        "order.reversed_charge": (5, "What refunds reversed of the charge is the charges'."),
        "order.reversed_tax": (5, "What refunds reversed of the tax is that of its parts."),
        "order.reversed_included_tax": (5, "The included tax reversed is that of its parts."),
        "order.reversed_tip": (5, "What refunds reversed of the tip is the tips'."),
    },
    """
    WITH
    lines AS (
        SELECT environment_id, order_id, sum(gross_minor) AS gross, sum(discount_minor) AS discount,
               sum(tax_minor) AS tax, sum(included_tax_minor) AS included,
               sum(reversed_gross_minor) AS r_gross, sum(reversed_discount_minor) AS r_discount,
               sum(reversed_tax_minor) AS r_tax, sum(reversed_included_tax_minor) AS r_included
        FROM order_line_items GROUP BY environment_id, order_id
    ),
    charges AS (
        SELECT environment_id, order_id, sum(amount_minor) AS amount, sum(tax_minor) AS tax,
               sum(included_tax_minor) AS included, sum(reversed_amount_minor) AS r_amount,
               sum(reversed_tax_minor) AS r_tax, sum(reversed_included_tax_minor) AS r_included
        FROM order_charges GROUP BY environment_id, order_id
    ),
    tips AS (
        SELECT environment_id, order_id, sum(reversed_minor) AS r_amount,
               sum(amount_minor) FILTER (WHERE status <> 'CANCELED') AS amount
        FROM order_tips GROUP BY environment_id, order_id
    ),
    discounts AS (
        SELECT environment_id, order_id, sum(applied_minor) FILTER
               (WHERE status <> 'CANCELED' AND reason IS NULL) AS applied
        FROM order_discounts GROUP BY environment_id, order_id
    )
    SELECT o.environment_id, 'ord' AS kind, o.id, v.check_name, v.found::text, v.due::text
    FROM orders o
    LEFT JOIN lines l ON (l.environment_id, l.order_id) = (o.environment_id, o.id)
    LEFT JOIN charges c ON (c.environment_id, c.order_id) = (o.environment_id, o.id)
    LEFT JOIN tips t ON (t.environment_id, t.order_id) = (o.environment_id, o.id)
    LEFT JOIN discounts d ON (d.environment_id, d.order_id) = (o.environment_id, o.id)
    CROSS JOIN LATERAL (VALUES
        ('order.subtotal', o.subtotal_minor, coalesce(l.gross, 0)),
        ('order.discount', o.discount_minor, coalesce(l.discount, 0)),
        ('order.discount_applied', o.discount_minor, coalesce(d.applied, 0)),
        ('order.charge', o.charge_minor, coalesce(c.amount, 0)),
        ('order.tax', o.tax_minor,
            coalesce(l.tax, 0) + coalesce(c.tax, 0) + o.flat_tax_minor),
        ('order.included_tax', o.included_tax_minor,
            coalesce(l.included, 0) + coalesce(c.included, 0)),
        ('order.tip', o.tip_minor, coalesce(t.amount, 0)),
        ('order.total', o.total_minor,
            o.subtotal_minor - o.discount_minor + o.charge_minor + o.tax_minor
            - o.included_tax_minor + o.tip_minor),
        ('order.reversed_subtotal', o.reversed_subtotal_minor, coalesce(l.r_gross, 0)),
        ('order.reversed_discount', o.reversed_discount_minor, coalesce(l.r_discount, 0)),
        ('order.reversed_charge', o.reversed_charge_minor, coalesce(c.r_amount, 0)),
        ('order.reversed_tax', o.reversed_tax_minor,
            coalesce(l.r_tax, 0) + coalesce(c.r_tax, 0) + o.reversed_flat_tax_minor),
        ('order.reversed_included_tax', o.reversed_included_tax_minor,
            coalesce(l.r_included, 0) + coalesce(c.r_included, 0)),
        ('order.reversed_tip', o.reversed_tip_minor, coalesce(t.r_amount, 0))
    ) AS v (check_name, found, due)
    WHERE v.found <> v.due
    """,
)

LINES = Inspection(
    {
        "line.gross": (1, "A line's gross amount is its quantity times its unit price."),
        "line.discount": (11, "A line's discount is the sum of its shares of the discounts."),
        "line.tax": (11, "A line's tax is the sum of its shares of the taxes."),
        "line.taxable": (3, "A line that is not taxable has no tax."),
        "line.net": (2, "A line's discount never exceeds its gross amount."),
    },
    """
    WITH taken AS (
        SELECT d.environment_id, (share ->> 0)::uuid AS id, sum((share ->> 1)::bigint) AS minor
        FROM order_discounts d CROSS JOIN jsonb_array_elements(d.shares) AS share
        WHERE d.status <> 'CANCELED' AND d.reason IS NULL GROUP BY 1, 2
    ),
    taxed AS (
        SELECT o.environment_id, (share ->> 0)::uuid AS id, sum((share ->> 1)::bigint) AS minor
        FROM orders o CROSS JOIN jsonb_array_elements(o.taxes) AS tax
        CROSS JOIN jsonb_array_elements(coalesce(tax -> 'shares', '[]')) AS share GROUP BY 1, 2
    )
    SELECT l.environment_id, 'li' AS kind, l.id, v.check_name, v.found::text, v.due::text
    FROM order_line_items l
    JOIN orders o ON (o.environment_id, o.id) = (l.environment_id, l.order_id)
    LEFT JOIN taken ON (taken.environment_id, taken.id) = (l.environment_id, l.id)
    LEFT JOIN taxed ON (taxed.environment_id, taxed.id) = (l.environment_id, l.id)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum((each ->> 'unitDelta')::bigint * (each ->> 'quantity')::bigint), 0)
        FROM jsonb_array_elements(l.modifiers) AS each
    ) AS chosen (delta)
    CROSS JOIN LATERAL (VALUES
        ('line.gross', l.gross_minor, l.quantity * (l.unit_price_minor + chosen.delta)),
        ('line.discount', l.discount_minor, CASE WHEN EXISTS (
            SELECT FROM order_discounts d
            WHERE (d.environment_id, d.order_id) = (l.environment_id, l.order_id)
            AND d.applied_minor > 0 AND d.shares = '[]'
        ) THEN l.discount_minor ELSE coalesce(taken.minor, 0) END),
        ('line.tax', l.tax_minor, CASE WHEN EXISTS (
            SELECT FROM jsonb_array_elements(o.taxes) AS tax WHERE NOT tax ? 'shares'
        ) THEN l.tax_minor ELSE coalesce(taxed.minor, 0) END),
        ('line.taxable', CASE WHEN l.taxable OR EXISTS (
            SELECT FROM jsonb_array_elements(l.modifiers) AS each
            WHERE (each ->> 'taxable')::boolean
        ) THEN 0 ELSE l.tax_minor END, 0),
        ('line.net', l.discount_minor, least(l.discount_minor, l.gross_minor))
    ) AS v (check_name, found, due)
    WHERE v.found <> v.due
    """,
)
"""Orders of before shares were stored are not held to them."""

PARTS = Inspection(
    {
        "discount.applied": (11, "What a discount took off is the sum of its shares."),
        "discount.amount": (11, "A discount takes no more off than what it comes to."),
        "discount.fixed": (3, "A fixed discount comes to its amount, once or for each unit."),
        "charge.percent": (3, "A percent charge is its percentage of the goods, rounded once."),
        "charge.tax": (11, "A charge's tax is the sum of its shares of the taxes."),
        "tip.percent": (3, "A percent tip is its percentage of the goods, rounded once."),
        "tax.percent": (3, "A tax on top is its percentage of what it is due on, rounded once."),
        "tax.shares": (11, "A tax is the sum of its shares."),
        "discount.percent": (3, "A percent discount alone is its percentage of the lines."),
    },
    """
    WITH discounts AS (
        SELECT d.*, (SELECT coalesce(sum((share ->> 1)::bigint), 0)
                     FROM jsonb_array_elements(d.shares) AS share) AS shared,
               count(*) FILTER (WHERE d.status <> 'CANCELED' AND d.reason IS NULL)
                   OVER (PARTITION BY d.environment_id, d.order_id) AS beside
        FROM order_discounts d
    )
    SELECT d.environment_id, 'odi' AS kind, d.id, v.check_name, v.found::text, v.due::text
    FROM discounts d CROSS JOIN LATERAL (VALUES
        ('discount.applied', d.applied_minor,
            CASE WHEN d.shares = '[]' THEN d.applied_minor ELSE d.shared END),
        ('discount.amount', d.applied_minor, least(d.applied_minor, d.amount_minor)),
        ('discount.fixed', d.amount_minor, CASE
            WHEN d.amount_off_minor IS NULL OR d.status = 'CANCELED' OR d.reason IS NOT NULL
            THEN d.amount_minor
            WHEN d.allocation = 'ACROSS' OR (d.allocation IS NULL AND d.scope = 'ORDER')
            THEN d.amount_off_minor
            ELSE d.amount_off_minor * (SELECT coalesce(sum(l.quantity), 0)
                FROM order_line_items l
                WHERE (l.environment_id, l.order_id) = (d.environment_id, d.order_id)
                AND (d.eligible_ids IS NULL OR l.id = ANY(d.eligible_ids)))
            END),
        ('discount.percent', d.applied_minor, CASE
            WHEN d.percent IS NULL OR d.beside <> 1 OR d.status = 'CANCELED' OR d.reason IS NOT NULL
            THEN d.applied_minor
            ELSE (SELECT coalesce(round(sum(l.gross_minor) * d.percent / 100), 0)
                  FROM order_line_items l
                  WHERE (l.environment_id, l.order_id) = (d.environment_id, d.order_id)
                  AND (d.eligible_ids IS NULL OR l.id = ANY(d.eligible_ids)))
            END)
    ) AS v (check_name, found, due) WHERE v.found <> v.due
    UNION ALL
    SELECT c.environment_id, 'chg', c.id, v.check_name, v.found::text, v.due::text
    FROM order_charges c
    JOIN orders o ON (o.environment_id, o.id) = (c.environment_id, c.order_id)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum((share ->> 1)::bigint), 0)
        FROM jsonb_array_elements(o.taxes) AS tax
        CROSS JOIN jsonb_array_elements(coalesce(tax -> 'shares', '[]')) AS share
        WHERE share ->> 0 = c.id::text
    ) AS taxed (minor)
    CROSS JOIN LATERAL (VALUES
        ('charge.percent', c.amount_minor, CASE
            WHEN c.percent IS NULL THEN c.fixed_minor
            WHEN c.basis = 'SUBTOTAL_PRE_DISCOUNT' THEN round(o.subtotal_minor * c.percent / 100)
            ELSE round((o.subtotal_minor - o.discount_minor) * c.percent / 100) END),
        ('charge.tax', c.tax_minor, taxed.minor)
    ) AS v (check_name, found, due) WHERE v.found <> v.due
    UNION ALL
    SELECT t.environment_id, 'tip', t.id, 'tip.percent', t.amount_minor::text, due::text
    FROM order_tips t
    JOIN orders o ON (o.environment_id, o.id) = (t.environment_id, t.order_id)
    CROSS JOIN LATERAL (SELECT CASE
        WHEN t.status = 'CANCELED' THEN 0
        WHEN t.percent IS NULL THEN t.fixed_minor
        ELSE round((o.subtotal_minor - o.discount_minor) * t.percent / 100) END
    ) AS v (due)
    WHERE t.amount_minor <> v.due
    UNION ALL
    SELECT o.environment_id, 'ord', o.id, v.check_name, v.found::text, v.due::text
    FROM orders o CROSS JOIN jsonb_array_elements(o.taxes) AS tax
    CROSS JOIN LATERAL (
        SELECT coalesce(sum((share ->> 1)::bigint), 0)
        FROM jsonb_array_elements(coalesce(tax -> 'shares', '[]')) AS share
    ) AS shared (minor)
    CROSS JOIN LATERAL (VALUES
        ('tax.percent', (tax ->> 'tax')::bigint, CASE
            WHEN (tax ->> 'inclusive')::boolean OR tax ->> 'percent' IS NULL
              OR o.tax_rounding <> 'ORDER' OR tax ? 'supplied' THEN (tax ->> 'tax')::bigint
            ELSE round((tax ->> 'taxable')::bigint * (tax ->> 'percent')::numeric / 100) END),
        ('tax.shares', (tax ->> 'tax')::bigint, CASE
            WHEN tax ->> 'percent' IS NULL OR NOT tax ? 'shares' THEN (tax ->> 'tax')::bigint
            ELSE shared.minor END)
    ) AS v (check_name, found, due)
    WHERE v.found <> v.due
    """,
)
"""Postgres rounds numbers half away from zero, as PRC-1 does."""

CURRENCIES = Inspection(
    {"order.currency": (2, "All money of an order is in its currency.")},
    """
    SELECT o.environment_id, 'ord' AS kind, o.id, 'order.currency' AS check_name,
           part.currency AS found, o.currency AS due
    FROM orders o JOIN (
        SELECT environment_id, order_id, currency FROM order_line_items
        UNION SELECT environment_id, order_id, currency FROM order_discounts
        UNION SELECT environment_id, order_id, currency FROM order_charges
        UNION SELECT environment_id, order_id, currency FROM order_tips
        UNION SELECT environment_id, order_id, currency FROM order_activities
        UNION SELECT environment_id, order_id, currency FROM payment_attempts
        UNION SELECT environment_id, order_id, currency FROM payments
        UNION SELECT environment_id, order_id, currency FROM refunds
        UNION SELECT environment_id, order_id, currency FROM ledger_postings
    ) AS part ON (part.environment_id, part.order_id) = (o.environment_id, o.id)
    WHERE part.currency <> o.currency
    """,
)
