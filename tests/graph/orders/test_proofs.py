"""`Order.proof`: every state of an order proves itself, and costs nothing where nobody asks."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from ordergraph.core.ids import Prefix, decode
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.core.proving.checking import verify
from ordergraph.core.scopes import MERCHANT_SCOPES
from ordergraph.graph.execution.documents import Documents
from ordergraph.graph.limits import Limits
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db.statements import counted
from tests.databases import Databases
from tests.graph.schema_walk import GRAPH
from tests.graph.shop import Shop, money, open_shop
from tests.world import World

PROOF = "query($id: ID!) { order(id: $id) { proof } }"
PAGE = "{ orders(first: 5) { nodes { %s } } }"
AS_OF = "query($id: ID!, $at: DateTime!) { order(id: $id, asOf: $at) { proof } }"


@pytest.fixture(scope="module")
async def shop(databases: Databases) -> AsyncIterator[Shop]:
    """A shop for all tests of this module."""
    async with databases.fresh() as url:
        world = World(url)
        await world.open()
        yield await open_shop(world, world.actor)
        await world.close()


async def proof_of(shop: Shop, order_id: str, document: str = PROOF, **variables: Any) -> Any:
    """Ask for a proof as a client does, and see that it holds."""
    answer = await shop.world.graphql(document, caller=shop.owner, id=order_id, **variables)
    assert answer.errors == []
    proof = json.loads(json.dumps(answer.payload["proof"]))
    assert proof["differences"] == []
    assert verify(proof) == []
    return proof


def told(proof: Any) -> tuple[Any, ...]:
    net = proof["net"]
    return proof["order"]["status"], net["total"], net["paid"], net["refunded"], net["balance"]


async def test_prf_1_an_order_proves_itself_in_every_state(shop: Shop) -> None:
    order = await shop.open_order()
    id = order["id"]
    # 2 x 19.99 less 20%, a bag of 0.15, 8.99% on the goods, a tip of 1.00.
    assert told(await proof_of(shop, id)) == ("OPEN", 3601, 0, 0, 3601)
    await shop.pay(order)
    paid = await proof_of(shop, id)
    assert told(paid) == ("PAID", 3601, 3601, 0, 0)
    assert [each["name"] for each in paid["inputs"]["charges"]] == ["Bag"]
    before = shop.world.clock.now()
    shop.world.clock.advance(timedelta(minutes=5))
    line = order["lineItems"][0]["id"]
    one = [{"lineItemId": line, "quantity": 1}]
    await shop.make("refund", "refund { id }", orderId=id, lineItems=one)
    await shop.make("refund", "refund { id }", orderId=id, amount=money(500))
    partly = await proof_of(shop, id)
    assert told(partly) == ("PARTIALLY_REFUNDED", 1358, 3601, 2243, 0)
    assert [each["amount"] for each in partly["money"]["refunds"]] == [1743, 500]
    await shop.make("closeOrder", "order { id }", orderId=id)
    assert told(await proof_of(shop, id)) == ("CLOSED", 1358, 3601, 2243, 0)
    past = await proof_of(shop, id, AS_OF, at=before.isoformat())
    assert told(past) == ("PAID", 3601, 3601, 0, 0)
    assert (past["steps"], past["digest"]) == (paid["steps"], paid["digest"])


async def test_a_whole_refund_leaves_zeros_that_are_proven(shop: Shop) -> None:
    order = await shop.pay(await shop.open_order())
    await shop.make("refund", "refund { id }", orderId=order["id"])
    net = (await proof_of(shop, order["id"]))["net"]
    assert {name for name, minor in net.items() if minor} == {"paid", "refunded"}


async def test_a_buyer_proves_the_own_order_and_no_other(shop: Shop) -> None:
    mine, other = await shop.open_order(), await shop.open_order()
    browser = shop.browser(mine["id"])
    answer = await shop.world.graphql(PROOF, caller=browser, id=mine["id"])
    assert verify(answer.payload["proof"]) == []
    for caller in (browser, shop.browser()):
        hidden = await shop.world.graphql(PROOF, caller=caller, id=other["id"])
        assert (hidden.payload, hidden.errors) == (None, [])


async def test_who_may_not_see_payments_does_not_read_them_in_a_proof(shop: Shop) -> None:
    order = await shop.pay(await shop.open_order())
    staff = shop.world.caller(
        ActorKind.SECRET_KEY, MERCHANT_SCOPES - {"payments.payment_intents.read"}
    )
    answer = await shop.world.graphql(PROOF, caller=staff, id=order["id"])
    assert answer.payload == {"proof": None}
    assert answer.top_codes == ["FORBIDDEN"]


async def test_the_proofs_of_a_page_take_one_statement_more_than_the_page(shop: Shop) -> None:
    for _ in range(2):
        await shop.open_order()

    async def statements(shown: str) -> int:
        with counted() as sent:
            answer = await shop.world.graphql(PAGE % shown, caller=shop.owner)
        assert len(answer.payload["nodes"]) > 2
        return len(sent)

    assert await statements("id") == await statements("lineItems { id }") == 1
    assert await statements("proof") == 2


def test_a_proof_costs_as_much_as_20_objects() -> None:
    documents = Documents(GRAPH, Limits())

    def cost(shown: str, first: int) -> int:
        text = f"{{ orders(first: {first}) {{ nodes {{ {shown} }} }} }}"
        return documents.cost(documents.prepare(text).operations[0], {})

    assert (cost("id", 100), cost("proof", 100)) == (101, 2101)
    with pytest.raises(Problem) as refused:
        cost("a: proof b: proof c: proof d: proof e: proof", 100)
    assert refused.value.code is ErrorCode.QUERY_TOO_COMPLEX


async def test_one_order_with_its_proof_takes_one_statement(shop: Shop) -> None:
    with counted() as sent:
        await proof_of(shop, shop.paid_order["id"])
    assert len(sent) == 1
    assert decode(Prefix.ORDER, shop.paid_order["id"])
