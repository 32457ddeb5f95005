"""Sparse updates: a field that was not sent is told from one that was sent as null (UPD-1)."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, TypeAlias


class _Omission(Enum):
    OMITTED = "OMITTED"


Omitted: TypeAlias = Literal[_Omission.OMITTED]
"""The type of `OMITTED`: a field is declared as `str | Omitted | None`."""

OMITTED: Final = _Omission.OMITTED
"""Stands for a field that was not sent and stays as it is."""
