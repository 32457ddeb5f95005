"""The trials of concurrency C1 to C7, over HTTP, against the gateway's own books."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from benchmarks.concurrency import TRIALS, Outcome, c3_two_full_refunds, run
from ordergraph.core.ids import Prefix, decode
from tests.journeys.callers import Caller
from tests.journeys.servers import House, Ledger
from tests.journeys.stories import make_paid_order, refund

ROUNDS = int(os.environ.get("ORDERGRAPH_ROUNDS", "20"))


@dataclass(slots=True)
class Till:
    """A merchant's way to the server, and to the books behind it."""

    merchant: Caller
    ledger: Ledger

    async def ask(self, document: str, **variables: Any) -> Any:
        """Send a document and return the value of its only root field."""
        return (await self.merchant.send(document, **variables)).payload

    async def rows(self, sql: str, *arguments: Any) -> Sequence[Mapping[str, Any]]:
        """Read the database."""
        return await self.ledger.rows(sql, *arguments)


@pytest.mark.parametrize("name", TRIALS)
async def test_of_many_who_want_the_same_at_once_all_end_as_they_must(
    merchant: Caller, house: House, name: str
) -> None:
    async with house.ledger() as ledger:
        outcome = await run(TRIALS[name], Till(merchant, ledger), ROUNDS)
    assert outcome.faults == []
    assert outcome.ended["done"] >= ROUNDS


async def test_a_trial_notices_money_that_went_back_twice(merchant: Caller, house: House) -> None:
    class Blind(Till):
        async def rows(self, sql: str, *arguments: Any) -> Sequence[Mapping[str, Any]]:
            return [*await self.ledger.rows(sql, *arguments)] * 2

    async with house.ledger() as ledger:
        outcome = Outcome()
        await c3_two_full_refunds(Blind(merchant, ledger), outcome)
    assert outcome.faults == ["given back: [2000, 2000], not [2000]"]


async def books(ledger: Ledger, order_id: str) -> dict[str, Any]:
    """Return what the gateway charged and gave back for an order."""
    rows = await ledger.rows(
        "SELECT c.status, c.amount_minor, c.refunded_minor, "
        "(SELECT count(*) FROM sandbox_refunds r WHERE r.charge_id = c.id) AS refunds "
        "FROM sandbox_charges c WHERE c.order_id = $1",
        decode(Prefix.ORDER, order_id),
    )
    assert len(rows) == 1, "charged once"
    return rows[0]


async def test_c3_two_full_refunds_with_one_key_are_the_same_refund(
    merchant: Caller, house: House
) -> None:
    async with house.ledger() as ledger:
        for _ in range(5):
            order = await make_paid_order(merchant)
            answers = await asyncio.gather(
                *(refund(merchant, order["id"], key=order["id"]) for _ in range(2))
            )
            late = await refund(merchant, order["id"], key=order["id"])
            made = {
                answer.payload["refund"]["id"] for answer in (*answers, late) if not answer.codes
            }
            assert len(made) == 1
            assert {code for answer in answers for code in answer.codes} <= {
                "IDEMPOTENCY_KEY_IN_PROGRESS"
            }
            assert (await books(ledger, order["id"]))["refunds"] == 1
