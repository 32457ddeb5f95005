"""The taxes of orders through the graph: what is shown of them, and overriding them."""

from typing import Any

from ordergraph.runtime.db.statements import counted
from tests.commerce.orders.counter import Counter, ad_hoc
from tests.graph.orders.test_orders import money
from tests.world import World

TAXES = """
fragment Taxes on Order { id version
  tax { mode status taxabilityReason failureReason exempt exemptOverride rounding
    location { source country region postalCode }
    breakdowns { id name type percent inclusive
      jurisdiction { code name level country region } taxable { amount } tax { amount }
      allocations { lineItem { name } charge { name } taxable { amount } tax { amount } } } }
  lineItems { name tax { amount } taxBreakdowns { breakdown { name } tax { amount } } }
  charges { name tax { amount } taxBreakdowns { breakdown { name } taxable { amount } } } }
"""
RATE = """mutation($input: CreateTaxRateInput!) { createTaxRate(input: $input) {
  taxRate { name type taxCategory taxCategories activeFrom activeTo jurisdiction { code level } }
  userErrors { code field } } }"""
CREATE = (
    TAXES
    + """mutation($input: CreateOrderInput!) { createOrder(input: $input) {
  order { ...Taxes } userErrors { code field } } }"""
)
CHARGE = """mutation($input: AddChargeInput!) { addCharge(input: $input) {
  order { id } userErrors { code field } } }"""
OVERRIDE = (
    TAXES
    + """mutation($input: UpdateOrderTaxInput!) { updateOrderTax(input: $input) {
  order { ...Taxes } userErrors { code field } } }"""
)
ORDER = TAXES + "query($id: ID!) { order(id: $id) { ...Taxes } }"
ADDRESS = {
    "line1": "1 Main St",
    "city": "Albany",
    "postalCode": "12207",
    "country": "US",
    "region": "NY",
}


async def order_of(world: World, *names: str, **more: Any) -> Any:
    lines = [{"name": name, "unitPrice": money(1000)} for name in names]
    input = {"lineItems": lines, "shippingAddress": ADDRESS, **more}
    return (await world.graphql(CREATE, input=input)).payload["order"]


async def test_tax_1_a_rate_says_for_what_and_when_it_is(world: World) -> None:
    made = await world.graphql(
        RATE,
        input={
            "name": "GST",
            "percent": "5",
            "type": "GST",
            "country": "CA",
            "region": "BC",
            "taxCategories": ["FOOD", "CLOTHING", "FOOD"],
            "activeFrom": "2026-01-01T00:00:00Z",
            "activeTo": "2027-01-01T00:00:00+01:00",
        },
    )
    assert made.payload["taxRate"] == {
        "name": "GST",
        "type": "GST",
        "taxCategory": None,
        "taxCategories": ["FOOD", "CLOTHING"],
        "activeFrom": "2026-01-01T00:00:00.000000Z",
        "activeTo": "2026-12-31T23:00:00.000000Z",
        "jurisdiction": {"code": "CA/BC", "level": "STATE"},
    }
    for input, code, path in (
        ({"taxCategory": "FOOD", "taxCategories": ["FOOD"]}, "CONFLICTING_FIELDS", "taxCategories"),
        (
            {"activeFrom": "2026-01-01T00:00:00Z", "activeTo": "2026-01-01T00:00:00Z"},
            "INVALID_DATE_RANGE",
            "activeTo",
        ),
        ({"activeFrom": "yesterday"}, "INVALID_FORMAT", "activeFrom"),
    ):
        refused = await world.graphql(RATE, input={"name": "Tax", "percent": "1", **input})
        assert (refused.codes, refused.paths) == ([code], [["input", path]])


async def test_prc_34_a_compound_rate_is_refused_as_a_document(world: World) -> None:
    sent = await world.graphql(RATE, input={"name": "PST", "percent": "7", "compound": True})
    assert sent.data is None
    assert "compound" in str(sent.errors[0])


async def test_tax_1_an_order_shows_its_taxes_by_rate_and_by_line(world: World) -> None:
    await world.graphql(
        RATE, input={"name": "State", "percent": "4", "country": "US", "region": "NY"}
    )
    order = await order_of(world, "Wrap", "Card")
    shipping = {"type": "SHIPPING", "name": "Mail", "amount": money(500), "taxable": True}
    await world.graphql(CHARGE, input={"orderId": order["id"], **shipping})
    with counted() as statements:
        shown = (await world.graphql(ORDER, id=order["id"])).payload
    assert len(statements) == 2
    breakdown = shown["tax"]["breakdowns"][0]
    assert breakdown["id"].startswith("txb_")
    assert shown == {
        "id": order["id"],
        "version": 2,
        "tax": {
            "mode": "AUTOMATIC",
            "status": "CALCULATED",
            "taxabilityReason": "STANDARD_RATED",
            "failureReason": None,
            "exempt": False,
            "exemptOverride": None,
            "rounding": "ORDER",
            "location": {
                "source": "SHIPPING",
                "country": "US",
                "region": "NY",
                "postalCode": "12207",
            },
            "breakdowns": [
                {
                    "id": breakdown["id"],
                    "name": "State",
                    "type": "SALES_TAX",
                    "percent": "4",
                    "inclusive": False,
                    "jurisdiction": {
                        "code": "US/NY",
                        "name": None,
                        "level": "STATE",
                        "country": "US",
                        "region": "NY",
                    },
                    "taxable": {"amount": 2500},
                    "tax": {"amount": 100},
                    "allocations": [
                        allocation("Wrap", None, 1000, 40),
                        allocation("Card", None, 1000, 40),
                        allocation(None, "Mail", 500, 20),
                    ],
                }
            ],
        },
        "lineItems": [
            {
                "name": name,
                "tax": {"amount": 40},
                "taxBreakdowns": [{"breakdown": {"name": "State"}, "tax": {"amount": 40}}],
            }
            for name in ("Wrap", "Card")
        ],
        "charges": [
            {
                "name": "Mail",
                "tax": {"amount": 20},
                "taxBreakdowns": [{"breakdown": {"name": "State"}, "taxable": {"amount": 500}}],
            }
        ],
    }


def allocation(line: str | None, charge: str | None, taxable: int, tax: int) -> dict[str, Any]:
    return {
        "lineItem": line and {"name": line},
        "charge": charge and {"name": charge},
        "taxable": {"amount": taxable},
        "tax": {"amount": tax},
    }


async def test_tax_4_a_merchant_supplies_the_taxes_of_an_order_and_takes_them_back(
    world: World,
) -> None:
    order = await order_of(world, "Wrap")
    county = {"code": "36001", "level": "COUNTY", "name": "Albany County", "country": "US"}
    supplied = await world.graphql(
        OVERRIDE,
        input={
            "orderId": order["id"],
            "components": [
                {"name": "County", "percent": "4", "tax": money(41), "jurisdiction": county},
                {"name": "Fee", "flatAmount": money(28), "type": "RETAIL_DELIVERY_FEE"},
            ],
        },
    )
    assert supplied.codes == []
    tax = supplied.payload["order"]["tax"]
    assert (tax["mode"], tax["status"]) == ("EXTERNAL", "CALCULATED")
    assert [(each["name"], each["tax"]["amount"]) for each in tax["breakdowns"]] == [
        ("County", 41),
        ("Fee", 28),
    ]
    assert tax["breakdowns"][0]["jurisdiction"] == {**county, "region": None}
    off = await world.graphql(OVERRIDE, input={"orderId": order["id"], "components": None})
    tax = off.payload["order"]["tax"]
    assert (tax["mode"], tax["status"], tax["breakdowns"]) == ("AUTOMATIC", "NOT_REQUIRED", [])


async def test_tax_4_a_stated_tax_that_cannot_be_is_refused_where_it_stands(world: World) -> None:
    order = await order_of(world, "Wrap")
    wrong = {"name": "Tax", "percent": "4", "tax": money(42)}
    input = {"orderId": order["id"], "components": [{"name": "Fine", "percent": "1"}, wrong]}
    refused = await world.graphql(OVERRIDE, input=input)
    assert refused.codes == ["TAX_OVERRIDE_MISMATCH"]
    assert refused.paths == [["input", "components", "1", "tax"]]
    assert refused.payload["order"] is None
    nothing = await world.graphql(OVERRIDE, input={"orderId": order["id"]})
    assert nothing.codes == ["NO_FIELDS_TO_UPDATE"]
    assert (await world.graphql(ORDER, id=order["id"])).payload["version"] == 1


async def test_tax_3_only_a_merchant_exempts_an_order(world: World) -> None:
    counter = Counter(world)
    await counter.tax("10")
    order = await order_of(world, "Wrap")
    exempted = (
        await world.graphql(OVERRIDE, input={"orderId": order["id"], "exempt": True})
    ).payload["order"]["tax"]
    assert (exempted["status"], exempted["taxabilityReason"]) == ("EXEMPT", "CUSTOMER_EXEMPT")
    assert (exempted["exempt"], exempted["exemptOverride"]) == (True, True)
    mine = await counter.order(ad_hoc(1000))
    buyer = counter.buyer_of(mine)
    denied = await world.graphql(
        OVERRIDE, caller=buyer, input={"orderId": order["id"], "exempt": True}
    )
    assert denied.top_codes == ["FORBIDDEN"]
    assert (await counter.reload(mine)).tax_minor == 100


async def test_tax_2_settings_say_where_and_whether_orders_are_taxed(world: World) -> None:
    fields = (
        "taxRounding taxEnabled taxOnAdHocLines taxFallbackToMerchantAddress requireTaxLocation"
        " trustExternalTaxAmounts merchantAddress { country region postalCode }"
    )
    ask = f"{{ settings {{ {fields} }} }}"
    change = f"""mutation($input: UpdateSettingsInput!) {{ updateSettings(input: $input) {{
      settings {{ {fields} }} userErrors {{ code field }} }} }}"""
    assert (await world.graphql(ask)).payload == {
        "taxRounding": "ORDER",
        "taxEnabled": True,
        "taxOnAdHocLines": True,
        "taxFallbackToMerchantAddress": True,
        "requireTaxLocation": False,
        "trustExternalTaxAmounts": False,
        "merchantAddress": None,
    }
    wanted = {
        "taxRounding": "LINE",
        "taxEnabled": False,
        "taxOnAdHocLines": False,
        "taxFallbackToMerchantAddress": False,
        "requireTaxLocation": True,
        "trustExternalTaxAmounts": True,
    }
    changed = await world.graphql(change, input={**wanted, "merchantAddress": ADDRESS})
    there = {"country": "US", "region": "NY", "postalCode": "12207"}
    assert changed.payload["settings"] == {**wanted, "merchantAddress": there}
    assert (await world.graphql(ask)).payload == changed.payload["settings"]
    nowhere = {**ADDRESS, "country": "us"}
    refused = await world.graphql(change, input={"merchantAddress": nowhere})
    assert refused.paths == [["input", "merchantAddress", "country"]]
    cleared = await world.graphql(change, input={"merchantAddress": None})
    assert cleared.payload["settings"]["merchantAddress"] is None
