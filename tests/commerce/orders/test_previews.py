"""Previews: drafts priced to the cent as the order would be, with nothing written (CHK-1 to 3)."""

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from asyncpg.exceptions import ReadOnlySQLTransactionError
from sqlalchemy import text

from ordergraph.commerce.orders import drafting, tipping
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.orders.tipping import NewTip
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.statements import counted
from tests.commerce.orders.counter import Counter, ad_hoc, of, packed, refused, usd
from tests.commerce.orders.tills import changes, drafted, preview, rows


def figures(order: Order) -> Any:
    """Return all that pricing has to say of an order, without ids."""
    return (
        order.currency,
        order.as_sold,
        order.tax_status,
        [
            (line.name, line.quantity, line.gross_minor, line.discount_minor, line.tax_minor)
            for line in order.line_items
        ],
        [(each.name, each.applied_minor) for each in order.live_discounts],
        [(tip.percent, tip.amount_minor) for tip in order.live_tips],
        [(tax.name, tax.percent, tax.taxable, tax.tax) for tax in order.tax_breakdowns],
    )


async def test_chk_1_a_preview_has_the_figures_of_the_order_that_the_same_calls_make(
    counter: Counter,
) -> None:
    random = Random(20261121)
    beans, filters = await counter.variant(1299), await counter.variant(333, None)
    box = await counter.bundle(2555, (beans, 1), (filters, 2))
    await counter.tax("8.99")
    await counter.tax("1.1", inclusive=True)
    await counter.coupon("TEN", percent_off="10", stackable=True)
    await counter.coupon("FIVE", amount_off=usd(500), stackable=True)
    await counter.coupon("THIRD", percent_off="33.3333", stackable=True)
    for _ in range(25):
        lines = [
            random.choice((of(beans), of(filters), packed(box), ad_hoc(random.randint(0, 9999))))
            for _ in range(random.randint(1, 5))
        ]
        codes = random.sample(("TEN", "FIVE", "THIRD"), random.randint(0, 3))
        tips = [
            NewTip(amount=usd(random.randint(1, 500)))
            if random.random() < 0.5
            else NewTip(percent=Decimal(random.randint(100, 2500)) / 100)
            for _ in range(random.randint(0, 2))
        ]
        draft = await preview(counter, drafted(*lines, codes=codes, tips=tips))
        order = await counter.order(*lines)
        for code in codes:
            order = await counter.apply(order, code)
        for tip in tips:
            order = await tipping.add_tip(counter.orders, counter.actor, order.id, tip)
        assert figures(draft.order) == figures(await counter.reload(order))


async def test_chk_1_a_preview_writes_locks_and_counts_nothing(counter: Counter) -> None:
    variant = await counter.variant(1000, 5)
    coupon = await counter.coupon(max_uses=1)
    customer = await counter.customer()
    wanted = drafted(
        of(variant, 2), codes=("SAVE",), tips=(NewTip(percent="10"),), customer_id=customer.id
    )
    before = await rows(counter)
    with counted() as statements:
        draft = await preview(counter, wanted)
    assert draft.order.total_minor == 1600 + 160
    assert changes(before, await rows(counter)) == {}
    assert (await counter.stock(variant), await counter.uses(coupon)) == ((5, 0), 0)
    assert len(statements) <= 4
    assert all(each.lstrip().startswith("SELECT") for each in statements.texts)
    assert not any("FOR UPDATE" in each for each in statements.texts)


async def test_chk_1_a_preview_is_read_on_a_connection_that_cannot_write(counter: Counter) -> None:
    draft = await preview(counter, drafted(ad_hoc(100)))
    async with counter.world.database.transaction(counter.actor) as tx:
        again = await drafting.preview_order(tx, drafted(ad_hoc(100)), Findings())
        assert figures(again.order) == figures(draft.order)
    viewer = counter.world.database.viewer(counter.actor)
    with pytest.raises(ReadOnlySQLTransactionError):
        await viewer.fetch(Prepared(text("update orders set version = 1 returning 1")))


async def test_chk_2_a_coupon_that_does_not_qualify_is_skipped_with_its_reason_and_gap(
    counter: Counter,
) -> None:
    await counter.coupon("TEN", percent_off="10", stackable=True)
    await counter.coupon("ALONE", percent_off="50")
    await counter.coupon("BIG", minimum_purchase=usd(5000), stackable=True)
    draft = await preview(
        counter, drafted(ad_hoc(3760), codes=("ten", "nope", "ALONE", "BIG", "TEN"))
    )
    assert [(each.code, each.error_code, each.gap) for each in draft.skipped] == [
        ("NOPE", ErrorCode.COUPON_NOT_FOUND, None),
        ("ALONE", ErrorCode.COUPON_NOT_STACKABLE, None),
        ("BIG", ErrorCode.COUPON_MINIMUM_NOT_MET, usd(1240)),
        ("TEN", ErrorCode.COUPON_ALREADY_APPLIED, None),
    ]
    assert draft.order.total_minor == 3384


async def test_chk_2_a_coupon_for_customers_is_judged_by_who_buys(counter: Counter) -> None:
    await counter.coupon(max_uses_per_customer=1)
    await counter.pay(await counter.apply(await counter.order(ad_hoc(100), buyer_email="a@b.de")))
    known = await preview(counter, drafted(ad_hoc(100), codes=("SAVE",), buyer_email="A@B.de"))
    assert [each.error_code for each in known.skipped] == ["COUPON_CUSTOMER_LIMIT_REACHED"]
    other = await preview(counter, drafted(ad_hoc(100), codes=("SAVE",), buyer_email="c@d.de"))
    assert other.skipped == []


async def test_chk_3_lines_that_stock_could_not_serve_are_told_and_nothing_is_held(
    counter: Counter,
) -> None:
    beans, open_ended = await counter.variant(1000, 3), await counter.variant(500, None)
    box = await counter.bundle(1800, (beans, 2), (open_ended, 1))
    draft = await preview(counter, drafted(of(beans, 2), packed(box), of(open_ended, 90)))
    assert [(each.line_item_id, each.requested, each.available) for each in draft.shortages] == [
        (draft.order.line_items[0].id, 2, 3),
        (draft.order.line_items[1].id, 1, 1),
    ]
    assert draft.order.total_minor == 2000 + 1800 + 45000
    enough = await preview(counter, drafted(of(beans, 3)))
    assert enough.shortages == []


async def test_chk_1_all_that_is_wrong_with_a_draft_is_told_together_with_its_place(
    counter: Counter,
) -> None:
    variant = await counter.variant()
    wanted = drafted(
        of(variant, 0),
        ad_hoc(100, name=""),
        ad_hoc(100, quantity=1),
        tips=(NewTip(percent="0.5"), NewTip(amount=Money(100, "EUR")), NewTip()),
        buyer_email="nobody",
    )
    with refused(
        ErrorCode.LINE_ITEM_INVALID_QUANTITY,
        ErrorCode.FIELD_REQUIRED,
        ErrorCode.INVALID_FIELD,
        ErrorCode.CURRENCY_MISMATCH,
        ErrorCode.FIELD_REQUIRED,
        ErrorCode.INVALID_FORMAT,
    ) as problems:
        await preview(counter, wanted)
    assert {each.field for each in problems} == {
        ("lineItems", "0", "quantity"),
        ("lineItems", "1", "name"),
        ("tips", "0", "percent"),
        ("tips", "1", "amount", "currency"),
        ("tips", "2", "amount"),
        ("buyerEmail",),
    }


async def test_chk_1_a_preview_refuses_what_is_not_for_sale_as_the_order_would(
    counter: Counter,
) -> None:
    variant = await counter.variant(1000, 1)
    await counter.paid(of(variant))
    with refused(ErrorCode.ITEM_NOT_AVAILABLE) as problems:
        await preview(counter, drafted(of(variant)))
    assert problems[0].field == ("lineItems", "0", "variantId")
