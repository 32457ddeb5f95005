"""Flat taxes from the sale to the last refund: amounts, ledger, proof and audit (PRC-33, REF-9)."""

from typing import Any

from ordergraph.commerce.auditing.auditing import audit
from ordergraph.commerce.orders.lifecycle import OrderStatus
from ordergraph.commerce.orders.overriding import SuppliedTax, update_order_tax
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.refunds.rules import RefundedFlatTax
from tests.commerce.orders.bookkeeping import accounts, ledger
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, usd
from tests.commerce.orders.proofs import assert_proven

FLAT = SuppliedTax("Delivery fee", flat_amount=usd(28))


async def taxed(counter: Counter, *lines: Any) -> Order:
    """Make an order that bears 10 percent and a flat tax of 0.28, as its merchant says."""
    order = await counter.order(*lines)
    supplied = [SuppliedTax("Tax", percent="10"), FLAT]
    return await update_order_tax(counter.orders, counter.actor, order.id, components=supplied)


async def proven(counter: Counter, order: Order) -> tuple[Order, dict[str, Any]]:
    """Hold the order to its invariants, its ledger, its proof and the audit."""
    now = await assert_sound(counter, order)
    found = await audit(counter.world.database, counter.actor.environment_id)
    assert found.findings == []
    return now, assert_proven(now, await counter.refunds(now))


async def test_ref_9_a_flat_tax_goes_back_last_of_all_in_amounts_ledger_proof_and_audit(
    counter: Counter,
) -> None:
    order = await taxed(counter, of(await counter.variant(1000), 2))
    assert (order.tax_minor, order.flat_tax_minor, order.total_minor) == (228, 28, 2228)
    await counter.pay(order)
    paid, document = await proven(counter, order)
    assert paid.status is OrderStatus.PAID
    assert [(each["name"], each["amount"]) for each in document["inputs"]["flatTaxes"]] == [
        ("Delivery fee", 28)
    ]
    assert await accounts(counter.viewer, order) == {"TENDER": 2228, "SALES": -2000, "TAX": -228}

    unit = (paid.line_items[0].id, 1)
    steps: list[tuple[int, int, int]] = []
    for wanted in ({"lines": [unit]}, {"amount": 600}, {"amount": 500}, {}):
        refund = (await counter.refund(order, **wanted)).refund
        now, document = await proven(counter, order)
        assert document["money"]["refunds"][-1]["reversal"]["flatTax"] == refund.flat_tax.minor
        steps.append((refund.amount_minor, refund.tax.minor, refund.flat_tax.minor))
    assert steps == [(1100, 100, 0), (600, 55, 0), (500, 45, 0), (28, 28, 28)]
    assert (now.status, now.net.tax, now.reversed_flat_tax_minor) == (OrderStatus.REFUNDED, 0, 28)
    assert await accounts(counter.viewer, order) == {}
    assert [each.tax_minor for each in await ledger(counter.viewer, order) if each.refund_id] == [
        *(100, 0, 55, 0, 45, 0, 28, 0)  # each refund, and its money that left
    ]


async def test_ref_9_a_flat_tax_that_is_named_goes_back_and_comes_back_when_it_fails(
    counter: Counter,
) -> None:
    order = await taxed(counter, ad_hoc(1000))
    await counter.pay(order)
    part = await counter.refund(order, flat_tax=RefundedFlatTax(usd(10)))
    assert (part.refund.amount_minor, part.refund.flat_tax) == (10, usd(10))
    now, _ = await proven(counter, order)
    assert (now.status, now.net.tax) == (OrderStatus.PARTIALLY_REFUNDED, 118)
    assert (await counter.refund(order, flat_tax=RefundedFlatTax())).refund.flat_tax == usd(18)
    assert (await counter.refund(order)).refund.tax == usd(100)
    now, _ = await proven(counter, order)
    assert (now.status, now.net.tax) == (OrderStatus.REFUNDED, 0)

    refused = await taxed(counter, ad_hoc(1000))
    await counter.pay(refused, token="tok_refundFail")
    assert (await counter.refund(refused)).problem is not None
    now, _ = await proven(counter, refused)
    assert (now.status, now.net.tax, now.reversed_flat_tax_minor) == (OrderStatus.PAID, 128, 0)
