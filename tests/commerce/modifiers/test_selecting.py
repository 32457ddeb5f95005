"""What may stand on a line of what is asked for (MOD-1 to MOD-4, MOD-7)."""

from decimal import Decimal
from typing import Any

import pytest

from ordergraph.commerce.modifiers.rules import (
    Modifier,
    ModifierGroup,
    ModifierSet,
    ModifierSetStatus,
    ModifierStatus,
)
from ordergraph.commerce.modifiers.selecting import (
    AdHocModifier,
    WantedGroup,
    WantedModifier,
    drafted,
    select,
)
from ordergraph.commerce.modifiers.snapshotting import Snapshot
from ordergraph.core.drafts import ModifierDraft, TaxCategory
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import Findings
from tests.commerce.modifiers.sets import group, modifier, set_of, text_group

Found = list[tuple[str, str]]
INACTIVE = ModifierStatus.INACTIVE


def ask(
    held: ModifierSet | None, *groups: WantedGroup, ad_hoc: tuple[AdHocModifier, ...] = ()
) -> tuple[list[Snapshot], Found]:
    """Select on the first line of an order in USD; return what stands there and what is wrong."""
    findings = Findings()
    taken = select(held, groups, ad_hoc, "USD", findings, "lineItems", "0")
    return taken, [(each.code.value, ".".join(each.field)) for each in findings.problems]


def of(held: ModifierGroup, *chosen: Modifier | tuple[Modifier, Any]) -> WantedGroup:
    """Ask for modifiers of a group: one of each, or as many as stand beside them."""
    pairs = [each if isinstance(each, tuple) else (each, 1) for each in chosen]
    return WantedGroup(held.id, tuple(WantedModifier(each.id, many) for each, many in pairs))


def briefly(taken: list[Snapshot]) -> list[tuple[str, int, int]]:
    return [(each["name"], each["unitDelta"], each["quantity"]) for each in taken]


def test_mod_1_a_line_keeps_what_its_modifiers_were() -> None:
    oat = modifier("Oat milk", 60, taxable=False, tax_category=TaxCategory.FOOD)
    milk = group("Milk", oat, show_on_receipt=False)
    taken, found = ask(set_of(milk), of(milk, oat))
    assert found == []
    (snapshot,) = taken
    assert snapshot.pop("id") not in (str(oat.id), str(milk.id))
    assert snapshot == {
        "modifierId": str(oat.id),
        "groupId": str(milk.id),
        "groupName": "Milk",
        "name": "Oat milk",
        "unitDelta": 60,
        "quantity": 1,
        "text": None,
        "taxable": False,
        "taxCategory": "FOOD",
        "showOnReceipt": False,
        "showOnFulfillment": True,
    }


def test_mod_1_modifiers_stand_in_the_order_of_their_set() -> None:
    small, large = modifier("Small"), modifier("Large", 100)
    oat = modifier("Oat", 60)
    size, milk = group("Size", small, large), group("Milk", oat)
    taken, found = ask(set_of(size, milk), of(milk, oat), of(size, large, small))
    assert (briefly(taken), found) == ([("Small", 0, 1), ("Large", 100, 1), ("Oat", 60, 1)], [])


def test_mod_1_an_unknown_inactive_or_foreign_modifier_is_not_available() -> None:
    oat, soy = modifier("Oat"), modifier("Soy", status=INACTIVE)
    large = modifier("Large")
    milk, size = group("Milk", oat, soy), group("Size", large)
    unknown = modifier("Nobody knows")
    taken, found = ask(set_of(milk, size), of(milk, unknown, oat, soy, large))
    at = "lineItems.0.modifiers.0.selected"
    assert taken == []
    assert found == [
        ("MODIFIER_NOT_AVAILABLE", f"{at}.0.modifierId"),
        ("MODIFIER_NOT_AVAILABLE", f"{at}.2.modifierId"),
        ("MODIFIER_NOT_AVAILABLE", f"{at}.3.modifierId"),
    ]


def test_mod_1_an_inactive_or_foreign_group_is_not_available() -> None:
    oat, large = modifier("Oat"), modifier("Large")
    milk, size = group("Milk", oat, status=INACTIVE), group("Size", large)
    _, found = ask(set_of(milk), of(milk, oat), of(size, large))
    assert found == [
        ("MODIFIER_NOT_AVAILABLE", "lineItems.0.modifiers.0.groupId"),
        ("MODIFIER_NOT_AVAILABLE", "lineItems.0.modifiers.1.groupId"),
    ]


@pytest.mark.parametrize("retired", [True, False])
def test_mod_1_a_retired_set_and_no_set_offer_nothing_and_demand_nothing(retired: bool) -> None:
    oat = modifier("Oat")
    milk = group("Milk", oat, min_selected=1)
    held = set_of(milk, status=ModifierSetStatus.RETIRED) if retired else None
    assert ask(held) == ([], [])
    assert ask(held, of(milk, oat)) == (
        [],
        [("MODIFIER_NOT_AVAILABLE", "lineItems.0.modifiers.0.groupId")],
    )


def test_mod_1_counts_out_of_bounds_are_invalid_and_name_the_group() -> None:
    first, second, third = modifier("A"), modifier("B"), modifier("C")
    toppings = group("Toppings", first, second, third, min_selected=2, max_selected=2)
    findings = Findings()
    asked = [of(toppings, first)]
    assert len(select(set_of(toppings), asked, (), "USD", findings)) == 1
    (problem,) = findings.problems
    assert problem.message == "“Toppings” needs at least 2 modifiers."
    assert problem.field == ("modifiers", "0", "selected")
    one = group("Milk", first, second, max_selected=1)
    select(set_of(one), [of(one, first, second)], (), "USD", findings)
    assert findings.problems[1].message == "“Milk” takes at most 1 modifier."
    _, found = ask(set_of(toppings), of(toppings, first, second, third))
    assert found == [("MODIFIER_SELECTION_INVALID", "lineItems.0.modifiers.0.selected")]
    assert ask(set_of(toppings), of(toppings, first, third))[1] == []


def test_mod_1_a_modifier_or_group_named_twice_is_invalid() -> None:
    first, second = modifier("A"), modifier("B")
    toppings = group("Toppings", first, second)
    _, found = ask(set_of(toppings), of(toppings, first, second, first))
    assert found == [
        ("MODIFIER_SELECTION_INVALID", "lineItems.0.modifiers.0.selected.2.modifierId")
    ]
    _, found = ask(set_of(toppings), of(toppings, first), of(toppings, second))
    assert found == [("MODIFIER_SELECTION_INVALID", "lineItems.0.modifiers.1.groupId")]


def test_mod_1_a_group_that_must_be_chosen_from_cannot_be_left_out() -> None:
    size = group("Size", modifier("Small"), min_selected=1)
    assert ask(set_of(size))[1] == [("MODIFIER_SELECTION_INVALID", "lineItems.0.modifiers")]


def test_mod_2_a_group_that_is_left_out_takes_its_defaults() -> None:
    one, two = modifier("One"), modifier("Two", 50, selected_by_default=True, default_quantity=3)
    gone = modifier("Gone", 10, selected_by_default=True, status=INACTIVE)
    shots = group("Shots", one, two, gone, allow_quantities=True)
    assert briefly(ask(set_of(shots))[0]) == [("Two", 50, 3)]
    assert briefly(ask(set_of(shots), WantedGroup(shots.id))[0]) == [("Two", 50, 3)]


def test_mod_2_an_empty_list_takes_none_and_must_satisfy_the_minimum() -> None:
    dairy = modifier("Dairy", selected_by_default=True)
    milk = group("Milk", dairy)
    assert ask(set_of(milk), of(milk)) == ([], [])
    must = group("Milk", dairy, min_selected=1)
    assert ask(set_of(must), of(must))[1] == [
        ("MODIFIER_SELECTION_INVALID", "lineItems.0.modifiers.0.selected")
    ]
    assert briefly(ask(set_of(must))[0]) == [("Dairy", 0, 1)]


def test_mod_2_defaults_that_no_longer_satisfy_the_minimum_are_invalid() -> None:
    dairy = modifier("Dairy", selected_by_default=True, status=INACTIVE)
    milk = group("Milk", dairy, modifier("Oat"), min_selected=1)
    assert ask(set_of(milk))[1] == [("MODIFIER_SELECTION_INVALID", "lineItems.0.modifiers")]
    assert ask(set_of(milk), WantedGroup(milk.id))[1] == [
        ("MODIFIER_SELECTION_INVALID", "lineItems.0.modifiers.0")
    ]


@pytest.mark.parametrize("quantity", [0, 2, -1, Decimal("1.5"), Decimal("NaN"), 10**40])
def test_mod_3_more_than_one_only_where_the_group_allows_quantities(quantity: Any) -> None:
    oat = modifier("Oat", 60)
    milk = group("Milk", oat)
    assert ask(set_of(milk), of(milk, (oat, quantity)))[1] == [
        ("MODIFIER_SELECTION_INVALID", "lineItems.0.modifiers.0.selected.0.quantity")
    ]


def test_mod_3_quantities_have_bounds_for_each_and_together() -> None:
    single, double = modifier("Single", 50), modifier("Double", 90)
    shots = group(
        "Shots",
        single,
        double,
        allow_quantities=True,
        min_quantity=2,
        max_quantity=4,
        max_total_quantity=6,
    )
    held = set_of(shots)
    taken, found = ask(held, of(shots, (single, Decimal("4.0")), (double, 2)))
    assert (briefly(taken), found) == ([("Single", 50, 4), ("Double", 90, 2)], [])
    at = "lineItems.0.modifiers.0.selected"
    assert ask(held, of(shots, (single, 1), (double, 5)))[1] == [
        ("MODIFIER_SELECTION_INVALID", f"{at}.0.quantity"),
        ("MODIFIER_SELECTION_INVALID", f"{at}.1.quantity"),
    ]
    assert ask(held, of(shots, (single, 4), (double, 3)))[1] == [("MODIFIER_SELECTION_INVALID", at)]


def test_mod_3_a_quantity_that_is_left_out_is_the_modifiers_own() -> None:
    shot = modifier("Shot", 50, default_quantity=2)
    shots = group("Shots", shot, allow_quantities=True)
    asked = WantedGroup(shots.id, (WantedModifier(shot.id),))
    assert briefly(ask(set_of(shots), asked)[0]) == [("Shot", 50, 2)]


def test_mod_4_a_text_group_takes_one_text_and_is_never_priced() -> None:
    words = text_group("Engraving", longest_text=5)
    taken, found = ask(set_of(words), WantedGroup(words.id, text="  Hello "))
    assert found == []
    assert [(each["groupName"], each["name"], each["text"]) for each in taken] == [
        ("Engraving", "Engraving", "Hello")
    ]
    assert (taken[0]["unitDelta"], taken[0]["quantity"], taken[0]["modifierId"]) == (0, 1, None)
    assert drafted(taken) == ()


def test_mod_4_a_text_has_a_longest_length() -> None:
    words = text_group("Engraving", longest_text=5)
    assert ask(set_of(words), WantedGroup(words.id, text="Hello!"))[1] == [
        ("STRING_TOO_LONG", "lineItems.0.modifiers.0.text")
    ]


@pytest.mark.parametrize("text", [None, "", "   "])
def test_mod_4_a_text_may_be_required(text: str | None) -> None:
    words = text_group("Engraving")
    assert ask(set_of(words), WantedGroup(words.id, text=text)) == ([], [])
    must = text_group("Engraving", min_selected=1)
    assert ask(set_of(must), WantedGroup(must.id, text=text))[1] == [
        ("MODIFIER_SELECTION_INVALID", "lineItems.0.modifiers.0")
    ]
    assert ask(set_of(must))[1] == [("MODIFIER_SELECTION_INVALID", "lineItems.0.modifiers")]


def test_mod_4_texts_and_lists_do_not_mix() -> None:
    oat = modifier("Oat")
    milk, words = group("Milk", oat), text_group("Engraving")
    asked = WantedGroup(milk.id, (WantedModifier(oat.id, 1),), "oat, please")
    wrong = WantedGroup(words.id, (WantedModifier(oat.id, 1),))
    assert ask(set_of(milk, words), asked, wrong)[1] == [
        ("MODIFIER_SELECTION_INVALID", "lineItems.0.modifiers.0.text"),
        ("MODIFIER_SELECTION_INVALID", "lineItems.0.modifiers.1.selected"),
    ]


def test_mod_7_an_ad_hoc_modifier_has_a_name_and_adds_something_or_nothing() -> None:
    taken, found = ask(
        None,
        ad_hoc=(
            AdHocModifier(" Ribbon ", Money(250, "USD"), 2),
            AdHocModifier("Card", Money(0, "USD")),
        ),
    )
    assert (briefly(taken), found) == ([("Ribbon", 250, 2), ("Card", 0, 1)], [])
    assert [(each["groupId"], each["modifierId"]) for each in taken] == [(None, None)] * 2
    assert drafted(taken) == (ModifierDraft(250, 2, None),)


def test_mod_7_ad_hoc_modifiers_are_judged_like_any_input() -> None:
    _, found = ask(
        None,
        ad_hoc=(
            AdHocModifier(" ", Money(-1, "USD"), 0),
            AdHocModifier("x" * 256, Money(5, "EUR"), Decimal("0.5")),
        ),
    )
    at = "lineItems.0.adHocModifiers"
    assert found == [
        ("FIELD_REQUIRED", f"{at}.0.name"),
        ("AMOUNT_OUT_OF_RANGE", f"{at}.0.unitPriceDelta.amount"),
        ("MODIFIER_SELECTION_INVALID", f"{at}.0.quantity"),
        ("STRING_TOO_LONG", f"{at}.1.name"),
        ("CURRENCY_MISMATCH", f"{at}.1.unitPriceDelta.currency"),
        ("MODIFIER_SELECTION_INVALID", f"{at}.1.quantity"),
    ]


def test_mon_4_deltas_are_in_the_currency_of_the_order() -> None:
    oat, soy = modifier("Oat", 60, "EUR", selected_by_default=True), modifier("Soy", 60)
    milk = group("Milk", soy, oat)
    assert ask(set_of(milk), of(milk, soy, oat))[1] == [
        ("CURRENCY_MISMATCH", "lineItems.0.modifiers.0.selected.1.modifierId")
    ]
    assert ask(set_of(milk))[1] == [("CURRENCY_MISMATCH", "lineItems.0.modifiers")]


def test_a_line_has_at_most_50_modifiers_of_all_kinds() -> None:
    many = [modifier(f"Number {number}") for number in range(49)]
    most, words = group("Many", *many), text_group("Words")
    by_default = modifier("Default", selected_by_default=True)
    held = set_of(most, words, group("More", by_default))
    asked = (of(most, *many), WantedGroup(words.id, text="hello"))
    none_of_more = WantedGroup(held.groups[2].id, ())
    ribbon = AdHocModifier("Ribbon", Money(1, "USD"))
    assert len(ask(held, *asked, none_of_more)[0]) == 50
    assert ask(held, *asked)[1] == [("TOO_MANY_ITEMS", "lineItems.0.modifiers")]
    assert ask(held, *asked, none_of_more, ad_hoc=(ribbon,))[1] == [
        ("TOO_MANY_ITEMS", "lineItems.0.modifiers")
    ]
    assert ask(None, ad_hoc=(ribbon,) * 51)[1] == [("TOO_MANY_ITEMS", "lineItems.0.adHocModifiers")]
    assert ask(held, *(WantedGroup(new_id()) for _ in range(51)))[1] == [
        ("TOO_MANY_ITEMS", "lineItems.0.modifiers")
    ]


def test_mod_6_what_is_stored_is_drafted_for_pricing() -> None:
    bag = modifier("Bag", 10, taxable=False)
    oat = modifier("Oat", 60)
    free = modifier("Free")
    extras = group("Extras", bag, oat, free, allow_quantities=True)
    taken, _ = ask(
        set_of(extras),
        of(extras, (bag, 2), oat, free),
        ad_hoc=(AdHocModifier("Ribbon", Money(5, "USD"), 3),),
    )
    assert drafted(taken) == (
        ModifierDraft(10, 2, False),
        ModifierDraft(60, 1, True),
        ModifierDraft(5, 3, None),
    )
