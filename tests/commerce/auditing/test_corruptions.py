"""Whatever is falsified in the database, the auditor names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import text

from ordergraph.commerce.auditing.auditing import CHECKS, INSPECTIONS, audit, look
from ordergraph.commerce.orders import closing, tipping
from ordergraph.commerce.orders.tipping import NewTip
from ordergraph.commerce.payments.sources import CashSource
from tests.commerce.orders.counter import Counter, ad_hoc, of, packed, usd


@dataclass(frozen=True, slots=True)
class Corruption:
    """Something written past all rules, and the checks that have to notice it."""

    what: str
    sql: str
    noticed: Sequence[str]
    unguarded: Sequence[tuple[str, str]] = ()
    """Constraints that would have stopped it, which are taken away first: table and name."""


PAID = "(SELECT id FROM orders WHERE status = 'PAID' AND discount_minor > 0 LIMIT 1)"
REFUNDED = "(SELECT id FROM orders WHERE refunded_minor > 0 LIMIT 1)"
CORRUPTIONS = [
    Corruption(
        "an order's subtotal raised with its total",
        f"UPDATE orders SET subtotal_minor = subtotal_minor + 1, total_minor = total_minor + 1 "
        f"WHERE id = {PAID}",
        ["order.subtotal", "ledger.sales", "ledger.receivable"],
    ),
    Corruption(
        "a total that does not add up",
        f"UPDATE orders SET total_minor = total_minor + 1 WHERE id = {PAID}",
        ["order.total"],
        [("orders", "ck_orders_total_adds_up")],
    ),
    Corruption(
        "a line's price changed after the sale",
        f"UPDATE order_line_items SET unit_price_minor = unit_price_minor + 1 "
        f"WHERE order_id = {PAID}",
        ["line.gross"],
    ),
    Corruption(
        "a line that is gone",
        "DELETE FROM order_line_items WHERE id = (SELECT l.id FROM order_line_items l "
        f"WHERE l.order_id = {PAID} LIMIT 1)",
        ["order.subtotal", "order.tax", "order.discount"],
    ),
    Corruption(
        "a discount that takes more off than the lines know",
        f"UPDATE order_discounts SET applied_minor = applied_minor + 1, "
        f"amount_minor = amount_minor + 1 WHERE order_id = {PAID}",
        ["order.discount_applied", "discount.applied", "discount.percent"],
    ),
    Corruption(
        "a discount's share moved from one line to another",
        "UPDATE order_line_items l SET discount_minor = discount_minor + CASE WHEN position = 0 "
        f"THEN 1 ELSE -1 END WHERE order_id = {PAID} AND position < 2",
        ["line.discount"],
    ),
    Corruption(
        "a tax at another rate than it says",
        f"UPDATE orders SET taxes = jsonb_set(taxes, '{{0,percent}}', '\"9.5\"') WHERE id = {PAID}",
        ["tax.percent"],
    ),
    Corruption(
        "a tax whose shares do not add up",
        f"UPDATE orders SET taxes = jsonb_set(taxes, '{{0,shares,0,1}}', '1') WHERE id = {PAID}",
        ["tax.shares", "line.tax"],
    ),
    Corruption(
        "a percent tip of another amount",
        "UPDATE order_tips SET amount_minor = amount_minor + 1 WHERE status <> 'CANCELED'",
        ["tip.percent", "order.tip"],
    ),
    Corruption(
        "a payment in another currency",
        f"UPDATE payments SET currency = 'EUR' WHERE order_id = {PAID}",
        ["order.currency"],
    ),
    Corruption(
        "a status that the amounts do not make",
        f"UPDATE orders SET status = 'PARTIALLY_REFUNDED' WHERE id = {PAID}",
        ["order.status"],
    ),
    Corruption(
        "a payment of another amount",
        f"UPDATE payments SET amount_minor = amount_minor + 1 WHERE order_id = {PAID}",
        ["order.paid", "payment.attempt", "ledger.payment"],
    ),
    Corruption(
        "a payment that is lost",
        f"DELETE FROM payments WHERE order_id = {PAID}",
        ["order.paid", "attempt.payment"],
    ),
    Corruption(
        "a movement that is missing from the ledger",
        f"DELETE FROM ledger_postings WHERE kind = 'PAYMENT' AND order_id = {PAID}",
        ["ledger.receivable", "ledger.tender", "ledger.payment"],
    ),
    Corruption(
        "a movement that was posted twice",
        "INSERT INTO ledger_postings SELECT (jsonb_populate_record(p, "
        "jsonb_build_object('id', gen_random_uuid()))).* FROM ledger_postings p "
        f"WHERE kind = 'PAYMENT' AND order_id = {PAID}",
        ["ledger.receivable", "ledger.tender", "ledger.payment"],
    ),
    Corruption(
        "a posting that does not balance",
        f"UPDATE ledger_postings SET tax_minor = tax_minor - 1 WHERE kind = 'SALE' "
        f"AND order_id = {PAID}",
        ["ledger.balanced", "ledger.tax"],
        [("ledger_postings", "ck_ledger_postings_balanced")],
    ),
    Corruption(
        "a posting between the wrong accounts",
        f"UPDATE ledger_postings SET tax_minor = tax_minor - 1, tip_minor = tip_minor + 1 "
        f"WHERE kind = 'SALE' AND order_id = {PAID}",
        ["ledger.tax", "ledger.tip"],
    ),
    Corruption(
        "a refund that the order does not know",
        f"UPDATE orders SET refunded_minor = refunded_minor - 1, "
        f"reversed_minor = reversed_minor - 1, "
        f"reversed_subtotal_minor = reversed_subtotal_minor - 1 WHERE id = {REFUNDED}",
        ["order.refunded", "order.reversed_subtotal", "order.payments_refunded"],
    ),
    Corruption(
        "a refund for more than its payments gave back",
        f"UPDATE refunds SET amount_minor = amount_minor + 1 WHERE order_id = {REFUNDED}",
        ["refund.payments"],
    ),
    Corruption(
        "a part of a refund that is lost",
        "DELETE FROM payment_refunds WHERE refund_id IN "
        f"(SELECT id FROM refunds WHERE order_id = {REFUNDED})",
        ["order.refunded", "payment.refunded", "refund.payments", "ledger.tender"],
    ),
    Corruption(
        "a line that says another amount was reversed",
        f"UPDATE order_line_items SET reversed_gross_minor = reversed_gross_minor - 1 "
        f"WHERE order_id = {REFUNDED} AND reversed_gross_minor > 0",
        ["line.reversed", "order.reversed_subtotal"],
    ),
    Corruption(
        "more units refunded than were sold",
        f"UPDATE order_line_items SET refunded_quantity = quantity + 1 WHERE order_id = {REFUNDED}",
        ["line.refunded_quantity"],
        [("order_line_items", "ck_order_line_items_refunded_quantity")],
    ),
    Corruption(
        "an attempt that locks an order it does not belong to",
        f"UPDATE orders SET active_attempt_id = gen_random_uuid() WHERE id = {PAID}",
        ["order.active_attempt"],
    ),
    Corruption(
        "an attempt that is active behind its order's back",
        f"UPDATE payment_attempts SET status = 'PROCESSING' WHERE order_id = {PAID}",
        ["attempt.active", "attempt.payment", "payment.attempt"],
    ),
    Corruption(
        "stock that no history explains",
        "UPDATE inventory_levels SET on_hand = on_hand + 1",
        ["stock.history", "stock.levels"],
    ),
    Corruption(
        "units held for nobody",
        "UPDATE inventory_items SET held = held + 1",
        ["stock.held"],
    ),
    Corruption(
        "stock below nothing where it is enforced",
        "UPDATE inventory_items SET on_hand = -1",
        ["stock.not_negative", "stock.levels"],
        [("inventory_items", "*")],
    ),
    Corruption(
        "a coupon's count that lost a use",
        "UPDATE coupons SET uses_count = uses_count - 1 WHERE uses_count > 0",
        ["coupon.uses"],
    ),
    Corruption(
        "a coupon used twice by one order",
        "INSERT INTO coupon_uses SELECT (jsonb_populate_record(u, "
        "jsonb_build_object('id', gen_random_uuid()))).* FROM coupon_uses u",
        ["coupon.uses", "coupon.used_twice"],
        [("coupon_uses", "uq_coupon_uses_active")],
    ),
    Corruption(
        "a coupon used more often than it may be",
        "UPDATE coupons SET max_uses = 1, uses_count = 2 WHERE uses_count = 2",
        ["coupon.limit"],
        [("coupons", "ck_coupons_uses")],
    ),
    Corruption(
        "a use that nobody is paying for any more",
        "UPDATE coupon_uses SET status = 'RESERVED', order_id = (SELECT id FROM orders "
        "WHERE paid_minor = 0 AND active_attempt_id IS NULL LIMIT 1) "
        "WHERE id = (SELECT id FROM coupon_uses LIMIT 1)",
        ["coupon.use_lost", "coupon.redeemed"],
    ),
    Corruption(
        "an event that was never told",
        "DELETE FROM event_log WHERE seq = (SELECT e.seq FROM event_log e "
        f"WHERE e.subject_id = {PAID} ORDER BY e.seq DESC OFFSET 1 LIMIT 1)",
        ["order.events"],
    ),
    Corruption(
        "an event that was told twice",
        "INSERT INTO event_log (environment_id, id, type, subject_id, payload, request_id, "
        "occurred_at) SELECT environment_id, gen_random_uuid(), type, subject_id, payload, "
        f"request_id, occurred_at FROM event_log WHERE subject_id = {PAID}",
        ["order.events"],
    ),
    Corruption(
        "a timeline with another balance",
        f"UPDATE order_activities SET running_balance_minor = 1 WHERE order_id = {PAID}",
        ["order.timeline"],
    ),
    Corruption(
        "a placed order without a number",
        f"UPDATE orders SET number = NULL WHERE id = {PAID}",
        ["order.number"],
    ),
    Corruption(
        "a fixed discount that comes to more than its amount",
        "UPDATE order_discounts SET amount_off_minor = amount_off_minor + 1 "
        "WHERE amount_off_minor IS NOT NULL",
        ["discount.fixed"],
    ),
    Corruption(
        "a line with tax that is not taxable",
        f"UPDATE order_line_items SET taxable = false WHERE order_id = {PAID}",
        ["line.taxable"],
    ),
    Corruption(
        "a tax status that forbids the tax there is",
        f"UPDATE orders SET tax_status = 'EXEMPT' WHERE id = {PAID}",
        ["order.tax_status"],
    ),
    Corruption(
        "goods that nobody has brought",
        f"UPDATE orders SET fulfillment_status = 'FULFILLED' WHERE id = {PAID}",
        ["order.fulfillment_status"],
    ),
    Corruption(
        "a discount that is pending on a paid order",
        f"UPDATE order_discounts SET status = 'PENDING' WHERE order_id = {PAID}",
        ["discount.status"],
    ),
    Corruption(
        "a tip that is asked for after it was paid",
        f"UPDATE order_tips SET status = 'REQUESTED' WHERE order_id = {PAID}",
        ["tip.status"],
    ),
    Corruption(
        "change that does not follow from what was tendered",
        "UPDATE payments SET change_minor = change_minor + 1 WHERE kind = 'CASH'",
        ["payment.change"],
    ),
    Corruption(
        "a refund that says more failed than did",
        f"UPDATE refunds SET failed_minor = failed_minor + 1 WHERE order_id = {REFUNDED}",
        ["refund.failed"],
        [("refunds", "*")],
    ),
    Corruption(
        "a refund that failed without any payment's failure",
        f"UPDATE refunds SET status = 'PARTIALLY_SUCCEEDED' WHERE order_id = {REFUNDED}",
        ["refund.status"],
    ),
    Corruption(
        "a refund's movement that names no refund",
        f"UPDATE ledger_postings SET refund_id = NULL WHERE order_id = {REFUNDED}",
        ["ledger.kind", "ledger.refund", "ledger.refund_sent"],
    ),
    Corruption(
        "a sale that is called void",
        f"UPDATE ledger_postings SET kind = 'VOID' WHERE kind = 'SALE' AND order_id = {PAID}",
        ["ledger.kind"],
    ),
    Corruption(
        "an entry of a stock's history that is wrong about what lay there",
        "UPDATE inventory_adjustments SET new_quantity = new_quantity + 1",
        ["stock.running"],
    ),
    Corruption(
        "an order that was paid and told something else",
        f"UPDATE event_log SET type = 'order.UPDATED' WHERE type = 'order.PAID' "
        f"AND subject_id = {PAID}",
        ["order.paid_event"],
    ),
    Corruption(
        "an order's past that is gone",
        f"DELETE FROM order_history WHERE order_id = {PAID}",
        ["order.history"],
    ),
    Corruption(
        "an attempt for an order of another shop",
        f"UPDATE payment_attempts SET environment_id = gen_random_uuid() WHERE order_id = {PAID}",
        ["tenant.crossing"],
    ),
]


async def furnish(counter: Counter) -> None:
    """Sell, pay, return and abandon a bit of everything."""
    await counter.tax()
    await counter.coupon(stackable=True)
    beans = await counter.variant(1999, 50)
    mug = await counter.variant(2400, 50)
    box = await counter.bundle(2999, (beans, 1), (mug, 1))
    for at in range(2):
        order = await counter.order(of(beans, 2), of(mug), packed(box), ad_hoc(300 + at))
        await counter.apply(order)
        await tipping.add_tip(
            counter.orders, counter.actor, order.id, NewTip(percent=Decimal("15"))
        )
        await counter.pay(order, token="tok_visa")
    returned = await counter.order(of(beans, 3), ad_hoc(999))
    await counter.pay(returned, CashSource(usd(100_000)))
    await counter.refund(returned, lines=[(returned.line_items[0].id, 1)])
    waiting = await counter.order(of(mug))
    await counter.pay(waiting, token="tok_requires3ds")
    declined = await counter.order(of(mug))
    await counter.pay(declined, token="tok_chargeDeclined")
    failed = await counter.order(of(mug))
    await counter.pay(failed, token="tok_refundFail")
    await counter.refund(failed, 500)
    await counter.coupon("FIXED", amount_off=usd(100))
    cheaper = await counter.order(of(mug, 2))
    await counter.apply(cheaper, "FIXED")
    await counter.pay(cheaper)
    closed = await counter.order(of(mug))
    await closing.close_order(counter.orders, counter.actor, closed.id)
    await counter.order(of(beans), actor=counter.world.browser)
    counter.world.clock.advance(timedelta(seconds=1))


async def test_a_busy_shop_has_nothing_to_complain_of_and_the_audit_changes_nothing(
    counter: Counter,
) -> None:
    await furnish(counter)
    before = await rows(counter)
    done = await audit(counter.world.database)
    assert [(each.check, each.violations[:3]) for each in done.findings] == []
    assert done.checks == len(CHECKS) >= 40
    assert await rows(counter) == before


async def test_each_corruption_is_reported(counter: Counter) -> None:
    await furnish(counter)
    missed: dict[str, Sequence[str]] = {}
    async with counter.world.database.engine.connect() as connection:
        for corruption in CORRUPTIONS:
            for table, constraint in corruption.unguarded:
                await connection.execute(text(unguard(table, constraint)))
            changed = await connection.execute(text(corruption.sql))
            assert changed.rowcount, corruption.what
            found = {each.check for each in await look(connection)}
            if not found.issuperset(corruption.noticed):
                missed[corruption.what] = sorted(set(corruption.noticed) - found)
            await connection.rollback()
    assert missed == {}
    assert len(CORRUPTIONS) >= 50


def test_every_invariant_but_that_of_replays_is_looked_at() -> None:
    assert {invariant for invariant, _ in CHECKS.values()} == {
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
        12,
    }
    assert sum(len(each.checks) for each in INSPECTIONS) == len(CHECKS)


def unguard(table: str, constraint: str) -> str:
    """Return SQL that takes a constraint or unique index away, or all checks of a table."""
    names = "contype = 'c'" if constraint == "*" else f"conname = '{constraint}'"
    return f"""
        DO $$ DECLARE name text; BEGIN
            FOR name IN SELECT conname FROM pg_constraint
                WHERE conrelid = '{table}'::regclass AND {names} LOOP
                EXECUTE 'ALTER TABLE {table} DROP CONSTRAINT ' || name;
            END LOOP;
            IF '{constraint}' <> '*' THEN EXECUTE 'DROP INDEX IF EXISTS "{constraint}"'; END IF;
        END $$
    """


async def rows(counter: Counter) -> dict[str, tuple[int, int]]:
    """Return of every table how many rows it has, and a sum of what is in them."""
    found: dict[str, tuple[int, int]] = {}
    async with counter.world.database.engine.connect() as connection:
        names = await connection.scalars(
            text("SELECT relname FROM pg_stat_user_tables ORDER BY relname")
        )
        for name in names.all():
            digest = f'SELECT count(*), coalesce(sum(hashtext(t::text)), 0) FROM "{name}" AS t'
            count, content = (await connection.execute(text(digest))).one()
            found[name] = (count, content)
    return found
