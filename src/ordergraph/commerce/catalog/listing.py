"""Listing products: filters, sorts and pages (CAT-9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
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
from sqlalchemy.orm import InstrumentedAttribute

from ordergraph.commerce.catalog.building import (
    LISTED_PRODUCT_COLUMNS,
    PRODUCT_COLUMNS,
    SHOWN_PRODUCT_COLUMNS,
    listed_product,
    product_of,
    shown_product,
)
from ordergraph.commerce.catalog.rules import (
    ListedProduct,
    Product,
    ProductStatus,
    ProductType,
    ShownProduct,
    VariantStatus,
    name_key,
)
from ordergraph.commerce.catalog.tables import ProductRow, SellableCodeRow, VariantRow
from ordergraph.commerce.categories.rules import MemberKind, label_key
from ordergraph.commerce.categories.tables import CategoryMemberRow, CategoryRow
from ordergraph.commerce.inventory.tables import InventoryItemRow
from ordergraph.core.paging import Page, PageRequest, SortValue
from ordergraph.runtime.db.paging import Column, Listing, contains, one_of_these, pattern
from ordergraph.runtime.db.prepared import Prepared, Values
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Reader

_MOST_LOOKED_UP = 2_000
"""So many products of a category are few."""


class ProductSortField(StrEnum):
    """What a list of products is ordered by."""

    NAME = "NAME"
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    PRICE = "PRICE"


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Which products a list has; without `statuses` all that are not deleted.

    `query` is a part of the name, the description or a SKU; `id` that of a product or variant,
    when the text looked for is one. `categories` are slugs or labels, `category_ids` ids: a product
    in any of them is meant. Times are from `_after`, included, to `_before`, excluded.
    """

    query: str | None = None
    id: UUID | None = None
    types: tuple[ProductType, ...] = ()
    statuses: tuple[ProductStatus, ...] = ()
    categories: tuple[str, ...] = ()
    category_ids: tuple[UUID, ...] = ()
    only_in_stock: bool = False
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None


async def product_page(
    reader: Reader, wanted: ProductFilter, sort: ProductSortField, page: PageRequest
) -> Page[Product]:
    """Return one page of products, without their variants, in one statement.

    A list of categories takes one more.
    """
    found = await _LISTING.page(reader, sort, page, await _conditions(reader, wanted))
    return Page([product_of(row) for row in found.items], found.has_next)


async def listed_product_page(
    reader: Reader, wanted: ProductFilter, sort: ProductSortField, page: PageRequest
) -> Page[ListedProduct]:
    """Return the same page with as much of each product as lists show."""
    found = await _LISTED.page(reader, sort, page, await _conditions(reader, wanted))
    return Page([listed_product(row) for row in found.items], found.has_next)


async def shown_product_page(
    reader: Reader, wanted: ProductFilter, sort: ProductSortField, page: PageRequest
) -> Page[ShownProduct]:
    """Return the same page with what shop windows show besides."""
    found = await _SHOWN_BESIDES.page(reader, sort, page, await _conditions(reader, wanted))
    return Page([shown_product(row) for row in found.items], found.has_next)


async def product_count(reader: Reader, wanted: ProductFilter) -> int:
    """Count the products of a list, to one beyond the limit of counts."""
    return await _LISTED.count(reader, await _conditions(reader, wanted))


def sort_key(product: ListedProduct, sort: ProductSortField) -> tuple[SortValue, UUID]:
    """Return where a product stands in a list ordered by `sort`; listed ones have no price."""
    if sort is ProductSortField.PRICE:
        assert isinstance(product, ShownProduct)
        return product.lowest_price.minor, product.id
    if sort is ProductSortField.NAME:
        return name_key(product.name), product.id
    at = product.created_at if sort is ProductSortField.CREATED_AT else product.updated_at
    return at, product.id


async def _conditions(reader: Reader, wanted: ProductFilter) -> Values:
    """Return which conditions hold, with their values; a query looks at what the reader sees."""
    is_buyer = reader.actor.is_buyer
    conditions: dict[str, Any] = {
        name: value for name in _BOUNDS if (value := getattr(wanted, name)) is not None
    }
    if wanted.statuses:
        conditions["statuses"] = wanted.statuses
    else:
        conditions["not_deleted"] = True
    if is_buyer:
        conditions["active"] = True
    if wanted.types:
        conditions["types"] = wanted.types
    if wanted.categories or wanted.category_ids:
        conditions |= await _within_categories(reader, wanted)
    if wanted.only_in_stock:
        conditions["in_stock"] = True
    if wanted.query:
        by_id = "" if wanted.id is None else "_or_id"
        conditions[f"{'shown' if is_buyer else 'kept'}{by_id}"] = True
        conditions |= {"query": pattern(wanted.query), "id": wanted.id}
    return conditions


async def _within_categories(reader: Reader, wanted: ProductFilter) -> Values:
    """Return the condition that a product is in any of some categories.

    What few products are in is looked up in them; what many are in, while the list is walked in
    its order. The one is slow for a whole shop in one category, the other for a product or two.
    """
    texts = [label_key(each.strip()) for each in wanted.categories]
    bound = {"texts": texts, "ids": wanted.category_ids}
    ((categories, members),) = await reader.fetch(_MEMBERS, bound)
    if len(members) > _MOST_LOOKED_UP:
        return {"categories": categories}
    return {"members": members}


def _matching(seen: ColumnElement[bool], *, by_id: bool) -> ColumnElement[bool]:
    """Find text in the product's own, or in a SKU of a variant that this reader may see."""
    conditions = [
        contains("query", ProductRow.name, ProductRow.description),
        _has_variant(seen, contains("query", SellableCodeRow.sku), beside=SellableCodeRow.id),
    ]
    if by_id:
        id = bindparam("id", type_=Uuid)
        conditions += [ProductRow.id == id, _has_variant(seen, VariantRow.id == id)]
    return or_(*conditions)


def _members() -> Prepared:
    """Find categories by ids, slugs or labels, and products in them, one more than are few."""
    category, member = CategoryRow, CategoryMemberRow
    texts = any_(bindparam("texts", type_=ARRAY(Text)))
    is_wanted = or_(
        category.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        category.slug == texts,
        category.name_key == texts,
    )
    ids = select(category.id).where(within(category), is_wanted).scalar_subquery()
    categories = func.array(ids, type_=ARRAY(Uuid))
    few = (
        select(member.member_id)
        .where(
            member.environment_id == ENVIRONMENT,
            member.category_id == any_(categories),
            member.kind == MemberKind.PRODUCT,
        )
        .limit(_MOST_LOOKED_UP + 1)
    )
    return Prepared(select(categories, func.array(few.scalar_subquery())))


def _in_category() -> ColumnElement[bool]:
    member = CategoryMemberRow
    return exists(
        select(member.member_id)
        .where(
            member.environment_id == ProductRow.environment_id,
            member.member_id == ProductRow.id,
            member.category_id == any_(bindparam("categories", type_=ARRAY(Uuid))),
        )
        .correlate(ProductRow)
    )


def _in_stock() -> ColumnElement[bool]:
    """An active variant is untracked, or has units that nobody holds (CAT-10)."""
    level = InventoryItemRow
    return _has_variant(
        VariantRow.status == VariantStatus.ACTIVE,
        or_(~level.tracked, level.on_hand > level.held),
        beside=level.variant_id,
    )


def _has_variant(
    *conditions: ColumnElement[bool], beside: InstrumentedAttribute[UUID] | None = None
) -> ColumnElement[bool]:
    """Tell of a product whether one of its variants is as said.

    `beside` is what another row that the conditions look at knows the variant by.
    """
    variant = VariantRow
    mine: Any = select(variant.id)
    if beside is not None:
        other: Any = beside.class_
        same = and_(other.environment_id == variant.environment_id, beside == variant.id)
        mine = mine.join(other, same)
    return exists(
        mine.where(
            variant.environment_id == ProductRow.environment_id,
            variant.product_id == ProductRow.id,
            *conditions,
        ).correlate(ProductRow)
    )


_BOUNDS: Mapping[str, ColumnElement[bool]] = {
    "created_after": ProductRow.created_at >= bindparam("created_after"),
    "created_before": ProductRow.created_at < bindparam("created_before"),
    "updated_after": ProductRow.updated_at >= bindparam("updated_after"),
    "updated_before": ProductRow.updated_at < bindparam("updated_before"),
}
"""Bounds of TIME-2: `after` is included, `before` is not."""

_MEMBERS = _members()
_SHOWN = VariantRow.status == VariantStatus.ACTIVE
_KEPT = VariantRow.status != VariantStatus.DELETED
_SORTS: Mapping[str, Column] = {
    ProductSortField.NAME: ProductRow.name_key,
    ProductSortField.CREATED_AT: ProductRow.created_at,
    ProductSortField.UPDATED_AT: ProductRow.updated_at,
    ProductSortField.PRICE: ProductRow.lowest_price_minor,
}
_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    **_BOUNDS,
    "statuses": one_of_these(ProductRow.status, "statuses"),
    "not_deleted": ProductRow.status != ProductStatus.DELETED,
    "active": ProductRow.status == ProductStatus.ACTIVE,
    "types": one_of_these(ProductRow.product_type, "types"),
    "categories": _in_category(),
    "members": ProductRow.id == any_(bindparam("members", type_=ARRAY(Uuid))),
    "in_stock": _in_stock(),
    "shown": _matching(_SHOWN, by_id=False),
    "shown_or_id": _matching(_SHOWN, by_id=True),
    "kept": _matching(_KEPT, by_id=False),
    "kept_or_id": _matching(_KEPT, by_id=True),
}
_LISTING, _SHOWN_BESIDES, _LISTED = (
    Listing(select(*columns).where(within(ProductRow)), ProductRow, _SORTS, _CONDITIONS)
    for columns in (PRODUCT_COLUMNS, SHOWN_PRODUCT_COLUMNS, LISTED_PRODUCT_COLUMNS)
)
