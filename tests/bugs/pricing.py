"""Bugs of arithmetic: totals below zero, cents that do not add up, amounts that cannot be paid."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from itertools import permutations
from random import Random
from typing import Any

import pytest
from iso4217 import Currency
from sqlalchemy import text

from ordergraph.commerce.orders import quoting
from ordergraph.core import pricing, taxing
from ordergraph.core.breakdowns import Breakdown, PricedDiscount
from ordergraph.core.currencies import DIGITS, as_decimal
from ordergraph.core.drafts import (
    ChargeDraft,
    DiscountDraft,
    LineDraft,
    OrderDraft,
    TaxRounding,
    TipDraft,
)
from ordergraph.core.ids import new_id
from ordergraph.core.money import MOST_MINOR, Money, round_half_up
from ordergraph.core.percents import SCALE, millionths
from ordergraph.core.pricing import price
from tests.bugs.bugs import Bug
from tests.bugs.carts import cart
from tests.commerce.orders.counter import Counter, ad_hoc, assert_sound, usd
from tests.commerce.orders.test_taxes_by_country import COUNTRIES
from tests.commerce.orders.test_taxes_by_country import (
    test_prc_31_bug_30_taxes_by_country_are_rounded_as_the_shop_chose as receipt_as_worked_out,
)
from tests.core.orders import discount, line, order, uid

CARTS = int(os.environ.get("ORDERGRAPH_CARTS", "10000"))
"""So many carts are made up; `make soak` makes a million."""


async def no_stack_of_discounts_makes_a_total_negative(counter: Counter) -> None:
    random = Random(2385)
    for _ in range(300):
        lines = [line(at, random.randint(0, 900), random.randint(1, 3)) for at in (1, 2, 3)]
        stack = [
            discount(101, amount=random.randint(1, 2000)),
            discount(102, percent=random.choice(("100", "99.9999", "33.3333"))),
            discount(103, amount=random.randint(1, 900), on_lines=[random.randint(1, 3)]),
        ]
        answers = set[tuple[int, ...]]()
        for turns in permutations(stack):
            priced = price(order(*lines, discounts=turns))
            assert priced.total >= 0
            assert all(0 <= row.discount <= row.gross for row in priced.lines)
            answers.add(tuple(row.net for row in priced.lines))
        assert len(answers) == 1
    for code, terms in {
        "ALL": {"percent_off": "100"},
        "BIG": {"amount_off": usd(5000)},
        "MORE": {"amount_off": usd(1)},
    }.items():
        await counter.coupon(code, stackable=True, **terms)
    for codes in permutations(("ALL", "BIG", "MORE")):
        free = await counter.order(ad_hoc(1000), ad_hoc(1, name="Pin"))
        for code in codes:
            free = await counter.apply(free, code)
            assert 0 <= free.total_minor <= 1000
        assert (await assert_sound(counter, free)).total_minor == 0


async def fixed_amounts_are_taken_off_whatever_is_left(
    counter: Counter, patch: pytest.MonkeyPatch
) -> None:
    def take(
        lines: Sequence[LineDraft], discounts: Sequence[DiscountDraft], remaining: list[int]
    ) -> tuple[PricedDiscount, ...]:
        for each in discounts:
            whole = sum(remaining)
            off = each.amount or round_half_up(
                millionths(each.percent or Decimal(1)) * whole, SCALE
            )
            remaining[0] -= off
        return ()

    patch.setattr(pricing, "take_discounts", take)


async def the_lines_add_up_to_the_order(counter: Counter) -> None:
    random = Random(2662)
    for number in range(CARTS):
        drafted = cart(random)
        priced = price(drafted)
        try:
            _add_up(drafted, priced)
        except AssertionError as wrong:
            raise AssertionError(number, drafted) from wrong


def _add_up(draft: OrderDraft, priced: Breakdown) -> None:
    amounts, lines = priced.amounts, priced.lines
    assert amounts.subtotal == sum(line.gross for line in lines)
    assert amounts.discount == sum(line.discount for line in lines)
    assert amounts.discount == sum(row.applied for row in priced.discounts)
    assert amounts.tax == sum(line.tax for line in lines) == sum(tax.tax for tax in priced.taxes)
    assert amounts.included_tax == sum(line.included_tax for line in lines)
    assert priced.total == sum(line.total for line in lines) >= 0
    bases = {line.id: line.net for line in lines}
    for tax in priced.taxes:
        assert tax.percent is not None
        rate = millionths(tax.percent)
        shares = dict(tax.shares)
        assert tax.tax == sum(shares.values())
        if not tax.inclusive and draft.tax_rounding is TaxRounding.ORDER:
            assert tax.tax == round_half_up(rate * tax.taxable, SCALE)
        elif not tax.inclusive:
            assert all(
                minor == round_half_up(rate * bases[id], SCALE) for id, minor in shares.items()
            )


async def taxes_of_lines_are_rounded_one_by_one(
    counter: Counter, patch: pytest.MonkeyPatch
) -> None:
    """As shops do that show the tax of each line, and charge the tax of the sum."""
    real = pricing.take_taxes

    def take(bases: Any, components: Any, rounding: Any) -> Any:
        summed = real(bases, components, TaxRounding.ORDER)
        by_line = real(bases, components, TaxRounding.LINE)
        return tuple(
            replace(whole, shares=line.shares) for whole, line in zip(summed, by_line, strict=True)
        )

    patch.setattr(pricing, "take_taxes", take)


async def receipts_of_many_countries_come_out_as_worked_out_by_hand(counter: Counter) -> None:
    for country in COUNTRIES:
        for rounding in TaxRounding:
            counter.world.merchant_id = new_id()
            await counter.world.open()
            await receipt_as_worked_out(counter, country, rounding)


async def shares_are_cut_off_instead_of_rounded(
    counter: Counter, patch: pytest.MonkeyPatch
) -> None:
    def cut(numerator: int, denominator: int) -> int:
        return numerator // denominator

    patch.setattr(taxing, "round_half_up", cut)


async def the_shop_s_way_of_rounding_is_not_asked(
    counter: Counter, patch: pytest.MonkeyPatch
) -> None:
    drafted = quoting.draft_of

    def per_line(*what: Any) -> OrderDraft:
        return replace(drafted(*what), tax_rounding=TaxRounding.LINE)

    patch.setattr(quoting, "draft_of", per_line)


async def every_amount_is_a_whole_number_of_the_smallest_coin(counter: Counter) -> None:
    random = Random(13091)
    for _ in range(300):
        draft = replace(
            cart(random),
            tips=(TipDraft(uid(401), percent=Decimal(random.randint(1, 999_999)) / 10_000),),
            charges=(ChargeDraft(uid(501), percent=Decimal("2.8979")),),
            tip_limit=MOST_MINOR,
        )
        assert {type(number) for number in _numbers(price(draft))} == {int}
    await counter.tax("8.979")
    await counter.coupon(percent_off="12.0001")
    sold = await counter.apply(await counter.order(ad_hoc(8795, 3), ad_hoc(2897)))
    paid = (await counter.pay(sold)).order
    (charge,) = await counter.charges(paid)
    assert charge.amount_minor == paid.paid_minor == paid.total_minor == sold.total_minor
    assert (await counter.refund(paid)).order.status == "REFUNDED"
    await _assert_columns(counter)


def _numbers(value: Any) -> list[Any]:
    """Return every number in a breakdown that is an amount."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [value]
    if isinstance(value, tuple):
        return [number for each in value for number in _numbers(each)]
    if is_dataclass(value):
        return [number for each in fields(value) for number in _numbers(getattr(value, each.name))]
    return []


async def _assert_columns(counter: Counter) -> None:
    """Check that no table can store a part of a coin, and none stores one inside a document."""
    async with counter.world.database.engine.connect() as connection:
        columns = (await connection.execute(text(_COLUMNS))).all()
        documents = [row for row in columns if row.data_type == "jsonb"]
        found = {row.data_type for row in columns if row.column_name.endswith("_minor")}
        assert found == {"bigint"}
        assert [row for row in columns if row.data_type in ("real", "double precision")] == []
        exact = {row.column_name for row in columns if row.data_type == "numeric"}
        assert exact == {"percent"}
        for row in documents:
            broken = text(
                f"select count(*) from {row.table_name} where jsonb_path_exists({row.column_name},"
                """ '$.** ? (@.type() == "number" && @ != @.floor())')"""
            )
            assert (await connection.execute(broken)).scalar() == 0, row


_COLUMNS = """
select table_name, column_name, data_type from information_schema.columns
where table_schema = 'public' and table_name in (
    select table_name from information_schema.columns where column_name = 'environment_id')
"""


async def a_tip_is_not_rounded(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    def exactly(numerator: int, denominator: int) -> float:
        return numerator / denominator

    patch.setattr(pricing, "round_half_up", exactly)


async def a_column_takes_parts_of_a_coin(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    await counter.sql("ALTER TABLE payments ALTER COLUMN amount_minor TYPE numeric(20, 6)")


async def every_currency_is_counted_in_its_own_smallest_coin(counter: Counter) -> None:
    exponents = {each.code: each.exponent for each in Currency if each.exponent in (0, 2, 3)}
    for code, digits in exponents.items():
        assert as_decimal(Money(1999, code)) == Decimal(1999) / 10**digits
    for code, shown in {"JPY": "1999", "USD": "19.99", "KWD": "1.999", "ISK": "1999"}.items():
        made = await counter.order(ad_hoc_in(code, 1999))
        assert str(as_decimal(Money(made.total_minor, code))) == shown
        paid = (await counter.pay(made)).order
        (charge,) = await counter.charges(paid)
        assert (charge.amount_minor, charge.currency, paid.paid_minor) == (1999, code, 1999)
        refunded = await counter.refund(paid, 999)
        assert (refunded.refund.amount, refunded.order.net.balance) == (Money(999, code), 0)
        assert await counter.collected(paid) == 1000
    assert exponents == DIGITS


def ad_hoc_in(code: str, minor: int) -> Any:
    return replace(ad_hoc(minor), unit_price=Money(minor, code))


async def every_currency_has_two_digits(counter: Counter, patch: pytest.MonkeyPatch) -> None:
    for code in DIGITS:
        patch.setitem(DIGITS, code, 2)


BUGS = (
    Bug(
        29,
        "vendure#2385",
        no_stack_of_discounts_makes_a_total_negative,
        fixed_amounts_are_taken_off_whatever_is_left,
    ),
    Bug(
        30,
        "vendure#2662",
        the_lines_add_up_to_the_order,
        taxes_of_lines_are_rounded_one_by_one,
    ),
    Bug(
        30,
        "saleor#12348",
        receipts_of_many_countries_come_out_as_worked_out_by_hand,
        the_shop_s_way_of_rounding_is_not_asked,
    ),
    Bug(
        30,
        "polar@162eff30ec",
        receipts_of_many_countries_come_out_as_worked_out_by_hand,
        shares_are_cut_off_instead_of_rounded,
    ),
    Bug(
        31,
        "reactioncommerce#4684",
        every_amount_is_a_whole_number_of_the_smallest_coin,
        a_tip_is_not_rounded,
    ),
    Bug(
        31,
        "medusa#13091",
        every_amount_is_a_whole_number_of_the_smallest_coin,
        a_column_takes_parts_of_a_coin,
    ),
    Bug(
        34,
        "polar#9257",
        every_currency_is_counted_in_its_own_smallest_coin,
        every_currency_has_two_digits,
    ),
)
