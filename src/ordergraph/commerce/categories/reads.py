"""Looking categories up, with what menus and members need of them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    func,
    or_,
    select,
)

from ordergraph.commerce.categories.rules import Category, MemberCounts, MemberKind
from ordergraph.commerce.categories.tables import CategoryMemberRow, CategoryRow
from ordergraph.core.paging import Page, PageRequest
from ordergraph.runtime.db.documents import columns_of
from ordergraph.runtime.db.paging import Listing
from ordergraph.runtime.db.prepared import NOTHING, Prepared, Values, maker
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Reader


async def categories_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Category]:
    """Return the categories among `ids` that this reader may find, by id.

    Browsers find those with something active in them: a label of what is not yet sold tells of it.
    """
    rows = await reader.fetch(_BY_IDS[reader.actor.is_buyer], {"ids": ids})
    return {category.id: category for category in map(category_of, rows)}


async def category_by_slug(reader: Reader, slug: str) -> Category | None:
    """Return the category with this slug, whatever its case, or None; browsers as by id."""
    rows = await reader.fetch(_BY_SLUG[reader.actor.is_buyer], {"wanted": slug.strip().casefold()})
    return category_of(rows[0]) if rows else None


async def categories_of_members(
    reader: Reader, member_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[Category]]:
    """Return the categories of each product or bundle in the order of its labels, at most 50."""
    found: dict[UUID, list[Category]] = {id: [] for id in member_ids}
    for member_id, *row in await reader.fetch(_OF_MEMBERS, {"ids": member_ids}):
        found[member_id].append(category_of(row))
    return found


async def categories_named(
    reader: Reader, keys: Collection[str], ids: Collection[UUID]
) -> tuple[Mapping[str, UUID], Collection[UUID]]:
    """Return the categories with these labels by their keys, and the ids of all that exist among
    them and `ids`, in one statement."""
    rows = await reader.fetch(_NAMED, {"keys": list(keys), "ids": list(ids)})
    return {row[0]: row[1] for row in rows}, {row[1] for row in rows}


def category_ids_beside(member: Any) -> ColumnElement[Any]:
    """Return a column with the ids of the categories that a product or bundle is in, sorted."""
    ids = select(CategoryMemberRow.category_id).where(_MINE, CategoryMemberRow.member_id == member)
    return func.array(ids.order_by(CategoryMemberRow.category_id).scalar_subquery())


async def category_page(reader: Reader, page: PageRequest) -> Page[Category]:
    """Return one page of the categories by position and name, in one statement.

    Browsers see those with something active in them.
    """
    found = await _LISTING.page(reader, "menu_key", page, _conditions(reader))
    return Page([category_of(row) for row in found.items], found.has_next)


async def category_count(reader: Reader) -> int:
    """Count the categories of the list, to one beyond the limit of counts."""
    return await _LISTING.count(reader, _conditions(reader))


async def member_counts(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, MemberCounts]:
    """Count the active products and bundles of each category, in one statement (CTG-3)."""
    counts = {id: MemberCounts(0, 0) for id in ids}
    for id, products, bundles in await reader.fetch(_COUNTS, {"ids": ids}):
        counts[id] = MemberCounts(products, bundles)
    return counts


def _conditions(reader: Reader) -> Values:
    return {"offered": True} if reader.actor.is_buyer else NOTHING


CATEGORY_COLUMNS = columns_of(CategoryRow, Category)
category_of = maker(Category, CATEGORY_COLUMNS)
"""Makes a category of a row of `CATEGORY_COLUMNS`."""

_IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
_MINE = CategoryMemberRow.environment_id == ENVIRONMENT
_CATEGORIES = select(*CATEGORY_COLUMNS).where(within(CategoryRow))
_NAMED = Prepared(
    select(CategoryRow.name_key, CategoryRow.id).where(
        within(CategoryRow),
        or_(
            CategoryRow.id == _IDS,
            CategoryRow.name_key == any_(bindparam("keys", type_=ARRAY(Text))),
        ),
    )
)
_OFFERED = exists(
    select(CategoryMemberRow.category_id)
    .where(
        CategoryMemberRow.environment_id == CategoryRow.environment_id,
        CategoryMemberRow.category_id == CategoryRow.id,
        CategoryMemberRow.active,
    )
    .correlate(CategoryRow)
)
_WITH_IDS = _CATEGORIES.where(CategoryRow.id == _IDS)
_WITH_SLUG = _CATEGORIES.where(CategoryRow.slug == bindparam("wanted", type_=Text))
_BY_IDS, _BY_SLUG = (
    (Prepared(statement), Prepared(statement.where(_OFFERED)))
    for statement in (_WITH_IDS, _WITH_SLUG)
)
_LISTING = Listing(
    _CATEGORIES, CategoryRow, {"menu_key": CategoryRow.menu_key}, {"offered": _OFFERED}
)
_OF_MEMBERS = Prepared(
    select(CategoryMemberRow.member_id, *CATEGORY_COLUMNS)
    .join(
        CategoryRow,
        and_(
            CategoryRow.environment_id == CategoryMemberRow.environment_id,
            CategoryRow.id == CategoryMemberRow.category_id,
        ),
    )
    .where(_MINE, CategoryMemberRow.member_id == _IDS)
    .order_by(CategoryMemberRow.member_id, CategoryMemberRow.position)
)


def _of_kind(kind: MemberKind) -> Any:
    return func.count().filter(CategoryMemberRow.kind == kind)


_COUNTS = Prepared(
    select(CategoryMemberRow.category_id, _of_kind(MemberKind.PRODUCT), _of_kind(MemberKind.BUNDLE))
    .where(_MINE, CategoryMemberRow.category_id == _IDS, CategoryMemberRow.active)
    .group_by(CategoryMemberRow.category_id)
)
