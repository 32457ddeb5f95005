"""Why a caller is not let in."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from ordergraph.core.problems import ErrorCode, Problem


class KeyRefusal(StrEnum):
    """The reason of an UNAUTHENTICATED answer (KEY-6)."""

    API_KEY_REQUIRED = "API_KEY_REQUIRED"
    API_KEY_AMBIGUOUS = "API_KEY_AMBIGUOUS"
    API_KEY_NOT_FOUND = "API_KEY_NOT_FOUND"
    API_KEY_REVOKED = "API_KEY_REVOKED"
    API_KEY_EXPIRED = "API_KEY_EXPIRED"
    API_KEY_MODE_MISMATCH = "API_KEY_MODE_MISMATCH"
    API_KEY_EXPOSED = "API_KEY_EXPOSED"


_MESSAGES: Mapping[KeyRefusal, str] = {
    KeyRefusal.API_KEY_REQUIRED: "Send a key as 'Authorization: Bearer <key>' or as X-API-Key.",
    KeyRefusal.API_KEY_AMBIGUOUS: "Authorization and X-API-Key carry different keys: send one.",
    KeyRefusal.API_KEY_NOT_FOUND: "There is no such key.",
    KeyRefusal.API_KEY_REVOKED: "This key has been revoked.",
    KeyRefusal.API_KEY_EXPIRED: "This key has expired.",
    KeyRefusal.API_KEY_MODE_MISMATCH: "This key belongs to the other mode: test or live.",
    KeyRefusal.API_KEY_EXPOSED: (
        "A secret key may not stand in an address, where logs and histories keep it: send it as "
        "a header, and replace this one."
    ),
}


class Unauthenticated(Problem):
    """The caller is nobody we know; `reason` says why and reaches the client (KEY-6)."""

    def __init__(self, reason: KeyRefusal) -> None:
        super().__init__(ErrorCode.UNAUTHENTICATED, _MESSAGES[reason])
        self.reason = reason

    def details(self) -> dict[str, Any]:
        return {"reason": self.reason.value}
