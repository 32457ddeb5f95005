"""What a customer may be made of, and how customers are searched."""

from typing import Any

import pytest

from ordergraph.runtime.actor import ActorKind
from tests.world import Answer, World

CREATE = """
mutation Customer($input: CreateCustomerInput!) {
  createCustomer(input: $input) {
    customer {
      id email name phone externalReferenceId taxExempt metadata version createdAt updatedAt
      shippingAddress { name line1 line2 city region postalCode country }
      billingAddress { country }
    }
    userErrors { code message field }
  }
}
"""
SEARCH = """
query ($query: String) {
  customers(filter: {query: $query}, sort: {field: EMAIL, direction: ASC}) {
    nodes { email } totalCount totalCountIsExact
  }
}
"""
ADDRESS = {"line1": "1 Main St", "city": "Albany", "postalCode": "12207", "country": "US"}


async def create(world: World, **input: Any) -> Answer:
    return await world.graphql(CREATE, input={"email": "sarah@example.com", **input})


async def found(world: World, query: str | None = None) -> list[str]:
    answer = await world.graphql(SEARCH, query=query)
    return [node["email"] for node in answer.payload["nodes"]]


async def test_a_customer_has_all_that_was_sent(world: World) -> None:
    answer = await create(
        world,
        name="  Sarah Connor ",
        phone="+12025550100",
        externalReferenceId="crm-7",
        taxExempt=True,
        metadata={"tier": "gold"},
        shippingAddress={**ADDRESS, "name": "S. Connor", "line2": "Apt 2", "region": "NY"},
        billingAddress=ADDRESS,
    )
    assert answer.errors == []
    customer = answer.payload["customer"]
    assert customer.pop("id").startswith("cus_")
    assert customer == {
        "email": "sarah@example.com",
        "name": "Sarah Connor",
        "phone": "+12025550100",
        "externalReferenceId": "crm-7",
        "taxExempt": True,
        "metadata": {"tier": "gold"},
        "version": 1,
        "createdAt": "2026-11-21T12:00:00.000000Z",
        "updatedAt": "2026-11-21T12:00:00.000000Z",
        "shippingAddress": {
            "name": "S. Connor",
            "line1": "1 Main St",
            "line2": "Apt 2",
            "city": "Albany",
            "region": "NY",
            "postalCode": "12207",
            "country": "US",
        },
        "billingAddress": {"country": "US"},
    }


@pytest.mark.parametrize(
    ("input", "code", "path"),
    [
        ({"email": ""}, "INVALID_FORMAT", ["email"]),
        ({"email": "no-at-sign"}, "INVALID_FORMAT", ["email"]),
        ({"email": "two@at@signs"}, "INVALID_FORMAT", ["email"]),
        ({"email": "x" * 250 + "@y.io"}, "INVALID_FORMAT", ["email"]),
        ({"name": "x" * 256}, "STRING_TOO_LONG", ["name"]),
        ({"phone": "5550100"}, "INVALID_FORMAT", ["phone"]),
        ({"phone": "+1 202 555 0100"}, "INVALID_FORMAT", ["phone"]),
        ({"phone": "+999123456789"}, "INVALID_FORMAT", ["phone"]),
        ({"phone": "+120255501001234"}, "INVALID_FORMAT", ["phone"]),
        ({"externalReferenceId": " "}, "FIELD_REQUIRED", ["externalReferenceId"]),
        (
            {"metadata": {f"key{n}": "x" for n in range(51)}},
            "METADATA_LIMIT_EXCEEDED",
            ["metadata"],
        ),
        ({"metadata": {"tier": 7}}, "METADATA_LIMIT_EXCEEDED", ["metadata", "tier"]),
        (
            {"shippingAddress": {**ADDRESS, "country": "USA"}},
            "INVALID_FORMAT",
            ["shippingAddress", "country"],
        ),
        (
            {"billingAddress": {**ADDRESS, "line1": " "}},
            "FIELD_REQUIRED",
            ["billingAddress", "line1"],
        ),
    ],
)
async def test_a_customer_beyond_the_limits_is_refused_and_not_made(
    world: World, input: dict[str, Any], code: str, path: list[str]
) -> None:
    answer = await create(world, **input)
    assert answer.codes == [code]
    assert answer.payload["userErrors"][0]["field"] == ["input", *path]
    assert answer.payload["customer"] is None
    assert await found(world) == []


async def test_the_longest_values_are_taken(world: World) -> None:
    email = "x" * 249 + "@y.io"
    answer = await create(
        world,
        email=email,
        name="x" * 255,
        phone="+4915112345678",
        metadata={f"key{n}": "x" * 500 for n in range(50)},
    )
    assert answer.codes == []
    assert await found(world) == [email]


async def test_err_1_all_that_is_wrong_is_told_at_once(world: World) -> None:
    answer = await create(world, email="x", phone="y", metadata={"": "z"})
    assert answer.codes == ["INVALID_FORMAT", "INVALID_FORMAT", "METADATA_LIMIT_EXCEEDED"]


async def test_a_search_finds_a_part_of_the_address_or_name_whatever_its_case(
    world: World,
) -> None:
    await create(world, email="Anna@example.com", name="Anna Schmidt")
    await create(world, email="bob@example.com", name="Bob 100% Smith")
    await create(world, email="carl_x@example.com")
    assert await found(world, " ANNA ") == ["Anna@example.com"]
    assert await found(world, "sm") == ["bob@example.com"]
    assert await found(world, "0%") == ["bob@example.com"]
    assert await found(world, "l_x") == ["carl_x@example.com"]
    assert await found(world, "%") == ["bob@example.com"]
    assert await found(world, "  ") == [
        "Anna@example.com",
        "bob@example.com",
        "carl_x@example.com",
    ]


async def test_pag_6_a_search_of_more_than_200_characters_is_refused(world: World) -> None:
    answer = await world.graphql(SEARCH, query="x" * 201)
    assert (answer.data, answer.top_codes) == ({"customers": None}, ["STRING_TOO_LONG"])


async def test_addresses_beyond_ascii_are_compared_and_sorted_by_their_lower_case(
    world: World,
) -> None:
    await create(world, email="ÄRA@example.com")
    assert (await create(world, email="ära@example.com")).codes == ["EMAIL_ALREADY_USED"]
    answer = await world.graphql('{ customerByEmail(email: " ÄRA@EXAMPLE.COM ") { email } }')
    assert answer.data == {"customerByEmail": {"email": "ÄRA@example.com"}}


@pytest.mark.parametrize("first", [0, 101, -1])
async def test_pag_1_a_page_outside_1_to_100_is_refused(world: World, first: int) -> None:
    answer = await world.graphql(
        "query ($first: Int) { customers(first: $first) { nodes { id } } }", first=first
    )
    assert (answer.data, answer.top_codes) == ({"customers": None}, ["INVALID_PAGE_SIZE"])


async def test_env_1_another_environment_may_use_the_address_and_sees_nobody(
    world: World,
) -> None:
    mine = (await create(world)).payload["customer"]["id"]
    stranger = world.caller(
        ActorKind.SECRET_KEY, world.actor.scopes, environment_id=world.merchant_id
    )
    seen = await world.graphql(
        "query ($id: ID!) { customer(id: $id) { id } customers { totalCount } }",
        caller=stranger,
        id=mine,
    )
    assert (seen.data, seen.errors) == ({"customer": None, "customers": {"totalCount": 0}}, [])
    answer = await world.graphql(CREATE, caller=stranger, input={"email": "sarah@example.com"})
    assert answer.codes == []
