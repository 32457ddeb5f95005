"""Proofs of stored orders: they hold in every state and hide nothing (PRF-1, PRF-2)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ordergraph.commerce.orders.proving import differences
from ordergraph.commerce.orders.recalling import order_as_of
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.refunds.proving import proof_of
from ordergraph.commerce.refunds.recalling import refunds_as_of
from ordergraph.commerce.refunds.reconciling import reconcile_refunds
from ordergraph.commerce.taxes.maintaining import delete_tax_rate
from ordergraph.core.proving.checking import verify
from tests.commerce.orders.counter import Counter, ad_hoc
from tests.commerce.orders.processors import Failing, silent
from tests.commerce.orders.proofs import assert_proven


async def proven(counter: Counter, order: Order) -> dict[str, Any]:
    return assert_proven(await counter.reload(order), await counter.refunds(order))


async def sold(counter: Counter) -> Order:
    """The worked example, paid: 2 x 19.99 and 24.00, 20% off, 8.99% on top."""
    await counter.tax()
    await counter.coupon()
    order = await counter.order(ad_hoc(1999, 2), ad_hoc(2400, name="Mug"))
    await counter.apply(order)
    return (await counter.pay(order)).order


async def test_prf_1_what_rates_and_coupons_are_today_has_no_part_in_a_proof(
    counter: Counter,
) -> None:
    rate = await counter.tax()
    order = await counter.order(ad_hoc(1999, 2), ad_hoc(2400))
    before = await proven(counter, order)
    await delete_tax_rate(counter.world.database, counter.actor, rate.id)
    assert await proven(counter, order) == before
    assert before["inputs"]["taxes"][0]["percent"] == "8.99"


async def test_prf_1_a_coupon_that_takes_nothing_off_is_no_input(counter: Counter) -> None:
    await counter.coupon()
    order = await counter.apply(await counter.order(ad_hoc(1999)))
    assert len((await proven(counter, order))["inputs"]["discounts"]) == 1
    found = await counter.reload(order)
    found.applied_discounts[0].reason = "COUPON_EXPIRED"
    # What does not count may not take anything off.
    assert differences(found)[-1].startswith("A discount that does not count takes 400 off")


async def test_ref_30_a_refund_that_failed_is_proven_with_what_was_taken_back(
    counter: Counter,
) -> None:
    await counter.tax()
    order = await counter.paid(ad_hoc(1999, 2), token="tok_refundFail")
    await counter.refund(order, 1000)
    document = await proven(counter, order)
    (refund,) = document["money"]["refunds"]
    assert (refund["status"], refund["amount"], refund["counted"]) == ("FAILED", 1000, 0)
    assert refund["takenBack"] == refund["reversal"]
    assert document["net"]["refunded"] == 0


async def test_prf_1_the_past_is_proven_as_it_was_before_a_refund_failed(counter: Counter) -> None:
    await counter.tax()
    order = await counter.paid(ad_hoc(1999, 2), token="tok_refundFail")
    mute = Failing(counter.orders.gateway, "refund", silent)
    await counter.refund(order, 1000, orders=counter.with_gateway(mute))
    under_way = await proven(counter, order)
    before = counter.world.clock.now()
    counter.world.clock.advance(timedelta(minutes=1))
    await reconcile_refunds(counter.orders)
    assert (await proven(counter, order))["net"]["refunded"] == 0
    past = await order_as_of(counter.viewer, order.id, before)
    assert past is not None
    refunds = (await refunds_as_of(counter.viewer, [order.id], before))[order.id]
    document = proof_of(past, refunds)
    assert document == under_way
    assert document["net"]["refunded"] == 1000
    assert document["money"]["refunds"][0]["takenBack"]["lines"] == []


@pytest.mark.parametrize(
    ("name", "place", "step"),
    [
        ("total_minor", "/amounts/total", "AMT-7"),
        ("tax_minor", "/amounts/tax", "PRC-32"),
        ("paid_minor", "/net/paid", "AMT-1"),
        ("refunded_minor", "/net/refunded", "AMT-2"),
        ("reversed_minor", "/net/total", "AMT-3"),
        ("reversed_tax_minor", "/net/tax", "AMT-7"),
    ],
)
async def test_prf_2_a_stored_figure_that_is_wrong_is_told(
    counter: Counter, name: str, place: str, step: str
) -> None:
    order = await sold(counter)
    await counter.refund(order, 1000)
    wrong, refunds = await counter.reload(order), await counter.refunds(order)
    setattr(wrong, name, getattr(wrong, name) + 1)
    document = proof_of(wrong, refunds)
    assert document["consistent"] is False
    assert any(f"{place} " in each for each in document["differences"])
    assert (place, step) in [(each.place, each.rule) for each in verify(document)]


async def test_prf_2_a_stored_part_that_is_wrong_is_told(counter: Counter) -> None:
    order = await sold(counter)
    assert differences(order) == []
    order.line_items[1].tax_minor += 1
    order.applied_discounts[0].shares[0][1] += 1
    order.flat_tax_minor += 1
    assert differences(order) == [
        "At /figures/lines/1/tax 173 is due, where 174 is stored.",
        "At /figures/discounts/0/shares/0/share 800 is due, where 801 is stored.",
        "The flat taxes are 0, where 1 is stored.",
    ]


async def test_prf_2_an_order_that_cannot_be_priced_says_so(counter: Counter) -> None:
    order = await sold(counter)
    order.line_items[0].modifiers = [{"unitDelta": -3000, "quantity": 1, "taxable": None}]
    assert differences(order) == [
        "The order cannot be priced: The modifiers take more off this line than one unit of it"
        " costs."
    ]
    document = proof_of(order, ())
    assert document["consistent"] is False
    assert len(document["differences"]) == 1


async def test_orders_of_before_prove_themselves_without_shares(counter: Counter) -> None:
    order = await sold(counter)
    for tax in order.taxes:
        for name in ("appliesTo", "shares", "bases", "type", "jurisdiction", "stated"):
            del tax[name]
    order.applied_discounts[0].shares = []
    order.applied_discounts[0].allocation = None
    document = assert_proven(order, ())
    assert document["figures"]["taxes"][0]["shares"] is None


async def test_a_refund_that_is_not_among_those_of_the_order_is_missed(counter: Counter) -> None:
    order = await sold(counter)
    await counter.refund(order, 1000)
    await counter.refund(order, 500)
    first, second = await counter.refunds(order)
    found = await counter.reload(order)
    assert proof_of(found, (first, second))["consistent"] is True
    for some in ((first,), (first, replace(second, amount_minor=499))):
        assert proof_of(found, some)["consistent"] is False
