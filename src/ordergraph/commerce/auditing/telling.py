"""Looking at what was told: versions, events, timelines, numbers, tenants (invariants 8, 10)."""

from ordergraph.commerce.auditing.rules import Inspection

EVENTS = Inspection(
    {
        "order.events": (8, "An order told of each of its versions once."),
        "order.newest_event": (8, "The newest event of an order tells its version and status."),
        "order.paid_event": (8, "An order that was paid told so."),
        "order.history": (8, "An order's history is without a gap up to now."),
        "order.timeline": (8, "The newest entry of a timeline has the order's balance."),
        "order.number": (8, "An order has a number from when it is placed."),
        "order.told": (8, "An order that was told of has a timeline."),
    },
    """
    WITH told AS (
        SELECT e.environment_id, e.subject_id, count(*) AS events,
               min((e.payload ->> 'version')::bigint) AS least,
               max((e.payload ->> 'version')::bigint) AS most,
               count(*) FILTER (WHERE e.type = 'order.PAID') AS paid
        FROM event_log e WHERE e.type LIKE 'order.%'
        GROUP BY e.environment_id, e.subject_id
    ),
    newest AS (
        SELECT DISTINCT ON (environment_id, order_id) environment_id, order_id,
               running_balance_minor AS balance
        FROM order_activities ORDER BY environment_id, order_id, id DESC
    ),
    history AS (
        SELECT environment_id, order_id, max(revision) AS newest,
               max(revision) - min(revision) + 1 - count(*) AS missing
        FROM order_history GROUP BY environment_id, order_id
    ),
    untold AS (
        SELECT environment_id, order_id FROM refunds WHERE NOT told
    )
    SELECT o.environment_id, 'ord' AS kind, o.id, v.check_name, v.found::text, v.due::text
    FROM orders o
    LEFT JOIN told t ON (t.environment_id, t.subject_id) = (o.environment_id, o.id)
    LEFT JOIN newest n ON (n.environment_id, n.order_id) = (o.environment_id, o.id)
    LEFT JOIN history h ON (h.environment_id, h.order_id) = (o.environment_id, o.id)
    CROSS JOIN LATERAL (VALUES
        ('order.paid_event', CASE WHEN o.paid_at IS NOT NULL AND t.least = 1
            THEN least(t.paid, 1) ELSE 1 END, 1),
        ('order.history', coalesce(h.newest, -1) - coalesce(h.missing, 0), o.revision),
        ('order.events', t.events, t.most - t.least + 1),
        ('order.newest_event', t.most, o.version),
        ('order.timeline', n.balance, CASE WHEN o.active_attempt_id IS NOT NULL OR EXISTS (
            SELECT FROM untold u WHERE (u.environment_id, u.order_id) = (o.environment_id, o.id)
        ) THEN n.balance
        ELSE o.total_minor - o.reversed_minor - o.paid_minor + o.refunded_minor END),
        ('order.number', (o.number IS NOT NULL)::int, (o.placed_at IS NOT NULL)::int),
        ('order.told', (n.order_id IS NOT NULL)::int, (o.version > 0)::int)
    ) AS v (check_name, found, due)
    WHERE v.found <> v.due
    """,
)
"""Events that were pruned are not missed: the versions that are left have no gap.

What a payment or a refund under way has changed is told when it ends.
"""

TENANTS = Inspection(
    {"tenant.crossing": (10, "Nothing refers to a row of another environment.")},
    """
    SELECT part.environment_id, part.kind, part.id, 'tenant.crossing' AS check_name,
           other.environment_id::text AS found, part.environment_id::text AS due
    FROM (
        SELECT environment_id, 'pay' AS kind, id, order_id FROM payments
        UNION ALL SELECT environment_id, 'pat', id, order_id FROM payment_attempts
        UNION ALL SELECT environment_id, 'ref', id, order_id FROM refunds
        UNION ALL SELECT environment_id, 'cpn', coupon_id, order_id FROM coupon_uses
    ) AS part
    JOIN orders other ON other.id = part.order_id AND other.environment_id <> part.environment_id
    UNION ALL
    SELECT l.environment_id, 'li', l.id, 'tenant.crossing', v.environment_id::text,
           l.environment_id::text
    FROM order_line_items l
    JOIN variants v ON v.id = l.variant_id AND v.environment_id <> l.environment_id
    UNION ALL
    SELECT o.environment_id, 'ord', o.id, 'tenant.crossing', c.environment_id::text,
           o.environment_id::text
    FROM orders o JOIN customers c
      ON c.id = o.customer_id AND c.environment_id <> o.environment_id
    """,
)
