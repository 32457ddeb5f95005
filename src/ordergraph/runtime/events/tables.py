"""The log's tables: events, how far each environment got, and the lives of the database."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.runtime.db.base import Base


class EventRow(Base):
    """One event: outbox row while its position is null, log row from then on.

    `seq` follows the order of writing, `position` is dense within the environment and never
    changes. `occurred_at` is business time, `recorded_at` the wall clock, for lag and retention.
    """

    __tablename__ = "event_log"
    __table_args__ = (
        UniqueConstraint("environment_id", "position"),
        Index("ix_event_log_subject", "environment_id", "subject_id", "position"),
        Index("ix_event_log_waiting", "seq", postgresql_where=text("position IS NULL")),
    )

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    position: Mapped[int | None]
    id: Mapped[UUID]
    type: Mapped[str]
    subject_id: Mapped[UUID]
    payload: Mapped[dict[str, Any]]
    request_id: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class EventHeadRow(Base):
    """How far an environment's log goes: up to `position`, and from behind `pruned`."""

    __tablename__ = "event_heads"

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    pruned: Mapped[int] = mapped_column(server_default="0")


class EventEpochRow(Base):
    """One life of the database: a restore into another one begins a new life.

    `epoch` is random, since one dump may be restored twice; `number` counts.
    """

    __tablename__ = "event_epochs"

    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(unique=True)


class EventEpochHeadRow(Base):
    """Where an environment's log stood when an epoch began."""

    __tablename__ = "event_epoch_heads"

    epoch: Mapped[int] = mapped_column(
        ForeignKey("event_epochs.epoch"), primary_key=True, autoincrement=False
    )
    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]


class EventSequencerRow(Base):
    """One row: locked by whoever gives positions, it names the database that the epoch is of."""

    __tablename__ = "event_sequencer"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[int] = mapped_column(ForeignKey("event_epochs.epoch"))
    system_identifier: Mapped[int]
    database_oid: Mapped[int]
