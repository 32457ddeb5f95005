"""Writing many documents anew: of a category that changed, or all of an environment, in batches."""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select, text

from ordergraph.commerce.bundles.tables import BundleRow
from ordergraph.commerce.catalog.tables import ProductRow
from ordergraph.commerce.search.documenting import write_documents
from ordergraph.core.ids import new_id
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction
from ordergraph.runtime.jobs.queue import enqueue
from ordergraph.runtime.jobs.running import Job

REINDEX = "reindex search"
"""The name of the jobs; their payload is `{"environmentId", "merchantId", "categoryId"}`, the last
one null for all documents of the environment."""

BATCH = 500
"""So many products or bundles are locked at once, for some tenths of a second."""

_NOBODY = UUID(int=0)


async def reindex_category_later(tx: Transaction, category_id: UUID) -> None:
    """Have the documents of what is or was in a category written anew after this transaction."""
    await _later(tx, str(category_id))


async def reindex_later(tx: Transaction, *, once: bool = False) -> None:
    """Have all documents of the environment written anew after this transaction.

    With `once` nothing is added to such a job that waits or runs already.
    """
    await _later(tx, None, f"{REINDEX} {tx.environment_id}" if once else None)


async def reindex(
    database: Database, actor: Actor, written: Callable[[int], object] = lambda _: None
) -> int:
    """Write all documents of the actor's environment anew; return of how many things.

    `written` is told of each batch how many it had. Nothing is locked for longer than a batch.
    """
    total = 0
    for row in (ProductRow, BundleRow):
        statement, last = _AFTER[row], _NOBODY
        while True:
            found = await database.viewer(actor).fetch(statement, {"last": last})
            if not found:
                break
            ids = [each[0] for each in found]
            await _rewrite(database, actor, ids)
            last, total = ids[-1], total + len(ids)
            written(len(ids))
    return total


async def reindex_unindexed(database: Database) -> None:
    """Have documents written of environments that sell something and have none: older ones."""
    nobody = Actor.system(new_id(), new_id(), "search")
    for environment_id, merchant_id in await database.viewer(nobody).fetch(_UNINDEXED):
        actor = Actor.system(environment_id, merchant_id, "search")
        async with database.transaction(actor) as tx:
            await reindex_later(tx, once=True)


class Reindexer:
    """Does the jobs: each bears repetition, and finds the catalog as it is when it runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def handle(self, job: Job) -> None:
        """Do one job."""
        payload = job.payload
        actor = Actor.system(UUID(payload["environmentId"]), UUID(payload["merchantId"]), "search")
        if payload["categoryId"] is None:
            await reindex(self._database, actor)
        else:
            await _reindex_category(self._database, actor, UUID(payload["categoryId"]))


async def _reindex_category(database: Database, actor: Actor, category_id: UUID) -> None:
    mark = f"'{str(actor.environment_id)[-6:]}k{category_id}'"
    found = await database.viewer(actor).fetch(
        _OF_CATEGORY, {"category_id": category_id, "marked": mark}
    )
    ids = [row[0] for row in found]
    for start in range(0, len(ids), BATCH):
        await _rewrite(database, actor, ids[start : start + BATCH])


async def _rewrite(database: Database, actor: Actor, ids: Sequence[UUID]) -> None:
    """Write documents while nobody changes what they are of: a change waits, or was waited for."""
    async with database.transaction(actor) as tx:
        for row in (ProductRow, BundleRow):
            await tx.fetch(_LOCKED[row], {"ids": ids})
        await write_documents(tx, ids)


async def _later(tx: Transaction, category_id: str | None, key: str | None = None) -> None:
    payload = {
        "environmentId": str(tx.environment_id),
        "merchantId": str(tx.actor.merchant_id),
        "categoryId": category_id,
    }
    await enqueue(tx, REINDEX, payload, key=key)


_Things = type[ProductRow] | type[BundleRow]


def _after(row: _Things) -> Prepared:
    later = row.id > bindparam("last", type_=Uuid)
    return Prepared(select(row.id).where(within(row), later).order_by(row.id).limit(BATCH))


def _locked(row: _Things) -> Prepared:
    wanted = row.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    return Prepared(
        select(row.id).where(within(row), wanted).order_by(row.id).with_for_update(read=True)
    )


_AFTER = {row: _after(row) for row in (ProductRow, BundleRow)}
_LOCKED = {row: _locked(row) for row in (ProductRow, BundleRow)}
_OF_CATEGORY = Prepared(
    text("""
    SELECT member_id FROM category_members
    WHERE environment_id = :scope AND category_id = :category_id
    UNION
    SELECT id FROM search_documents
    WHERE document @@ CAST(CAST(:marked AS text) AS tsquery) AND environment_id = :scope
    ORDER BY 1
    """)
)
_UNINDEXED = Prepared(
    text("""
    SELECT e.id, e.merchant_id FROM environments AS e
    WHERE NOT EXISTS (SELECT FROM search_documents AS d WHERE d.environment_id = e.id)
      AND (EXISTS (SELECT FROM products AS p WHERE p.environment_id = e.id
                   AND p.status <> 'DELETED')
           OR EXISTS (SELECT FROM bundles AS b WHERE b.environment_id = e.id
                      AND b.status <> 'DELETED'))
    """)
)
