"""Secrets of this server: made once, kept in the database, shared by all its processes."""

import secrets

from sqlalchemy import LargeBinary, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from ordergraph.runtime.db.base import Base


class ServerSecretRow(Base):
    """One secret of this server, by what it is for."""

    __tablename__ = "server_secrets"

    purpose: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)


async def server_secret(engine: AsyncEngine, purpose: str) -> bytes:
    """Return the 32 random bytes kept for `purpose`, making them at the first call ever."""
    made = insert(ServerSecretRow).values(purpose=purpose, value=secrets.token_bytes(32))
    kept = select(ServerSecretRow.value).where(ServerSecretRow.purpose == purpose)
    async with engine.begin() as connection:
        await connection.execute(made.on_conflict_do_nothing())
    async with engine.connect() as connection:
        return (await connection.execute(kept)).scalar_one()
