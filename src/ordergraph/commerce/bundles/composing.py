"""Composing bundles: which variants they have, how many of each, in which order."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Uuid,
    bindparam,
    column,
    delete,
    func,
    or_,
    update,
)

from ordergraph.commerce.bundles.changing import changed, locked, remember
from ordergraph.commerce.bundles.judging import check_components, whole
from ordergraph.commerce.bundles.reads import components_by_bundle
from ordergraph.commerce.bundles.rules import (
    Bundle,
    BundleComponent,
    NewComponent,
)
from ordergraph.commerce.bundles.tables import BundleComponentRow
from ordergraph.core.ids import Prefix, new_id
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction


async def add_components(
    database: Database,
    actor: Actor,
    bundle_id: UUID,
    wanted: Sequence[NewComponent],
    expected_version: int | None,
    findings: Findings,
) -> Bundle:
    """Give a bundle further variants, behind those that it has (BUN-5, BUN-6, BUN-7).

    `findings` holds what was already wrong with the input and is told together with the rest.
    """
    async with database.transaction(actor) as tx:
        bundle = await locked(tx, bundle_id, expected_version, path="bundleId")
        present = (await components_by_bundle(tx, [bundle_id]))[bundle_id]
        if not wanted:
            findings.add(ErrorCode.FIELD_REQUIRED, "Say which variants to add.", "components")
        having = {each.variant_id for each in present}
        await check_components(tx, findings, wanted, bundle.unit_price.currency, having)
        findings.settle()
        await write_components(tx, bundle_id, wanted, len(present))
        remember(tx, bundle_id)
        return await changed(tx, bundle)


async def update_component(
    database: Database,
    actor: Actor,
    bundle_id: UUID,
    component_id: UUID,
    quantity: int | Decimal | Omitted | None,
    position: int | Omitted | None,
    expected_version: int | None,
) -> tuple[Bundle, BundleComponent]:
    """Change how many of a variant a bundle has, or where it stands among the others.

    Positions begin at 0 and stay without gaps: the others move up or down. A position behind the
    last is the last. Values that equal the present ones are no change (UPD-3).
    """
    if quantity is OMITTED and position is OMITTED:
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "There is nothing to update.")
    async with database.transaction(actor) as tx:
        bundle = await locked(tx, bundle_id, expected_version, path="bundleId")
        present = list((await components_by_bundle(tx, [bundle_id]))[bundle_id])
        component = _among(present, component_id)
        findings = Findings()
        before = component.quantity, component.position
        component.quantity = whole(findings, component.quantity, quantity, "quantity", least=1)
        place = whole(findings, component.position, position, "position", least=0)
        findings.settle()
        _reorder(present, component, place)
        if before != (component.quantity, component.position):
            await _rewrite(tx, present)
            bundle = await changed(tx, bundle)
        remember(tx, bundle_id)
        tx.remember("component", Prefix.BUNDLE_COMPONENT, component_id)
        return bundle, component


async def remove_component(
    database: Database,
    actor: Actor,
    bundle_id: UUID,
    component_id: UUID,
    expected_version: int | None,
) -> Bundle:
    """Take a variant out of a bundle, the last one too: then it cannot be sold (BUN-9)."""
    async with database.transaction(actor) as tx:
        bundle = await locked(tx, bundle_id, expected_version, path="bundleId")
        present = (await components_by_bundle(tx, [bundle_id]))[bundle_id]
        component = _among(present, component_id)
        await tx.fetch(_REMOVE, {"wanted": component_id})
        left = [each for each in present if each is not component]
        for position, each in enumerate(left):
            each.position = position
        await _rewrite(tx, left)
        remember(tx, bundle_id)
        tx.remember("deleted_id", Prefix.BUNDLE_COMPONENT, component_id)
        return await changed(tx, bundle)


async def write_components(
    tx: Transaction, bundle_id: UUID, wanted: Sequence[NewComponent], begin: int = 0
) -> None:
    """Write components that were checked, in their order from the position `begin` on."""
    await tx.add(
        BundleComponentRow,
        *(
            {
                "id": new_id(),
                "bundle_id": bundle_id,
                "variant_id": each.variant_id,
                "quantity": int(each.quantity),
                "position": position,
            }
            for position, each in enumerate(wanted, begin)
        ),
    )


def _among(present: Sequence[BundleComponent], id: UUID) -> BundleComponent:
    for component in present:
        if component.id == id:
            return component
    raise not_found("component of this bundle", "componentId")


def _reorder(present: list[BundleComponent], moved: BundleComponent, place: int) -> None:
    """Put a component at a place; the others keep their order."""
    present.remove(moved)
    present.insert(place, moved)
    for position, each in enumerate(present):
        each.position = position


async def _rewrite(tx: Transaction, components: Sequence[BundleComponent]) -> None:
    """Write quantities and positions where they differ."""
    await tx.fetch(
        _WRITE,
        {
            "ids": [each.id for each in components],
            "quantities": [each.quantity for each in components],
            "positions": [each.position for each in components],
        },
    )


_REMOVE = Prepared(
    delete(BundleComponentRow)
    .where(within(BundleComponentRow), BundleComponentRow.id == bindparam("wanted"))
    .returning(BundleComponentRow.id)
)
_NEW = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("quantities", type_=ARRAY(BigInteger)),
        bindparam("positions", type_=ARRAY(BigInteger)),
    )
    .table_valued(
        column("id", Uuid), column("quantity", BigInteger), column("position", BigInteger)
    )
    .render_derived()
)
_WRITE = Prepared(
    update(BundleComponentRow)
    .where(
        within(BundleComponentRow),
        BundleComponentRow.id == _NEW.c.id,
        or_(
            BundleComponentRow.quantity != _NEW.c.quantity,
            BundleComponentRow.position != _NEW.c.position,
        ),
    )
    .values(quantity=_NEW.c.quantity, position=_NEW.c.position)
    .returning(BundleComponentRow.id)
)
