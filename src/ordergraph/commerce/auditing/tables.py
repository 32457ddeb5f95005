"""The rows of audits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.runtime.db.base import Base


class AuditRow(Base):
    """One run of the auditor over the whole database; `found` counts violations by check, within
    each environment."""

    __tablename__ = "audits"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    checks: Mapped[int]
    violations: Mapped[int]
    found: Mapped[dict[str, Any]]

    __table_args__ = (Index("ix_audits_started", "started_at"),)
