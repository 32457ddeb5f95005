"""Creating bundles."""

from collections.abc import Sequence

from ordergraph.commerce.bundles.changing import (
    bundle_values,
    remember,
    take_names,
    told,
)
from ordergraph.commerce.bundles.composing import write_components
from ordergraph.commerce.bundles.describing import blank, described
from ordergraph.commerce.bundles.events import BundleEventType
from ordergraph.commerce.bundles.judging import check_components
from ordergraph.commerce.bundles.rules import Bundle, BundleChanges, BundleStatus, NewComponent
from ordergraph.commerce.bundles.tables import BundleRow
from ordergraph.commerce.categories.labeling import assign_labels, check_labels
from ordergraph.commerce.categories.rules import MemberKind
from ordergraph.commerce.modifiers.attaching import check_attachable
from ordergraph.core.problems import Findings
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database


async def create_bundle(
    database: Database,
    actor: Actor,
    wanted: BundleChanges,
    components: Sequence[NewComponent],
    labels: Sequence[str],
    findings: Findings,
) -> Bundle:
    """Create a bundle with its components and categories, all or nothing.

    Without components it cannot be sold yet (BUN-9). `findings` holds what was already wrong with
    the input and is told together with the rest.
    """
    async with database.transaction(actor) as tx:
        bundle = described(blank(tx.now), wanted, findings)
        labels = check_labels(findings, labels, "categories")
        await check_attachable(tx, findings, {("modifierSetId",): bundle.modifier_set_id})
        await check_components(tx, findings, components, bundle.unit_price.currency)
        await take_names(tx, findings, None, bundle, wanted.slug)
        findings.settle()
        await tx.add(BundleRow, bundle_values(bundle))
        await write_components(tx, bundle.id, components)
        if labels:
            active = bundle.status is BundleStatus.ACTIVE
            await assign_labels(tx, {bundle.id: labels}, MemberKind.BUNDLE, active=active)
        remember(tx, bundle.id)
        return await told(tx, bundle, BundleEventType.CREATED)
