"""The rows of keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.commerce.access.rules import KeyKind
from ordergraph.runtime.db.base import TenantRow
from ordergraph.runtime.db.columns import one_of


class ApiKeyRow(TenantRow):
    """A key; of its token only the SHA-256 and the readable beginning are kept (KEY-1)."""

    __tablename__ = "api_keys"

    name: Mapped[str]
    kind: Mapped[KeyKind] = mapped_column(one_of(KeyKind, "kind"))
    prefix: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[Any]]
    allowed_origins: Mapped[list[Any] | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        # A token names its environment, so its hash is unique across all of them.
        UniqueConstraint("token_hash"),
        ForeignKeyConstraint(["environment_id"], ["environments.id"]),
    )
