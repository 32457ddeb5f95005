"""A deep audit prices every order again."""

from ordergraph.commerce.auditing.repricing import reprice_all
from tests.commerce.auditing.test_corruptions import furnish
from tests.commerce.orders.counter import Counter

MOVED = """UPDATE order_line_items
    SET tax_minor = tax_minor + CASE position WHEN 0 THEN 1 ELSE -1 END
    WHERE position < 2 AND order_id = (SELECT id FROM orders WHERE tax_minor > 2 AND (
        SELECT count(*) FROM order_line_items l WHERE l.order_id = orders.id) > 2 LIMIT 1)"""


async def test_orders_that_come_to_something_else_are_named(counter: Counter) -> None:
    await furnish(counter)
    database = counter.world.database
    assert await reprice_all(database) == []
    await counter.sql(MOVED)
    (finding,) = await reprice_all(database)
    assert (finding.check, finding.invariant, finding.count) == ("order.figures", 3, 1)
    (violation,) = finding.violations
    assert violation.subject.startswith("ord_")
    assert "tax" in (violation.found or "")
    assert await reprice_all(database, counter.world.other_environment_id) == []
