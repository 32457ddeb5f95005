"""Cursors into the log: an environment, an epoch and a position, sealed."""

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass
from uuid import UUID

from ordergraph.core.problems import ErrorCode, Problem

_PLACE = struct.Struct(">qq")
_SEAL_BYTES = 16
_LENGTH = 43


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cursor points: behind the event at `position`, in the life `epoch`."""

    epoch: int
    position: int


class CursorSeal:
    """Writes and reads cursors; whoever lacks the secret can make none."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def seal(self, environment_id: UUID, place: Place) -> str:
        """Return the cursor of `place` as opaque text."""
        body = _PLACE.pack(place.epoch, place.position)
        sealed = body + self._sign(environment_id, body)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, environment_id: UUID, cursor: str, *field: str | int) -> Place:
        """Return where `cursor` points.

        Raises INVALID_CURSOR when it is no cursor of ours, or one of another environment.
        """
        try:
            if len(cursor) != _LENGTH:
                raise ValueError
            sealed = base64.b64decode(cursor.encode("ascii") + b"=", b"-_", validate=True)
        except (ValueError, binascii.Error):
            raise _invalid(field) from None
        place = Place(*_PLACE.unpack_from(sealed))
        if not hmac.compare_digest(self.seal(environment_id, place), cursor):
            raise _invalid(field)
        return place

    def _sign(self, environment_id: UUID, body: bytes) -> bytes:
        signed = hmac.digest(self._secret, b"log" + environment_id.bytes + body, hashlib.sha256)
        return signed[:_SEAL_BYTES]


def _invalid(field: tuple[str | int, ...]) -> Problem:
    return Problem(ErrorCode.INVALID_CURSOR, "This is not a cursor of this list.", field)
