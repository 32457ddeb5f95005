"""Grouping products by their categories: the pages below many categories at once."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from ordergraph.commerce.catalog.reads import products_by_ids
from ordergraph.commerce.catalog.rules import Product
from ordergraph.commerce.catalog.tables import ProductRow
from ordergraph.commerce.categories.rules import MemberKind
from ordergraph.commerce.categories.tables import CategoryMemberRow
from ordergraph.core.paging import Page, PageRequest
from ordergraph.runtime.db.paging import Listing
from ordergraph.runtime.db.prepared import Values
from ordergraph.runtime.db.scope import ENVIRONMENT
from ordergraph.runtime.db.transaction import Reader


async def products_of_categories(
    reader: Reader, category_ids: Sequence[UUID], page: PageRequest
) -> Mapping[UUID, Page[Product]]:
    """Return one page of the products of each category by the time they were made, in two
    statements; buyers find the active ones alone."""
    pages = await _LISTING.pages(reader, "member", page, category_ids, _seen(reader))
    wanted = {id for found in pages.values() for id, _ in found.items}
    known: Mapping[UUID, Product] = {}
    if wanted:
        known = await products_by_ids(reader, list(wanted))
    return {
        category_id: Page([known[id] for id, _ in found.items if id in known], found.has_next)
        for category_id, found in pages.items()
    }


async def product_counts_of_categories(
    reader: Reader, category_ids: Sequence[UUID]
) -> Mapping[UUID, int]:
    """Count the products of each category that this reader finds, to one beyond the limit."""
    return await _LISTING.counts(reader, category_ids, _seen(reader))


def _seen(reader: Reader) -> Values:
    return {"active": True} if reader.actor.is_buyer else {}


# Members alone, in the order of their key: beside products a small category among many products
# would be looked for through all of these.
_MEMBER = CategoryMemberRow.member_id
_LISTING = Listing(
    select(_MEMBER.label("id"), _MEMBER).where(
        CategoryMemberRow.environment_id == ENVIRONMENT,
        CategoryMemberRow.kind == MemberKind.PRODUCT,
    ),
    ProductRow,
    {"member": _MEMBER},
    {"active": CategoryMemberRow.active.is_(True)},
    owner=CategoryMemberRow.category_id,
    tie=_MEMBER,
)
