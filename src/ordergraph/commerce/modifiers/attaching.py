"""Attaching modifier sets to products, variants and bundles."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from ordergraph.commerce.modifiers.rules import ModifierSetStatus
from ordergraph.commerce.modifiers.tables import ModifierSetRow
from ordergraph.core.problems import ErrorCode, FieldPath, Findings, not_found
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


async def check_attachable(
    reader: Reader, findings: Findings, wanted: Mapping[FieldPath, UUID | None]
) -> None:
    """Note each place of an input with a set that nothing can be sold with any more.

    `wanted` has the set that each path asks for, None for none: an unknown one is
    `RESOURCE_NOT_FOUND`, a retired one `RESOURCE_DELETED` (domain 3.6). It takes one statement.
    """
    asked = {path: id for path, id in wanted.items() if id is not None}
    if not asked:
        return
    rows = await reader.fetch(_STATUSES, {"ids": list(set(asked.values()))})
    statuses = {row[0]: row[1] for row in rows}
    for path, id in asked.items():
        if id not in statuses:
            findings.note(not_found("modifier set", *path))
        elif statuses[id] == ModifierSetStatus.RETIRED:
            findings.add(ErrorCode.RESOURCE_DELETED, "This modifier set is retired.", *path)


_STATUSES = Prepared(
    select(ModifierSetRow.id, ModifierSetRow.status).where(
        within(ModifierSetRow), ModifierSetRow.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    )
)
