"""A purchase and a refund: for each request one statement that reads and one that writes.

It writes into copies of the tables, with their constraints and indexes, in a schema of its own, so
that neither server has to look after what the other one wrote.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import orjson

from benchmarks.limit.ids import read, write
from benchmarks.limit.pricing import shares
from benchmarks.limit.writing import APPLY, CREATE, PAY, PREPARE, REFUND
from ordergraph.core.ids import new_id

_VARIANTS = """
SELECT v.id, v.product_id, p.name AS product_name, v.name, v.option_values, v.unit_price_minor,
  v.currency, s.sku,
  (SELECT percent FROM tax_rates t WHERE t.environment_id = $1 AND t.deleted_at IS NULL
   AND t.country IS NULL ORDER BY t.created_at DESC LIMIT 1) AS percent
FROM variants v
JOIN products p ON p.environment_id = v.environment_id AND p.id = v.product_id
LEFT JOIN sellable_codes s ON s.environment_id = v.environment_id AND s.id = v.id
WHERE v.environment_id = $1 AND v.id = ANY($2) AND v.status = 'ACTIVE' AND p.status = 'ACTIVE'
"""
_TO_DISCOUNT = """
SELECT o.version, o.currency, o.subtotal_minor, c.id AS coupon_id, c.name, c.percent,
  array_agg(i.id ORDER BY i.position) AS line_ids,
  array_agg(i.gross_minor ORDER BY i.position) AS grosses,
  (SELECT t.percent FROM tax_rates t WHERE t.environment_id = $1 AND t.deleted_at IS NULL
   AND t.country IS NULL ORDER BY t.created_at DESC LIMIT 1) AS tax_percent
FROM limits.orders o
JOIN limits.coupons c ON c.environment_id = o.environment_id AND c.code = $3
  AND c.status = 'ACTIVE'
JOIN limits.order_line_items i ON i.environment_id = o.environment_id AND i.order_id = o.id
WHERE o.environment_id = $1 AND o.id = $2 AND o.status = 'OPEN'
GROUP BY o.version, o.currency, o.subtotal_minor, c.id, c.name, c.percent
"""
_TO_PAY = """
SELECT o.version, o.currency, o.total_minor,
  (SELECT array_agg(d.coupon_id) FROM limits.order_discounts d
   WHERE d.environment_id = $1 AND d.order_id = $2) AS coupon_ids,
  array_agg(i.variant_id ORDER BY i.variant_id) AS variant_ids,
  array_agg(i.quantity ORDER BY i.variant_id) AS quantities
FROM limits.orders o
JOIN limits.order_line_items i ON i.environment_id = o.environment_id AND i.order_id = o.id
WHERE o.environment_id = $1 AND o.id = $2 AND o.status = 'OPEN'
GROUP BY o.version, o.currency, o.total_minor
"""
_TO_REFUND = """
SELECT o.version, o.currency, o.total_minor, p.id AS payment_id,
  array_agg(i.variant_id ORDER BY i.variant_id) AS variant_ids,
  array_agg(i.quantity ORDER BY i.variant_id) AS quantities
FROM limits.orders o
JOIN limits.payments p ON p.environment_id = o.environment_id AND p.order_id = o.id
JOIN limits.order_line_items i ON i.environment_id = o.environment_id AND i.order_id = o.id
WHERE o.environment_id = $1 AND o.id = $2 AND o.status = 'PAID'
GROUP BY o.version, o.currency, o.total_minor, p.id
"""
_numbers = count(100_001)


async def prepare(pool: Any) -> None:
    """Make the copies of the tables, with the stock and the coupons of now."""
    await pool.execute(PREPARE)


async def create_order(pool: Any, environment: UUID, variables: dict[str, Any]) -> Any:
    """Make an order of variants."""
    wanted = variables["input"]
    quantities = {read(each["variantId"]): each["quantity"] for each in wanted["lineItems"]}
    found = {row["id"]: row for row in await pool.fetch(_VARIANTS, environment, list(quantities))}
    variants = [found[id] for id in quantities]
    order_id, number, now = new_id(), str(next(_numbers)), datetime.now(UTC)
    lines = [new_id() for _ in variants]
    names = [_name(row) for row in variants]
    grosses = [row["unit_price_minor"] * quantities[row["id"]] for row in variants]
    taxes = shares(grosses, variants[0]["percent"])
    subtotal, tax = sum(grosses), sum(taxes)
    await pool.execute(
        CREATE,
        *(environment, order_id, number, wanted.get("buyerEmail"), subtotal, tax, now, lines),
        *([row["id"] for row in variants], [row["product_id"] for row in variants], names),
        [row["sku"] for row in variants],
        [row["unit_price_minor"] for row in variants],
        [quantities[row["id"]] for row in variants],
        *(grosses, taxes, _event(1, "OPEN", None, "UNPAID", subtotal + tax)),
    )
    shown = [
        {
            "id": write("li", line),
            "name": name,
            "quantity": quantities[row["id"]],
            "unitPrice": {"amount": row["unit_price_minor"]},
            "total": {"amount": gross + line_tax},
        }
        for line, name, row, gross, line_tax in zip(
            lines, names, variants, grosses, taxes, strict=True
        )
    ]
    order = {
        "id": write("ord", order_id),
        "number": number,
        "status": "OPEN",
        "version": 1,
        "netAmounts": {
            "subtotal": {"amount": subtotal},
            "tax": {"amount": tax},
            "total": {"amount": subtotal + tax, "currency": "USD"},
        },
        "lineItems": shown,
    }
    return {"createOrder": {"order": order, "userErrors": []}}


async def apply_coupon(pool: Any, environment: UUID, variables: dict[str, Any]) -> Any:
    """Take a coupon of a percentage off an order."""
    wanted = variables["input"]
    order_id, code = read(wanted["orderId"]), wanted["code"].upper()
    row = await pool.fetchrow(_TO_DISCOUNT, environment, order_id, code)
    discount_id, now = new_id(), datetime.now(UTC)
    discounts = shares(row["grosses"], row["percent"])
    nets = [gross - off for gross, off in zip(row["grosses"], discounts, strict=True)]
    taxes = shares(nets, row["tax_percent"])
    discount, tax = sum(discounts), sum(taxes)
    total, version = sum(nets) + tax, row["version"] + 1
    await pool.execute(
        APPLY,
        *(environment, order_id, row["version"], discount, tax, total, now, discount_id),
        *(row["coupon_id"], code, row["name"], row["percent"], row["line_ids"], discounts, taxes),
        _event(version, "OPEN", "OPEN", "UNPAID", total),
    )
    applied = {
        "id": write("odi", discount_id),
        "couponCode": code,
        "applied": {"amount": discount},
        "status": "PENDING",
    }
    order = {
        "id": wanted["orderId"],
        "version": version,
        "appliedDiscounts": [applied],
        "netAmounts": {
            "discount": {"amount": discount},
            "tax": {"amount": tax},
            "total": {"amount": total, "currency": row["currency"]},
        },
    }
    return {"applyCoupon": {"order": order, "userErrors": []}}


async def pay(pool: Any, environment: UUID, variables: dict[str, Any]) -> Any:
    """Pay an order: stock and coupons are taken in the same statement, or nothing is."""
    wanted = variables["input"]
    order_id = read(wanted["orderId"])
    row = await pool.fetchrow(_TO_PAY, environment, order_id)
    attempt_id, payment_id, now = new_id(), new_id(), datetime.now(UTC)
    coupons: list[UUID] = row["coupon_ids"] or []
    await pool.execute(
        PAY,
        *(environment, order_id, row["version"], row["total_minor"], now),
        *(row["variant_ids"], row["quantities"], [new_id() for _ in row["variant_ids"]]),
        *(coupons, [new_id() for _ in coupons], attempt_id, payment_id),
        _event(row["version"] + 1, "PAID", "OPEN", "PAID", 0),
    )
    order = {
        "id": wanted["orderId"],
        "status": "PAID",
        "paymentStatus": "PAID",
        "netAmounts": {
            "total": {"amount": row["total_minor"], "currency": row["currency"]},
            "paid": {"amount": row["total_minor"]},
            "balance": {"amount": 0},
        },
    }
    attempt = {"id": write("pat", attempt_id), "status": "SUCCEEDED"}
    return {"pay": {"order": order, "attempt": attempt, "userErrors": []}}


async def refund(pool: Any, environment: UUID, variables: dict[str, Any]) -> Any:
    """Give back all of an order and put its goods back on the shelf."""
    wanted = variables["input"]
    order_id = read(wanted["orderId"])
    row = await pool.fetchrow(_TO_REFUND, environment, order_id)
    refund_id, now, total = new_id(), datetime.now(UTC), row["total_minor"]
    await pool.execute(
        REFUND,
        *(environment, order_id, row["version"], total, now, refund_id, row["payment_id"]),
        *(row["variant_ids"], row["quantities"], [new_id() for _ in row["variant_ids"]]),
        _event(row["version"] + 1, "REFUNDED", "PAID", "PAID", 0),
    )
    amounts = {"refunded": {"amount": total}, "balance": {"amount": 0}}
    order = {"id": wanted["orderId"], "status": "REFUNDED", "netAmounts": amounts}
    done = {"id": write("ref", refund_id), "status": "SUCCEEDED", "amount": {"amount": total}}
    return {"refund": {"refund": done, "order": order, "userErrors": []}}


def _name(row: Any) -> str:
    values = " / ".join(orjson.loads(row["option_values"]))
    shown = row["name"] or values
    return f"{row['product_name']} - {shown}" if shown else row["product_name"]


def _event(version: int, status: str, before: str | None, payment_status: str, balance: int) -> str:
    return orjson.dumps(
        {
            "version": version,
            "status": status,
            "statusBefore": before,
            "paymentStatus": payment_status,
            "balance": balance,
            "currency": "USD",
            "source": "API",
            "placed": True,
            "customerId": None,
        }
    ).decode()
