"""The published test vectors (domain 5.11) as callers of the API can build them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.world import World

FIGURES = "subtotal discount charge tax includedTax tip total paid refunded balance"
ORDER = f"""order {{ id status
  lineItems {{ id gross {{ amount }} discount {{ amount }} tax {{ amount }} }}
  appliedDiscounts {{ amount {{ amount }} applied {{ amount }} }}
  charges {{ id amount {{ amount }} tax {{ amount }} }} tips {{ id amount {{ amount }} }}
  netAmounts {{ {" ".join(f"{each} {{ amount }}" for each in FIGURES.split())} }} }}"""


def usd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD"}


def sold(price: int, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"name": f"Thing of {price}", "unitPrice": usd(price), "quantity": quantity, **more}


BEANS, MUG = sold(1999, 2), sold(2400)


@dataclass(frozen=True, slots=True)
class Vector:
    """What is sold, taken off, added and taxed, and what has to come out.

    A coupon is its terms and the places of the lines it is applied to, none for all. `parts` has
    the figures of lines and discounts by their names.
    """

    figures: dict[str, int]
    lines: Sequence[dict[str, Any]] = (BEANS, MUG)
    coupons: Sequence[tuple[dict[str, Any], Sequence[int]]] = ()
    tax: str | None = None
    tip: str | None = None
    charge: dict[str, Any] | None = None
    parts: dict[str, list[int]] = field(default_factory=dict[str, list[int]])


TWENTY = ({"percentOff": "20"}, ())
VECTORS = {
    "V1": Vector(
        {"subtotal": 6398, "discount": 1280, "tax": 460, "total": 5578, "balance": 5578},
        coupons=[TWENTY],
        tax="8.99",
        parts={"lineItems.discount": [800, 480], "lineItems.tax": [287, 173]},
    ),
    "V3": Vector(
        {"discount": 1780, "total": 4618},
        coupons=[TWENTY, ({"amountOff": usd(500)}, ())],
        parts={
            "appliedDiscounts.applied": [1280, 500],
            "lineItems.discount": [800 + 312, 480 + 188],
        },
    ),
    "V5": Vector({"tip": 921, "tax": 460, "total": 6499}, coupons=[TWENTY], tax="8.99", tip="18"),
    "V6": Vector(
        {"charge": 512, "tax": 506, "total": 6136},
        coupons=[TWENTY],
        tax="8.99",
        charge={"type": "SERVICE", "name": "Service", "percent": "10", "taxable": True},
        parts={"lineItems.tax": [287, 173], "charges.amount": [512], "charges.tax": [46]},
    ),
    "V12": Vector(
        {"discount": 480, "total": 5918},
        coupons=[({"percentOff": "20"}, [1])],
        parts={"lineItems.discount": [0, 480]},
    ),
    "V14": Vector(
        {"discount": 1216, "total": 5182},
        coupons=[({"percentOff": "10"}, ()), ({"percentOff": "10"}, ())],
        parts={"appliedDiscounts.applied": [640, 576]},
    ),
    "V17": Vector(
        {"discount": 6398, "tax": 0, "total": 0},
        coupons=[({"amountOff": usd(7000)}, ())],
        tax="8.99",
        parts={"appliedDiscounts.amount": [7000], "appliedDiscounts.applied": [6398]},
    ),
    "V18": Vector(
        {"subtotal": 2600, "total": 2600},
        lines=[
            sold(
                1200,
                2,
                adHocModifiers=[{"name": "Shot", "unitPriceDelta": usd(50), "quantity": 2}],
            )
        ],
        parts={"lineItems.gross": [2600]},
    ),
    "V19": Vector(
        {"discount": 2400, "total": 0},
        lines=[sold(800, 3)],
        coupons=[({"amountOff": usd(1000)}, [0])],
        parts={"appliedDiscounts.amount": [3000], "appliedDiscounts.applied": [2400]},
    ),
}


class Api:
    """Sends mutations that have to succeed and returns their orders."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def send(self, name: str, what: str = ORDER, /, **input: Any) -> Any:
        document = (
            f"mutation($input: {name[0].upper() + name[1:]}Input!) {{ {name}(input: $input)"
            f" {{ {what} userErrors {{ code field }} }} }}"
        )
        answer = await self.world.graphql(document, input=input)
        assert (answer.errors, answer.codes) == ([], [])
        return answer.payload.get("order")

    async def order(self, vector: Vector) -> Any:
        """Build what a vector describes, step by step."""
        if vector.tax is not None:
            await self.send("createTaxRate", "taxRate { id }", name="Tax", percent=vector.tax)
        order = await self.send("createOrder", lineItems=list(vector.lines))
        named = {"orderId": order["id"]}
        for at, (terms, places) in enumerate(vector.coupons):
            coupon = {"name": f"C{at}", "code": f"C{at}", "stackable": True, **terms}
            await self.send("createCoupon", "coupon { id }", **coupon)
            ids = [order["lineItems"][place]["id"] for place in places]
            order = await self.send(
                "applyCoupon", code=f"C{at}", **named, **({"lineItemIds": ids} if ids else {})
            )
        if vector.charge is not None:
            order = await self.send("addCharge", **named, **vector.charge)
        if vector.tip is not None:
            order = await self.send("addTip", **named, percent=vector.tip)
        return order


def figures(order: Any, names: Sequence[str]) -> dict[str, int]:
    return {name: order["netAmounts"][name]["amount"] for name in names}


@pytest.mark.parametrize("name", VECTORS)
async def test_5_11_a_vector_comes_out_as_published(world: World, name: str) -> None:
    vector = VECTORS[name]
    order = await Api(world).order(vector)
    assert figures(order, list(vector.figures)) == vector.figures
    for path, amounts in vector.parts.items():
        kind, figure = path.split(".")
        assert [each[figure]["amount"] for each in order[kind]] == amounts, path


async def test_v21_a_deposit_given_back_leaves_the_whole_sale_due(world: World) -> None:
    api = Api(world)
    named = {"orderId": (await api.order(Vector({}, lines=[sold(10_000)])))["id"]}
    part = {"token": "tok_visa", "amount": usd(4000)}
    await api.send("pay", **named, sources=[part], completion="PARTIAL_PAYMENT")
    order = await api.send("refund", **named, amount=usd(4000))
    assert order["status"] == "OPEN"
    expected = {"total": 10_000, "paid": 4000, "refunded": 4000, "balance": 10_000}
    assert figures(order, list(expected)) == expected


async def test_v22_an_overpayment_is_returned_before_the_sale_is_undone(world: World) -> None:
    """A tip that is taken back after a part was paid leaves too much paid."""
    api = Api(world)
    named = {"orderId": (await api.order(Vector({}, lines=[sold(10_000)])))["id"]}
    tipped = await api.send("addTip", **named, amount=usd(3000))
    part = {"token": "tok_visa", "amount": usd(12_000)}
    await api.send("pay", **named, sources=[part], completion="PARTIAL_PAYMENT")
    await api.send("removeTip", **named, tipId=tipped["tips"][0]["id"])
    paid = await api.send("pay", **named)
    assert (paid["status"], figures(paid, ["balance"])) == ("PAID", {"balance": -2000})
    order = await api.send("refund", **named, amount=usd(2000))
    assert order["status"] == "PAID"
    expected = {"total": 10_000, "paid": 12_000, "refunded": 2000, "balance": 0}
    assert figures(order, list(expected)) == expected


async def test_v25_a_free_order_has_no_tax_and_is_paid_without_a_source(world: World) -> None:
    api = Api(world)
    free = await api.order(Vector({}, coupons=[({"percentOff": "100"}, ())], tax="8.99"))
    assert figures(free, ["tax", "total"]) == {"tax": 0, "total": 0}
    order = await api.send("pay", orderId=free["id"])
    assert (order["status"], figures(order, ["paid", "balance"])) == (
        "PAID",
        {"paid": 0, "balance": 0},
    )
