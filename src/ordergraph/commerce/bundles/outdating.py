"""Which cached answers go out of date with a change: told by the keys that they bear."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, false, or_, select, true

from ordergraph.commerce.bundles.tables import BundleComponentRow, BundleRow
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


def bundle_key(bundle_id: UUID) -> str:
    """Return the key of the answers that show a bundle."""
    return encode(Prefix.BUNDLE, bundle_id)


def environment_key(environment_id: UUID) -> str:
    """Return the key of every answer of an environment."""
    return encode(Prefix.ENVIRONMENT, environment_id)


def lists_key(environment_id: UUID) -> str:
    """Return the key of the answers that a new or changed product or bundle could be in."""
    return f"products-{environment_key(environment_id)}"


class Outdating:
    """Takes part in every transaction: tells what it outdated, if and only if it commits.

    With `kept_here` the processes' own caches hear of it at once; with `kept_elsewhere` a job
    tells the cache in front. A change of stock reaches the answers that show the product, or a
    bundle that contains it; one of the product or bundle itself reaches the lists too. What stands
    on many of them, a category, a modifier set or a setting, reaches every answer of its
    environment.
    """

    def __init__(self, *, kept_here: bool, kept_elsewhere: bool) -> None:
        self._kept_here = kept_here
        self._kept_elsewhere = kept_elsewhere

    async def opened(self, tx: Transaction) -> None:
        """Nothing to do: what goes out of date is told during the transaction."""

    async def closing(self, tx: Transaction) -> None:
        """Leave the keys for both kinds of caches."""
        if _reaches_everything(tx):
            keys: Sequence[str] = [environment_key(tx.environment_id)]
        elif tx.outdated:
            keys = await _keys(tx)
        else:
            return
        if self._kept_here:
            for key in keys:
                tx.announce(TOPIC, key)
        if self._kept_elsewhere and keys:
            await enqueue(tx, PURGE, {"surrogateKeys": keys})

    def closed(self, tx: Transaction, *, committed: bool) -> None:
        """Nothing to do: announcements and jobs of a transaction that fails are dropped."""


def _reaches_everything(tx: Transaction) -> bool:
    return tx.environment_id in tx.outdated or any(
        event.type.startswith(_ON_MANY) for event in tx.events
    )


async def _keys(tx: Transaction) -> Sequence[str]:
    found = await tx.fetch(_SHOWN, {"outdated": list(tx.outdated)})
    keys = sorted(bundle_key(id) if is_bundle else product_key(id) for id, is_bundle in found)
    is_shelf_changed = any(id in tx.outdated for id, _ in found)
    return [lists_key(tx.environment_id), *keys] if is_shelf_changed else keys


_ON_MANY = ("category.", "modifiers.")
"""How the events begin of what stands on any number of products and bundles."""

_OUTDATED = any_(bindparam("outdated", type_=ARRAY(Uuid)))
_OF_VARIANT = or_(VariantRow.id == _OUTDATED, VariantRow.product_id == _OUTDATED)
_SHOWN = Prepared(
    select(VariantRow.product_id, false())
    .where(within(VariantRow), _OF_VARIANT)
    .union(
        select(BundleRow.id, true()).where(within(BundleRow), BundleRow.id == _OUTDATED),
        select(BundleComponentRow.bundle_id, true())
        .join(
            VariantRow,
            and_(
                VariantRow.environment_id == BundleComponentRow.environment_id,
                VariantRow.id == BundleComponentRow.variant_id,
            ),
        )
        .where(within(BundleComponentRow), _OF_VARIANT),
    )
)
