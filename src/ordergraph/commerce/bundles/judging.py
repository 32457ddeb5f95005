"""Judging the components of bundles before they are written (BUN-5, BUN-6, BUN-7)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
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
from ordergraph.runtime.db.transaction import Reader, Transaction


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether a bundle may have a variant; a currency that is None is any."""

    is_deleted: bool
    currency: str | None


async def check_components(
    tx: Transaction,
    findings: Findings,
    wanted: Sequence[NewComponent],
    currency: str,
    present: Collection[UUID] = (),
) -> None:
    """Note below `components` what a bundle that has the variants `present` cannot have.

    The variants are locked as `lock_variants` does.
    """
    ids = {each.variant_id for each in wanted if each.variant_id is not None}
    is_allowed = len(present) + len(wanted) <= MOST_COMPONENTS
    known = await lock_variants(tx, ids if is_allowed else ())
    judge_components(findings, wanted, known, currency, present)


async def lock_variants(tx: Transaction, ids: Collection[UUID]) -> Mapping[UUID, Standing]:
    """Lock variants against deletion in ascending order, and return those that there are by id.

    None of them is deleted until this transaction ends; their other changes wait for nothing.
    """
    return _standings(await tx.fetch(_LOCK, {"ids": list(ids)})) if ids else {}


async def look_at_variants(reader: Reader, ids: Collection[UUID]) -> Mapping[UUID, Standing]:
    """Return the variants among `ids` as they are now, by id."""
    return _standings(await reader.fetch(_LOOK, {"ids": list(ids)})) if ids else {}


def judge_components(
    findings: Findings,
    wanted: Sequence[NewComponent],
    known: Mapping[UUID, Standing],
    currency: str,
    present: Collection[UUID] = (),
) -> None:
    """Note below `components` what a bundle that has the variants `present` cannot have.

    A currency that nobody knows was noted already, and so was a variant without an id.
    """
    if len(present) + len(wanted) > MOST_COMPONENTS:
        findings.add(
            ErrorCode.TOO_MANY_ITEMS,
            f"A bundle has at most {MOST_COMPONENTS} components.",
            "components",
        )
        return
    having = set(present)
    for index, each in enumerate(wanted):
        path = ("components", str(index))
        whole(findings, 1, each.quantity, *path, "quantity", least=1)
        if each.variant_id is not None:
            problem = _judge(known.get(each.variant_id), currency, (*path, each.named))
            if problem is None and each.variant_id in having:
                problem = _repeated((*path, each.named))
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


def _standings(rows: Sequence[Record]) -> Mapping[UUID, Standing]:
    return {
        id: Standing(status == VariantStatus.DELETED, currency) for id, status, currency in rows
    }


def _judge(variant: Standing | None, currency: str, path: tuple[str, ...]) -> Problem | None:
    if variant is None:
        if path[-1] == "sku":
            return Problem(
                ErrorCode.RESOURCE_NOT_FOUND, "No variant with this SKU was found.", path
            )
        return not_found("variant", *path)
    if variant.is_deleted:
        return Problem(ErrorCode.RESOURCE_DELETED, "This variant was deleted.", path)
    if variant.currency not in (None, currency) and currency in DIGITS:
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


_VARIANTS = (
    select(VariantRow.id, VariantRow.status, VariantRow.currency)
    .where(within(VariantRow), VariantRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(VariantRow.id)
)
_LOCK, _LOOK = Prepared(_VARIANTS.with_for_update(read=True, key_share=True)), Prepared(_VARIANTS)
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
