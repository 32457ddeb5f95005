"""Orders as they are taxed in some countries, worked out by hand, rounded per order and per line.

Where the two differ by a unit, that is the difference between rounding a sum and summing what was
rounded: each is right for the shop that chose it, and none is ever mixed with the other.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from ordergraph.commerce.orders.picking import WantedLine
from ordergraph.core.addresses import Address
from ordergraph.core.drafts import TaxCategory, TaxRounding
from ordergraph.core.money import Money
from tests.commerce.orders.counter import Counter
from tests.commerce.orders.test_taxing import assert_adds_up, levied, rate, setting

FOOD = TaxCategory.FOOD
GENERAL = TaxCategory.GENERAL


@dataclass(frozen=True)
class Country:
    """Where, in what, by which rates, what is sold; what comes of it per order and per line.

    `taxes` are the amounts of the rates in their order, `total` what is to be paid.
    """

    name: str
    currency: str
    home: Address
    rates: tuple[dict[str, Any], ...]
    prices: tuple[tuple[int, TaxCategory], ...]
    taxes: dict[TaxRounding, dict[str, int]]
    total: dict[TaxRounding, int]


COUNTRIES = [
    Country(
        "a state and a county of the US",
        "USD",
        Address("1 State St", "Chicago", "60601-2345", "US", region="IL"),
        (
            {"name": "State", "percent": "6.25", "country": "US", "region": "IL"},
            {
                "name": "State, food",
                "percent": "1",
                "country": "US",
                "region": "IL",
                "tax_categories": (FOOD,),
            },
            {
                "name": "County",
                "percent": "1.75",
                "country": "US",
                "region": "IL",
                "postal_prefix": "606",
                "tax_categories": (GENERAL,),
            },
        ),
        ((1049, GENERAL), (1057, GENERAL), (449, FOOD)),
        # 131.625 and 36.855 of 2106; 65.5625 + 66.0625 and 18.3575 + 18.4975; 4.49
        {
            TaxRounding.ORDER: {"State": 132, "State, food": 4, "County": 37},
            TaxRounding.LINE: {"State": 132, "State, food": 4, "County": 36},
        },
        {TaxRounding.ORDER: 2728, TaxRounding.LINE: 2727},
    ),
    Country(
        "GST and PST of Canada",
        "CAD",
        Address("1 Main St", "Victoria", "V8V 1A1", "CA", region="BC"),
        (
            {"name": "GST", "percent": "5", "country": "CA"},
            {"name": "PST", "percent": "7", "country": "CA", "region": "BC"},
        ),
        ((1010, GENERAL), (1010, GENERAL)),
        # 101 and 141.4 of 2020; 2 x 50.5 and 2 x 70.7
        {
            TaxRounding.ORDER: {"GST": 101, "PST": 141},
            TaxRounding.LINE: {"GST": 102, "PST": 142},
        },
        {TaxRounding.ORDER: 2262, TaxRounding.LINE: 2264},
    ),
    Country(
        "both rates of Germany, inside the prices",
        "EUR",
        Address("Platz 1", "Berlin", "10117", "DE"),
        (
            {"name": "MwSt", "percent": "19", "country": "DE", "inclusive": True},
            {
                "name": "MwSt, food",
                "percent": "7",
                "country": "DE",
                "inclusive": True,
                "tax_categories": (FOOD,),
            },
        ),
        ((1990, GENERAL), (1990, GENERAL), (349, FOOD), (349, FOOD)),
        # 635.46 of 3980 and 45.66 of 698; 2 x 317.73 and 2 x 22.83
        {
            TaxRounding.ORDER: {"MwSt": 635, "MwSt, food": 46},
            TaxRounding.LINE: {"MwSt": 636, "MwSt, food": 46},
        },
        {TaxRounding.ORDER: 4678, TaxRounding.LINE: 4678},
    ),
    Country(
        "both rates of Japan, in a currency without decimals",
        "JPY",
        Address("1-1", "Tokyo", "100-0001", "JP"),
        (
            {"name": "Shohizei", "percent": "10", "country": "JP"},
            {
                "name": "Shohizei, food",
                "percent": "8",
                "country": "JP",
                "tax_categories": (FOOD,),
            },
        ),
        ((155, GENERAL), (155, GENERAL), (128, FOOD)),
        # 31 of 310 and 10.24 of 128; 2 x 15.5
        {
            TaxRounding.ORDER: {"Shohizei": 31, "Shohizei, food": 10},
            TaxRounding.LINE: {"Shohizei": 32, "Shohizei, food": 10},
        },
        {TaxRounding.ORDER: 479, TaxRounding.LINE: 480},
    ),
    Country(
        "a tax of Kuwait, in a currency of three decimals",
        "KWD",
        Address("Street 1", "Kuwait City", "13001", "KW"),
        ({"name": "VAT", "percent": "5", "country": "KW"},),
        ((1250, GENERAL), (990, GENERAL), (2335, GENERAL)),
        # 228.75 of 4575; 62.5 + 49.5 + 116.75
        {TaxRounding.ORDER: {"VAT": 229}, TaxRounding.LINE: {"VAT": 230}},
        {TaxRounding.ORDER: 4804, TaxRounding.LINE: 4805},
    ),
]


@pytest.mark.parametrize("rounding", TaxRounding)
@pytest.mark.parametrize("country", COUNTRIES, ids=lambda country: country.name)
async def test_prc_31_bug_30_taxes_by_country_are_rounded_as_the_shop_chose(
    counter: Counter, country: Country, rounding: TaxRounding
) -> None:
    await setting(counter, tax_rounding=rounding)
    for each in country.rates:
        await rate(counter, **each)
    order = await counter.order(
        *(
            WantedLine(
                name=f"Line {number}",
                unit_price=Money(minor, country.currency),
                tax_category=category,
            )
            for number, (minor, category) in enumerate(country.prices)
        ),
        shipping_address=country.home,
    )
    assert order.tax_rounding is rounding
    assert {name: tax for name, (_, tax) in levied(order).items()} == country.taxes[rounding]
    assert order.total_minor == country.total[rounding]
    await assert_adds_up(counter, order)
    paid = (await counter.pay(order)).order
    assert paid.paid_minor == country.total[rounding]
