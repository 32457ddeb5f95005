"""Registering documents, and taking them out again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from sqlalchemy import ARRAY, LargeBinary, any_, bindparam, delete
from sqlalchemy.dialects.postgresql import insert

from ordergraph.commerce.operations.tables import RegisteredDocumentRow
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.scope import within


@dataclass(frozen=True)
class NewDocument:
    """A valid document exactly as callers hash it, and the names of its operations."""

    text: str
    names: tuple[str, ...] = ()
    sha256: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", sha256(self.text.encode()).digest())


async def register_documents(
    database: Database, actor: Actor, documents: Sequence[NewDocument]
) -> frozenset[bytes]:
    """Register documents in the actor's environment, all or none; return the hashes that are new.

    Registering one again changes nothing. Documents are valid: whoever has the schema has checked.
    """
    added: set[bytes] = set()
    async with database.transaction(actor) as tx:
        for document in sorted(documents, key=lambda each: each.sha256):
            values = {
                "environment_id": tx.environment_id,
                "id": new_id(),
                "sha256": document.sha256,
                "text": document.text,
                "names": list(document.names),
                "created_at": tx.now,
            }
            added |= {row.sha256 for row in await tx.rows(_ADD, values)}
    return frozenset(added)


async def remove_documents(database: Database, actor: Actor, hashes: Sequence[bytes]) -> None:
    """Take documents out of the actor's environment, all or none.

    Running servers refuse them within a minute. A hash that nobody registered is not found.
    """
    async with database.transaction(actor) as tx:
        removed = {row.sha256 for row in await tx.rows(_REMOVE, {"hashes": list(hashes)})}
        for sha256 in hashes:
            if sha256 not in removed:
                raise Problem(
                    ErrorCode.RESOURCE_NOT_FOUND, f"Nothing is registered as {sha256.hex()}.", _HASH
                )


_HASH = ("hash",)
_ADD = (
    insert(RegisteredDocumentRow)
    .on_conflict_do_nothing(index_elements=["environment_id", "sha256"])
    .returning(RegisteredDocumentRow.sha256)
)
_REMOVE = (
    delete(RegisteredDocumentRow)
    .where(
        within(RegisteredDocumentRow),
        RegisteredDocumentRow.sha256 == any_(bindparam("hashes", type_=ARRAY(LargeBinary))),
    )
    .returning(RegisteredDocumentRow.sha256)
)
