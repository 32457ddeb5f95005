"""Which cached answers go out of date with a change: told by the keys that they bear."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, or_, select

from ordergraph.commerce.catalog.tables import VariantRow
from ordergraph.core.ids import Prefix, encode
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction
from ordergraph.runtime.jobs.queue import enqueue
from ordergraph.runtime.purging import PURGE

TOPIC = "outdated"
"""Announced with each key, for what the processes keep themselves."""


def product_key(product_id: UUID) -> str:
    """Return the key of the answers that show a product."""
    return encode(Prefix.PRODUCT, product_id)


def environment_key(environment_id: UUID) -> str:
    """Return the key of every answer of an environment."""
    return encode(Prefix.ENVIRONMENT, environment_id)


def lists_key(environment_id: UUID) -> str:
    """Return the key of the answers that a new or changed product could be in."""
    return f"products-{environment_key(environment_id)}"


class Outdating:
    """Takes part in every transaction: tells what it outdated, if and only if it commits.

    With `kept_here` the processes' own caches hear of it at once; with `kept_elsewhere` a job
    tells the cache in front. A change of stock reaches the answers that show the product; one of
    the product itself reaches the lists too.
    """

    def __init__(self, *, kept_here: bool, kept_elsewhere: bool) -> None:
        self._kept_here = kept_here
        self._kept_elsewhere = kept_elsewhere

    async def opened(self, tx: Transaction) -> None:
        """Nothing to do: what goes out of date is told during the transaction."""

    async def closing(self, tx: Transaction) -> None:
        """Leave the keys for both kinds of caches."""
        if not tx.outdated:
            return
        keys = await _keys(tx)
        if self._kept_here:
            for key in keys:
                tx.announce(TOPIC, key)
        if self._kept_elsewhere and keys:
            await enqueue(tx, PURGE, {"surrogateKeys": keys})

    def closed(self, tx: Transaction, *, committed: bool) -> None:
        """Nothing to do: announcements and jobs of a transaction that fails are dropped."""


async def _keys(tx: Transaction) -> Sequence[str]:
    found = await tx.fetch(_PRODUCTS, {"outdated": list(tx.outdated)})
    products = {row[0] for row in found}
    keys = sorted(map(product_key, products))
    return keys if products.isdisjoint(tx.outdated) else [lists_key(tx.environment_id), *keys]


_OUTDATED = any_(bindparam("outdated", type_=ARRAY(Uuid)))
_PRODUCTS = Prepared(
    select(VariantRow.product_id)
    .where(within(VariantRow), or_(VariantRow.id == _OUTDATED, VariantRow.product_id == _OUTDATED))
    .distinct()
)
