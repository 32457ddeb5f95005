"""What tokens look like, where they stand in a request, and when one is good."""

import hashlib
import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ordergraph.commerce.access.problems import KeyRefusal, Unauthenticated
from ordergraph.core.scopes import BUYER_SCOPES, MERCHANT_SCOPES


class KeyKind(StrEnum):
    """Where a key may stand: on a server, or in a browser for everybody to read."""

    SECRET = "SECRET"
    PUBLISHABLE = "PUBLISHABLE"


SECRET_CHARACTERS = 64
_READABLE = 6
_BEARER = "Bearer "
_TOKEN = re.compile(r"og_(test|live)_(sk|pk)_[0-9a-f]{72}")
_KIND_WORDS = {KeyKind.SECRET: "sk", KeyKind.PUBLISHABLE: "pk"}
_SECRET = f"_{_KIND_WORDS[KeyKind.SECRET]}_"
_SCOPES = {KeyKind.SECRET: MERCHANT_SCOPES, KeyKind.PUBLISHABLE: BUYER_SCOPES}


@dataclass(frozen=True, slots=True)
class Token:
    """A well-formed token; whether anybody holds it is another question."""

    text: str
    livemode: bool

    @property
    def hash(self) -> bytes:
        """What is stored of a token: 256 random bits need no slow hash."""
        return hashlib.sha256(self.text.encode()).digest()

    @property
    def prefix(self) -> str:
        """The beginning that people recognise a key by."""
        return self.text[: len("og_test_sk_") + _READABLE]


def write_token(kind: KeyKind, livemode: bool, secret: str) -> Token:
    """Return the token for 64 hexadecimal characters of `secret` (KEY-1).

    It begins with its mode and kind, so that people and secret scanners know what they see, and
    ends with a checksum, so that a mistyped one is refused without asking the database.
    """
    body = f"og_{'live' if livemode else 'test'}_{_KIND_WORDS[kind]}_{secret}"
    return Token(f"{body}{_checksum(body)}", livemode)


def read_token(text: str) -> Token:
    """Return the token in `text`; anything that we cannot have made is `API_KEY_NOT_FOUND`."""
    if _TOKEN.fullmatch(text) and text[-8:] == _checksum(text[:-8]):
        return Token(text, text.startswith("og_live_"))
    raise Unauthenticated(KeyRefusal.API_KEY_NOT_FOUND)


def presented_token(
    authorization: str | None, api_key: str | None, in_address: str | None = None
) -> str:
    """Return the token of a request's two headers or of its address, whichever carries it (KEY-2).

    Raises `API_KEY_REQUIRED` when none does, `API_KEY_AMBIGUOUS` when they disagree, and
    `API_KEY_EXPOSED` for a secret key in an address.
    """
    if not (api_key or in_address) and authorization and authorization.startswith(_BEARER):
        token = authorization.removeprefix(_BEARER).strip()
        if token:
            return token  # as nearly all requests have it
    if in_address and _SECRET in in_address:
        raise Unauthenticated(KeyRefusal.API_KEY_EXPOSED)
    scheme, _, bearer = (authorization or "").strip().partition(" ")
    bearer = bearer.strip() if scheme.lower() == "bearer" else ""
    tokens = {token for token in (bearer, (api_key or "").strip(), in_address) if token}
    if not tokens:
        raise Unauthenticated(KeyRefusal.API_KEY_REQUIRED)
    if len(tokens) > 1:
        raise Unauthenticated(KeyRefusal.API_KEY_AMBIGUOUS)
    return tokens.pop()


def grantable_scopes(kind: KeyKind) -> frozenset[str]:
    """Return the scopes that a key of `kind` may hold; a publishable key holds exactly these."""
    return _SCOPES[kind]


def require_good(
    now: datetime, revoked_at: datetime | None, expires_at: datetime | None, same_mode: bool
) -> None:
    """Raise why a known key does not open its environment, if anything (KEY-6, ENV-2)."""
    if revoked_at is not None:
        raise Unauthenticated(KeyRefusal.API_KEY_REVOKED)
    if expires_at is not None and expires_at <= now:
        raise Unauthenticated(KeyRefusal.API_KEY_EXPIRED)
    if not same_mode:
        raise Unauthenticated(KeyRefusal.API_KEY_MODE_MISMATCH)


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
