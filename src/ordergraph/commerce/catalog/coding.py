"""Taking and giving back SKUs and barcodes, unique among all that can be sold (CAT-31)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, column, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from ordergraph.commerce.catalog.tables import SellableCodeRow
from ordergraph.core.problems import ErrorCode, FieldPath, Findings, Problem
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Conflict, Transaction


@dataclass(frozen=True, slots=True)
class Codes:
    """What a variant or bundle is to bear, and where in the input that stands."""

    id: UUID
    sku: str | None
    barcode: str | None
    path: FieldPath = ()


async def take_codes(tx: Transaction, wanted: Sequence[Codes], *, known: bool = False) -> None:
    """Have variants or bundles bear these codes from now on, in the place of what they bore.

    A code that something else bears is `SKU_ALREADY_EXISTS` or `BARCODE_ALREADY_EXISTS` at the
    `path` that asked for it, and so is one that two of `wanted` ask for. `known` says that some of
    them exist already. Codes are taken in alphabetical order, so that two such transactions never
    deadlock.
    """
    if known:
        await free_codes(tx, [each.id for each in wanted])
    bearing = sorted(
        (each for each in wanted if each.sku is not None or each.barcode is not None),
        key=lambda each: (each.sku or "", each.barcode or ""),
    )
    if not bearing:
        return
    bound = {
        "ids": [each.id for each in bearing],
        "skus": [each.sku for each in bearing],
        "barcodes": [each.barcode for each in bearing],
    }
    taken = {row[0] for row in await tx.fetch(_TAKE, bound)}
    if len(taken) < len(bearing):
        await _refuse(tx, [each for each in wanted if each in bearing and each.id not in taken])


async def free_codes(tx: Transaction, ids: Collection[UUID]) -> None:
    """Give back what deleted variants or bundles bore: others may bear it now (CAT-7)."""
    await tx.fetch(_FREE, {"ids": list(ids)})


async def _refuse(tx: Transaction, left: Sequence[Codes]) -> None:
    """Say of each whose codes could not be taken which of them it was.

    Where nothing bears them any more, whoever did gave them back just now: a `Conflict`.
    """
    bound = {
        "skus": [each.sku for each in left if each.sku is not None],
        "barcodes": [each.barcode for each in left if each.barcode is not None],
    }
    rows = await tx.fetch(_TAKEN, bound)
    skus, barcodes = {row[0] for row in rows}, {row[1] for row in rows}
    findings = Findings()
    for each in left:
        if each.sku is not None and each.sku in skus:
            findings.note(sku_in_use(each.path))
        if each.barcode is not None and each.barcode in barcodes:
            findings.note(barcode_in_use(each.path))
    findings.settle()
    raise Conflict


def sku_in_use(path: FieldPath) -> Problem:
    """Build the refusal of a SKU that something else bears (CAT-31)."""
    return Problem(
        ErrorCode.SKU_ALREADY_EXISTS, "Something else has this SKU already.", (*path, "sku")
    )


def barcode_in_use(path: FieldPath) -> Problem:
    """Build the refusal of a barcode that something else bears (CAT-31)."""
    return Problem(
        ErrorCode.BARCODE_ALREADY_EXISTS,
        "Something else has this barcode already.",
        (*path, "barcode"),
    )


_CODES = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("skus", type_=ARRAY(Text)),
        bindparam("barcodes", type_=ARRAY(Text)),
    )
    .table_valued(column("id", Uuid), column("sku", Text), column("barcode", Text))
    .render_derived()
)
_TAKE = Prepared(
    insert(SellableCodeRow)
    .from_select(
        ["environment_id", "id", "sku", "barcode"],
        select(
            ENVIRONMENT.label("new_environment_id"), _CODES.c.id, _CODES.c.sku, _CODES.c.barcode
        ),
    )
    .on_conflict_do_nothing()
    .returning(SellableCodeRow.id)
)
_FREE = Prepared(
    delete(SellableCodeRow)
    .where(within(SellableCodeRow), SellableCodeRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .returning(SellableCodeRow.id)
)
_TAKEN = Prepared(
    select(SellableCodeRow.sku, SellableCodeRow.barcode).where(
        within(SellableCodeRow),
        or_(
            SellableCodeRow.sku == any_(bindparam("skus", type_=ARRAY(Text))),
            SellableCodeRow.barcode == any_(bindparam("barcodes", type_=ARRAY(Text))),
        ),
    )
)
