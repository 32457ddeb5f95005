"""Payments and payment attempts through the graph."""

from uuid import UUID

from ordergraph.commerce.payments import ledger
from ordergraph.commerce.payments.gateway import ChargeOutcome, ChargeStatus
from ordergraph.commerce.payments.reads import Attempt, Payment, lock_attempt
from ordergraph.commerce.payments.sources import (
    CashSource,
    ExternalKind,
    ExternalSource,
    TokenSource,
)
from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.core.money import Money
from ordergraph.core.scopes import BUYER_SCOPES
from ordergraph.runtime.actor import ActorKind
from tests.world import World

ATTEMPT = """
query ($id: ID!) {
  node(id: $id) {
    id
    ... on PaymentAttempt {
      status kind amount { amount currency } isResumable failureCode failureMessage buyerEmail
      pendingActions { id type clientSecret redirectUrl } expiresAt createdAt completedAt
    }
  }
}
"""
PAYMENT = """
query ($id: ID!) {
  node(id: $id) {
    id
    ... on Payment {
      status kind amount { amount currency } refunded { amount } brand last4
      tendered { amount } change { amount } externalKind reference receivedAt capturedAt
    }
  }
}
"""
ASKED = ChargeOutcome(ChargeStatus.REQUIRES_ACTION, "ch_1", client_secret="s3cret")
DECLINED = ChargeOutcome(ChargeStatus.DECLINED, "ch_1", failure_code="insufficient_funds")
SUCCEEDED = ChargeOutcome(ChargeStatus.SUCCEEDED, "ch_1", brand="visa", last4="4242")


async def settled(world: World, outcome: ChargeOutcome, order_id: UUID | None = None) -> Attempt:
    async with world.database.transaction(world.actor) as tx:
        opened = ledger.open_attempt(
            tx,
            order_id or new_id(),
            Money(500, "USD"),
            TokenSource("tok_visa"),
            order_version=1,
            buyer_email="sarah@example.com",
        )
        attempt = await lock_attempt(tx, opened.id)
        return ledger.record_outcome(tx, attempt, outcome)


async def paid(world: World, source: CashSource | ExternalSource | None = None) -> Payment:
    if source is None:
        attempt = await settled(world, SUCCEEDED)
        async with world.database.transaction(world.actor) as tx:
            return ledger.record_payment(tx, attempt)
    async with world.database.transaction(world.actor) as tx:
        _, payment = ledger.record_tender(tx, new_id(), Money(500, "USD"), source, order_version=1)
        return payment


async def test_pay_10_an_attempt_shows_what_the_buyer_has_to_do(world: World) -> None:
    attempt = await settled(world, ASKED)
    id = encode(Prefix.PAYMENT_ATTEMPT, attempt.id)
    answer = await world.graphql(ATTEMPT, id=id)
    assert answer.errors == []
    assert answer.payload == {
        "id": id,
        "status": "REQUIRES_ACTION",
        "kind": "TOKEN",
        "amount": {"amount": 500, "currency": "USD"},
        "isResumable": True,
        "failureCode": None,
        "failureMessage": None,
        "buyerEmail": "sarah@example.com",
        "pendingActions": [
            {
                "id": encode(Prefix.PENDING_ACTION, attempt.id),
                "type": "PAYMENT_AUTHENTICATION",
                "clientSecret": "s3cret",
                "redirectUrl": None,
            }
        ],
        "expiresAt": "2026-11-21T13:00:00.000000Z",
        "createdAt": "2026-11-21T12:00:00.000000Z",
        "completedAt": None,
    }


async def test_pay_9_a_declined_attempt_says_why(world: World) -> None:
    attempt = await settled(world, DECLINED)
    answer = await world.graphql(ATTEMPT, id=encode(Prefix.PAYMENT_ATTEMPT, attempt.id))
    shown = answer.payload
    assert (shown["status"], shown["isResumable"]) == ("FAILED", False)
    assert shown["failureCode"] == "insufficient_funds"
    assert shown["failureMessage"] == "The card has insufficient funds."
    assert shown["completedAt"] == "2026-11-21T12:00:00.000000Z"


async def test_a_card_payment_shows_its_card_and_what_was_given_back(world: World) -> None:
    payment = await paid(world)
    async with world.database.transaction(world.actor) as tx:
        ledger.give_back(tx, {payment.id: 120})
    answer = await world.graphql(PAYMENT, id=encode(Prefix.PAYMENT, payment.id))
    assert answer.errors == []
    assert answer.payload == {
        "id": encode(Prefix.PAYMENT, payment.id),
        "status": "SUCCEEDED",
        "kind": "TOKEN",
        "amount": {"amount": 500, "currency": "USD"},
        "refunded": {"amount": 120},
        "brand": "visa",
        "last4": "4242",
        "tendered": None,
        "change": None,
        "externalKind": None,
        "reference": None,
        "receivedAt": None,
        "capturedAt": "2026-11-21T12:00:00.000000Z",
    }


async def test_ext_1_a_cash_payment_shows_what_was_tendered_and_the_change(world: World) -> None:
    payment = await paid(world, CashSource(Money(2000, "USD")))
    answer = await world.graphql(PAYMENT, id=encode(Prefix.PAYMENT, payment.id))
    shown = answer.payload
    assert (shown["kind"], shown["tendered"], shown["change"]) == (
        "CASH",
        {"amount": 2000},
        {"amount": 1500},
    )


async def test_ext_2_an_external_payment_shows_its_kind_and_reference(world: World) -> None:
    payment = await paid(world, ExternalSource(ExternalKind.OTHER_TERMINAL, "T-77"))
    answer = await world.graphql(PAYMENT, id=encode(Prefix.PAYMENT, payment.id))
    shown = answer.payload
    assert (shown["kind"], shown["externalKind"], shown["reference"]) == (
        "EXTERNAL",
        "OTHER_TERMINAL",
        "T-77",
    )


async def test_a_token_without_the_scope_sees_no_payment(world: World) -> None:
    payment = await paid(world)
    caller = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.orders.read"}))
    answer = await world.graphql(PAYMENT, caller=caller, id=encode(Prefix.PAYMENT, payment.id))
    assert answer.payload is None
    assert answer.top_codes == ["FORBIDDEN"]


async def test_a_buyer_finds_the_attempt_of_its_own_order_only(world: World) -> None:
    order_id = new_id()
    mine, other = await settled(world, ASKED, order_id), await settled(world, ASKED)
    buyer = world.caller(ActorKind.BUYER, BUYER_SCOPES)
    buyer.order_id = order_id
    found = await world.graphql(ATTEMPT, caller=buyer, id=encode(Prefix.PAYMENT_ATTEMPT, mine.id))
    assert found.payload["status"] == "REQUIRES_ACTION"
    for caller in (buyer, world.browser):
        hidden = await world.graphql(
            ATTEMPT, caller=caller, id=encode(Prefix.PAYMENT_ATTEMPT, other.id)
        )
        assert (hidden.payload, hidden.errors) == (None, [])
