"""Who an order is for and what is noted on it: sparse updates, customers, secrets (UPD, CUS)."""

import asyncio
from typing import Any

from ordergraph.commerce.orders import detailing, editing, placing
from ordergraph.commerce.orders.reads import order_id_by_secret
from ordergraph.commerce.orders.rules import Order
from ordergraph.commerce.taxes.maintaining import NewTaxRate, create_tax_rate
from ordergraph.core.addresses import Address
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode
from ordergraph.core.taxes import TaxStatus
from ordergraph.runtime.actor import Actor
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, of, refused

HOME = Address("1 Main St", "Albany", "12207", "US", region="NY")


async def update(
    counter: Counter, order: Order, actor: Actor | None = None, /, **changes: Any
) -> Order:
    return await detailing.update_order(counter.orders, actor or counter.actor, order.id, changes)


async def test_upd_1_only_what_is_named_changes_and_null_clears(counter: Counter) -> None:
    order = await counter.order(ad_hoc(5), buyer_note="Ring", buyer_email="a@example.com")
    noted = await update(counter, order, internalNote="Fragile", buyerPhone="+12025550100")
    assert (noted.buyer_note, noted.internal_note) == ("Ring", "Fragile")
    assert (noted.buyer_phone, noted.buyer_email) == ("+12025550100", "a@example.com")
    cleared = await update(counter, order, buyerNote=None, buyerEmail="", internalNote="")
    assert (cleared.buyer_note, cleared.buyer_email, cleared.internal_note) == (None, None, None)
    assert await counter.reload(order) == cleared


async def test_meta_2_to_5_metadata_merges_clears_and_is_limited_after_the_merge(
    counter: Counter,
) -> None:
    order = await counter.order(ad_hoc(5), metadata={"a": "1", "b": "2"})
    merged = await update(counter, order, metadata={"a": "", "b": None, "c": "3"})
    assert merged.metadata == {"c": "3"}
    full = {f"k{number}": "x" for number in range(49)}
    assert len((await update(counter, order, metadata=full)).metadata) == 50
    with refused(ErrorCode.METADATA_LIMIT_EXCEEDED) as problems:
        await update(counter, order, metadata={"one": "more"})
    assert problems[0].field == ("metadata",)
    assert len((await update(counter, order, metadata={"c": "", "d": "4"})).metadata) == 50
    assert (await update(counter, order, metadata={})).metadata == {}
    with refused(ErrorCode.NO_FIELDS_TO_UPDATE):
        await update(counter, order)


async def test_err_1_all_that_is_wrong_with_the_details_is_told(counter: Counter) -> None:
    order = await counter.order(ad_hoc(5))
    bad = Address("", "Albany", "12207", "usa")
    with refused(
        ErrorCode.INVALID_FORMAT,
        ErrorCode.INVALID_FORMAT,
        ErrorCode.STRING_TOO_LONG,
        ErrorCode.FIELD_REQUIRED,
        ErrorCode.INVALID_FORMAT,
        ErrorCode.RESOURCE_NOT_FOUND,
    ) as problems:
        await update(
            counter,
            order,
            buyerEmail="nobody",
            buyerPhone="0800",
            buyerNote="x" * 2001,
            shippingAddress=bad,
            customerId=new_id(),
        )
    assert {problem.field for problem in problems} == {
        ("buyerEmail",),
        ("buyerPhone",),
        ("buyerNote",),
        ("shippingAddress", "line1"),
        ("shippingAddress", "country"),
        ("customerId",),
    }
    assert await counter.reload(order) == order


async def test_err_1_all_that_is_wrong_with_a_new_order_is_told(counter: Counter) -> None:
    with refused(
        ErrorCode.LINE_ITEM_INVALID_QUANTITY,
        ErrorCode.INVALID_FORMAT,
        ErrorCode.INVALID_FORMAT,
        ErrorCode.RESOURCE_NOT_FOUND,
    ):
        await counter.order(
            ad_hoc(5, 0), buyer_email="nobody", buyer_phone="12", customer_id=new_id()
        )


async def test_cus_3_an_exempt_customer_pays_no_tax(counter: Counter) -> None:
    await counter.tax("10")
    exempt = await counter.customer("school@example.com", tax_exempt=True)
    order = await counter.order(ad_hoc(1000))
    assert order.total_minor == 1100
    assigned = await update(counter, order, customerId=exempt.id)
    assert (assigned.tax_minor, assigned.total_minor) == (0, 1000)
    assert assigned.tax_status is TaxStatus.EXEMPT
    taken_off = await update(counter, order, customerId=None)
    assert (taken_off.tax_minor, taken_off.total_minor) == (100, 1100)
    made = await counter.order(ad_hoc(1000), customer_id=exempt.id)
    assert made.total_minor == 1000


async def test_tax_2_the_shipping_address_then_the_billing_address_is_taxed(
    counter: Counter,
) -> None:
    await create_tax_rate(
        counter.world.database, counter.actor, NewTaxRate("NY", "10", country="US", region="NY")
    )
    order = await counter.order(ad_hoc(1000))
    assert (order.total_minor, order.tax_status) == (1000, TaxStatus.REQUIRES_LOCATION)
    billed = await update(counter, order, billingAddress=HOME)
    assert (billed.total_minor, billed.tax_status) == (1100, TaxStatus.CALCULATED)
    abroad = Address("1 Rue", "Paris", "75001", "FR")
    shipped = await update(counter, order, shippingAddress=abroad)
    assert shipped.total_minor == 1000
    await assert_sound(counter, order)


async def test_cus_4_the_customer_of_a_paid_order_cannot_change(counter: Counter) -> None:
    customer = await counter.customer()
    paid = await counter.paid(ad_hoc(1000))
    with refused(ErrorCode.ORDER_NOT_MUTABLE):
        await update(counter, paid, customerId=customer.id)


async def test_a_newly_linked_customer_rotates_the_secret_and_unlinking_does_not(
    counter: Counter,
) -> None:
    customer = await counter.customer()
    made = await placing.create_order(
        counter.orders, counter.actor, placing.NewOrder((ad_hoc(1000),))
    )
    first = placing.secret_digest(made.client_secret)
    assert await order_id_by_secret(counter.viewer, first) == made.order.id
    linked = await update(counter, made.order, customerId=customer.id)
    assert await order_id_by_secret(counter.viewer, first) is None
    second = placing.secret_digest(placing.client_secret_of(counter.orders, linked))
    await update(counter, made.order, customerId=None)
    assert await order_id_by_secret(counter.viewer, second) == made.order.id
    rotated = await placing.rotate_secret(counter.orders, counter.actor, made.order.id)
    assert await order_id_by_secret(counter.viewer, second) is None
    third = placing.secret_digest(rotated.client_secret)
    assert await order_id_by_secret(counter.viewer, third) == made.order.id
    await assert_sound(counter, made.order)


async def test_after_payment_a_buyer_only_reads(counter: Counter) -> None:
    paid = await counter.paid(ad_hoc(1000))
    with refused(ErrorCode.ORDER_NOT_MUTABLE):
        await update(counter, paid, counter.buyer_of(paid), buyerNote="Too late")
    assert (await update(counter, paid, buyerNote="By phone")).buyer_note == "By phone"


async def test_c5_lines_added_at_once_are_all_kept(counter: Counter) -> None:
    variant = await counter.variant(1999)
    order = await counter.order(ad_hoc(5))
    wanted = [ad_hoc(10 ** (number + 1), name=f"Card {number}") for number in range(3)]
    lines = [*wanted, of(variant), of(variant)]
    await asyncio.gather(
        *(editing.add_line_items(counter.orders, counter.actor, order.id, [line]) for line in lines)
    )
    after = await assert_sound(counter, order)
    assert after.total_minor == 5 + 10 + 100 + 1000 + 2 * 1999
    assert sorted(line.quantity for line in after.line_items) == [1, 1, 1, 1, 2]
