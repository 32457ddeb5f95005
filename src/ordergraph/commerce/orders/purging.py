"""Purging carts: what nobody touches is told to be abandoned, and in time deleted (ORD-28)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from ordergraph.commerce.merchants.reads import environment_ids, own_environment
from ordergraph.commerce.merchants.rules import ShopSettings
from ordergraph.commerce.orders.events import cart_abandoned
from ordergraph.commerce.orders.tables import OrderRow
from ordergraph.core.ids import new_id
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction

ABANDONED_AFTER = timedelta(days=1)
"""So long a cart is untouched before it is told to be abandoned."""

BATCH = 200
"""So many carts are told of or deleted in one transaction, which takes well under a second."""


async def purge_carts(database: Database) -> int:
    """Tell of abandoned carts and delete those past their life, in all environments; count both.

    A cart is never deleted before it was told to be abandoned.
    """
    nobody = Actor.system(new_id(), new_id(), "purging")
    environments = await environment_ids(database.viewer(nobody))
    done = 0
    for environment_id, merchant_id in environments.items():
        done += await purge_carts_of(database, Actor.system(environment_id, merchant_id, "purging"))
    return done


async def purge_carts_of(database: Database, actor: Actor) -> int:
    """Do the same for the actor's environment, batch by batch."""
    environment = await own_environment(database.viewer(actor))
    settings = ShopSettings() if environment is None else environment.settings
    life = timedelta(days=settings.cart_lifetime_days)
    return await _in_batches(database, actor, tell_abandoned) + await _in_batches(
        database, actor, partial(delete_carts, life=life)
    )


async def _in_batches(
    database: Database, actor: Actor, work: Callable[[Transaction], Awaitable[int]]
) -> int:
    """Do a batch of the work in a transaction of its own until one is not full; count all."""
    done = 0
    while True:
        async with database.transaction(actor) as tx:
            some = await work(tx)
        done += some
        if some < BATCH:
            return done


async def tell_abandoned(tx: Transaction) -> int:
    """Tell once of a batch of carts that nobody has touched for a day; say of how many.

    Touching a cart takes the mark off it, and what somebody is changing is left alone.
    """
    idle = OrderRow.updated_at < tx.now - ABANDONED_AFTER
    waiting = and_(OrderRow.abandoned_at.is_(None), OrderRow.closed_at.is_(None))
    ids = await _locked(tx, idle, waiting)
    if ids:
        marked = update(OrderRow).where(within(OrderRow), OrderRow.id.in_(ids))
        await tx.execute(marked.values(abandoned_at=tx.now))
        for id in ids:
            tx.emit(cart_abandoned(id))
    return len(ids)


async def delete_carts(tx: Transaction, life: timedelta) -> int:
    """Delete a batch of carts that nobody has touched for `life`, with all their parts.

    Never one that money was collected for, or may be: its payment is running.
    """
    past = OrderRow.updated_at < tx.now - life
    ended = or_(OrderRow.abandoned_at.is_not(None), OrderRow.closed_at.is_not(None))
    ids = await _locked(tx, past, ended)
    if ids:
        await tx.execute(delete(OrderRow).where(within(OrderRow), OrderRow.id.in_(ids)))
    return len(ids)


async def _locked(tx: Transaction, *conditions: ColumnElement[bool]) -> list[UUID]:
    """Lock a batch of carts that meet the conditions, the longest untouched first."""
    statement: Any = (
        select(OrderRow.id)
        .where(
            within(OrderRow),
            OrderRow.placed_at.is_(None),
            OrderRow.active_attempt_id.is_(None),
            OrderRow.paid_minor == 0,
            *conditions,
        )
        .order_by(OrderRow.updated_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return [row.id for row in await tx.rows(statement)]
