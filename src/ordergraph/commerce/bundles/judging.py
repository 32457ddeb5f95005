"""Judging the components of bundles before they are written (BUN-5, BUN-6, BUN-7)."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from ordergraph.commerce.bundles.rules import LARGEST_QUANTITY, MOST_COMPONENTS, NewComponent
from ordergraph.commerce.bundles.tables import BundleComponentRow
from ordergraph.commerce.catalog.rules import VariantStatus
from ordergraph.commerce.catalog.tables import VariantRow
from ordergraph.core.counts import whole_number
from ordergraph.core.currencies import DIGITS
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.runtime.db.prepared import Prepared, Record
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction


async def check_components(
    tx: Transaction,
    findings: Findings,
    wanted: Sequence[NewComponent],
    currency: str,
    present: Collection[UUID] = (),
) -> None:
    """Note below `components` what a bundle that has the variants `present` cannot have.

    The variants are locked against deletion in ascending order: none of those that are taken is
    deleted when this transaction commits. Their other changes wait for nothing. A currency that
    nobody knows was noted already.
    """
    if len(present) + len(wanted) > MOST_COMPONENTS:
        findings.add(
            ErrorCode.TOO_MANY_ITEMS,
            f"A bundle has at most {MOST_COMPONENTS} components.",
            "components",
        )
        return
    ids = {each.variant_id for each in wanted if each.variant_id is not None}
    rows = await tx.fetch(_VARIANTS, {"ids": list(ids)}) if ids else ()
    known = {row[0]: row for row in rows}
    having = set(present)
    for index, each in enumerate(wanted):
        path = ("components", str(index))
        whole(findings, 1, each.quantity, *path, "quantity", least=1)
        if each.variant_id is not None:
            problem = _judge(known.get(each.variant_id), currency, (*path, "variantId"))
            if problem is None and each.variant_id in having:
                problem = _repeated((*path, "variantId"))
            if problem is not None:
                findings.note(problem)
            having.add(each.variant_id)


async def check_currency(
    tx: Transaction, findings: Findings, bundle_id: UUID, currency: str
) -> None:
    """Note a price in another currency than the components have (BUN-7)."""
    if await tx.fetch(_FOREIGN, {"bundle_id": bundle_id, "currency": currency}):
        findings.add(
            ErrorCode.CURRENCY_MISMATCH,
            "The components of this bundle have prices in another currency.",
            "unitPrice",
            "currency",
        )


def whole(
    findings: Findings, present: int, wanted: int | Decimal | Omitted | None, *path: str, least: int
) -> int:
    """Return a whole number within bounds; anything else is noted at `path`."""
    if wanted is OMITTED:
        return present
    if wanted is None:
        findings.add(ErrorCode.FIELD_REQUIRED, f"{path[-1]} cannot be null.", *path)
        return present
    number = whole_number(wanted, least, LARGEST_QUANTITY)
    if number is not None:
        return number
    findings.add(
        ErrorCode.INVALID_FIELD,
        f"{path[-1]} is a whole number from {least} to {LARGEST_QUANTITY}.",
        *path,
    )
    return present


def _judge(variant: Record | None, currency: str, path: tuple[str, ...]) -> Problem | None:
    if variant is None:
        return not_found("variant", *path)
    _, status, variants_currency = variant
    if status == VariantStatus.DELETED:
        return Problem(ErrorCode.RESOURCE_DELETED, "This variant was deleted.", path)
    if variants_currency != currency and currency in DIGITS:
        return Problem(
            ErrorCode.CURRENCY_MISMATCH,
            "The components of a bundle have prices in its currency.",
            path,
        )
    return None


def _repeated(path: tuple[str, ...]) -> Problem:
    return Problem(
        ErrorCode.DUPLICATE_BUNDLE_COMPONENT,
        "The bundle has this variant already: change the quantity of that component.",
        path,
    )


_VARIANTS = Prepared(
    select(VariantRow.id, VariantRow.status, VariantRow.currency)
    .where(within(VariantRow), VariantRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(VariantRow.id)
    .with_for_update(read=True, key_share=True)
)
_FOREIGN = Prepared(
    select(BundleComponentRow.id)
    .join(
        VariantRow,
        (VariantRow.environment_id == BundleComponentRow.environment_id)
        & (VariantRow.id == BundleComponentRow.variant_id),
    )
    .where(
        within(BundleComponentRow),
        BundleComponentRow.bundle_id == bindparam("bundle_id"),
        VariantRow.currency != bindparam("currency"),
    )
    .limit(1)
)
