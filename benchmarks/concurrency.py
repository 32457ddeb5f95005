"""The seven trials of concurrency C1 to C7: what a server makes of many who want the same at once.

`python -m benchmarks.concurrency` starts a server of its own and prints the table; the tests run
the same trials and hold each to its one right outcome. Money is counted in the processor's own
books, never in what the server says of itself.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

import httpx2

from benchmarks.data import found_shop
from benchmarks.reporting import Report
from benchmarks.servers import Postgres, start_ours
from ordergraph.core.ids import split
from ordergraph.runtime.db.driver import connect

ROUNDS = 20
BUYERS = 50
UNITS = 10
PRICE = 2_000


class Till(Protocol):
    """A merchant's way to a server, and to the books behind it."""

    async def ask(self, document: str, **variables: Any) -> Any:
        """Send a document and return the value of its only root field."""
        ...

    async def rows(self, sql: str, *arguments: Any) -> Sequence[Mapping[str, Any]]:
        """Read the database."""
        ...


@dataclass(slots=True)
class Outcome:
    """How the calls of a trial ended, by code or as `done`, and what should not have happened."""

    ended: Counter[str] = field(default_factory=Counter[str])
    faults: list[str] = field(default_factory=list[str])

    def expect(self, what: str, found: object, due: object) -> None:
        """Note a fault where something is not as it must be."""
        if found != due:
            self.faults.append(f"{what}: {found!r}, not {due!r}")

    def count(self, payloads: Sequence[Any]) -> Counter[str]:
        """Count how the calls of one round ended."""
        ended = Counter(_code(payload) for payload in payloads)
        self.ended += ended
        return ended


Trial = Callable[[Till, Outcome], Awaitable[None]]
"""One round of a trial."""


async def c1_from_the_shelf(till: Till, outcome: Outcome) -> None:
    """Of fifty who order and pay the last ten units, ten pay and nobody else is charged."""
    variant = await _variant(till)

    async def buy() -> Any:
        made = await till.ask(_CREATE, input={"lineItems": [{"variantId": variant}]})
        return made if made["userErrors"] else await _pay(till, made["order"])

    await _last_units(till, outcome, variant, await asyncio.gather(*(buy() for _ in range(BUYERS))))


async def c1_at_the_payment(till: Till, outcome: Outcome) -> None:
    """The same where all fifty have reached the payment before."""
    variant = await _variant(till)
    orders = await asyncio.gather(*(_order(till, _of(variant)) for _ in range(BUYERS)))
    paid = await asyncio.gather(*(_pay(till, order) for order in orders))
    await _last_units(till, outcome, variant, paid)


async def c2_a_coupon_with_one_use(till: Till, outcome: Outcome) -> None:
    """Of twenty orders with it one gets it; the rest are told before money moves, and may pay."""
    code = _unique("ONCE")
    coupon = {"name": code, "code": code, "percentOff": "50", "maxUses": 1}
    await _done(till, _COUPON, coupon)
    orders = await asyncio.gather(*(_order(till, _ad_hoc(PRICE)) for _ in range(20)))
    for order in orders:
        await _done(till, _APPLY, {"orderId": order["id"], "code": code})
    ended = outcome.count(await asyncio.gather(*(_pay(till, order) for order in orders)))
    outcome.expect("paid at once", ended, {"done": 1, "ORDER_CHANGED_REFRESH_REQUIRED": 19})
    outcome.expect("charged", await _charged(till, orders), [PRICE // 2])
    again = [order for order in orders if not await _is_paid(till, order)]
    late = outcome.count(await asyncio.gather(*(_pay(till, order) for order in again)))
    outcome.expect("paid the full price", late, {"done": 19})
    outcome.expect("charged in all", await _charged(till, orders), [PRICE // 2] + [PRICE] * 19)


async def c3_two_full_refunds(till: Till, outcome: Outcome) -> None:
    """Of two full refunds of one payment one is made."""
    order = await _order(till, _ad_hoc(PRICE))
    await _pay(till, order)
    calls = (till.ask(_REFUND, input={"orderId": order["id"]}) for _ in range(2))
    ended = outcome.count(await asyncio.gather(*calls))
    outcome.expect("refunds", ended, {"done": 1, "REFUND_EXCEEDS_REFUNDABLE": 1})
    outcome.expect("given back", await _returned(till, order), [PRICE])


async def c4_two_payments(till: Till, outcome: Outcome) -> None:
    """Of two payments of one order one is charged."""
    order = await _order(till, _ad_hoc(PRICE))
    ended = outcome.count(await asyncio.gather(*(_pay(till, order) for _ in range(2))))
    outcome.expect("paid", ended.pop("done", 0), 1)
    outcome.expect("refused", set(ended) <= {"PAYMENT_IN_PROGRESS", "ORDER_ALREADY_PAID"}, True)
    outcome.expect("charged", await _charged(till, [order]), [PRICE])


async def c5_four_additions(till: Till, outcome: Outcome) -> None:
    """Four lines added to one order at once are all kept, and the totals are exact."""
    order = await _order(till, _ad_hoc(1))
    prices = (100, 2_000, 30_000, 400_000)
    added = (
        till.ask(_ADD, input={"orderId": order["id"], "lineItems": [_ad_hoc(price)]})
        for price in prices
    )
    outcome.expect("added", outcome.count(await asyncio.gather(*added)), {"done": 4})
    shown = await till.ask(_SHOW, id=order["id"])
    lines = sorted(line["gross"]["amount"] for line in shown["lineItems"])
    outcome.expect("lines", lines, [1, *prices])
    outcome.expect("total", shown["netAmounts"]["total"]["amount"], 1 + sum(prices))
    outcome.expect("version", shown["version"], 5)


async def c6_four_kinds_of_changes(till: Till, outcome: Outcome) -> None:
    """Coupon, address, customer and note changed at once are all there."""
    code, email = _unique("SIX"), f"{_unique('six')}@example.com"
    await _done(till, _COUPON, {"name": code, "code": code, "percentOff": "10"})
    customer = (await _done(till, _CUSTOMER, {"email": email}))["customer"]["id"]
    id = (await _order(till, _ad_hoc(PRICE)))["id"]
    address = {"line1": "1 Pier", "city": "Boston", "postalCode": "02101", "country": "US"}
    calls = (
        till.ask(_APPLY, input={"orderId": id, "code": code}),
        till.ask(_UPDATE, input={"orderId": id, "shippingAddress": address}),
        till.ask(_UPDATE, input={"orderId": id, "customerId": customer}),
        till.ask(_UPDATE, input={"orderId": id, "buyerNote": "Ring twice"}),
    )
    outcome.expect("changed", outcome.count(await asyncio.gather(*calls)), {"done": 4})
    shown = await till.ask(_SHOW, id=id)
    there = (
        [each["couponCode"] for each in shown["appliedDiscounts"]],
        shown["shippingAddress"] and shown["shippingAddress"]["city"],
        shown["customer"] and shown["customer"]["id"],
        shown["buyerNote"],
        shown["netAmounts"]["total"]["amount"],
    )
    outcome.expect("there", there, ([code], "Boston", customer, "Ring twice", PRICE * 9 // 10))


async def c7_lines_in_opposite_order(till: Till, outcome: Outcome) -> None:
    """Twenty-four orders of the same two variants in opposite order are all paid."""
    first, second = await _variant(till, 24), await _variant(till, 24)
    pairs = [(first, second) if at % 2 else (second, first) for at in range(24)]
    orders = await asyncio.gather(*(_order(till, _of(a), _of(b)) for a, b in pairs))
    ended = outcome.count(await asyncio.gather(*(_pay(till, order) for order in orders)))
    outcome.expect("paid", ended, {"done": 24})
    outcome.expect("charged", await _charged(till, orders), [2 * PRICE] * 24)
    for variant in (first, second):
        outcome.expect("stock", await _stock(till, variant), (0, 0))


TRIALS: Mapping[str, Trial] = {
    "C1 the last 10 units, 50 buyers from the shelf": c1_from_the_shelf,
    "C1 the last 10 units, 50 buyers at the payment": c1_at_the_payment,
    "C2 a coupon with one use, 20 orders": c2_a_coupon_with_one_use,
    "C3 two full refunds of one payment": c3_two_full_refunds,
    "C4 two payments of one order": c4_two_payments,
    "C5 four line additions to one order": c5_four_additions,
    "C6 coupon, address, customer and note in parallel": c6_four_kinds_of_changes,
    "C7 24 orders of two variants in opposite order": c7_lines_in_opposite_order,
}


async def run(trial: Trial, till: Till, rounds: int) -> Outcome:
    """Run a trial so many times, one round after the other."""
    outcome = Outcome()
    for _ in range(rounds):
        await trial(till, outcome)
    return outcome


def row(name: str, outcome: Outcome, rounds: int, seconds: float) -> dict[str, Any]:
    """Return what a trial found as a row of the table."""
    ended = ", ".join(f"{code} {number}" for code, number in outcome.ended.most_common())
    return {
        "trial": name,
        "rounds": rounds,
        "how the calls ended": ended,
        "faults": len(outcome.faults),
        "seconds": seconds,
    }


async def _last_units(till: Till, outcome: Outcome, variant: str, payloads: Sequence[Any]) -> None:
    ended = outcome.count(payloads)
    outcome.expect("paid", ended.pop("done", 0), UNITS)
    # Whoever comes late learns of the empty shelf before there is an order.
    refusals = {"INVENTORY_UNAVAILABLE", "ITEM_NOT_AVAILABLE"}
    outcome.expect("refused", (ended.total(), set(ended) <= refusals), (BUYERS - UNITS, True))
    outcome.expect("stock", await _stock(till, variant), (0, 0))
    sold = await till.rows(
        "SELECT o.status, o.paid_minor, (SELECT coalesce(sum(c.amount_minor), 0)::bigint "
        "FROM sandbox_charges c WHERE c.order_id = o.id AND c.status = 'SUCCEEDED') AS charged "
        "FROM orders o JOIN order_line_items l ON l.order_id = o.id WHERE l.variant_id = $1",
        split(variant)[1],
    )
    found = Counter(tuple(each.values()) for each in sold)
    outcome.expect("orders paid and charged", found.pop(("PAID", PRICE, PRICE), 0), UNITS)
    outcome.expect("orders refused and not charged", set(found) <= {("OPEN", 0, 0)}, True)


async def _variant(till: Till, units: int = UNITS) -> str:
    variant = {
        "unitPrice": {"amount": PRICE, "currency": "USD"},
        "initialQuantityAvailable": units,
        "enforceInventoryLimit": True,
    }
    name = _unique("Last units")
    wanted = {"name": name, "productType": "PHYSICAL", "defaultVariant": variant}
    made = await _done(till, _PRODUCT, wanted)
    return made["product"]["defaultVariant"]["id"]


async def _order(till: Till, *lines: dict[str, Any]) -> Any:
    return (await _done(till, _CREATE, {"lineItems": list(lines)}))["order"]


async def _pay(till: Till, order: Any) -> Any:
    return await till.ask(_PAY, input={"orderId": order["id"], "sources": [{"token": "tok_visa"}]})


async def _done(till: Till, document: str, input: dict[str, Any]) -> Any:
    payload = await till.ask(document, input=input)
    assert not payload["userErrors"], payload
    return payload


async def _is_paid(till: Till, order: Any) -> bool:
    return (await till.ask(_SHOW, id=order["id"]))["status"] == "PAID"


async def _charged(till: Till, orders: Sequence[Any]) -> list[int]:
    """Return what the processor has charged for these orders, the least first."""
    rows = await till.rows(
        "SELECT amount_minor FROM sandbox_charges WHERE status = 'SUCCEEDED' "
        "AND order_id = ANY($1) ORDER BY amount_minor",
        [split(order["id"])[1] for order in orders],
    )
    return [each["amount_minor"] for each in rows]


async def _returned(till: Till, order: Any) -> list[int]:
    rows = await till.rows(
        "SELECT r.amount_minor FROM sandbox_refunds r JOIN sandbox_charges c ON c.id = r.charge_id "
        "WHERE c.order_id = $1",
        split(order["id"])[1],
    )
    return [each["amount_minor"] for each in rows]


async def _stock(till: Till, variant: str) -> tuple[int, int]:
    (level,) = await till.rows(
        "SELECT on_hand, held FROM inventory_items WHERE variant_id = $1", split(variant)[1]
    )
    return level["on_hand"], level["held"]


def _of(variant: str) -> dict[str, Any]:
    return {"variantId": variant}


def _ad_hoc(price: int) -> dict[str, Any]:
    return {"name": f"Cut to {price}", "unitPrice": {"amount": price, "currency": "USD"}}


def _code(payload: Any) -> str:
    errors = payload["userErrors"]
    return errors[0]["code"] if errors else "done"


_numbers = count(1)


def _unique(word: str) -> str:
    return f"{word}-{time.time_ns()}-{next(_numbers)}"


_ERRORS = "userErrors { code message }"
_PRODUCT = f"""mutation P($input: CreateProductInput!) {{ createProduct(input: $input) {{
  product {{ defaultVariant {{ id }} }} {_ERRORS} }} }}"""
_CREATE = f"""mutation O($input: CreateOrderInput!) {{ createOrder(input: $input) {{
  order {{ id }} {_ERRORS} }} }}"""
_ADD = f"""mutation L($input: AddLineItemsInput!) {{ addLineItems(input: $input) {{
  order {{ id }} {_ERRORS} }} }}"""
_COUPON = f"""mutation C($input: CreateCouponInput!) {{ createCoupon(input: $input) {{
  coupon {{ id }} {_ERRORS} }} }}"""
_APPLY = f"""mutation A($input: ApplyCouponInput!) {{ applyCoupon(input: $input) {{
  order {{ id }} {_ERRORS} }} }}"""
_CUSTOMER = f"""mutation B($input: CreateCustomerInput!) {{ createCustomer(input: $input) {{
  customer {{ id }} {_ERRORS} }} }}"""
_UPDATE = f"""mutation U($input: UpdateOrderInput!) {{ updateOrder(input: $input) {{
  order {{ id }} {_ERRORS} }} }}"""
_PAY = f"""mutation Y($input: PayInput!) {{ pay(input: $input) {{
  order {{ status }} {_ERRORS} }} }}"""
_REFUND = f"""mutation R($input: RefundInput!) {{ refund(input: $input) {{
  refund {{ status }} {_ERRORS} }} }}"""
_SHOW = """query S($id: ID!) { order(id: $id) { status version buyerNote
  lineItems { gross { amount } } appliedDiscounts { couponCode } netAmounts { total { amount } }
  shippingAddress { city } customer { id } } }"""


@dataclass(slots=True)
class _ServerTill:
    """A till over HTTP to a server, and a connection to its database."""

    http: httpx2.AsyncClient
    url: str
    token: str
    connection: Any

    async def ask(self, document: str, **variables: Any) -> Any:
        answer = await self.http.post(
            self.url,
            json={"query": document, "variables": variables},
            headers={"authorization": f"Bearer {self.token}"},
        )
        body = answer.json()
        assert "errors" not in body, body
        (value,) = body["data"].values()
        return value

    async def rows(self, sql: str, *arguments: Any) -> Sequence[Mapping[str, Any]]:
        return await self.connection.fetch(sql, *arguments)


def main() -> None:
    """Run all trials against a server of their own and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.concurrency", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each trial [default: 20]")
    rounds = parser.parse_args().rounds
    with Postgres() as postgres, start_ours(postgres) as server:
        shop = found_shop(postgres)
        url = f"http://127.0.0.1:{server.port}/graphql"
        report = asyncio.run(_measured(postgres.url, url, shop.secret_key, rounds))
    print(report.table(), report.json(), sep="\n")


async def _measured(database: str, url: str, token: str, rounds: int) -> Report:
    report = Report("concurrency", [])
    connection = await connect(database, "benchmark")
    try:
        async with httpx2.AsyncClient(timeout=60) as http:
            till = _ServerTill(http, url, token, connection)
            for name, trial in TRIALS.items():
                begun = time.monotonic()
                outcome = await run(trial, till, rounds)
                report.rows.append(row(name, outcome, rounds, time.monotonic() - begun))
                report.remarks += [f"{name}: {fault}" for fault in outcome.faults]
    finally:
        await connection.close()
    return report


if __name__ == "__main__":
    main()
