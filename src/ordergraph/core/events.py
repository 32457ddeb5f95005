"""What happened, as it is written to the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """One fact, told in the transaction that made it true.

    `type` is the fact's name (`order.PAID`), `subject_id` the row it is about, `payload` plain
    JSON values as of the event. The environment is that of the transaction.
    """

    type: str
    subject_id: UUID
    payload: Mapping[str, Any]
