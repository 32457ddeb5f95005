"""Modifiers on lines: what may be chosen, what it costs, and what a line keeps of it (MOD)."""

from __future__ import annotations

from typing import Any

import pytest

from ordergraph.commerce.catalog.creating import create_product
from ordergraph.commerce.catalog.rules import ProductType
from ordergraph.commerce.catalog.shaping import NewProduct, NewVariant
from ordergraph.commerce.modifiers.bounding import Bounds
from ordergraph.commerce.modifiers.changing import retire_set
from ordergraph.commerce.modifiers.describing import WantedChoice, WantedChoices
from ordergraph.commerce.modifiers.rules import ModifierGroup, ModifierGroupType, ModifierSet
from ordergraph.commerce.modifiers.selecting import AdHocModifier, WantedGroup, WantedModifier
from ordergraph.commerce.orders import editing
from ordergraph.commerce.orders.editing import LineChange
from ordergraph.commerce.orders.itemizing import LineItem
from ordergraph.commerce.orders.picking import WantedLine
from ordergraph.commerce.orders.rules import Order
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, StockProblem
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.statements import counted
from tests.commerce.orders.counter import (
    Counter,
    ad_hoc,
    assert_sound,
    of,
    packed,
    refused,
    usd,
)

MILK = WantedChoices(
    "Milk",
    modifiers=[
        WantedChoice("Whole", usd(0), selected_by_default=True),
        WantedChoice("Oat", usd(50)),
    ],
    bounds=Bounds(min_selected=1, max_selected=1),
)
SHOTS = WantedChoices(
    "Shots",
    modifiers=[WantedChoice("Espresso", usd(120))],
    bounds=Bounds(allow_quantities=True, max_quantity=3),
)
NAME = WantedChoices("Name", ModifierGroupType.TEXT, longest_text=20)


def choose(group: ModifierGroup, *names: str, **quantities: int) -> WantedGroup:
    """Choose modifiers of a group by their names, none where none is named."""
    wanted = {**dict.fromkeys(names), **quantities}
    known = {each.name: each.id for each in group.modifiers}
    return WantedGroup(
        group.id, tuple(WantedModifier(known[name], many) for name, many in wanted.items())
    )


def chosen(line: LineItem) -> list[tuple[str, int, int]]:
    return [
        (each.name, each.unit_price_delta.minor, each.quantity) for each in line.chosen_modifiers
    ]


async def change(
    counter: Counter,
    order: Order,
    version: int | None = None,
    actor: Actor | None = None,
    **changes: Any,
) -> Order:
    return await editing.update_line_item(
        counter.orders,
        actor or counter.actor,
        order.id,
        order.line_items[0].id,
        LineChange(**changes),
        version,
    )


@pytest.fixture
async def extras(counter: Counter) -> ModifierSet:
    """A set with a list that has a default, a list with quantities, and a text."""
    return await counter.extras(MILK, SHOTS, NAME)


async def test_mod_2_left_out_groups_take_their_defaults_and_an_empty_list_takes_none(
    counter: Counter, extras: ModifierSet
) -> None:
    milk, shots, name = extras.groups
    coffee = await counter.variant(400, modifier_set_id=extras.id)
    plain = await counter.order(of(coffee))
    assert chosen(plain.line_items[0]) == [("Whole", 0, 1)]
    assert plain.total_minor == 400
    wanted = (choose(milk, "Oat"), choose(shots, Espresso=2), WantedGroup(name.id, text=" Sarah "))
    order = await counter.order(of(coffee, 3, modifiers=wanted))
    (line,) = order.line_items
    assert chosen(line) == [("Oat", 50, 1), ("Espresso", 120, 2), ("Name", 0, 1)]
    assert [each.text for each in line.chosen_modifiers] == [None, None, "Sarah"]
    assert [each.group_name for each in line.chosen_modifiers] == ["Milk", "Shots", "Name"]
    assert [each.total.minor for each in line.chosen_modifiers] == [150, 720, 0]
    assert (line.unit_price_minor, line.gross_minor) == (400, 3 * (400 + 50 + 240))
    assert await assert_sound(counter, order) == order
    with refused(ErrorCode.MODIFIER_SELECTION_INVALID) as problems:
        await counter.order(ad_hoc(1), of(coffee, modifiers=(choose(milk),)))
    assert problems[0].field == ("lineItems", "1", "modifiers", "0", "selected")


async def test_mod_1_what_is_not_offered_is_refused_where_it_is_named_and_nothing_happens(
    counter: Counter, extras: ModifierSet
) -> None:
    milk, shots, _ = extras.groups
    other = await counter.extras(SHOTS)
    coffee, beans = await counter.variant(400, modifier_set_id=extras.id), await counter.variant()
    order = await counter.order(of(beans))
    foreign = WantedGroup(milk.id, (WantedModifier(other.groups[0].modifiers[0].id),))
    bad = [
        of(coffee, modifiers=(choose(other.groups[0], "Espresso"),)),
        of(coffee, modifiers=(foreign,)),
        of(coffee, modifiers=(choose(shots, Espresso=4),)),
        of(beans, modifiers=(choose(milk, "Oat"),)),
        ad_hoc(5, modifiers=(choose(milk, "Oat"),)),
        of(coffee, modifiers=(WantedGroup(new_id()),)),
    ]
    with refused(
        *[ErrorCode.MODIFIER_NOT_AVAILABLE] * 5, ErrorCode.MODIFIER_SELECTION_INVALID
    ) as problems:
        await editing.add_line_items(counter.orders, counter.actor, order.id, bad)
    group, one = ("modifiers", "0", "groupId"), ("modifiers", "0", "selected", "0")
    assert sorted(problem.field for problem in problems) == [
        ("lineItems", "0", *group),
        ("lineItems", "1", *one, "modifierId"),
        ("lineItems", "2", *one, "quantity"),
        ("lineItems", "3", *group),
        ("lineItems", "4", *group),
        ("lineItems", "5", *group),
    ]
    assert await counter.reload(order) == order


async def test_6_5_a_variants_own_set_is_in_force_else_its_products_and_a_bundle_has_its_own(
    counter: Counter,
) -> None:
    products, variants, bundles = [
        (await counter.extras(WantedChoices(name, modifiers=[default]))).id
        for name in "PVB"
        for default in [WantedChoice(name, usd(1), selected_by_default=True)]
    ]

    async def made(own: Any) -> Any:
        product = await create_product(
            counter.world.database,
            counter.actor,
            NewProduct(
                "Coffee",
                ProductType.PHYSICAL,
                NewVariant(usd(400), modifier_set_id=own),
                modifier_set_id=products,
            ),
        )
        assert product.variants
        return product.variants[0].id

    inherits, overrides = await made(None), await made(variants)
    with_set = await counter.bundle(500, (overrides, 1), modifier_set_id=bundles)
    without = await counter.bundle(500, (overrides, 1))
    order = await counter.order(of(inherits), of(overrides), packed(with_set), packed(without))
    assert [chosen(line) for line in order.line_items] == [
        [("P", 1, 1)],
        [("V", 1, 1)],
        [("B", 1, 1)],
        [],
    ]
    assert order.total_minor == 400 + 400 + 500 + 500 + 3


async def test_v18_modifiers_are_priced_with_each_unit_and_follow_the_quantity(
    counter: Counter,
) -> None:
    extra = WantedChoices(
        "Extra", modifiers=[WantedChoice("Syrup", usd(50))], bounds=Bounds(allow_quantities=True)
    )
    found = await counter.extras(extra)
    cake = await counter.variant(1200, modifier_set_id=found.id)
    order = await counter.order(of(cake, 2, modifiers=(choose(found.groups[0], Syrup=2),)))
    assert (order.line_items[0].gross_minor, order.total_minor) == (2600, 2600)
    more = await change(counter, order, quantity=5)
    assert (more.line_items[0].gross_minor, more.total_minor) == (6500, 6500)
    assert more.line_items[0].chosen_modifiers[0].total == usd(500)
    dearer = await change(counter, more, unit_price=usd(2000))
    assert dearer.total_minor == 5 * 2100
    await assert_sound(counter, order)


async def test_ord_4_a_line_is_raised_only_where_the_same_was_chosen(
    counter: Counter, extras: ModifierSet
) -> None:
    milk, shots, name = extras.groups
    coffee = await counter.variant(400, modifier_set_id=extras.id)
    oat = of(coffee, modifiers=(choose(milk, "Oat"),))
    order = await counter.order(of(coffee), oat, of(coffee, modifiers=(choose(milk, "Whole"),)))
    assert [line.quantity for line in order.line_items] == [2, 1]
    others = [
        of(coffee, modifiers=(choose(shots, Espresso=1),)),
        of(coffee, modifiers=(choose(shots, Espresso=2),)),
        of(coffee, modifiers=(WantedGroup(name.id, text="Sarah"),)),
        of(coffee, ad_hoc_modifiers=(AdHocModifier("Foam", usd(0)),)),
        oat,
    ]
    order = await editing.add_line_items(counter.orders, counter.actor, order.id, others)
    assert [line.quantity for line in order.line_items] == [2, 2, 1, 1, 1, 1]
    ids = [each["id"] for line in order.line_items for each in line.modifiers]
    assert len(set(ids)) == len(ids)


async def test_b2_4_lines_of_a_variant_that_differ_in_what_was_chosen_share_its_stock(
    counter: Counter, extras: ModifierSet
) -> None:
    milk, *_ = extras.groups
    coffee = await counter.variant(400, 5, modifier_set_id=extras.id)
    order = await counter.order(of(coffee, 3), of(coffee, 3, modifiers=(choose(milk, "Oat"),)))
    with refused(ErrorCode.INVENTORY_UNAVAILABLE) as problems:
        await counter.pay(order)
    (problem,) = problems
    assert isinstance(problem, StockProblem)
    assert [(each.requested, each.available) for each in problem.lines] == [(3, 5), (3, 5)]
    assert await counter.stock(coffee) == (5, 0)


async def test_mod_5_replacing_modifiers_needs_the_version_that_was_seen(
    counter: Counter, extras: ModifierSet
) -> None:
    milk, *_ = extras.groups
    coffee = await counter.variant(400, modifier_set_id=extras.id)
    order = await counter.order(of(coffee, 2))
    oat = (choose(milk, "Oat"),)
    both: list[dict[str, Any]] = [{"modifiers": oat}, {"ad_hoc_modifiers": ()}]
    for changes in both:
        with refused(ErrorCode.FIELD_REQUIRED) as problems:
            await change(counter, order, **changes)
        assert problems[0].field == ("expectedVersion",)
    with refused(ErrorCode.VERSION_CONFLICT):
        await change(counter, order, order.version + 1, modifiers=oat)
    assert await counter.reload(order) == order
    changed = await change(counter, order, order.version, modifiers=oat)
    assert (changed.version, changed.total_minor) == (order.version + 1, 900)
    assert chosen(changed.line_items[0]) == [("Oat", 50, 1)]
    assert await assert_sound(counter, order) == changed
    # Nothing named: the defaults.
    back = await change(counter, changed, changed.version, modifiers=())
    assert (chosen(back.line_items[0]), back.total_minor) == ([("Whole", 0, 1)], 800)


async def test_upd_3_choosing_what_is_chosen_makes_no_new_version(
    counter: Counter, extras: ModifierSet
) -> None:
    milk, shots, _ = extras.groups
    coffee = await counter.variant(400, modifier_set_id=extras.id)
    wanted = (choose(milk, "Oat"), choose(shots, Espresso=2))
    foam = (AdHocModifier("Foam", usd(10), 2),)
    order = await counter.order(of(coffee, modifiers=wanted, ad_hoc_modifiers=foam))
    same = await change(
        counter, order, order.version, modifiers=wanted[::-1], ad_hoc_modifiers=foam
    )
    assert same == order
    assert await counter.told(order) == ["CREATED"]


async def test_mod_7_an_ad_hoc_line_has_ad_hoc_modifiers_and_so_may_any_other(
    counter: Counter, extras: ModifierSet
) -> None:
    milk, *_ = extras.groups
    coffee = await counter.variant(400, modifier_set_id=extras.id)
    foam = AdHocModifier(" Foam ", usd(30), 2)
    order = await counter.order(
        ad_hoc(1000, 2, ad_hoc_modifiers=(foam,)),
        of(coffee, modifiers=(choose(milk, "Oat"),), ad_hoc_modifiers=(foam,)),
    )
    assert [line.gross_minor for line in order.line_items] == [2 * 1060, 510]
    assert chosen(order.line_items[1]) == [("Oat", 50, 1), ("Foam", 30, 2)]
    line = order.line_items[1].id

    async def edit(order: Order, **changes: Any) -> Order:
        return await editing.update_line_item(
            counter.orders, counter.actor, order.id, line, LineChange(**changes), order.version
        )

    whole = await edit(order, modifiers=())
    assert chosen(whole.line_items[1]) == [("Whole", 0, 1), ("Foam", 30, 2)]
    sugar = await edit(whole, ad_hoc_modifiers=(AdHocModifier("Sugar", usd(5)),))
    assert chosen(sugar.line_items[1]) == [("Whole", 0, 1), ("Sugar", 5, 1)]
    none = await edit(sugar, ad_hoc_modifiers=())
    assert chosen(none.line_items[1]) == [("Whole", 0, 1)]
    await assert_sound(counter, order)


async def test_mod_7_bad_ad_hoc_modifiers_are_all_told(counter: Counter) -> None:
    order = await counter.order(ad_hoc(5))
    bad = (
        AdHocModifier(" ", usd(1)),
        AdHocModifier("Foam", Money(1, "EUR")),
        AdHocModifier("Foam", usd(-1)),
        AdHocModifier("Foam", usd(1), 0),
    )
    wanted = [ad_hoc(5, ad_hoc_modifiers=bad), WantedLine(readable=False, ad_hoc_modifiers=bad[:1])]
    with refused(
        ErrorCode.FIELD_REQUIRED,
        ErrorCode.FIELD_REQUIRED,
        ErrorCode.CURRENCY_MISMATCH,
        ErrorCode.AMOUNT_OUT_OF_RANGE,
        ErrorCode.MODIFIER_SELECTION_INVALID,
    ) as problems:
        await editing.add_line_items(counter.orders, counter.actor, order.id, wanted)
    assert {problem.field[:4] for problem in problems} == {
        *(("lineItems", "0", "adHocModifiers", str(at)) for at in range(4)),
        ("lineItems", "1", "adHocModifiers", "0"),
    }
    assert await counter.reload(order) == order


async def test_a_line_has_at_most_fifty_modifiers(counter: Counter, extras: ModifierSet) -> None:
    coffee = await counter.variant(400, modifier_set_id=extras.id)
    foam = tuple(AdHocModifier(f"Foam {at}", usd(1)) for at in range(50))
    with refused(ErrorCode.TOO_MANY_ITEMS):
        await counter.order(of(coffee, ad_hoc_modifiers=foam))
    order = await counter.order(of(coffee, ad_hoc_modifiers=foam[:49]))
    with refused(ErrorCode.TOO_MANY_ITEMS) as problems:
        await change(counter, order, order.version, ad_hoc_modifiers=foam)
    assert problems[0].field == ("adHocModifiers",)
    assert await counter.reload(order) == order


async def test_mod_6_a_modifier_that_is_not_taxed_stays_out_of_the_tax_of_its_line(
    counter: Counter,
) -> None:
    await counter.tax("10")
    found = await counter.extras(
        WantedChoices(
            "Extra",
            modifiers=[
                WantedChoice("Tip jar", usd(500), selected_by_default=True, taxable=False),
                WantedChoice("Syrup", usd(100), selected_by_default=True),
            ],
        )
    )
    coffee = await counter.variant(400, modifier_set_id=found.id)
    order = await counter.order(of(coffee, 2))
    assert (order.subtotal_minor, order.tax_minor, order.total_minor) == (2000, 100, 2100)
    await counter.coupon(percent_off="50")
    halved = await counter.apply(order)
    assert (halved.discount_minor, halved.tax_minor) == (1000, 50)
    paid = (await counter.pay(order)).order
    assert paid.total_minor == 1050
    await assert_sound(counter, order)


async def test_cat_8_a_line_keeps_what_was_chosen_when_the_set_is_gone(
    counter: Counter, extras: ModifierSet
) -> None:
    milk, *_ = extras.groups
    coffee = await counter.variant(400, modifier_set_id=extras.id)
    order = await counter.order(of(coffee, modifiers=(choose(milk, "Oat"),)))
    await retire_set(counter.world.database, counter.actor, extras.id)
    raised = await change(counter, order, quantity=2)
    assert (chosen(raised.line_items[0]), raised.total_minor) == ([("Oat", 50, 1)], 900)
    with refused(ErrorCode.MODIFIER_NOT_AVAILABLE):
        await change(counter, raised, raised.version, modifiers=(choose(milk, "Oat"),))
    fresh = await counter.order(of(coffee))
    assert (chosen(fresh.line_items[0]), fresh.total_minor) == ([], 400)
    assert (await counter.pay(order)).order.total_minor == 900
    await assert_sound(counter, order)


async def test_a_buyer_chooses_modifiers_unless_the_item_is_no_longer_offered(
    counter: Counter, extras: ModifierSet
) -> None:
    milk, *_ = extras.groups
    coffee = await counter.variant(400, modifier_set_id=extras.id)
    bundle = await counter.bundle(900, (coffee, 1), modifier_set_id=extras.id)
    for line in (of(coffee), packed(bundle)):
        order = await counter.order(line, actor=counter.world.browser)
        buyer = counter.buyer_of(order)
        oat = {"modifiers": (choose(milk, "Oat"),)}
        changed = await change(counter, order, order.version, buyer, **oat)
        assert chosen(changed.line_items[0]) == [("Oat", 50, 1)]
        assert changed.total_minor == order.total_minor + 50
        for table in ("variants", "bundles"):
            await counter.sql(f"update {table} set status = 'INACTIVE'")
        with refused(ErrorCode.ITEM_NOT_AVAILABLE) as problems:
            await change(counter, changed, changed.version, buyer, modifiers=())
        assert problems[0].field == ("modifiers",)
        assert await counter.reload(order) == changed
        # A merchant may still mend the order.
        await change(counter, changed, changed.version, modifiers=())
        for table in ("variants", "bundles"):
            await counter.sql(f"update {table} set status = 'ACTIVE'")


async def test_v10_units_of_a_line_with_modifiers_are_given_back_to_the_cent(
    counter: Counter, extras: ModifierSet
) -> None:
    milk, shots, _ = extras.groups
    await counter.tax("8.99")
    await counter.coupon(percent_off="12.5")
    coffee = await counter.variant(333, modifier_set_id=extras.id)
    wanted = (choose(milk, "Oat"), choose(shots, Espresso=3))
    order = await counter.order(of(coffee, 3, modifiers=wanted))
    await counter.apply(order)
    paid = (await counter.pay(order)).order
    line = paid.line_items[0].id
    gross = 3 * (333 + 50 + 360)
    assert paid.line_items[0].gross_minor == gross
    returned: list[int] = []
    for _ in range(3):
        before = paid.refunded_minor
        paid = (await counter.refund(paid, lines=[(line, 1)])).order
        returned.append(paid.refunded_minor - before)
    assert sum(returned) == paid.total_minor == paid.paid_minor
    assert max(returned) - min(returned) <= 2
    await assert_sound(counter, paid)


async def test_modifiers_are_read_once_for_all_lines(counter: Counter) -> None:
    variants = [
        await counter.variant(400, modifier_set_id=(await counter.extras(MILK)).id)
        for _ in range(4)
    ]
    await counter.orders.numbers.prepare(counter.world.environment_id)
    taken: list[int] = []
    for many in (1, 4):
        with counted() as statements:
            await counter.order(*(of(variant) for variant in variants[:many]))
        taken.append(len(statements))
    assert taken[0] == taken[1]
