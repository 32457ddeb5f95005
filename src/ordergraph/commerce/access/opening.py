"""Opening a merchant: its environments, and the first keys of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from ordergraph.commerce.access.issuing import IssuedKey, NewKey, add_key
from ordergraph.commerce.access.rules import KeyKind
from ordergraph.commerce.merchants.founding import NewMerchant, found_merchant
from ordergraph.commerce.merchants.reads import Environment
from ordergraph.core.ids import new_id
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database


@dataclass(frozen=True, slots=True)
class OpenedEnvironment:
    """An environment with its first secret and its first publishable key."""

    environment: Environment
    secret: IssuedKey
    publishable: IssuedKey


async def open_merchant(database: Database, wanted: NewMerchant) -> Sequence[OpenedEnvironment]:
    """Found a merchant and issue two keys for each of its environments, all or nothing."""
    async with database.transaction(Actor.system(new_id(), wanted.id, "founding")) as tx:
        environments = await found_merchant(tx, wanted)
        return [
            OpenedEnvironment(
                environment,
                secret=await add_key(tx, environment, NewKey(KeyKind.SECRET)),
                publishable=await add_key(tx, environment, NewKey(KeyKind.PUBLISHABLE)),
            )
            for environment in environments
        ]
