"""Changing what a bundle says of itself, and its categories."""

from collections.abc import Sequence
from uuid import UUID

from ordergraph.commerce.bundles.changing import (
    changed,
    locked,
    remember,
    take_names,
)
from ordergraph.commerce.bundles.describing import described
from ordergraph.commerce.bundles.judging import check_currency
from ordergraph.commerce.bundles.rules import Bundle, BundleChanges, BundleStatus
from ordergraph.commerce.categories.labeling import assign_labels, check_labels, set_active
from ordergraph.commerce.categories.reads import categories_of_members
from ordergraph.commerce.categories.rules import MemberKind, label_key
from ordergraph.commerce.modifiers.attaching import check_attachable
from ordergraph.core.currencies import DIGITS
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.transaction import Transaction


async def update_bundle(
    database: Database,
    actor: Actor,
    id: UUID,
    wanted: BundleChanges,
    expected_version: int | None,
    findings: Findings,
) -> Bundle:
    """Change a bundle; orders that have it already keep what they recorded.

    Values that equal the present ones are no change: the version stays (UPD-3). `findings` holds
    what was already wrong with the input and is told together with the rest.
    """
    if wanted == BundleChanges() and not findings.problems:
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "There is nothing to update.")
    async with database.transaction(actor) as tx:
        present = await locked(tx, id, expected_version)
        bundle = described(present, wanted, findings)
        await _check(tx, findings, present, bundle)
        await take_names(tx, findings, present, bundle, wanted.slug)
        findings.settle()
        remember(tx, id)
        if bundle == present:
            return present
        if bundle.status is not present.status:
            await set_active(tx, [id], bundle.status is BundleStatus.ACTIVE)
        return await changed(tx, bundle)


async def replace_categories(
    database: Database,
    actor: Actor,
    id: UUID,
    labels: Sequence[str],
    expected_version: int | None,
) -> Bundle:
    """Have a bundle stand in these categories alone, none clears (CTG-2)."""
    findings = Findings()
    labels = check_labels(findings, labels, "categories")
    findings.settle()
    async with database.transaction(actor) as tx:
        bundle = await locked(tx, id, expected_version, path="bundleId")
        present = (await categories_of_members(tx, [id]))[id]
        remember(tx, id)
        if [label_key(each.name) for each in present] == [label_key(each) for each in labels]:
            return bundle
        active = bundle.status is BundleStatus.ACTIVE
        await assign_labels(tx, {id: labels}, MemberKind.BUNDLE, active=active)
        return await changed(tx, bundle)


async def _check(tx: Transaction, findings: Findings, present: Bundle, bundle: Bundle) -> None:
    """Note what cannot be known without looking."""
    if bundle.modifier_set_id != present.modifier_set_id:
        await check_attachable(tx, findings, {("modifierSetId",): bundle.modifier_set_id})
    currency = bundle.unit_price.currency
    if currency != present.unit_price.currency and currency in DIGITS:
        await check_currency(tx, findings, bundle.id, currency)
