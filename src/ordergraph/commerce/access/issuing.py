"""Issuing and revoking keys."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, update

from ordergraph.commerce.access.reads import ApiKey, key_by_id
from ordergraph.commerce.access.rules import (
    SECRET_CHARACTERS,
    KeyKind,
    grantable_scopes,
    write_token,
)
from ordergraph.commerce.access.tables import ApiKeyRow
from ordergraph.commerce.merchants.reads import Environment, own_environment
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Findings, not_found
from ordergraph.core.scopes import check_scopes
from ordergraph.core.texts import LONGEST_NAME, check_text
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a key is issued with; without `scopes` it holds all that its kind may hold.

    `secret` is the token's 64 hexadecimal characters where they must be known beforehand, as the
    demo shop's; without it they are random.
    """

    kind: KeyKind = KeyKind.SECRET
    name: str = ""
    scopes: Sequence[str] | None = None
    allowed_origins: Sequence[str] | None = None
    expires_at: datetime | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key with its token, which is told this once and never again."""

    key: ApiKey
    token: str


async def create_key(database: Database, actor: Actor, wanted: NewKey) -> IssuedKey:
    """Issue a key for the actor's environment."""
    async with database.transaction(actor) as tx:
        environment = await own_environment(tx)
        if environment is None:
            raise not_found("environment", "environment")
        return await add_key(tx, environment, wanted)


async def add_key(tx: Transaction, environment: Environment, wanted: NewKey) -> IssuedKey:
    """Issue a key for `environment`, which may be another than the transaction's own (KEY-1)."""
    name, scopes, origins = _checked(tx, wanted)
    secret = wanted.secret or secrets.token_hex(SECRET_CHARACTERS // 2)
    token = write_token(wanted.kind, environment.livemode, secret)
    key = ApiKey(
        id=new_id(),
        environment_id=environment.id,
        merchant_id=environment.merchant.id,
        name=name,
        kind=wanted.kind,
        prefix=token.prefix,
        scopes=frozenset(scopes),
        livemode=environment.livemode,
        allowed_origins=origins,
        expires_at=wanted.expires_at,
        revoked_at=None,
        last_used_at=None,
        created_at=tx.now,
    )
    await tx.add(
        ApiKeyRow,
        {
            "environment_id": key.environment_id,
            "id": key.id,
            "name": key.name,
            "kind": key.kind,
            "prefix": key.prefix,
            "token_hash": token.hash,
            "scopes": list(scopes),
            "allowed_origins": None if origins is None else sorted(origins),
            "expires_at": key.expires_at,
            "created_at": key.created_at,
        },
    )
    return IssuedKey(key, token.text)


async def revoke_key(database: Database, actor: Actor, id: UUID) -> ApiKey:
    """Revoke a key of the actor's environment for ever; requests feel it within 5 s (KEY-5)."""
    async with database.transaction(actor) as tx:
        await tx.execute(
            update(ApiKeyRow)
            .where(within(ApiKeyRow), ApiKeyRow.id == id)
            .values(revoked_at=func.coalesce(ApiKeyRow.revoked_at, tx.now))
        )
        key = await key_by_id(tx, id)
        if key is None:
            raise not_found("key", "id")
        return key


def _checked(tx: Transaction, wanted: NewKey) -> tuple[str, Sequence[str], frozenset[str] | None]:
    findings = Findings()
    name = check_text(findings, wanted.name or wanted.kind.value.lower(), LONGEST_NAME, "name")
    allowed = grantable_scopes(wanted.kind)
    asked = allowed if wanted.scopes is None else wanted.scopes
    scopes = check_scopes(findings, asked, allowed, "scopes")
    if wanted.kind is KeyKind.PUBLISHABLE and frozenset(scopes) != allowed:
        findings.add(
            ErrorCode.INVALID_FIELD, "A publishable key holds exactly the buyer scopes.", "scopes"
        )
    if wanted.expires_at is not None and wanted.expires_at <= tx.now:
        findings.add(ErrorCode.INVALID_DATE_RANGE, "A key expires in the future.", "expiresAt")
    for origin in wanted.allowed_origins or ():
        if not _is_origin(origin):
            findings.add(
                ErrorCode.INVALID_FORMAT,
                "An origin is a scheme and a host, such as https://shop.example.",
                "allowedOrigins",
            )
    findings.settle()
    origins = None if wanted.allowed_origins is None else frozenset(wanted.allowed_origins)
    return name or "", scopes, origins


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and text == f"{parts.scheme}://{parts.netloc}"
