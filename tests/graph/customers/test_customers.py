"""Customers through the graph."""

from tests.world import World

CREATE = """
mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) {
    customer { id email name } userErrors { code message field }
  }
}
"""


async def test_a_customer_is_registered_and_found_by_id_and_by_email(world: World) -> None:
    answer = await world.graphql(CREATE, input={"email": "Sarah@example.com", "name": "Sarah"})
    assert answer.codes == []
    customer = answer.payload["customer"]
    assert customer["email"] == "Sarah@example.com"

    found = await world.graphql(
        "query ($id: ID!) { customer(id: $id) { email }"
        ' customerByEmail(email: "sarah@EXAMPLE.com") { id } node(id: $id) { id __typename } }',
        id=customer["id"],
    )
    assert found.errors == []
    assert found.data == {
        "customer": {"email": "Sarah@example.com"},
        "customerByEmail": {"id": customer["id"]},
        "node": {"id": customer["id"], "__typename": "Customer"},
    }


async def test_an_email_in_use_is_refused_whatever_its_case(world: World) -> None:
    await world.graphql(CREATE, input={"email": "sarah@example.com"})
    answer = await world.graphql(CREATE, input={"email": "SARAH@example.com"})
    assert answer.codes == ["EMAIL_ALREADY_USED"]
    assert answer.payload["userErrors"][0]["field"] == ["input", "email"]
    assert answer.payload["customer"] is None


async def test_idm_5_a_repeated_key_answers_the_same_customer(world: World) -> None:
    first = await world.graphql(CREATE, header="key-1", input={"email": "a@example.com"})
    again = await world.graphql(CREATE, header="key-1", input={"email": "a@example.com"})
    assert again.payload["customer"] == first.payload["customer"]
    assert again.extensions == {"idempotency": {"replayed": True}}

    other = await world.graphql(CREATE, header="key-1", input={"email": "b@example.com"})
    assert other.codes == ["IDEMPOTENCY_KEY_REUSED"]


async def test_lists_are_paged_by_sealed_cursors(world: World) -> None:
    for letter in "cab":
        await world.graphql(CREATE, input={"email": f"{letter}@example.com"})
    page = """
    query ($after: String, $direction: SortDirection!) {
      customers(first: 2, after: $after, sort: {field: EMAIL, direction: $direction}) {
        nodes { email } pageInfo { hasNextPage endCursor } totalCount
      }
    }
    """
    first = (await world.graphql(page, direction="ASC")).payload
    assert [node["email"] for node in first["nodes"]] == ["a@example.com", "b@example.com"]
    assert first["pageInfo"]["hasNextPage"] is True
    assert first["totalCount"] == 3
    cursor = first["pageInfo"]["endCursor"]
    second = (await world.graphql(page, direction="ASC", after=cursor)).payload
    assert [node["email"] for node in second["nodes"]] == ["c@example.com"]
    assert second["pageInfo"]["hasNextPage"] is False
    wrong = await world.graphql(page, direction="DESC", after=cursor)
    assert wrong.top_codes == ["INVALID_CURSOR"]
    assert wrong.data == {"customers": None}


async def test_a_browser_may_not_see_customers(world: World) -> None:
    answer = await world.graphql(
        '{ customerByEmail(email: "a@example.com") { id } }', caller=world.browser
    )
    assert answer.data == {"customerByEmail": None}
    assert answer.top_codes == ["FORBIDDEN"]
