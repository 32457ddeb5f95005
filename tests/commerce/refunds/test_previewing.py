"""What previewRefund shows is what refund does, to the last unit; and nothing is written."""

from typing import Any

import pytest

from ordergraph.commerce.refunds.previewing import preview_refund
from ordergraph.commerce.refunds.refunding import refund
from ordergraph.commerce.refunds.rules import NewRefund, RefundedLine
from ordergraph.core.problems import ErrorCode
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, refused, usd
from tests.commerce.refunds.selling import paid_in_parts, part, to, with_everything

SHOWN = (
    *("amount", "returned", "tax", "tip", "flat_tax"),
    *("line_items", "charges", "tips", "tax_breakdowns"),
)


def wanted(order: Any, kind: str) -> NewRefund:
    beans, gift = (each.id for each in order.line_items)
    first, second = (payment.id for payment in order.payments)
    kinds: dict[str, dict[str, Any]] = {
        "all": {},
        "an amount": {"amount": usd(1234)},
        "with the tip": {"amount": usd(1234), "include_tip": True},
        "one payment": {"payment_id": first},
        "parts": {
            "line_items": (
                RefundedLine(beans, 2, restock_quantity=1),
                RefundedLine(gift, amount=usd(99)),
            ),
            "charges": (part(order.charges[0].id, 111),),
            "include_tip": True,
        },
        "allocated": {"amount": usd(700), "allocations": (to(first, 300), to(second, 400))},
    }
    return NewRefund(order.id, **kinds[kind])


@pytest.mark.parametrize(
    "kind", ["all", "an amount", "with the tip", "one payment", "parts", "allocated"]
)
async def test_a_preview_shows_what_the_refund_then_does(counter: Counter, kind: str) -> None:
    order = await with_everything(counter)
    order = await paid_in_parts(counter, order, (2000, "tok_visa"), (2490, "tok_visa"))
    await counter.refund(order, 100)
    order = await counter.reload(order)
    asked = wanted(order, kind)
    preview = await preview_refund(counter.viewer, asked)
    assert await counter.reload(order) == order
    done = await refund(counter.orders, counter.actor, asked)
    for name in SHOWN:
        assert getattr(preview, name) == getattr(done.refund, name), name
    assert [(each.payment.id, each.amount) for each in preview.payments] == [
        (leg.payment_id, leg.amount) for leg in done.refund.payment_refunds
    ]
    after = await assert_sound(counter, order)
    assert (preview.order.net, preview.order.status, preview.order.refund_status) == (
        after.net,
        after.status,
        after.refund_status,
    )
    for line, shown in zip(after.line_items, preview.order.line_items, strict=True):
        line.restocked_quantity = shown.restocked_quantity  # a preview leaves the shelf alone
        assert shown == line


async def test_a_preview_is_refused_as_the_refund_would_be(counter: Counter) -> None:
    order = (await counter.pay(await with_everything(counter))).order
    cases: list[tuple[dict[str, Any], ErrorCode]] = [
        ({"amount": usd(4491)}, ErrorCode.REFUND_EXCEEDS_REFUNDABLE),
        ({"amount": usd(5), "line_items": ()}, ErrorCode.CONFLICTING_FIELDS),
        ({"expected_version": 1}, ErrorCode.VERSION_CONFLICT),
    ]
    for more, code in cases:
        for ask in (
            preview_refund(counter.viewer, NewRefund(order.id, **more)),
            refund(counter.orders, counter.actor, NewRefund(order.id, **more)),
        ):
            with refused(code):
                await ask
    unpaid = await counter.order(ad_hoc(5))
    with refused(ErrorCode.ORDER_NOT_PAID):
        await preview_refund(counter.viewer, NewRefund(unpaid.id))
    stranger = counter.world.database.viewer(counter.world.stranger())
    with refused(ErrorCode.RESOURCE_NOT_FOUND):
        await preview_refund(stranger, NewRefund(order.id))


async def test_ref_4_of_a_free_order_nothing_was_collected_to_give_back(counter: Counter) -> None:
    paid = await counter.pay(await counter.order(ad_hoc(0)), token="")
    order = paid.order
    assert order.paid_at
    line = RefundedLine(order.line_items[0].id, 1)
    ways: list[dict[str, Any]] = [{}, {"amount": usd(1)}, {"line_items": (line,)}]
    for more in ways:
        asked = NewRefund(order.id, **more)
        with refused(ErrorCode.ORDER_NOT_PAID):
            await refund(counter.orders, counter.actor, asked)
        with refused(ErrorCode.ORDER_NOT_PAID):
            await preview_refund(counter.viewer, asked)
    assert await counter.reload(order) == order
