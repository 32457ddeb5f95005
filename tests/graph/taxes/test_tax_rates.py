"""Tax rates through the graph."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from ordergraph.commerce.taxes.reads import active_rates
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db.statements import counted
from tests.world import Answer, World

CREATE = """
mutation TaxRate($input: CreateTaxRateInput!) {
  createTaxRate(input: $input) {
    taxRate { id name percent inclusive country region postalPrefix taxCategory createdAt }
    userErrors { code message field }
  }
}
"""
DELETE = """
mutation NoTaxRate($input: DeleteTaxRateInput!) {
  deleteTaxRate(input: $input) { deletedId userErrors { code message field } }
}
"""
LIST = """
query ($first: Int, $after: String) {
  taxRates(first: $first, after: $after) {
    nodes { name } pageInfo { hasNextPage endCursor } totalCount
  }
}
"""


async def create(world: World, **input: Any) -> Answer:
    return await world.graphql(CREATE, input={"name": "Sales tax", "percent": "8.99", **input})


async def names(world: World) -> list[str]:
    listed = await world.graphql(LIST)
    return [node["name"] for node in listed.payload["nodes"]]


async def test_a_rate_is_made_and_found(world: World) -> None:
    answer = await create(
        world,
        country="US",
        region="NY",
        postalPrefix="100",
        taxCategory="FOOD",
        inclusive=True,
        percent="8.9900",
    )
    assert answer.errors == []
    assert answer.codes == []
    rate = answer.payload["taxRate"]
    assert rate == {
        "id": rate["id"],
        "name": "Sales tax",
        "percent": "8.99",
        "inclusive": True,
        "country": "US",
        "region": "NY",
        "postalPrefix": "100",
        "taxCategory": "FOOD",
        "createdAt": "2026-11-21T12:00:00.000000Z",
    }
    assert rate["id"].startswith("txr_")
    found = await world.graphql(
        "query ($id: ID!) { taxRate(id: $id) { name percent }"
        " node(id: $id) { __typename ... on TaxRate { percent } } }",
        id=rate["id"],
    )
    assert found.data == {
        "taxRate": {"name": "Sales tax", "percent": "8.99"},
        "node": {"__typename": "TaxRate", "percent": "8.99"},
    }


async def test_a_rate_without_a_place_is_exclusive_and_applies_everywhere(world: World) -> None:
    rate = (await create(world)).payload["taxRate"]
    assert (rate["inclusive"], rate["country"], rate["region"]) == (False, None, None)
    assert (rate["postalPrefix"], rate["taxCategory"]) == (None, None)


async def test_zero_and_a_hundred_percent_are_rates(world: World) -> None:
    for percent in ("0", "100"):
        assert (await create(world, percent=percent)).payload["taxRate"]["percent"] == percent


@pytest.mark.parametrize(
    ("input", "code", "path"),
    [
        ({"percent": "100.0001"}, "INVALID_FIELD", "percent"),
        ({"percent": "-1"}, "INVALID_FIELD", "percent"),
        ({"percent": "8.12345"}, "PERCENT_PRECISION", "percent"),
        ({"percent": "NaN"}, "INVALID_FORMAT", "percent"),
        ({"name": "  "}, "FIELD_REQUIRED", "name"),
        ({"name": "x" * 256}, "STRING_TOO_LONG", "name"),
        ({"country": "us"}, "INVALID_FORMAT", "country"),
        ({"region": " - "}, "INVALID_FORMAT", "region"),
        ({"postalPrefix": ""}, "INVALID_FORMAT", "postalPrefix"),
    ],
)
async def test_a_rate_that_cannot_be_is_refused_and_not_made(
    world: World, input: dict[str, str], code: str, path: str
) -> None:
    answer = await create(world, **input)
    assert answer.codes == [code]
    assert answer.payload["userErrors"][0]["field"] == ["input", path]
    assert answer.payload["taxRate"] is None
    assert await names(world) == []


async def test_err_1_all_that_is_wrong_is_told_at_once(world: World) -> None:
    answer = await create(world, name="", percent="x", country="Peru")
    assert answer.codes == ["FIELD_REQUIRED", "INVALID_FORMAT", "INVALID_FORMAT"]


async def test_prc_40_a_rate_that_would_mix_the_price_modes_on_a_line_is_refused(
    world: World,
) -> None:
    await create(world, name="VAT", inclusive=True, country="DE")
    mixed = await create(world, name="Levy", country="DE", region="BY")
    assert mixed.codes == ["INVALID_FIELD"]
    assert mixed.payload["userErrors"][0]["field"] == ["input", "inclusive"]
    elsewhere = await create(world, name="Sales tax", country="US", region="NY")
    assert elsewhere.codes == []
    assert await names(world) == ["Sales tax", "VAT"]


async def test_prc_40_two_rates_made_at_once_cannot_mix_the_price_modes(world: World) -> None:
    answers = await asyncio.gather(
        *(
            create(world, inclusive=inclusive, country="DE", region=region)
            for inclusive, region in [(True, None), (False, "BY")] * 5
        )
    )
    assert all(answer.codes in ([], ["INVALID_FIELD"]) for answer in answers)
    rates = await active_rates(world.database.viewer(world.actor))
    assert len({rate.inclusive for rate in rates}) == 1


async def test_tax_6_a_deleted_rate_is_out_of_force_and_gone_from_every_answer(
    world: World,
) -> None:
    id = (await create(world)).payload["taxRate"]["id"]
    answer = await world.graphql(DELETE, input={"id": id})
    assert answer.payload == {"deletedId": id, "userErrors": []}
    assert await active_rates(world.database.viewer(world.actor)) == []
    assert await names(world) == []
    found = await world.graphql("query ($id: ID!) { taxRate(id: $id) { id } }", id=id)
    assert (found.data, found.errors) == ({"taxRate": None}, [])

    again = await world.graphql(DELETE, input={"id": id})
    assert again.codes == ["RESOURCE_NOT_FOUND"]
    assert again.payload["userErrors"][0]["field"] == ["input", "id"]
    assert again.payload["deletedId"] is None


async def test_idm_5_a_repeated_deletion_with_a_key_answers_the_same(world: World) -> None:
    id = (await create(world)).payload["taxRate"]["id"]
    for replayed in (False, True):
        answer = await world.graphql(DELETE, header="once", input={"id": id})
        assert answer.payload == {"deletedId": id, "userErrors": []}
        assert bool(answer.extensions) is replayed


async def test_env_1_another_environment_neither_sees_nor_deletes_a_rate(world: World) -> None:
    id = (await create(world)).payload["taxRate"]["id"]
    stranger = world.caller(
        ActorKind.SECRET_KEY, world.actor.scopes, environment_id=world.merchant_id
    )
    answer = await world.graphql(DELETE, caller=stranger, input={"id": id})
    assert answer.codes == ["RESOURCE_NOT_FOUND"]
    assert await active_rates(world.database.viewer(stranger)) == []
    assert await names(world) == ["Sales tax"]


async def test_id_2_the_id_of_another_kind_is_refused(world: World) -> None:
    other = "cus_01jd0000000000000000000000"
    assert (await world.graphql(DELETE, input={"id": other})).codes == ["INVALID_ID"]
    read = await world.graphql("query ($id: ID!) { taxRate(id: $id) { id } }", id=other)
    assert (read.data, read.top_codes) == ({"taxRate": None}, ["INVALID_ID"])


async def test_rates_are_paged_newest_first(world: World) -> None:
    for name in ("first", "second", "third"):
        await create(world, name=name)
        world.clock.advance(timedelta(seconds=1))
    page = (await world.graphql(LIST, first=2)).payload
    assert [node["name"] for node in page["nodes"]] == ["third", "second"]
    assert (page["pageInfo"]["hasNextPage"], page["totalCount"]) == (True, 3)
    rest = (await world.graphql(LIST, first=2, after=page["pageInfo"]["endCursor"])).payload
    assert [node["name"] for node in rest["nodes"]] == ["first"]
    assert rest["pageInfo"]["hasNextPage"] is False


async def test_all_rates_in_force_are_one_statement(world: World) -> None:
    for name in ("a", "b", "c"):
        await create(world, name=name)
    with counted() as statements:
        assert len(await active_rates(world.database.viewer(world.actor))) == 3
    assert len(statements) == 1


async def test_a_browser_may_neither_see_nor_make_rates(world: World) -> None:
    made = await world.graphql(CREATE, caller=world.browser, input={"name": "Mine", "percent": "0"})
    assert (made.data, made.top_codes) == ({"createTaxRate": None}, ["FORBIDDEN"])
    listed = await world.graphql(LIST, caller=world.browser)
    assert (listed.data, listed.top_codes) == ({"taxRates": None}, ["FORBIDDEN"])
    assert await names(world) == []
