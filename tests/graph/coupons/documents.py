"""The documents of coupons as clients send them, and short ways to send them."""

from typing import Any

from tests.world import Answer, World

CREATE = """
mutation Coupon($input: CreateCouponInput!) {
  createCoupon(input: $input) {
    coupon {
      id name description code percentOff amountOff { amount currency } maxUses usesCount
      maxUsesPerCustomer startsAt expiresAt minimumPurchase { amount currency }
      limitToItems { id __typename } firstOrderOnly stackable status metadata version
      createdAt updatedAt
    }
    userErrors { code message field }
  }
}
"""
UPDATE = """
mutation Change($input: UpdateCouponInput!) {
  updateCoupon(input: $input) {
    coupon {
      id name description code percentOff amountOff { amount currency } maxUses usesCount
      maxUsesPerCustomer startsAt expiresAt minimumPurchase { amount currency }
      limitToItems { id __typename } firstOrderOnly stackable status metadata version
      createdAt updatedAt
    }
    userErrors { code message field ... on VersionError { currentVersion } }
  }
}
"""
DELETE = """
mutation Gone($input: DeleteCouponInput!) {
  deleteCoupon(input: $input) { deletedId userErrors { code message field } }
}
"""
LIST = """
query Coupons($first: Int, $after: String, $filter: CouponFilter, $sort: CouponSort) {
  coupons(first: $first, after: $after, filter: $filter, sort: $sort) {
    nodes { name status } pageInfo { hasNextPage endCursor } totalCount
  }
}
"""
PRODUCT = """
mutation Product($input: CreateProductInput!) {
  createProduct(input: $input) {
    product { id defaultVariant { id } } userErrors { code message field }
  }
}
"""


async def create(world: World, **input: Any) -> Answer:
    """Make a coupon of 20 percent off, unless `input` says otherwise."""
    value = {} if "amountOff" in input else {"percentOff": "20"}
    return await world.graphql(CREATE, input={"name": "Spring", **value, **input})


async def coupon(world: World, **input: Any) -> Any:
    """Make a coupon and return it."""
    answer = await create(world, **input)
    assert (answer.errors, answer.codes) == ([], [])
    return answer.payload["coupon"]


async def change(world: World, id: str, **input: Any) -> Answer:
    """Change a coupon."""
    return await world.graphql(UPDATE, input={"id": id, **input})


async def delete(world: World, id: str) -> Answer:
    """Delete a coupon."""
    return await world.graphql(DELETE, input={"id": id})


async def names(world: World, **variables: Any) -> list[str]:
    """List the names of coupons."""
    answer = await world.graphql(LIST, **variables)
    assert answer.errors == []
    return [node["name"] for node in answer.payload["nodes"]]


async def product(world: World) -> tuple[str, str]:
    """Make a product; return its id and that of its only variant."""
    price = {"amount": 1999, "currency": "USD"}
    answer = await world.graphql(
        PRODUCT,
        input={
            "name": "Coffee",
            "productType": "PHYSICAL",
            "defaultVariant": {"unitPrice": price},
        },
    )
    assert (answer.errors, answer.codes) == ([], [])
    made = answer.payload["product"]
    return made["id"], made["defaultVariant"]["id"]
