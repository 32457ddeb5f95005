"""Grouping products by their categories: the pages below many categories at once."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import and_, select

from ordergraph.commerce.catalog.building import PRODUCT_COLUMNS, product_of
from ordergraph.commerce.catalog.rules import Product
from ordergraph.commerce.catalog.tables import ProductRow
from ordergraph.commerce.categories.rules import MemberKind
from ordergraph.commerce.categories.tables import CategoryMemberRow
from ordergraph.core.paging import Page, PageRequest
from ordergraph.runtime.db.paging import Listing
from ordergraph.runtime.db.prepared import Values
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


async def products_of_categories(
    reader: Reader, category_ids: Sequence[UUID], page: PageRequest
) -> Mapping[UUID, Page[Product]]:
    """Return one page of the products of each category by the time they were made, in one
    statement; buyers find the active ones alone."""
    pages = await _LISTING.pages(reader, "member", page, category_ids, _seen(reader))
    return {
        id: Page([product_of(each[:-1]) for each in found.items], found.has_next)
        for id, found in pages.items()
    }


async def product_counts_of_categories(
    reader: Reader, category_ids: Sequence[UUID]
) -> Mapping[UUID, int]:
    """Count the products of each category that this reader finds, to one beyond the limit."""
    return await _LISTING.counts(reader, category_ids, _seen(reader))


def _seen(reader: Reader) -> Values:
    return {"active": True} if reader.actor.is_buyer else {}


# Ordered by the ids of members, as their key is, so that any page costs what the first one does.
_LISTING = Listing(
    select(*PRODUCT_COLUMNS, CategoryMemberRow.member_id)
    .join(
        CategoryMemberRow,
        and_(
            CategoryMemberRow.environment_id == ProductRow.environment_id,
            CategoryMemberRow.member_id == ProductRow.id,
        ),
    )
    .where(within(ProductRow), CategoryMemberRow.kind == MemberKind.PRODUCT),
    ProductRow,
    {"member": CategoryMemberRow.member_id},
    {"active": CategoryMemberRow.active.is_(True)},
    owner=CategoryMemberRow.category_id,
)
