"""`ordergraph key`."""

from collections.abc import Sequence
from pathlib import Path

from ordergraph.cli.working import operator_of, tell, work_on_database
from ordergraph.commerce.access.issuing import (
    IssuedKey,
    NewKey,
)
from ordergraph.commerce.access.issuing import (
    create_key as issue,
)
from ordergraph.commerce.access.issuing import (
    revoke_key as revoke,
)
from ordergraph.commerce.access.reads import ApiKey
from ordergraph.commerce.access.rules import KeyKind
from ordergraph.core.ids import Prefix, decode, encode
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.runtime.db.database import Database


def create_key(
    *, environment: str, kind: str, scopes: str | None, name: str, data_dir: Path | None
) -> None:
    """Issue a key and print its id, token and scopes."""
    environment_id = decode(Prefix.ENVIRONMENT, environment, ("environment",))
    wanted = NewKey(kind=_kind(kind), name=name, scopes=_scopes(scopes))

    async def work(database: Database) -> IssuedKey:
        return await issue(database, await operator_of(database, environment_id), wanted)

    issued = work_on_database(data_dir, work)
    tell(
        {
            "id": encode(Prefix.API_KEY, issued.key.id),
            "token": issued.token,
            "scopes": sorted(issued.key.scopes),
        }
    )


def revoke_key(*, id: str, environment: str, data_dir: Path | None) -> None:
    """Revoke a key and print since when."""
    environment_id = decode(Prefix.ENVIRONMENT, environment, ("environment",))
    key_id = decode(Prefix.API_KEY, id, ("id",))

    async def work(database: Database) -> ApiKey:
        return await revoke(database, await operator_of(database, environment_id), key_id)

    key = work_on_database(data_dir, work)
    revoked_at = key.revoked_at and key.revoked_at.isoformat()
    tell({"id": encode(Prefix.API_KEY, key.id), "revokedAt": revoked_at})


def _kind(text: str) -> KeyKind:
    try:
        return KeyKind(text.upper())
    except ValueError:
        raise Problem(ErrorCode.INVALID_ENUM, "A key is secret or publishable", ("kind",)) from None


def _scopes(text: str | None) -> Sequence[str] | None:
    return None if text is None else [scope for scope in text.split(",") if scope.strip()]
