"""A shop with something of everything, and the ids and words to ask it with."""

from dataclasses import dataclass, field
from typing import Any

from ordergraph.core.ids import Prefix, decode
from ordergraph.core.scopes import BUYER_SCOPES
from ordergraph.runtime.actor import Actor, ActorKind
from tests.graph.catalog.products import coffee, create, shirt
from tests.graph.orders import documents as send
from tests.world import World

EVERYTHING = """
{
  products(first: 100) { nodes { id variants { id inventoryAdjustments(first: 5) { nodes { id } } }
    } edges { cursor } }
  orders(first: 100, filter: {placed: null}) { nodes { id number lineItems { id } payments { id }
    paymentAttempts { id } refunds { id } } edges { cursor } }
  coupons(first: 100) { nodes { id } edges { cursor } }
  customers(first: 100) { nodes { id } edges { cursor } }
  taxRates(first: 100) { nodes { id } edges { cursor } }
}
"""


@dataclass
class Shop:
    """What can be asked for, and by whom."""

    world: World
    callers: dict[str, Actor] = field(default_factory=dict[str, Actor])
    ids: list[str] = field(default_factory=list[str])
    words: list[str] = field(
        default_factory=lambda: [
            "SPRING20",
            "sarah@example.com",
            "SKU-1999",
            "Shirt",
            "",
            "x" * 300,
        ]
    )
    instants: list[str] = field(
        default_factory=lambda: ["2026-01-01T00:00:00Z", "2027-01-01T00:00:00+02:00", "yesterday"]
    )
    replays: list[tuple[str, dict[str, Any]]] = field(default_factory=list[Any])
    """Mutations that were done already, with the keys they were done with."""

    def gather(self, found: Any) -> None:
        """Take every id, number and cursor of an answer."""
        if isinstance(found, dict):
            for name, value in found.items():
                if name == "id":
                    self.ids.append(value)
                elif name in ("cursor", "number") and value is not None:
                    self.words.append(value)
                else:
                    self.gather(value)
        elif isinstance(found, list):
            for each in found:
                self.gather(each)


async def furnish(world: World) -> Shop:
    """Fill a world by the documents that clients send, as far as they are answered."""
    shop = Shop(world)
    variants = await _fill_shelf(world)
    await _do(world, send.CREATE_TAX_RATE, name="Sales tax", percent="8.99")
    await _do(world, send.CREATE_TAX_RATE, name="VAT", percent="20", inclusive=True, country="GB")
    await _do(world, send.CREATE_COUPON, name="Spring", code="SPRING20", percentOff="20")
    five = {"amount": 500, "currency": "USD"}
    await _do(world, send.CREATE_COUPON, name="Five", code="FIVE", amountOff=five, stackable=True)
    customer = await _do(world, send.CREATE_CUSTOMER, email="sarah@example.com", name="Sarah")
    orders = [await _order(world, variants) for _ in range(5)]
    for order in orders[:3]:
        await _do(world, send.APPLY, orderId=order, code="SPRING20")
    await _do(world, send.TIP, orderId=orders[0], amount=five)
    await _do(world, send.UPDATE, orderId=orders[0], customerId=customer["customer"]["id"])
    await _do(world, send.UPDATE, orderId=orders[1], buyerEmail="sarah@example.com")
    for number, token in enumerate(("tok_visa", "tok_visa", "tok_requires3ds", "tok_expiredCard")):
        await _keyed(shop, send.PAY, orderId=orders[number], sources=[{"token": token}])
    await _keyed(shop, send.REFUND, orderId=orders[0], amount=five)
    await _keyed(shop, send.REFUND, orderId=orders[4], amount=five)
    cart = await world.graphql(
        send.CREATE_ORDER, caller=world.browser, input={"lineItems": [_line(variants[0])]}
    )
    everything = await world.graphql(EVERYTHING)
    assert everything.errors == []
    shop.gather(everything.data)
    _invite(shop, cart.payload["order"]["id"])
    shop.ids += [
        cart.payload["order"]["id"],
        "ord_00000000000000000000000000",
        "prod_x",
        "nonsense",
    ]
    return shop


async def _fill_shelf(world: World) -> list[str]:
    stocked = {"sku": "SKU-1999", "initialQuantityAvailable": 9, "enforceInventoryLimit": True}
    beans = await create(world, coffee(**stocked))
    await create(world, {**coffee(sku="SKU-2"), "name": "Tea", "description": "Leaves"})
    shirts = await create(
        world, shirt({"size": "S", "sku": "SHIRT-S"}, {"size": "L", "initialQuantityAvailable": 0})
    )
    return [beans["defaultVariant"]["id"], *(each["id"] for each in shirts["variants"])]


async def _order(world: World, variants: list[str]) -> str:
    wrap = {"name": "Wrap", "quantity": 2, "unitPrice": {"amount": 300, "currency": "USD"}}
    made = await _do(world, send.CREATE_ORDER, lineItems=[_line(variants[0]), wrap])
    return made["order"]["id"]


def _line(variant: str) -> dict[str, Any]:
    return {"variantId": variant, "quantity": 1}


async def _do(world: World, document: str, **input: Any) -> Any:
    answer = await world.graphql(document, input=input)
    assert answer.codes == [], answer.payload
    return answer.payload


async def _keyed(shop: Shop, document: str, **input: Any) -> None:
    """Do a mutation that may well be refused; it can be repeated by its key."""
    variables = {"input": input, "key": f"key-{len(shop.replays)}"}
    await shop.world.graphql(document, **variables)
    shop.replays.append((document, variables))


def _invite(shop: Shop, cart: str) -> None:
    """Bring in callers of every kind: most of what they ask for is refused somewhere."""
    world = shop.world
    shop.callers = {
        "merchant": world.actor,
        "browser": world.browser,
        "buyer": world.caller(
            ActorKind.PUBLISHABLE_KEY, BUYER_SCOPES, order_id=decode(Prefix.ORDER, cart)
        ),
        "clerk": world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.orders.read"})),
        "stranger": world.stranger(),
    }
