"""Telling who calls, from a token."""

import asyncio
from collections import OrderedDict
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, or_, update

from ordergraph.commerce.access.problems import KeyRefusal, Unauthenticated
from ordergraph.commerce.access.reads import ApiKey, key_by_hash
from ordergraph.commerce.access.rules import Token, read_token, require_good
from ordergraph.commerce.access.tables import ApiKeyRow
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.scope import within

REMEMBERED = timedelta(milliseconds=2500)
"""How long a key is not asked for again; with the checks of open sockets every 2 s a revocation is
noticed within 5 s (KEY-5)."""

MARKED_EVERY = timedelta(minutes=1)
"""How often at most a key's last use is written (KEY-5)."""

_MOST_REMEMBERED = 10_000
_NOBODY = Actor.system(UUID(int=0), UUID(int=0), "authentication")


@dataclass(slots=True)
class _Remembered:
    key: ApiKey
    livemode: bool
    until: datetime


class Authentication:
    """Turns tokens into keys, asking the database at most every 5 s for each.

    Only keys that exist are remembered, so made-up tokens take no memory.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()
        self._marking: set[asyncio.Task[None]] = set()

    async def authenticate(self, text: str) -> ApiKey:
        """Return the key that `text` is the token of, or raise `Unauthenticated` with a reason."""
        now = self._database.clock.now()
        found = self._remembered.get(text)
        if found is None or now >= found.until:
            found = await self._find(read_token(text), now)
        key = found.key
        require_good(now, key.revoked_at, key.expires_at, same_mode=key.livemode is found.livemode)
        return key

    async def close(self) -> None:
        """Wait for the marks of last use that are still being written."""
        await asyncio.gather(*self._marking, return_exceptions=True)

    async def _find(self, token: Token, now: datetime) -> _Remembered:
        key = await key_by_hash(self._database.viewer(_NOBODY), token.hash)
        if key is None:
            self._remembered.pop(token.text, None)
            raise Unauthenticated(KeyRefusal.API_KEY_NOT_FOUND)
        found = self._remembered[token.text] = _Remembered(key, token.livemode, now + REMEMBERED)
        self._remembered.move_to_end(token.text)
        if len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        if key.last_used_at is None or key.last_used_at <= now - MARKED_EVERY:
            self._mark_used(key)
        return found

    def _mark_used(self, key: ApiKey) -> None:
        """Write the key's last use beside the request, which does not wait for it."""
        # An empty context: the write belongs to no request, its statements and logs neither.
        task = asyncio.create_task(self._write_use(key), context=Context())
        self._marking.add(task)
        task.add_done_callback(self._marking.discard)

    async def _write_use(self, key: ApiKey) -> None:
        actor = Actor.system(key.environment_id, key.merchant_id, "authentication")
        async with self._database.transaction(actor) as tx:
            await tx.execute(
                _MARK, {"key_id": key.id, "at": tx.now, "before": tx.now - MARKED_EVERY}
            )


_MARK = (
    update(ApiKeyRow)
    .where(
        within(ApiKeyRow),
        ApiKeyRow.id == bindparam("key_id"),
        or_(
            ApiKeyRow.last_used_at.is_(None),
            ApiKeyRow.last_used_at <= bindparam("before", type_=ApiKeyRow.last_used_at.type),
        ),
    )
    .values(last_used_at=bindparam("at"))
)
