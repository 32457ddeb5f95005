"""The stories that several journeys tell, in the documents of the acceptance page."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.journeys.callers import Answer, Caller
from tests.journeys.documents import DOCUMENTS

_numbers = count(1)


def dollars(minor: int) -> dict[str, Any]:
    return {"amount": minor, "currency": "USD"}


def unique(word: str) -> str:
    """Return a name that no other call in this process got."""
    return f"{word}-{next(_numbers)}"


def figures(order: Any) -> dict[str, int]:
    """Return an order's amounts as plain numbers."""
    return {name: money["amount"] for name, money in order["netAmounts"].items()}


@dataclass(slots=True)
class Variant:
    """A variant for sale, and its product."""

    id: str
    sku: str
    product_id: str


async def make_variant(merchant: Caller, price: int = 1999, stock: int | None = 500) -> Variant:
    """Create a simple product; with `stock` it is never oversold."""
    sku = unique("SKU")
    variant: dict[str, Any] = {"unitPrice": dollars(price), "sku": sku}
    if stock is not None:
        variant |= {"initialQuantityAvailable": stock, "enforceInventoryLimit": True}
    answer = await merchant.send(
        DOCUMENTS["CreateProduct"],
        input={"name": f"Product {sku}", "productType": "PHYSICAL", "defaultVariant": variant},
    )
    product = answer.done["product"]
    return Variant(product["defaultVariant"]["id"], sku, product["id"])


async def make_order(caller: Caller, *lines: dict[str, Any], **more: Any) -> Any:
    """Create an order and return it."""
    answer = await caller.send(DOCUMENTS["CreateOrder"], input={"lineItems": list(lines), **more})
    return answer.done["order"]


async def pay(
    caller: Caller, order_id: str, token: str = "tok_visa", key: str | None = None, **more: Any
) -> Answer:
    """Pay an order with a token."""
    wanted = {"orderId": order_id, "sources": [{"token": token}], **more}
    return await caller.send(DOCUMENTS["Pay"], input=wanted, key=key or unique("pay"))


async def refund(caller: Caller, order_id: str, key: str | None = None, **more: Any) -> Answer:
    """Refund an order."""
    wanted = {"orderId": order_id, **more}
    return await caller.send(DOCUMENTS["Refund"], input=wanted, key=key or unique("refund"))


async def make_paid_order(merchant: Caller, token: str = "tok_visa", price: int = 2000) -> Any:
    """Create an order of one ad hoc line and pay it."""
    order = await make_order(
        merchant, {"name": "Gift wrap", "quantity": 1, "unitPrice": dollars(price)}
    )
    return (await pay(merchant, order["id"], token)).done["order"]
