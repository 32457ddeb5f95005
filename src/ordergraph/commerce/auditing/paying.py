"""Looking at money: payments, refunds, statuses and the ledger (invariants 4, 5, 9, 12, 13)."""

from ordergraph.commerce.auditing.rules import Inspection

STATUSES = Inspection(
    {
        "order.status": (4, "The status is what closing and the amounts make it (ORD-20)."),
        "order.refund_status": (4, "The refund status is what the refunds make it (ORD-22)."),
        "order.payment_status": (4, "The payment status is what the payments make it (ORD-22)."),
        "order.fulfillment_status": (4, "How far goods are is what closing and refunds make it."),
        "order.tax_status": (3, "An order that is not to be taxed bears no tax."),
        "discount.status": (4, "What an order was paid with is no longer pending."),
        "tip.status": (4, "A tip of a paid order is settled, and refunded as far as it went back."),
        "order.paid_balance": (4, "Nothing is due on an order that is PAID."),
        "order.refunded_all": (4, "Of an order that is REFUNDED nothing is left."),
    },
    """
    SELECT o.environment_id, 'ord' AS kind, o.id, v.check_name, v.found, v.due
    FROM orders o CROSS JOIN LATERAL (VALUES
        ('order.status', o.status, CASE
            WHEN o.closed_at IS NOT NULL THEN 'CLOSED'
            WHEN o.paid_at IS NOT NULL AND o.reversed_minor > 0
            THEN CASE WHEN o.reversed_minor = o.total_minor
                      THEN 'REFUNDED' ELSE 'PARTIALLY_REFUNDED' END
            WHEN o.paid_at IS NOT NULL
             AND o.paid_minor - (o.refunded_minor - o.reversed_minor) >= o.total_minor THEN 'PAID'
            ELSE 'OPEN' END),
        ('order.refund_status', o.refund_status, CASE
            WHEN o.pending_refunds > 0 THEN 'PENDING'
            WHEN o.refunded_minor = 0 THEN 'NONE'
            WHEN o.refunded_minor = o.paid_minor THEN 'REFUNDED'
            ELSE 'PARTIALLY_REFUNDED' END),
        ('order.payment_status', o.payment_status, CASE
            WHEN o.paid_at IS NOT NULL THEN 'PAID'
            WHEN o.active_attempt_id IS NOT NULL THEN 'PENDING'
            WHEN o.paid_minor = 0 THEN 'UNPAID'
            WHEN o.closed_at IS NOT NULL AND o.paid_minor >= o.total_minor THEN 'PAID'
            ELSE 'PARTIALLY_PAID' END),
        ('order.fulfillment_status', o.fulfillment_status, CASE
            WHEN NOT EXISTS (
                SELECT FROM order_line_items l
                WHERE (l.environment_id, l.order_id) = (o.environment_id, o.id) AND l.fulfillable
            ) THEN 'NOT_APPLICABLE'
            WHEN (o.closed_at IS NOT NULL AND o.paid_at IS NULL) OR (o.paid_at IS NOT NULL
                AND o.total_minor > 0 AND o.total_minor = o.reversed_minor) THEN 'CANCELED'
            ELSE 'NOT_FULFILLED' END),
        ('order.tax_status', CASE WHEN o.tax_status IN ('NOT_REQUIRED', 'EXEMPT')
            THEN o.tax_minor::text ELSE '0' END, '0'),
        ('order.paid_balance', CASE
            WHEN o.status = 'PAID'
            THEN greatest(0, o.total_minor - o.reversed_minor
                - o.paid_minor + o.refunded_minor)::text
            ELSE '0' END, '0'),
        ('order.refunded_all', CASE
            WHEN o.status = 'REFUNDED' THEN (o.total_minor - o.reversed_minor)::text
            ELSE '0' END, '0')
    ) AS v (check_name, found, due)
    WHERE v.found <> v.due
    UNION ALL
    SELECT d.environment_id, 'odi', d.id, 'discount.status', d.status, 'REDEEMED'
    FROM order_discounts d
    JOIN orders o ON (o.environment_id, o.id) = (d.environment_id, d.order_id)
    WHERE o.paid_at IS NOT NULL AND d.status = 'PENDING'
    UNION ALL
    SELECT t.environment_id, 'tip', t.id, 'tip.status', t.status, v.due
    FROM order_tips t
    JOIN orders o ON (o.environment_id, o.id) = (t.environment_id, t.order_id)
    CROSS JOIN LATERAL (SELECT CASE
        WHEN t.reversed_minor = 0 THEN 'SETTLED'
        WHEN t.reversed_minor = t.amount_minor THEN 'REFUNDED'
        ELSE 'PARTIALLY_REFUNDED' END
    ) AS v (due)
    WHERE o.paid_at IS NOT NULL AND t.status NOT IN ('CANCELED', v.due)
    """,
)

MONEY = Inspection(
    {
        "order.paid": (4, "What is paid is the sum of the order's payments."),
        "order.refunded": (5, "What is refunded is the sum of the refunds that did not fail."),
        "order.payments_refunded": (5, "The payments were given back what the order was."),
        "order.pending_refunds": (5, "The refunds under way are counted."),
        "order.refunded_in_paid": (5, "No more is given back than was paid."),
    },
    """
    WITH received AS (
        SELECT environment_id, order_id, sum(amount_minor) AS paid, sum(refunded_minor) AS back
        FROM payments GROUP BY environment_id, order_id
    ),
    returned AS (
        SELECT r.environment_id, r.order_id, sum(part.amount_minor) AS back
        FROM refunds r JOIN payment_refunds part
          ON (part.environment_id, part.refund_id) = (r.environment_id, r.id)
        WHERE part.status <> 'FAILED' GROUP BY r.environment_id, r.order_id
    ),
    under_way AS (
        SELECT environment_id, order_id, count(*) AS refunds
        FROM refunds WHERE status IN ('PENDING', 'IN_TRANSIT') GROUP BY environment_id, order_id
    )
    SELECT o.environment_id, 'ord' AS kind, o.id, v.check_name, v.found::text, v.due::text
    FROM orders o
    LEFT JOIN received r ON (r.environment_id, r.order_id) = (o.environment_id, o.id)
    LEFT JOIN returned b ON (b.environment_id, b.order_id) = (o.environment_id, o.id)
    LEFT JOIN under_way u ON (u.environment_id, u.order_id) = (o.environment_id, o.id)
    CROSS JOIN LATERAL (VALUES
        ('order.paid', o.paid_minor, coalesce(r.paid, 0)),
        ('order.refunded', o.refunded_minor, coalesce(b.back, 0)),
        ('order.payments_refunded', coalesce(r.back, 0), o.refunded_minor),
        ('order.pending_refunds', o.pending_refunds, coalesce(u.refunds, 0)),
        ('order.refunded_in_paid', o.refunded_minor, least(o.refunded_minor, o.paid_minor))
    ) AS v (check_name, found, due)
    WHERE v.found <> v.due
    """,
)

PAYMENTS = Inspection(
    {
        "payment.attempt": (9, "A payment is of an attempt that succeeded, for its amount."),
        "payment.refunded": (5, "What a payment gave back is the sum of its refunds."),
        "payment.order": (9, "Money that was collected belongs to an order."),
        "attempt.payment": (9, "An attempt that succeeded made one payment, any other none."),
        "attempt.active": (12, "Only the order's active attempt is active."),
        "order.active_attempt": (12, "An order's active attempt is one of its own and active."),
        "payment.change": (4, "The change is what was tendered beyond the amount."),
        "refund.failed": (5, "What failed of a refund is what failed of its payments."),
        "refund.status": (5, "A refund's status is what became of its payments (REF-12)."),
        "refund.payments": (5, "A refund is the sum of what its payments gave back."),
    },
    """
    WITH active AS (
        SELECT environment_id, id, order_id FROM payment_attempts
        WHERE status IN ('PROCESSING', 'REQUIRES_ACTION')
    ),
    returned AS (
        SELECT environment_id, payment_id, sum(amount_minor) AS back
        FROM payment_refunds WHERE status <> 'FAILED' GROUP BY environment_id, payment_id
    )
    SELECT p.environment_id, 'pay' AS kind, p.id, v.check_name, v.found, v.due
    FROM payments p
    LEFT JOIN payment_attempts a ON (a.environment_id, a.id) = (p.environment_id, p.attempt_id)
    LEFT JOIN returned r ON (r.environment_id, r.payment_id) = (p.environment_id, p.id)
    LEFT JOIN orders o ON (o.environment_id, o.id) = (p.environment_id, p.order_id)
    CROSS JOIN LATERAL (VALUES
        ('payment.attempt', p.amount_minor || ' SUCCEEDED',
            coalesce(a.amount_minor || ' ' || a.status, 'no attempt')),
        ('payment.refunded', p.refunded_minor::text, coalesce(r.back, 0)::text),
        ('payment.change', coalesce(p.change_minor, 0)::text,
            coalesce(p.tendered_minor - p.amount_minor, 0)::text),
        ('payment.order', 'paid', CASE WHEN o.id IS NULL THEN 'no order' ELSE 'paid' END)
    ) AS v (check_name, found, due)
    WHERE v.found <> v.due
    UNION ALL
    SELECT a.environment_id, 'pat', a.id, 'attempt.payment', count(p.id)::text,
           CASE a.status WHEN 'SUCCEEDED' THEN '1' ELSE '0' END
    FROM payment_attempts a
    LEFT JOIN payments p ON (p.environment_id, p.attempt_id) = (a.environment_id, a.id)
    GROUP BY a.environment_id, a.id, a.status
    HAVING count(p.id) <> CASE a.status WHEN 'SUCCEEDED' THEN 1 ELSE 0 END
    UNION ALL
    SELECT a.environment_id, 'pat', a.id, 'attempt.active', 'active', 'not on its order'
    FROM active a LEFT JOIN orders o ON (o.environment_id, o.id) = (a.environment_id, a.order_id)
    WHERE o.active_attempt_id IS DISTINCT FROM a.id
    UNION ALL
    SELECT o.environment_id, 'ord', o.id, 'order.active_attempt', o.active_attempt_id::text, 'none'
    FROM orders o
    LEFT JOIN active a ON (a.environment_id, a.id) = (o.environment_id, o.active_attempt_id)
    WHERE o.active_attempt_id IS NOT NULL AND a.order_id IS DISTINCT FROM o.id
    UNION ALL
    SELECT r.environment_id, 'ref', r.id, 'refund.payments', r.amount_minor::text,
           coalesce(sum(part.amount_minor), 0)::text
    FROM refunds r
    LEFT JOIN payment_refunds part
      ON (part.environment_id, part.refund_id) = (r.environment_id, r.id)
    GROUP BY r.environment_id, r.id, r.amount_minor
    HAVING r.amount_minor <> coalesce(sum(part.amount_minor), 0)
    UNION ALL
    SELECT r.environment_id, 'ref', r.id, v.check_name, v.found, v.due
    FROM refunds r
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount_minor) FILTER (WHERE status = 'FAILED'), 0) AS failed,
               bool_or(status IN ('PENDING', 'IN_TRANSIT')) AS open,
               bool_and(status = 'FAILED') AS none, bool_and(status = 'SUCCEEDED') AS all_of_it
        FROM payment_refunds part
        WHERE (part.environment_id, part.refund_id) = (r.environment_id, r.id)
    ) AS legs
    CROSS JOIN LATERAL (VALUES
        ('refund.failed', r.failed_minor::text, legs.failed::text),
        ('refund.status', r.status, CASE
            WHEN legs.open AND r.status IN ('PENDING', 'IN_TRANSIT') THEN r.status
            WHEN legs.open THEN 'PENDING' WHEN legs.none THEN 'FAILED'
            WHEN legs.all_of_it THEN 'SUCCEEDED' ELSE 'PARTIALLY_SUCCEEDED' END)
    ) AS v (check_name, found, due)
    WHERE v.found <> v.due
    """,
)

LEDGER = Inspection(
    {
        "ledger.balanced": (4, "The entries of a movement add up to nothing."),
        "ledger.receivable": (4, "What is receivable is the order's balance."),
        "ledger.tender": (4, "What was tendered is what was paid less what went back."),
        "ledger.refund_liability": (5, "What is owed to the buyer is what is on its way back."),
        "ledger.tax": (1, "The tax owed is the order's net tax."),
        "ledger.tip": (1, "The tips owed are the order's net tips."),
        "ledger.discount": (1, "The discounts given are the order's net discount."),
        "ledger.sales": (1, "Sales and fees are the order's net subtotal and charges."),
        "ledger.payment": (9, "Each payment was posted once, with its amount."),
        "ledger.kind": (
            9,
            "A movement names the payment or refund it is of, and voids what is void.",
        ),
        "ledger.refund": (9, "Each refund was posted once, with its amount."),
        "ledger.refund_sent": (9, "Each refund that left was posted once, with its amount."),
    },
    """
    WITH booked AS (
        SELECT environment_id, order_id, sum(receivable_minor) AS receivable,
               sum(tender_minor) AS tender, sum(refund_liability_minor) AS liability,
               sum(sales_minor + fee_minor) AS sold, sum(discount_minor) AS discount,
               sum(tax_minor) AS tax, sum(tip_minor) AS tip
        FROM ledger_postings GROUP BY environment_id, order_id
    ),
    legs AS (
        SELECT r.environment_id, r.order_id,
               sum(part.amount_minor) FILTER (WHERE part.status = 'SUCCEEDED') AS sent,
               sum(part.amount_minor) FILTER
                   (WHERE part.status IN ('PENDING', 'IN_TRANSIT')) AS due
        FROM refunds r JOIN payment_refunds part
          ON (part.environment_id, part.refund_id) = (r.environment_id, r.id)
        GROUP BY r.environment_id, r.order_id
    ),
    standing AS (
        SELECT o.*, o.placed_at IS NOT NULL AND o.close_kind IS DISTINCT FROM 'CANCELED'
               AND o.close_kind IS DISTINCT FROM 'EXPIRED' AS stands
        FROM orders o
    )
    SELECT o.environment_id, 'ord' AS kind, o.id, v.check_name, v.found::text, v.due::text
    FROM standing o
    LEFT JOIN booked b ON (b.environment_id, b.order_id) = (o.environment_id, o.id)
    LEFT JOIN legs l ON (l.environment_id, l.order_id) = (o.environment_id, o.id)
    CROSS JOIN LATERAL (VALUES
        ('ledger.receivable', coalesce(b.receivable, 0),
            CASE WHEN o.stands THEN o.total_minor - o.reversed_minor ELSE 0 END
            - CASE WHEN o.placed_at IS NULL THEN 0 ELSE o.paid_minor - o.refunded_minor END),
        ('ledger.tender', coalesce(b.tender, 0), o.paid_minor - coalesce(l.sent, 0)),
        ('ledger.refund_liability', -coalesce(b.liability, 0), coalesce(l.due, 0)),
        ('ledger.tax', -coalesce(b.tax, 0),
            CASE WHEN o.stands THEN o.tax_minor - o.reversed_tax_minor ELSE 0 END),
        ('ledger.tip', -coalesce(b.tip, 0),
            CASE WHEN o.stands THEN o.tip_minor - o.reversed_tip_minor ELSE 0 END),
        ('ledger.discount', coalesce(b.discount, 0),
            CASE WHEN o.stands THEN o.discount_minor - o.reversed_discount_minor ELSE 0 END),
        ('ledger.sales', -coalesce(b.sold, 0), CASE WHEN o.stands
            THEN o.subtotal_minor - o.reversed_subtotal_minor
                 + o.charge_minor - o.reversed_charge_minor
                 - o.included_tax_minor + o.reversed_included_tax_minor ELSE 0 END)
    ) AS v (check_name, found, due)
    WHERE v.found <> v.due
    UNION ALL
    SELECT b.environment_id, 'ord', b.order_id, 'ledger.balanced',
           (b.receivable + b.tender + b.liability + b.sold + b.discount + b.tax + b.tip)::text, '0'
    FROM booked b
    WHERE b.receivable + b.tender + b.liability + b.sold + b.discount + b.tax + b.tip <> 0
    UNION ALL
    SELECT p.environment_id, 'pay', p.id, 'ledger.payment',
           coalesce(sum(each.tender_minor), 0)::text, p.amount_minor::text
    FROM payments p
    LEFT JOIN ledger_postings each ON (each.environment_id, each.order_id, each.payment_id)
        = (p.environment_id, p.order_id, p.id) AND each.kind = 'PAYMENT'
    GROUP BY p.environment_id, p.id, p.amount_minor
    HAVING p.amount_minor <> coalesce(sum(each.tender_minor), 0)
    UNION ALL
    SELECT r.environment_id, 'ref', r.id, 'ledger.refund_sent',
           coalesce(-sum(each.sent), 0)::text, coalesce(sum(part.sent), 0)::text
    FROM refunds r
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount_minor), 0) AS sent FROM payment_refunds p
        WHERE (p.environment_id, p.refund_id) = (r.environment_id, r.id) AND p.status = 'SUCCEEDED'
    ) AS part
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(tender_minor), 0) AS sent FROM ledger_postings p
        WHERE (p.environment_id, p.order_id, p.refund_id) = (r.environment_id, r.order_id, r.id)
        AND p.kind = 'REFUND_SENT'
    ) AS each
    GROUP BY r.environment_id, r.id
    HAVING sum(part.sent) <> -sum(each.sent)
    UNION ALL
    SELECT r.environment_id, 'ref', r.id, 'ledger.refund',
           coalesce(-sum(each.refund_liability_minor), 0)::text, r.amount_minor::text
    FROM refunds r
    LEFT JOIN ledger_postings each ON (each.environment_id, each.order_id, each.refund_id)
        = (r.environment_id, r.order_id, r.id) AND each.kind = 'REFUND'
    GROUP BY r.environment_id, r.id, r.amount_minor
    HAVING r.amount_minor <> coalesce(-sum(each.refund_liability_minor), 0)
    UNION ALL
    SELECT p.environment_id, 'ord', p.order_id, 'ledger.kind', p.kind, 'what it is of'
    FROM ledger_postings p
    JOIN standing o ON (o.environment_id, o.id) = (p.environment_id, p.order_id)
    WHERE (p.kind = 'PAYMENT') <> (p.payment_id IS NOT NULL AND p.refund_id IS NULL)
       OR (p.kind LIKE 'REFUND%') <> (p.refund_id IS NOT NULL)
       OR (p.kind = 'VOID' AND o.stands)
    """,
)

REVERSALS = Inspection(
    {
        "line.reversed": (5, "What refunds reversed of a line is what they say of it."),
        "line.refunded_quantity": (5, "No more units are refunded than were sold."),
        "line.left": (5, "Of a line all of whose units were refunded at once nothing is left."),
    },
    """
    WITH told AS (
        SELECT r.environment_id, (part ->> 'id')::uuid AS id,
               sum(sign * (part ->> 'gross')::bigint) AS gross,
               sum(sign * (part ->> 'tax')::bigint) AS tax
        FROM refunds r
        CROSS JOIN LATERAL (VALUES (1, r.reversal), (-1, r.taken_back)) AS way (sign, reversal)
        CROSS JOIN jsonb_array_elements(coalesce(way.reversal -> 'lines', '[]')) AS part
        WHERE r.status <> 'FAILED' GROUP BY 1, 2
    )
    SELECT l.environment_id, 'li' AS kind, l.id, v.check_name, v.found, v.due
    FROM order_line_items l
    JOIN orders o ON (o.environment_id, o.id) = (l.environment_id, l.order_id)
    LEFT JOIN told ON (told.environment_id, told.id) = (l.environment_id, l.id)
    CROSS JOIN LATERAL (VALUES
        ('line.reversed', l.reversed_gross_minor || ', tax ' || l.reversed_tax_minor,
            coalesce(told.gross, 0) || ', tax ' || coalesce(told.tax, 0)),
        ('line.refunded_quantity', l.refunded_quantity::text,
            least(l.refunded_quantity, l.quantity)::text),
        ('line.left', CASE WHEN o.status = 'REFUNDED' THEN
            (l.gross_minor - l.reversed_gross_minor + l.tax_minor - l.reversed_tax_minor)::text
            ELSE '0' END, '0')
    ) AS v (check_name, found, due)
    WHERE v.found <> v.due
    """,
)
