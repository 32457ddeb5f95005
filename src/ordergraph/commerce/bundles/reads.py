"""Looking bundles up, with what stock allows of them; browsers find only what is active."""

from collections.abc import Mapping, Sequence
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
    func,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from ordergraph.commerce.bundles.building import (
    BUNDLE_COLUMNS,
    COMPONENT_COLUMNS,
    bundle_of,
    bundles,
    component_of,
    components,
    of_bundle,
)
from ordergraph.commerce.bundles.rules import Bundle, BundleComponent, BundleStatus
from ordergraph.commerce.bundles.tables import BundleComponentRow, BundleRow
from ordergraph.commerce.catalog.tables import SellableCodeRow, SlugRow
from ordergraph.commerce.categories.reads import category_ids_beside
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import ENVIRONMENT
from ordergraph.runtime.db.transaction import Reader


async def bundles_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Bundle]:
    """Return the bundles among `ids` that this reader may find, by id; without their components.

    A merchant finds deleted ones too, so that old orders lead to them.
    """
    rows = await reader.fetch(_BY_IDS[reader.actor.is_buyer], {"ids": ids})
    return {bundle.id: bundle for bundle in map(bundle_of, rows)}


async def bundles_for_sale(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Bundle]:
    """Return the bundles among `ids` that this reader may find, with components and categories.

    It is one statement. A merchant finds inactive and deleted ones too: `available_for_sale` tells
    what can be sold (BUN-3).
    """
    found: dict[UUID, Bundle] = {}
    for *row, parts, category_ids in await reader.fetch(
        _FOR_SALE[reader.actor.is_buyer], {"ids": ids}
    ):
        bundle = bundle_of(row)
        bundle.components = [component_of(part) for part in parts or ()]
        bundle.category_ids = category_ids
        found[bundle.id] = bundle
    return found


async def bundle_by_code(
    reader: Reader, *, sku: str | None = None, barcode: str | None = None
) -> Bundle | None:
    """Return the bundle that bears exactly this SKU or barcode, trimmed, or None (CAT-30)."""
    code = sku if barcode is None else barcode
    if code is None:
        return None
    statements = _BY_SKU if barcode is None else _BY_BARCODE
    rows = await reader.fetch(statements[reader.actor.is_buyer], {"wanted": code.strip()})
    return bundle_of(rows[0]) if rows else None


async def bundle_by_slug(reader: Reader, slug: str) -> Bundle | None:
    """Return the bundle that a slug leads to, one that it had before too, or None."""
    wanted = {"wanted": slug.strip().casefold()}
    rows = await reader.fetch(_BY_SLUG[reader.actor.is_buyer], wanted)
    return bundle_of(rows[0]) if rows else None


async def components_by_bundle(
    reader: Reader, bundle_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[BundleComponent]]:
    """Return the components of each bundle in their order, in one statement for all bundles."""
    found: dict[UUID, list[BundleComponent]] = {id: [] for id in bundle_ids}
    for component in map(component_of, await reader.fetch(_COMPONENTS, {"ids": bundle_ids})):
        found[component.bundle_id].append(component)
    return found


async def components_by_ids(reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, BundleComponent]:
    """Return the components among `ids` whose bundles this reader may find, by id."""
    rows = await reader.fetch(_COMPONENTS_BY_IDS[reader.actor.is_buyer], {"ids": ids})
    return {component.id: component for component in map(component_of, rows)}


_Readings = tuple[Prepared, Prepared]
"""The statement for merchants and the one for browsers, chosen by `actor.is_buyer`."""


def _read(condition: ColumnElement[bool], *beside: Any) -> _Readings:
    statement = bundles(*BUNDLE_COLUMNS, *beside).where(condition)
    return Prepared(statement), Prepared(statement.where(BundleRow.status == BundleStatus.ACTIVE))


_OF_IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
_BY_IDS = _read(BundleRow.id == _OF_IDS)
_PARTS = func.array_agg(
    aggregate_order_by(func.row(*COMPONENT_COLUMNS), BundleComponentRow.position)
)
_FOR_SALE = _read(
    BundleRow.id == _OF_IDS, of_bundle(components(_PARTS)), category_ids_beside(BundleRow.id)
)
_WANTED = bindparam("wanted", type_=Text)
_BY_SKU = _read(SellableCodeRow.sku == _WANTED)
_BY_BARCODE = _read(SellableCodeRow.barcode == _WANTED)
_LED_TO = select(SlugRow.owner_id).where(
    SlugRow.environment_id == ENVIRONMENT, SlugRow.slug == _WANTED
)
_BY_SLUG = _read(BundleRow.id == _LED_TO.scalar_subquery())
_COMPONENTS = Prepared(
    components(*COMPONENT_COLUMNS)
    .where(BundleComponentRow.bundle_id == _OF_IDS)
    .order_by(BundleComponentRow.bundle_id, BundleComponentRow.position)
)
_BY_THEIR_IDS = components(*COMPONENT_COLUMNS).where(BundleComponentRow.id == _OF_IDS)
_COMPONENTS_BY_IDS = (
    Prepared(_BY_THEIR_IDS),
    Prepared(
        _BY_THEIR_IDS.join(
            BundleRow,
            and_(
                BundleRow.environment_id == BundleComponentRow.environment_id,
                BundleRow.id == BundleComponentRow.bundle_id,
                BundleRow.status == BundleStatus.ACTIVE,
            ),
        )
    ),
)
