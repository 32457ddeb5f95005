"""Exporting: all products of the shop page by page, and what metadata they have."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Boolean, Uuid, bindparam, func, literal, select, union

from ordergraph.commerce.catalog.matching import present_products
from ordergraph.commerce.catalog.overlaying import Present
from ordergraph.commerce.catalog.rules import ProductStatus, VariantStatus
from ordergraph.commerce.catalog.tables import ProductRow, VariantRow
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader

PAGE = 200
"""So many products are read at once."""


@dataclass(frozen=True, slots=True)
class MetadataKey:
    """A key that some product or variant has a value for."""

    of_variant: bool
    public: bool
    name: str


async def exported_products(reader: Reader) -> AsyncIterator[Sequence[Present]]:
    """Yield all products that are not deleted, oldest first, in pages.

    Each page is as the shop is when it is read: what changes meanwhile is exported before or after
    the change, a product that is made meanwhile at the end.
    """
    after = UUID(int=0)
    while True:
        rows = await reader.fetch(_IDS, {"after": after, "most": PAGE})
        if not rows:
            return
        ids: Sequence[UUID] = [row[0] for row in rows]
        found = await present_products(reader, ids)
        yield [found[id] for id in ids if id in found]
        after = ids[-1]


async def metadata_keys(reader: Reader) -> Sequence[MetadataKey]:
    """Return the keys of all metadata of products and variants, in the order of their names."""
    return sorted(
        (MetadataKey(*row) for row in await reader.fetch(_KEYS)),
        key=lambda key: (key.of_variant, key.public, key.name),
    )


async def product_count(reader: Reader) -> int:
    """Count the products that an export has now."""
    count: int = (await reader.fetch(_COUNT))[0][0]
    return count


_EXPORTED = (within(ProductRow), ProductRow.status != ProductStatus.DELETED)
_IDS = Prepared(
    select(ProductRow.id)
    .where(*_EXPORTED, ProductRow.id > bindparam("after", type_=Uuid))
    .order_by(ProductRow.id)
    .limit(bindparam("most"))
)
_COUNT = Prepared(select(func.count()).select_from(ProductRow).where(*_EXPORTED))
_KEYS = Prepared(
    union(
        *(
            select(
                literal(of_variant, Boolean).label("of_variant"),
                literal(public, Boolean).label("public"),
                func.jsonb_object_keys(column).label("name"),
            ).where(within(row), row.status != deleted)
            for row, deleted, of_variant in (
                (ProductRow, ProductStatus.DELETED, False),
                (VariantRow, VariantStatus.DELETED, True),
            )
            for column, public in ((row.metadata_, False), (row.public_metadata, True))
        )
    )
)
