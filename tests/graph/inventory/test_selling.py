"""What selling does to stock, from the line to the refund, as clients see it."""

from typing import Any

from tests.graph.inventory.test_adjusting import beans
from tests.world import Answer, World

CREATE = """
mutation ($input: CreateOrderInput!) {
  createOrder(input: $input) {
    order { id lineItems { id } netAmounts { total { amount currency } } }
    userErrors { code field }
  }
}
"""
PAY = """
mutation ($input: PayInput!) {
  pay(input: $input) { attempt { id status } userErrors { code } }
}
"""
REFUND = """
mutation ($input: RefundInput!) { refund(input: $input) { refund { id } userErrors { code } } }
"""
CLOSE = "mutation ($input: CloseOrderInput!) { closeOrder(input: $input) { userErrors { code } } }"
STOCK = """
query ($id: ID!) {
  productVariant(id: $id) {
    quantityOnHand quantityHeld quantityAvailable
    inventoryHolds { totalCount } inventoryAdjustments { totalCount }
  }
}
"""


async def order_of(world: World, variant: str, quantity: int) -> dict[str, Any]:
    """Make an order."""
    answer = await world.graphql(
        CREATE, input={"lineItems": [{"variantId": variant, "quantity": quantity}]}
    )
    assert answer.codes == []
    return answer.payload["order"]


async def pay(world: World, order: dict[str, Any], token: str) -> Answer:
    """Pay an order with a sandbox token."""
    return await world.graphql(
        PAY,
        input={
            "orderId": order["id"],
            "sources": [{"token": token}],
            "buyerEmail": "sarah@example.com",
            "expectedOutstanding": order["netAmounts"]["total"],
        },
    )


async def stock(world: World, variant: str) -> tuple[int, int, int, int, int]:
    """Return units on hand, held and available, and the numbers of holds and entries."""
    shown = (await world.graphql(STOCK, id=variant)).payload
    return (
        shown["quantityOnHand"],
        shown["quantityHeld"],
        shown["quantityAvailable"],
        shown["inventoryHolds"]["totalCount"],
        shown["inventoryAdjustments"]["totalCount"],
    )


async def limited(world: World, units: int) -> str:
    """Create a variant of which no more is sold than there is."""
    return await beans(world, initialQuantityAvailable=units, enforceInventoryLimit=True)


async def test_inv_8_stock_is_taken_when_the_order_is_paid_and_not_before(world: World) -> None:
    variant = await limited(world, 5)
    order = await order_of(world, variant, 2)
    assert await stock(world, variant) == (5, 0, 5, 0, 1)
    assert (await pay(world, order, "tok_visa")).codes == []
    assert await stock(world, variant) == (3, 0, 3, 0, 2)


async def test_inv_9_what_is_sold_out_is_refused_when_its_line_is_added(world: World) -> None:
    variant = await limited(world, 1)
    assert (await pay(world, await order_of(world, variant, 1), "tok_visa")).codes == []
    answer = await world.graphql(CREATE, input={"lineItems": [{"variantId": variant}]})
    assert answer.codes == ["ITEM_NOT_AVAILABLE"]


async def test_inv_9_too_little_is_refused_before_money_moves(world: World) -> None:
    variant = await limited(world, 3)
    first, second = await order_of(world, variant, 2), await order_of(world, variant, 2)
    assert (await pay(world, first, "tok_requires3ds")).codes == []
    assert await stock(world, variant) == (3, 2, 1, 1, 1)
    answer = await pay(world, second, "tok_visa")
    assert (answer.codes, answer.payload["attempt"]) == (["INVENTORY_UNAVAILABLE"], None)
    assert await stock(world, variant) == (3, 2, 1, 1, 1)


async def test_inv_9_a_payment_that_fails_lets_go_of_what_it_held(world: World) -> None:
    variant = await limited(world, 3)
    order = await order_of(world, variant, 2)
    assert (await pay(world, order, "tok_chargeDeclined")).codes == ["PAYMENT_DECLINED"]
    assert await stock(world, variant) == (3, 0, 3, 0, 1)


async def test_inv_15_refunded_lines_go_back_on_the_shelf_unless_they_are_told_not_to(
    world: World,
) -> None:
    variant = await limited(world, 5)
    order = await order_of(world, variant, 3)
    await pay(world, order, "tok_visa")
    line = order["lineItems"][0]["id"]
    one = {"orderId": order["id"], "lineItems": [{"lineItemId": line, "quantity": 1}]}
    assert (await world.graphql(REFUND, input=one)).codes == []
    assert await stock(world, variant) == (3, 0, 3, 0, 3)
    assert (await world.graphql(REFUND, input={**one, "restock": False})).codes == []
    assert await stock(world, variant) == (3, 0, 3, 0, 3)


async def test_inv_16_closing_an_unpaid_order_changes_no_stock(world: World) -> None:
    variant = await limited(world, 5)
    order = await order_of(world, variant, 2)
    assert (await world.graphql(CLOSE, input={"orderId": order["id"]})).codes == []
    assert await stock(world, variant) == (5, 0, 5, 0, 1)


async def test_inv_17_an_order_that_is_not_paid_in_full_has_taken_no_stock(world: World) -> None:
    variant = await limited(world, 5)
    order = await order_of(world, variant, 2)
    assert (await pay(world, order, "tok_processing")).codes == []
    assert await stock(world, variant) == (5, 2, 3, 1, 1)
