"""Looking registered documents up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import LargeBinary, bindparam, exists, select

from ordergraph.commerce.operations.tables import RegisteredDocumentRow
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader


@dataclass(frozen=True, slots=True)
class RegisteredDocument:
    """A registered document without its text."""

    sha256: bytes
    names: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Sought:
    """What is known of a hash: its document's text, and whether there is any document at all."""

    text: str | None
    any_registered: bool


async def registered_text(reader: Reader, sha256: bytes) -> Sought:
    """Return the document of a hash, or None with whether the environment has others."""
    row = await reader.first(_SOUGHT, {"wanted": sha256})
    assert row is not None  # a statement of scalar subqueries
    return Sought(row.text, row.any_registered)


async def registered_documents(reader: Reader) -> Sequence[RegisteredDocument]:
    """Return all registered documents of the reader's environment, the oldest first."""
    rows = await reader.rows(_ALL)
    return [RegisteredDocument(row.sha256, tuple(row.names), row.created_at) for row in rows]


_ROW = RegisteredDocumentRow
_SOUGHT = select(
    select(_ROW.text)
    .where(within(_ROW), _ROW.sha256 == bindparam("wanted", type_=LargeBinary))
    .scalar_subquery()
    .label("text"),
    exists(select(_ROW.id).where(within(_ROW))).label("any_registered"),
)
_ALL = (
    select(_ROW.sha256, _ROW.names, _ROW.created_at)
    .where(within(_ROW))
    .order_by(_ROW.created_at, _ROW.id)
)
