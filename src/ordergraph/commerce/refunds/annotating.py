"""Annotating refunds: the merchant's own keys, values and names, in any status (15.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ordergraph.commerce.refunds.reads import Refund, lock_refund
from ordergraph.commerce.refunds.tables import RefundRow
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Findings, Problem, not_found
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.core.texts import check_text, merge_metadata
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db import together
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.documents import replacement, write

LONGEST_REFERENCE = 255


@dataclass(frozen=True, slots=True)
class RefundNotes:
    """What may change of a refund that was made; what is not sent stays."""

    metadata: Mapping[str, Any] | Omitted | None = OMITTED
    external_reference_id: str | Omitted | None = OMITTED


async def annotate_refund(database: Database, actor: Actor, id: UUID, notes: RefundNotes) -> Refund:
    """Change the metadata and the external reference of a refund, and nothing else of it.

    Metadata is merged (META-2). It works in every status of refund and order. An update without
    any field is `NO_FIELDS_TO_UPDATE`.
    """
    if notes == RefundNotes():
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "Nothing to change was sent.")
    async with database.transaction(actor) as tx:
        refund = await lock_refund(tx, id)
        if refund is None:
            raise not_found("refund", "refundId")
        findings = Findings()
        if notes.external_reference_id is not OMITTED:
            refund.external_reference_id = check_text(
                findings, notes.external_reference_id, LONGEST_REFERENCE, "externalReferenceId"
            )
        if notes.metadata is not OMITTED:
            refund.metadata = merge_metadata(findings, refund.metadata, notes.metadata, "metadata")
        findings.settle()
        refund.updated_at = tx.now
        tx.defer(_ANNOTATED, {"refund": write([refund], RefundRow, tx.environment_id)})
        tx.remember("refund", Prefix.REFUND, refund.id)
    return refund


_ANNOTATED = together.write("refund_annotated", replacement(RefundRow, "refund"))
