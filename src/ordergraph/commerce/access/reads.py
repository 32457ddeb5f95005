"""Looking keys up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, bindparam, select

from ordergraph.commerce.access.rules import KeyKind
from ordergraph.commerce.access.tables import ApiKeyRow
from ordergraph.commerce.merchants.rules import EnvironmentMode
from ordergraph.commerce.merchants.tables import EnvironmentRow
from ordergraph.core.ids import Prefix, writer
from ordergraph.runtime.actor import Actor, ActorKind
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Reader

_principal = writer(Prefix.API_KEY)
_ACTORS = {
    KeyKind.SECRET: ActorKind.SECRET_KEY,
    KeyKind.PUBLISHABLE: ActorKind.PUBLISHABLE_KEY,
}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, without its token; `allowed_origins` None lets every browser origin use it."""

    id: UUID
    environment_id: UUID
    merchant_id: UUID
    name: str
    kind: KeyKind
    prefix: str
    scopes: frozenset[str]
    livemode: bool
    allowed_origins: frozenset[str] | None
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime

    def actor(self, request_id: str = "") -> Actor:
        """Return who acts in one request that carries this key."""
        return Actor(
            environment_id=self.environment_id,
            merchant_id=self.merchant_id,
            kind=_ACTORS[self.kind],
            principal=_principal(self.id),
            scopes=self.scopes,
            livemode=self.livemode,
            request_id=request_id,
        )

    def admits(self, origin: str) -> bool:
        """Tell whether a browser page of `origin` may use this key; a secret key never."""
        if self.kind is KeyKind.SECRET:
            return False
        return self.allowed_origins is None or origin in self.allowed_origins


async def key_by_hash(reader: Reader, token_hash: bytes) -> ApiKey | None:
    """Return the key of a token; the one read that looks into every environment."""
    row = await reader.first(_BY_HASH, {"token_hash": token_hash})
    return None if row is None else _key(row)


async def key_by_id(reader: Reader, id: UUID) -> ApiKey | None:
    """Return one key of the reader's environment."""
    row = await reader.first(_BY_ID, {"key_id": id})
    return None if row is None else _key(row)


def _key(row: Any) -> ApiKey:
    origins = row.allowed_origins
    return ApiKey(
        id=row.id,
        environment_id=row.environment_id,
        merchant_id=row.merchant_id,
        name=row.name,
        kind=row.kind,
        prefix=row.prefix,
        scopes=frozenset(row.scopes),
        livemode=row.mode is EnvironmentMode.LIVE,
        allowed_origins=None if origins is None else frozenset(origins),
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        created_at=row.created_at,
    )


_KEYS = select(
    ApiKeyRow.id,
    ApiKeyRow.environment_id,
    ApiKeyRow.name,
    ApiKeyRow.kind,
    ApiKeyRow.prefix,
    ApiKeyRow.scopes,
    ApiKeyRow.allowed_origins,
    ApiKeyRow.expires_at,
    ApiKeyRow.revoked_at,
    ApiKeyRow.last_used_at,
    ApiKeyRow.created_at,
    EnvironmentRow.merchant_id,
    EnvironmentRow.mode,
).join(EnvironmentRow, EnvironmentRow.id == ApiKeyRow.environment_id)
_BY_HASH = _KEYS.where(ApiKeyRow.token_hash == bindparam("token_hash", type_=LargeBinary))
_BY_ID = _KEYS.where(within(ApiKeyRow), ApiKeyRow.id == bindparam("key_id"))
