"""Which rates apply where, to what."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ordergraph.core import taxes
from ordergraph.core.drafts import ChargeDraft, LineDraft, TaxCategory
from ordergraph.core.jurisdictions import Jurisdiction, JurisdictionLevel, TaxType
from ordergraph.core.taxes import (
    NO_RATES,
    NOT_TAXABLE,
    TaxabilityReason,
    TaxLocation,
    TaxMatch,
    TaxRate,
    TaxStatus,
    modes_collide,
)
from tests.core.orders import NOON, ids, line, uid

GOODS = line(1, 1000)
FOOD = line(2, 1000, tax_category=TaxCategory.FOOD)
FREE_OF_TAX = line(3, 1000, taxable=False)
DELIVERY = ChargeDraft(uid(4), 500, taxable=True, tax_category=TaxCategory.SERVICES)
SAN_FRANCISCO = TaxLocation("US", "CA", "94110")


NOTHING_HERE = TaxMatch(TaxStatus.CALCULATED, TaxabilityReason.NO_JURISDICTION)
UNDECIDED = TaxMatch(TaxStatus.REQUIRES_LOCATION, TaxabilityReason.LOCATION_REQUIRED)


def tax_rate(
    number: int,
    *,
    inclusive: bool = False,
    minutes: int = 0,
    tax_category: TaxCategory | None = None,
    **where: Any,
) -> TaxRate:
    made = NOON + timedelta(minutes=minutes)
    if tax_category is not None:
        where["tax_categories"] = (tax_category,)
    return TaxRate(uid(number), f"Rate {number}", Decimal(number), inclusive, made, **where)


def match_taxes(
    rates: Sequence[TaxRate],
    location: TaxLocation | None,
    items: Sequence[LineDraft | ChargeDraft],
    now: datetime = NOON,
) -> TaxMatch:
    return taxes.match_taxes(rates, location, items, now)


ANYWHERE = tax_rate(21)
COUNTRY = tax_rate(22, country="US")
STATE = tax_rate(23, country="US", region="CA")
CITY = tax_rate(24, country="US", region="CA", postal_prefix="941")
ABROAD = tax_rate(25, country="DE")


def applied(match: TaxMatch) -> dict[int, set[int]]:
    """Numbers of the rates, and of the items each applies to."""
    return {
        component.id.int: {item.int for item in component.applies_to or ()}
        for component in match.components
    }


def test_tax_1_levels_add_up() -> None:
    match = match_taxes([CITY, COUNTRY, ABROAD, STATE], SAN_FRANCISCO, [GOODS])
    assert match.status is TaxStatus.CALCULATED
    assert [component.id.int for component in match.components] == [22, 23, 24]


def test_tax_1_a_component_carries_the_rate() -> None:
    inclusive = tax_rate(19, inclusive=True, country="DE")
    (component,) = match_taxes([inclusive], TaxLocation("DE"), [GOODS]).components
    assert component.name == "Rate 19"
    assert component.percent == 19
    assert component.inclusive is True
    assert component.applies_to == ids([1])


def test_tax_1_the_longest_postal_prefix_wins() -> None:
    wider = tax_rate(26, country="US", postal_prefix="94", minutes=9)
    assert set(applied(match_taxes([wider, CITY], SAN_FRANCISCO, [GOODS]))) == {24}


def test_tax_1_a_rate_without_a_place_applies_where_no_country_matches() -> None:
    rates = [ANYWHERE, COUNTRY, ABROAD]
    assert set(applied(match_taxes(rates, TaxLocation("FR"), [GOODS]))) == {21}
    assert set(applied(match_taxes(rates, TaxLocation("DE"), [GOODS]))) == {25}


def test_tax_1_a_rate_without_a_place_adds_up_with_a_region_s() -> None:
    assert set(applied(match_taxes([ANYWHERE, STATE], SAN_FRANCISCO, [GOODS]))) == {21, 23}


def test_tax_1_of_two_rates_for_the_same_the_newest_wins() -> None:
    newer = tax_rate(26, country="US", minutes=1)
    assert set(applied(match_taxes([newer, COUNTRY], SAN_FRANCISCO, [GOODS]))) == {26}
    assert set(applied(match_taxes([COUNTRY, newer], SAN_FRANCISCO, [GOODS]))) == {26}


def test_tax_1_of_two_rates_of_one_moment_the_id_decides() -> None:
    twin = tax_rate(26, country="US")
    assert set(applied(match_taxes([twin, COUNTRY], SAN_FRANCISCO, [GOODS]))) == {26}


def test_tax_1_a_rate_for_the_category_wins_over_one_for_all() -> None:
    food = tax_rate(27, country="US", tax_category=TaxCategory.FOOD, minutes=-1)
    match = match_taxes([food, COUNTRY], SAN_FRANCISCO, [GOODS, FOOD, DELIVERY])
    assert applied(match) == {27: {2}, 22: {1, 4}}


def test_tax_1_a_more_specific_place_wins_over_the_category() -> None:
    food = tax_rate(27, country="US", postal_prefix="94", tax_category=TaxCategory.FOOD)
    assert applied(match_taxes([food, CITY], SAN_FRANCISCO, [FOOD])) == {24: {2}}


def test_tax_1_the_rate_without_a_place_covers_categories_that_the_country_leaves_out() -> None:
    food = tax_rate(27, country="US", tax_category=TaxCategory.FOOD)
    match = match_taxes([food, ANYWHERE], SAN_FRANCISCO, [GOODS, FOOD])
    assert applied(match) == {27: {2}, 21: {1}}


def test_tax_1_places_are_compared_without_case_spaces_and_hyphens() -> None:
    london = tax_rate(20, country="GB", postal_prefix="sw1a")
    match = match_taxes([london], TaxLocation("gb", None, "SW 1A-2AA"), [GOODS])
    assert set(applied(match)) == {20}


@pytest.mark.parametrize(
    "location",
    [TaxLocation("US"), TaxLocation("US", "NY", "10001"), TaxLocation("MX", "CA", "94110")],
)
def test_tax_1_another_place_is_not_taxed(location: TaxLocation) -> None:
    assert match_taxes([STATE, CITY], location, [GOODS]) == NOTHING_HERE


def test_tax_2_without_a_location_placed_rates_wait_for_one() -> None:
    assert match_taxes([COUNTRY], None, [GOODS]) == UNDECIDED


def test_tax_2_without_a_location_a_rate_without_a_place_applies() -> None:
    match = match_taxes([ANYWHERE], None, [GOODS])
    assert (match.status, applied(match)) == (TaxStatus.CALCULATED, {21: {1}})


def test_tax_2_without_a_location_the_status_tells_that_another_rate_might_apply() -> None:
    match = match_taxes([ANYWHERE, COUNTRY], None, [GOODS])
    assert (match.status, applied(match)) == (TaxStatus.REQUIRES_LOCATION, {21: {1}})


def test_tax_2_a_placed_rate_for_other_categories_requires_no_location() -> None:
    food = tax_rate(27, country="US", tax_category=TaxCategory.FOOD)
    assert match_taxes([food], None, [GOODS]).status is TaxStatus.CALCULATED


def test_mod_6_a_line_with_a_taxable_modifier_is_matched_by_its_own_category() -> None:
    bread = line(3, 1000, modifiers=((10, 1, True),), taxable=False, tax_category=TaxCategory.FOOD)
    on_food = tax_rate(26, tax_category=TaxCategory.FOOD)
    match = match_taxes([on_food, ANYWHERE], SAN_FRANCISCO, [bread])
    assert applied(match) == {26: {3}}
    untaxed = line(3, 1000, modifiers=((10, 1, False), (5, 1)), taxable=False)
    assert match_taxes([ANYWHERE], SAN_FRANCISCO, [untaxed]).status is TaxStatus.NOT_REQUIRED


def test_tax_3_what_is_not_taxable_is_left_out() -> None:
    charge = ChargeDraft(uid(5), 500)
    match = match_taxes([ANYWHERE], None, [GOODS, FREE_OF_TAX, charge, DELIVERY])
    assert applied(match) == {21: {1, 4}}


def test_tax_is_not_required_without_rates_or_taxable_items() -> None:
    assert match_taxes([], SAN_FRANCISCO, [GOODS]) == NO_RATES
    assert match_taxes([COUNTRY], None, [FREE_OF_TAX]) == NOT_TAXABLE
    assert (NO_RATES.status, NOT_TAXABLE.status) == (TaxStatus.NOT_REQUIRED,) * 2


def test_tax_1_a_rate_is_active_from_its_first_moment_until_just_before_its_last() -> None:
    later = NOON + timedelta(hours=1)
    summer = tax_rate(26, country="US", active_from=NOON, active_to=later)
    for now, found in (
        (NOON - timedelta(microseconds=1), set[int]()),
        (NOON, {26}),
        (later - timedelta(microseconds=1), {26}),
        (later, set[int]()),
    ):
        assert set(applied(match_taxes([summer], SAN_FRANCISCO, [GOODS], now))) == found


def test_tax_1_a_rate_that_is_not_active_yet_hides_no_other() -> None:
    coming = tax_rate(26, country="US", minutes=9, active_from=NOON + timedelta(days=1))
    assert set(applied(match_taxes([coming, COUNTRY], SAN_FRANCISCO, [GOODS]))) == {22}


def test_tax_1_a_rate_may_be_for_several_categories() -> None:
    reduced = tax_rate(
        26, country="US", tax_categories=(TaxCategory.FOOD, TaxCategory.SERVICES), minutes=-1
    )
    match = match_taxes([reduced, COUNTRY], SAN_FRANCISCO, [GOODS, FOOD, DELIVERY])
    assert applied(match) == {26: {2, 4}, 22: {1}}
    assert (reduced.tax_category, COUNTRY.tax_category) == (None, None)


def test_tax_1_a_component_says_who_levies_what() -> None:
    match = match_taxes([ANYWHERE, STATE, CITY], SAN_FRANCISCO, [GOODS])
    assert [each.jurisdiction for each in match.components] == [
        None,
        Jurisdiction(JurisdictionLevel.STATE, "US/CA", "US", "CA"),
        Jurisdiction(JurisdictionLevel.POSTAL, "US/CA/941", "US", "CA"),
    ]
    vat = tax_rate(19, country="DE", type=TaxType.VAT)
    (component,) = match_taxes([vat], TaxLocation("DE"), [GOODS]).components
    assert component.type is TaxType.VAT
    assert component.jurisdiction == Jurisdiction(JurisdictionLevel.COUNTRY, "DE", "DE")


INCLUDED_IN_STATE = tax_rate(31, inclusive=True, country="US", region="CA")


@pytest.mark.parametrize(
    "other",
    [
        ANYWHERE,
        COUNTRY,
        CITY,
        tax_rate(32, postal_prefix="9"),
        tax_rate(33, country="US", tax_category=TaxCategory.FOOD),
    ],
)
def test_prc_40_rates_of_both_modes_collide_where_they_could_meet(other: TaxRate) -> None:
    assert modes_collide(INCLUDED_IN_STATE, other)
    assert modes_collide(other, INCLUDED_IN_STATE)


@pytest.mark.parametrize(
    "other",
    [
        tax_rate(32, inclusive=True, country="US"),
        STATE,
        ABROAD,
        tax_rate(33, country="US", region="NY", postal_prefix="1"),
    ],
)
def test_prc_40_rates_that_never_meet_do_not_collide(other: TaxRate) -> None:
    assert not modes_collide(INCLUDED_IN_STATE, other)
    assert not modes_collide(other, INCLUDED_IN_STATE)


def test_prc_40_rates_for_different_categories_do_not_collide() -> None:
    food = tax_rate(34, country="US", tax_category=TaxCategory.FOOD)
    clothes = tax_rate(
        35, inclusive=True, country="US", region="CA", tax_category=TaxCategory.CLOTHING
    )
    assert not modes_collide(food, clothes)


def test_prc_40_postal_prefixes_that_part_do_not_collide() -> None:
    city = tax_rate(36, inclusive=True, country="US", postal_prefix="100")
    assert not modes_collide(city, tax_rate(37, country="US", postal_prefix="941"))


def test_prc_40_rates_of_different_times_do_not_collide() -> None:
    before = tax_rate(38, country="US", active_to=NOON)
    after = tax_rate(39, inclusive=True, country="US", region="CA", active_from=NOON)
    assert not modes_collide(before, after)
    assert not modes_collide(after, before)
    overlapping = tax_rate(40, country="US", active_to=NOON + timedelta(seconds=1))
    assert modes_collide(overlapping, after)
    assert modes_collide(after, overlapping)
