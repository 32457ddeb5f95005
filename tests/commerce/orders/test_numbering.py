"""Order numbers: there is one for everybody, however many make an order at once (ORD-28)."""

import asyncio

from ordergraph.core.problems import ErrorCode
from tests.commerce.orders.counter import Counter, ad_hoc, refused


async def test_ord_28_three_hundred_orders_made_at_once_all_get_a_number_of_their_own(
    counter: Counter,
) -> None:
    before = [await counter.order(ad_hoc(100)) for _ in range(2)]
    made = await asyncio.gather(*(counter.order(ad_hoc(100)) for _ in range(300)))
    numbers = sorted(int(order.number or 0) for order in (*before, *made))
    assert len(set(numbers)) == 302
    assert (numbers[0], numbers[-1]) == (1001, 1302)


async def test_ord_28_a_number_that_nobody_prepared_is_not_given(counter: Counter) -> None:
    with refused(ErrorCode.ORDER_CONFLICT):
        counter.orders.numbers.take(counter.world.environment_id)
    await counter.orders.numbers.prepare(counter.world.environment_id)
    assert counter.orders.numbers.take(counter.world.environment_id) == "1001"
