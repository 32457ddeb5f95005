"""The parts that the order verbs work with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ordergraph.commerce.orders.numbering import Numbers
from ordergraph.commerce.payments.gateway import Gateway
from ordergraph.commerce.payments.rules import ACTION_LIFE
from ordergraph.commerce.taxes.provider import TaxProvider
from ordergraph.runtime.db.database import Database


@dataclass(frozen=True, slots=True)
class Orders:
    """What placing, editing, paying and closing need; one for a process.

    `secret` derives the buyers' order secrets, so that a replay answers the same one (IDM-9).
    `taxes` is who taxes instead of the merchants' own rates (TAX-5).
    `action_life` is how long a payment waits for what its buyer has to do (PAY-11).
    """

    database: Database
    gateway: Gateway
    numbers: Numbers
    secret: bytes
    action_life: timedelta = ACTION_LIFE
    taxes: TaxProvider | None = None
