"""A shop with one of everything, made through the graph, and the ids of all that it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ordergraph.core.ids import Prefix, decode
from ordergraph.core.scopes import BUYER_SCOPES
from ordergraph.runtime.actor import Actor, ActorKind
from tests.world import Answer, World

USD = "USD"
ADDRESS = {"line1": "1 Main St", "city": "Albany", "postalCode": "12207", "country": "US"}
PARTS = """
id lineItems { id } charges { id } tips { id } appliedDiscounts { id }
payments { id } paymentAttempts { id } netAmounts { balance { amount currency } }
"""


def money(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": USD}


BAG = {"type": "PACKAGING", "name": "Bag", "amount": money(15), "metadata": {"kind": "paper"}}
SHIRT = {
    "name": "Shirt",
    "productType": "PHYSICAL",
    "status": "INACTIVE",
    "options": [{"name": "Size", "values": ["S", "L"]}],
    "variants": [
        {"unitPrice": money(2500), "selectedOptions": [{"name": "Size", "value": size}]}
        for size in "SL"
    ],
}
"""A product with options that browsers do not see."""


@dataclass(slots=True)
class Shop:
    """Who owns the shop, and its ids by their kinds; `order` is open, `paid_order` is paid."""

    world: World
    owner: Actor
    ids: dict[Prefix, str] = field(default_factory=dict)
    order: dict[str, Any] = field(default_factory=dict)
    paid_order: dict[str, Any] = field(default_factory=dict)
    inactive_variant: str = ""
    inactive_product: str = ""
    optioned_product: str = ""
    default_location: str = ""

    async def send(
        self, name: str, answer: str, /, caller: Actor | None = None, **input: Any
    ) -> Answer:
        """Send one mutation as the owner, unless another `caller` is named."""
        pascal = name[0].upper() + name[1:]
        document = (
            f"mutation($input: {pascal}Input!) {{ {name}(input: $input)"
            f" {{ {answer} userErrors {{ code message field }} }} }}"
        )
        return await self.world.graphql(document, caller=caller or self.owner, input=input)

    async def make(self, name: str, answer: str, /, **input: Any) -> Any:
        """Send one mutation that has to succeed and return its payload."""
        sent = await self.send(name, answer, **input)
        assert (sent.errors, sent.codes) == ([], [])
        return sent.payload

    async def product(self, name: str = "Beans", **input: Any) -> Any:
        """Make a product with 100 units of its one variant at 19.99."""
        variant = {"unitPrice": money(1999), "initialQuantityAvailable": 100}
        made = await self.make(
            "createProduct",
            "product { id defaultVariant { id } }",
            name=name,
            productType="PHYSICAL",
            defaultVariant=variant,
            **input,
        )
        return made["product"]

    async def open_order(self, **input: Any) -> Any:
        """Make an order with a line, a charge, a coupon and a tip."""
        variant = self.ids[Prefix.VARIANT]
        lines = [{"variantId": variant, "quantity": 2}]
        made = await self.make(
            "createOrder", f"order {{ {PARTS} }}", lineItems=lines, charges=[BAG], **input
        )
        order = made["order"]["id"]
        await self.make("applyCoupon", "order { id }", orderId=order, code="SPRING20")
        tipped = await self.make("addTip", f"order {{ {PARTS} }}", orderId=order, amount=money(100))
        return tipped["order"]

    async def pay(self, order: Any, token: str = "tok_visa") -> Any:
        """Pay an order and return it."""
        due = order["netAmounts"]["balance"]
        paid = await self.make(
            "pay",
            f"order {{ {PARTS} }} attempt {{ id }}",
            orderId=order["id"],
            sources=[{"token": token}],
            buyerEmail="sarah@example.com",
            expectedOutstanding=due,
        )
        return paid["order"]

    @property
    def paid_ids(self) -> dict[Prefix, str]:
        """The ids with those of the paid order and its parts."""
        return {**self.ids, **parts_of(self.paid_order)}

    def browser(self, order_id: str | None = None) -> Actor:
        """Make a caller with a publishable key, and with the secret of one order if it is named."""
        return self.world.caller(
            ActorKind.PUBLISHABLE_KEY,
            BUYER_SCOPES,
            environment_id=self.owner.environment_id,
            order_id=None if order_id is None else decode(Prefix.ORDER, order_id),
        )


async def open_shop(world: World, owner: Actor) -> Shop:
    """Make a shop with one of everything."""
    shop = Shop(world, owner)
    await _choices(shop)
    product = await shop.product(
        metadata={"supplier": "A"},
        externalReferenceId="erp-1",
        categories=["Coffee"],
        modifierSetId=shop.ids[Prefix.MODIFIER_SET],
    )
    shop.ids[Prefix.PRODUCT] = product["id"]
    shop.ids[Prefix.VARIANT] = product["defaultVariant"]["id"]
    hidden = await shop.product("Old beans", status="INACTIVE")
    shop.inactive_product, shop.inactive_variant = hidden["id"], hidden["defaultVariant"]["id"]
    shop.optioned_product = (await shop.make("createProduct", "product { id }", **SHIRT))[
        "product"
    ]["id"]
    adjusted = await shop.make(
        "adjustInventory",
        "adjustment { id location { id } }",
        variantId=shop.ids[Prefix.VARIANT],
        quantityDelta=5,
    )
    customer = await shop.make(
        "createCustomer", "customer { id }", email="sarah@example.com", metadata={"tier": "gold"}
    )
    coupon = await shop.make(
        "createCoupon", "coupon { id }", name="Spring", code="SPRING20", percentOff="20"
    )
    rate = await shop.make("createTaxRate", "taxRate { id }", name="Sales tax", percent="8.99")
    shop.default_location = adjusted["adjustment"]["location"]["id"]
    shop.ids |= {
        Prefix.INVENTORY_ADJUSTMENT: adjusted["adjustment"]["id"],
        Prefix.CUSTOMER: customer["customer"]["id"],
        Prefix.COUPON: coupon["coupon"]["id"],
        Prefix.TAX_RATE: rate["taxRate"]["id"],
    }
    await _gather(shop)
    await _sell(shop)
    return shop


async def _choices(shop: Shop) -> None:
    """Make a modifier set of which nothing has to be chosen."""
    oat = {"name": "Oat", "unitPriceDelta": money(50)}
    group = {"name": "Milk", "type": "LIST", "minSelected": 0, "modifiers": [oat]}
    made = await shop.make(
        "createModifierSet",
        "modifierSet { id groups { id modifiers { id } } }",
        name="Milk",
        groups=[group],
        metadata={"menu": "bar"},
    )
    kept = made["modifierSet"]
    shop.ids[Prefix.MODIFIER_SET] = kept["id"]
    shop.ids[Prefix.MODIFIER_GROUP] = kept["groups"][0]["id"]
    shop.ids[Prefix.MODIFIER] = kept["groups"][0]["modifiers"][0]["id"]


async def _gather(shop: Shop) -> None:
    """Make a bundle of the product's variant, a second location, and find the category."""
    made = await shop.make(
        "createBundle",
        "bundle { id components { id } categories { id } }",
        name="Breakfast",
        unitPrice=money(2500),
        sku="SET-1",
        components=[{"variantId": shop.ids[Prefix.VARIANT], "quantity": 1}],
        categories=["Coffee"],
        modifierSetId=shop.ids[Prefix.MODIFIER_SET],
        metadata={"supplier": "B"},
        externalReferenceId="erp-2",
    )
    bundle = made["bundle"]
    location = await shop.make("createLocation", "location { id }", name="Back room")
    shop.ids |= {
        Prefix.BUNDLE: bundle["id"],
        Prefix.BUNDLE_COMPONENT: bundle["components"][0]["id"],
        Prefix.CATEGORY: bundle["categories"][0]["id"],
        Prefix.LOCATION: location["location"]["id"],
    }


async def _sell(shop: Shop) -> None:
    details = {
        "customerId": shop.ids[Prefix.CUSTOMER],
        "buyerEmail": "sarah@example.com",
        "buyerPhone": "+12025550100",
        "buyerNote": "Ring twice.",
        "internalNote": "A regular.",
        "externalReferenceId": "web-1",
        "metadata": {"channel": "ads"},
        "shippingAddress": ADDRESS,
        "billingAddress": ADDRESS,
    }
    shop.paid_order = await shop.pay(await shop.open_order(**details))
    refund = await shop.make(
        "refund",
        "refund { id }",
        orderId=shop.paid_order["id"],
        amount=money(100),
        reasonMessage="Spilled.",
        metadata={"case": "7"},
    )
    shop.order = await shop.open_order()
    shop.ids |= {
        **parts_of(shop.order),
        Prefix.PAYMENT: shop.paid_order["payments"][0]["id"],
        Prefix.PAYMENT_ATTEMPT: shop.paid_order["paymentAttempts"][0]["id"],
        Prefix.REFUND: refund["refund"]["id"],
    }
    await _wait_for_a_buyer(shop)


async def _wait_for_a_buyer(shop: Shop) -> None:
    """Have an order of the bundle wait for its buyer, so that it holds stock."""
    chosen = {
        "groupId": shop.ids[Prefix.MODIFIER_GROUP],
        "selected": [{"modifierId": shop.ids[Prefix.MODIFIER]}],
    }
    line = {"bundleId": shop.ids[Prefix.BUNDLE], "quantity": 2, "modifiers": [chosen]}
    made = await shop.make("createOrder", f"order {{ {PARTS} }}", lineItems=[line])
    waiting = await shop.pay(made["order"], "tok_requires3ds")
    assert waiting["netAmounts"]["balance"]["amount"] > 0


def parts_of(order: Any) -> dict[Prefix, str]:
    """Return the ids of an order, and of its first line, discount, charge and tip."""
    return {
        Prefix.ORDER: order["id"],
        Prefix.LINE_ITEM: order["lineItems"][0]["id"],
        Prefix.APPLIED_DISCOUNT: order["appliedDiscounts"][0]["id"],
        Prefix.CHARGE: order["charges"][0]["id"],
        Prefix.TIP: order["tips"][0]["id"],
    }
