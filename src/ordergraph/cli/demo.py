"""The demo shop: made once, with keys that stay the same, and told in demo.json."""

import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from ordergraph.cli.demo_shelf import CURRENCY, demo_products
from ordergraph.commerce.access.issuing import NewKey, add_key
from ordergraph.commerce.access.reads import key_by_hash
from ordergraph.commerce.access.rules import KeyKind, write_token
from ordergraph.commerce.catalog.creating import create_product
from ordergraph.commerce.merchants.founding import NewMerchant, found_merchant
from ordergraph.commerce.merchants.reads import Environment, environments_of
from ordergraph.core.ids import Prefix, encode
from ordergraph.core.problems import ErrorCode, Problem, Problems
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.driver import connect
from ordergraph.runtime.secrets import server_secret

_MERCHANT = UUID("01930000-0000-7000-8000-000000c0ffee")
_LOCK = 7_312_846_502
"""The number of the advisory lock that the one process holds which opens the demo shop."""


@dataclass(frozen=True, slots=True)
class DemoShop:
    """What a visitor needs to use the demo shop."""

    merchant_id: UUID
    environment_id: UUID
    secret_key: str
    publishable_key: str


async def open_demo(database: Database) -> DemoShop:
    """Make the demo shop unless it is there, and return it; any number of servers may ask at once.

    Its tokens are derived from a secret of this database: nobody has to keep them.
    """
    source = await server_secret(database.engine, "demo keys")
    secrets = {kind: hmac.digest(source, kind.value.encode(), "sha256").hex() for kind in KeyKind}
    tokens = {kind: write_token(kind, False, secret) for kind, secret in secrets.items()}
    connection = await connect(database.url, "ordergraph demo")
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        environment = await _sandbox(database)
        actor = Actor.system(environment.id, _MERCHANT, "demo")
        # The keys are issued last: where they are, the shop is whole.
        if await key_by_hash(database.viewer(actor), tokens[KeyKind.SECRET].hash) is None:
            await _stock_shelf(database, actor)
            await _issue(database, actor, environment, secrets)
    finally:
        await connection.close()
    return DemoShop(
        _MERCHANT, environment.id, tokens[KeyKind.SECRET].text, tokens[KeyKind.PUBLISHABLE].text
    )


def write_demo(data_dir: Path, url: str, shop: DemoShop) -> Path:
    """Write demo.json anew, whole or not at all, for this account's eyes only."""
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / "demo.json"
    draft = data_dir / f"demo.json.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(
            {
                "url": url,
                "secretKey": shop.secret_key,
                "publishableKey": shop.publishable_key,
                "merchantId": encode(Prefix.MERCHANT, shop.merchant_id),
                "environmentId": encode(Prefix.ENVIRONMENT, shop.environment_id),
            },
            file,
            indent=2,
        )
    draft.replace(path)
    return path


async def _sandbox(database: Database) -> Environment:
    async with database.transaction(Actor.system(_MERCHANT, _MERCHANT, "demo")) as tx:
        environments = await environments_of(tx, _MERCHANT)
        if not environments:
            wanted = NewMerchant("Demo Coffee", currency=CURRENCY, id=_MERCHANT)
            environments = await found_merchant(tx, wanted)
    return next(environment for environment in environments if not environment.livemode)


async def _stock_shelf(database: Database, actor: Actor) -> None:
    """Create the products; those that an interrupted start has left behind are kept."""
    for product in demo_products():
        try:
            await create_product(database, actor, product)
        except (Problem, Problems) as refused:
            problems = refused.problems if isinstance(refused, Problems) else (refused,)
            if any(problem.code is not ErrorCode.SKU_ALREADY_EXISTS for problem in problems):
                raise


async def _issue(
    database: Database, actor: Actor, environment: Environment, secrets: dict[KeyKind, str]
) -> None:
    async with database.transaction(actor) as tx:
        for kind, secret in secrets.items():
            await add_key(tx, environment, NewKey(kind, name="demo", secret=secret))
