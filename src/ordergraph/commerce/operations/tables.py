"""The rows of registered documents."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.runtime.db.base import TenantRow


class RegisteredDocumentRow(TenantRow):
    """A document that callers may name by the SHA-256 of its text; `names` are its operations'."""

    __tablename__ = "registered_documents"

    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    text: Mapped[str]
    names: Mapped[list[Any]]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("environment_id", "sha256"),
        ForeignKeyConstraint(["environment_id"], ["environments.id"]),
        CheckConstraint("sha256 = sha256(convert_to(text, 'UTF8'))", name="sha256"),
    )
