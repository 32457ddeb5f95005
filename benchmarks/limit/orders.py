"""Orders: one in detail, and a page of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from benchmarks.limit.catalog import cursor
from benchmarks.limit.ids import read, write

_ORDER = """
SELECT number, status, payment_status, refund_status, version, currency, created_at,
  subtotal_minor, discount_minor, charge_minor, tax_minor, included_tax_minor, tip_minor,
  total_minor, reversed_subtotal_minor, reversed_discount_minor, reversed_tax_minor,
  reversed_tip_minor, reversed_minor, paid_minor, refunded_minor, pending_refunds,
  active_attempt_id,
  (SELECT coalesce(jsonb_agg(jsonb_build_array(d.id, d.name, d.applied_minor)
     ORDER BY d.applied_at, d.id), '[]') FROM order_discounts d
   WHERE d.environment_id = o.environment_id AND d.order_id = o.id) AS discounts,
  (SELECT coalesce(jsonb_agg(jsonb_build_array(p.id, p.status, p.amount_minor)
     ORDER BY p.captured_at, p.id), '[]') FROM payments p
   WHERE p.environment_id = o.environment_id AND p.order_id = o.id) AS payments,
  (SELECT coalesce(jsonb_agg(jsonb_build_array(r.id, r.status)
     ORDER BY r.created_at, r.id), '[]') FROM refunds r
   WHERE r.environment_id = o.environment_id AND r.order_id = o.id) AS refunds
FROM orders o WHERE environment_id = $1 AND id = $2
"""
_LINES = """
SELECT i.id, i.name, i.sku, i.quantity, i.unit_price_minor, i.variant_id, s.sku AS variant_sku,
  i.gross_minor - i.discount_minor + i.tax_minor - i.included_tax_minor AS total
FROM order_line_items i
LEFT JOIN sellable_codes s ON s.environment_id = i.environment_id AND s.id = i.variant_id
WHERE i.environment_id = $1 AND i.order_id = $2 ORDER BY i.position, i.id
"""
_LIST = """
SELECT id, number, status, payment_status, created_at, buyer_email, currency,
  total_minor, reversed_minor, paid_minor, refunded_minor
FROM orders
WHERE environment_id = $1 AND status IN ('OPEN', 'PAID') AND placed_at IS NOT NULL
ORDER BY created_at DESC, id DESC LIMIT $2
"""
_ACTIONS = {
    "OPEN": ["EDIT_LINE_ITEMS", "EDIT_DISCOUNTS", "EDIT_TIPS", "EDIT_DETAILS", "EDIT_NOTES", "PAY"],
    "PAID": ["EDIT_NOTES", "REFUND", "CLOSE"],
}


async def order_detail(pool: Any, environment: UUID, variables: dict[str, Any]) -> Any:
    """Answer one order with lines, discounts, payments and refunds."""
    id = read(variables["id"])
    async with pool.acquire() as connection:
        row = await connection.fetchrow(_ORDER, environment, id)
        lines = await connection.fetch(_LINES, environment, id)
    currency = row["currency"]
    return {
        "order": {
            "id": variables["id"],
            "number": row["number"],
            "status": row["status"],
            "paymentStatus": row["payment_status"],
            "refundStatus": row["refund_status"],
            "version": row["version"],
            "nextActions": _ACTIONS[row["status"]],
            "createdAt": instant(row["created_at"]),
            "netAmounts": _net(row, currency),
            "pricing": _sold(row, currency),
            "lineItems": [_line(line, currency) for line in lines],
            "appliedDiscounts": [
                {"id": write("odi", UUID(each)), "name": name, "applied": {"amount": applied}}
                for each, name, applied in orjson.loads(row["discounts"])
            ],
            "payments": [
                {"id": write("pay", UUID(each)), "status": status, "amount": _money(paid, currency)}
                for each, status, paid in orjson.loads(row["payments"])
            ],
            "refunds": [
                {"id": write("ref", UUID(each)), "status": status}
                for each, status in orjson.loads(row["refunds"])
            ],
        }
    }


async def order_list(pool: Any, environment: UUID, variables: dict[str, Any]) -> Any:
    """Answer a page of orders as a merchant's dashboard lists them."""
    first = variables["first"]
    rows = await pool.fetch(_LIST, environment, first + 1)
    page = rows[:first]
    nodes = [
        {
            "id": write("ord", row["id"]),
            "number": row["number"],
            "status": row["status"],
            "paymentStatus": row["payment_status"],
            "createdAt": instant(row["created_at"]),
            "buyerEmail": row["buyer_email"],
            "netAmounts": {
                "total": _money(row["total_minor"] - row["reversed_minor"], row["currency"]),
                "balance": _money(_balance(row), row["currency"]),
            },
        }
        for row in page
    ]
    end = cursor(page[-1]["created_at"], page[-1]["id"])
    info = {"hasNextPage": len(rows) > first, "endCursor": end}
    return {"orders": {"nodes": nodes, "pageInfo": info}}


def instant(at: datetime) -> str:
    """Write an instant as the server does."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _line(row: Any, currency: str) -> dict[str, Any]:
    variant = None
    if row["variant_id"] is not None:
        variant = {"id": write("var", row["variant_id"]), "sku": row["variant_sku"]}
    return {
        "id": write("li", row["id"]),
        "name": row["name"],
        "sku": row["sku"],
        "quantity": row["quantity"],
        "unitPrice": _money(row["unit_price_minor"], currency),
        "total": _money(row["total"], currency),
        "variant": variant,
    }


def _net(row: Any, currency: str) -> dict[str, Any]:
    return {
        "subtotal": _money(row["subtotal_minor"] - row["reversed_subtotal_minor"], currency),
        "discount": _money(row["discount_minor"] - row["reversed_discount_minor"], currency),
        "tax": _money(row["tax_minor"] - row["reversed_tax_minor"], currency),
        "tip": _money(row["tip_minor"] - row["reversed_tip_minor"], currency),
        "total": _money(row["total_minor"] - row["reversed_minor"], currency),
        "balance": _money(_balance(row), currency),
    }


def _sold(row: Any, currency: str) -> dict[str, Any]:
    return {
        "subtotal": _money(row["subtotal_minor"], currency),
        "discount": _money(row["discount_minor"], currency),
        "tax": _money(row["tax_minor"], currency),
        "tip": _money(row["tip_minor"], currency),
        "total": _money(row["total_minor"], currency),
        "balance": _money(_balance(row), currency),
    }


def _balance(row: Any) -> int:
    return row["total_minor"] - row["reversed_minor"] - row["paid_minor"] + row["refunded_minor"]


def _money(amount: int, currency: str) -> dict[str, Any]:
    return {"amount": amount, "currency": currency}
