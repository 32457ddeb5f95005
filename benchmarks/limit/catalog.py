"""Products: two statements for a list or a product, one for a SKU."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import orjson

from benchmarks.limit.ids import read, write

_LIST = """
SELECT id, name, status, product_type, image_url, options, created_at FROM products
WHERE environment_id = $1 AND status = 'ACTIVE' ORDER BY created_at DESC, id DESC LIMIT $2
"""
_ONE = """
SELECT id, name, status, product_type, image_url, options, description FROM products
WHERE environment_id = $1 AND id = $2 AND status = 'ACTIVE'
"""
_VARIANT = """
SELECT v.id, v.product_id, v.name, v.option_values, v.unit_price_minor, v.currency, s.sku,
  l.tracked, l.enforced, l.on_hand - l.held AS available
FROM variants v
JOIN inventory_items l ON l.environment_id = v.environment_id AND l.variant_id = v.id
LEFT JOIN sellable_codes s ON s.environment_id = v.environment_id AND s.id = v.id
WHERE v.environment_id = $1 AND v.status = 'ACTIVE' AND """
_OF_PRODUCTS = _VARIANT + "v.product_id = ANY($2) ORDER BY v.product_id, v.position"
_OF_PRODUCT = _VARIANT + "v.product_id = $2 ORDER BY v.position"
_BY_SKU = """
SELECT v.id, v.name, v.option_values, v.unit_price_minor, v.currency, s.sku,
  l.tracked, l.enforced, l.on_hand - l.held AS available,
  p.id AS product_id, p.name AS product_name, p.image_url
FROM sellable_codes s
JOIN variants v ON v.environment_id = s.environment_id AND v.id = s.id
JOIN inventory_items l ON l.environment_id = v.environment_id AND l.variant_id = v.id
JOIN products p ON p.environment_id = v.environment_id AND p.id = v.product_id
WHERE s.environment_id = $1 AND s.sku = $2 AND v.status = 'ACTIVE' AND p.status = 'ACTIVE'
"""


async def product_list(pool: Any, environment: UUID, variables: dict[str, Any]) -> Any:
    """Answer a page of products with variants and stock."""
    first = variables["first"]
    async with pool.acquire() as connection:
        rows = await connection.fetch(_LIST, environment, first + 1)
        page = rows[:first]
        ids = [row["id"] for row in page]
        found = await connection.fetch(_OF_PRODUCTS, environment, ids)
    variants: dict[UUID, list[Any]] = {id: [] for id in ids}
    for row in found:
        variants[row["product_id"]].append(row)
    nodes = [_product(row, variants[row["id"]]) for row in page]
    return {
        "products": {
            "nodes": nodes,
            "pageInfo": {
                "hasNextPage": len(rows) > first,
                "endCursor": cursor(page[-1]["created_at"], page[-1]["id"]),
            },
        }
    }


async def product_detail(pool: Any, environment: UUID, variables: dict[str, Any]) -> Any:
    """Answer one product with everything that its page shows."""
    id = read(variables["id"])
    async with pool.acquire() as connection:
        row = await connection.fetchrow(_ONE, environment, id)
        variants = await connection.fetch(_OF_PRODUCT, environment, id)
    options = [
        {"id": write("opt", UUID(option["id"])), "name": option["name"], "values": option["values"]}
        for option in orjson.loads(row["options"])
    ]
    described = {"description": row["description"], "options": options}
    return {"product": _product(row, variants) | described}


async def by_sku(pool: Any, environment: UUID, variables: dict[str, Any]) -> Any:
    """Answer what bears a SKU."""
    row = await pool.fetchrow(_BY_SKU, environment, variables["sku"])
    values = orjson.loads(row["option_values"])
    product = {
        "id": write("prod", row["product_id"]),
        "name": row["product_name"],
        "imageUrl": row["image_url"],
    }
    sold = _sold(row, row["product_name"], values)
    return {"sellableBySku": {"__typename": "ProductVariant", **sold, "product": product}}


def cursor(at: Any, id: UUID) -> str:
    """Write where a page ends."""
    return base64.urlsafe_b64encode(f"{at.isoformat()} {id.hex}".encode()).decode()


def _product(row: Any, variants: list[Any]) -> dict[str, Any]:
    name = row["name"]
    options = [option["name"] for option in orjson.loads(row["options"])]
    shown: list[dict[str, Any]] = []
    for each in variants:
        values = orjson.loads(each["option_values"])
        variant = _sold(each, name, values)
        variant["selectedOptions"] = [
            {"name": option, "value": value} for option, value in zip(options, values, strict=True)
        ]
        shown.append(variant)
    return {
        "id": write("prod", row["id"]),
        "name": name,
        "status": row["status"],
        "productType": row["product_type"],
        "imageUrl": row["image_url"],
        "availableForSale": any(each["availableForSale"] for each in shown),
        "variants": shown,
    }


def _sold(row: Any, product_name: str, values: list[str]) -> dict[str, Any]:
    tracked, available = row["tracked"], row["available"]
    return {
        "id": write("var", row["id"]),
        "sku": row["sku"],
        "displayName": row["name"] or " / ".join(values) or product_name,
        "availableForSale": not (tracked and row["enforced"]) or available >= 1,
        "quantityAvailable": available if tracked else None,
        "unitPrice": {"amount": row["unit_price_minor"], "currency": row["currency"]},
    }
