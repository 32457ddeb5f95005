"""Building bundles of rows: the columns that are read, and what they become."""

from typing import Any

import orjson
from sqlalchemy import BigInteger, ColumnElement, Select, Text, and_, case, cast, func, or_, select

from ordergraph.commerce.bundles.rules import Bundle, BundleComponent, BundleStatus
from ordergraph.commerce.bundles.tables import BundleComponentRow, BundleRow
from ordergraph.commerce.catalog.building import images_of
from ordergraph.commerce.catalog.rules import ProductStatus, Seo, VariantStatus
from ordergraph.commerce.catalog.tables import ProductRow, SellableCodeRow, VariantRow
from ordergraph.commerce.inventory.tables import InventoryItemRow
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.money import Money
from ordergraph.runtime.db.prepared import Record
from ordergraph.runtime.db.scope import within


def bundle_of(row: Record) -> Bundle:
    """Build a bundle from a row of `BUNDLE_COLUMNS`."""
    *own, minor, compare_minor, currency, tax_category, status, stock = row
    id, name, slug, description, seo_title, seo_description, images, *rest = own
    taxable, sku, barcode, modifier_set_id, external_reference_id, *rest = rest
    return Bundle(
        id,
        name,
        slug,
        _STATUSES[status],
        description,
        Seo(seo_title, seo_description),
        images_of(images),
        Money(minor, currency),
        None if compare_minor is None else Money(compare_minor, currency),
        taxable,
        _TAX_CATEGORIES[tax_category],
        sku,
        barcode,
        modifier_set_id,
        external_reference_id,
        *rest,
        *stock,
    )


def component_of(row: Record) -> BundleComponent:
    """Build a component from a row of `COMPONENT_COLUMNS`."""
    id, bundle_id, variant_id, quantity, position, product_name, name, values, sku = row
    called = name or " / ".join(orjson.loads(values)) or product_name
    line_name = product_name if called == product_name else f"{product_name} - {called}"
    return BundleComponent(id, bundle_id, variant_id, quantity, position, line_name, sku)


def bundles(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Select bundles with their codes; stock is read by a column of `BUNDLE_COLUMNS`."""
    bundle, code = BundleRow, SellableCodeRow
    mine = and_(code.environment_id == bundle.environment_id, code.id == bundle.id)
    return select(*columns).select_from(bundle).outerjoin(code, mine).where(within(bundle))


def components(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Select components with their variants, products, stock and codes, in no order."""
    component, variant, product = BundleComponentRow, VariantRow, ProductRow
    item, code = InventoryItemRow, SellableCodeRow
    environment = component.environment_id
    return (
        select(*columns)
        .select_from(component)
        .join(
            variant,
            and_(variant.environment_id == environment, variant.id == component.variant_id),
        )
        .join(
            product, and_(product.environment_id == environment, product.id == variant.product_id)
        )
        .join(item, and_(item.environment_id == environment, item.variant_id == variant.id))
        .outerjoin(code, and_(code.environment_id == environment, code.id == variant.id))
        .where(within(component))
    )


def of_bundle(selected: Select[*tuple[Any, ...]]) -> ColumnElement[Any]:
    """Make what was selected of components a column beside their bundle."""
    component = BundleComponentRow
    mine = and_(
        component.environment_id == BundleRow.environment_id, component.bundle_id == BundleRow.id
    )
    return selected.where(mine).correlate(BundleRow).scalar_subquery()


def _stock() -> ColumnElement[Any]:
    """Count a bundle's components, and tell what their stock allows of it (BUN-3, BUN-4).

    Its quantity is rounded down, so that of an oversold component it is below zero, as the
    component's own is.
    """
    item, quantity = InventoryItemRow, BundleComponentRow.quantity
    available = item.on_hand - item.held
    sellable = and_(
        VariantRow.status == VariantStatus.ACTIVE,
        ProductRow.status == ProductStatus.ACTIVE,
        or_(~item.tracked, ~item.enforced, available >= quantity),
    )
    # True division is one of exact numerics here.
    units = case((item.tracked, func.floor(available / quantity)))
    # No component at all: bool_and is null, and the bundle cannot be sold (BUN-9).
    each = func.coalesce(func.bool_and(sellable), False)
    return of_bundle(
        components(
            func.row(
                func.count(),
                and_(BundleRow.status == BundleStatus.ACTIVE, each),
                cast(func.min(units), BigInteger),
            )
        )
    )


def _count() -> ColumnElement[Any]:
    """Count a bundle's components alone (BUN-10)."""
    counted = select(func.row(func.count(), False, cast(None, BigInteger)))
    return of_bundle(counted.select_from(BundleComponentRow).where(within(BundleComponentRow)))


_STATUSES = {each.value: each for each in BundleStatus}
_TAX_CATEGORIES = {each.value: each for each in TaxCategory}

_OWN_COLUMNS: tuple[Any, ...] = (
    BundleRow.id,
    BundleRow.name,
    BundleRow.slug,
    BundleRow.description,
    BundleRow.seo_title,
    BundleRow.seo_description,
    cast(BundleRow.images, Text),
    BundleRow.taxable,
    SellableCodeRow.sku,
    SellableCodeRow.barcode,
    BundleRow.modifier_set_id,
    BundleRow.external_reference_id,
    BundleRow.metadata_,
    BundleRow.public_metadata,
    BundleRow.version,
    BundleRow.created_at,
    BundleRow.updated_at,
    BundleRow.unit_price_minor,
    BundleRow.compare_at_minor,
    BundleRow.currency,
    BundleRow.tax_category,
    BundleRow.status,
)
BUNDLE_COLUMNS: tuple[Any, ...] = (*_OWN_COLUMNS, _stock())
COUNTED_COLUMNS: tuple[Any, ...] = (*_OWN_COLUMNS, _count())
"""As wide as `BUNDLE_COLUMNS`, without a look at stock."""

COMPONENT_COLUMNS: tuple[Any, ...] = (
    BundleComponentRow.id,
    BundleComponentRow.bundle_id,
    BundleComponentRow.variant_id,
    BundleComponentRow.quantity,
    BundleComponentRow.position,
    ProductRow.name,
    VariantRow.name,
    cast(VariantRow.option_values, Text),
    SellableCodeRow.sku,
)
