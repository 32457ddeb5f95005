"""Exporting: all bundles of the shop page by page."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select

from ordergraph.commerce.bundles.matching import Present, present_bundles
from ordergraph.commerce.bundles.rules import BundleStatus
from ordergraph.commerce.bundles.tables import BundleRow
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader

PAGE = 200
"""So many bundles are read at once."""


async def exported_bundles(reader: Reader) -> AsyncIterator[Sequence[Present]]:
    """Yield all bundles that are not deleted, oldest first, in pages.

    Each page is as the shop is when it is read.
    """
    after = UUID(int=0)
    while True:
        rows = await reader.fetch(_IDS, {"after": after, "most": PAGE})
        if not rows:
            return
        ids: Sequence[UUID] = [row[0] for row in rows]
        found = await present_bundles(reader, ids)
        yield [found[id] for id in ids if id in found]
        after = ids[-1]


async def bundle_count(reader: Reader) -> int:
    """Count the bundles that an export has now."""
    count: int = (await reader.fetch(_COUNT))[0][0]
    return count


_EXPORTED = (within(BundleRow), BundleRow.status != BundleStatus.DELETED)
_IDS = Prepared(
    select(BundleRow.id)
    .where(*_EXPORTED, BundleRow.id > bindparam("after", type_=Uuid))
    .order_by(BundleRow.id)
    .limit(bindparam("most"))
)
_COUNT = Prepared(select(func.count()).select_from(BundleRow).where(*_EXPORTED))
