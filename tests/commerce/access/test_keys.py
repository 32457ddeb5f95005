"""Issuing, using and revoking keys."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from ordergraph.commerce.access.authenticating import Authentication
from ordergraph.commerce.access.issuing import IssuedKey, NewKey, create_key, revoke_key
from ordergraph.commerce.access.opening import OpenedEnvironment, open_merchant
from ordergraph.commerce.access.problems import KeyRefusal, Unauthenticated
from ordergraph.commerce.access.reads import key_by_id
from ordergraph.commerce.access.rules import KeyKind
from ordergraph.commerce.access.tables import ApiKeyRow
from ordergraph.commerce.merchants.founding import NewMerchant
from ordergraph.commerce.merchants.rules import EnvironmentMode
from ordergraph.commerce.merchants.tables import EnvironmentRow
from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.core.problems import ErrorCode, Problem, Problems
from ordergraph.core.scopes import BUYER_SCOPES, MERCHANT_SCOPES
from ordergraph.runtime.actor import Actor, ActorKind
from ordergraph.runtime.clock import ManualClock
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.statements import counted


class Shop:
    """A merchant with its two environments, and a door that reads tokens."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database = database
        self.clock = clock
        self.door = Authentication(database)

    async def open(self) -> None:
        self.sandbox, self.live = await open_merchant(self.database, NewMerchant("Coffee"))
        self.actor = self.acting_in(self.sandbox)

    def acting_in(self, opened: OpenedEnvironment) -> Actor:
        environment = opened.environment
        return Actor.system(environment.id, environment.merchant.id)

    async def issue(self, **wanted: Any) -> IssuedKey:
        return await create_key(self.database, self.actor, NewKey(**wanted))

    async def refusal_of(self, token: str) -> KeyRefusal:
        with pytest.raises(Unauthenticated) as refused:
            await self.door.authenticate(token)
        return refused.value.reason

    async def last_use(self, id: UUID) -> object:
        await self.door.close()
        key = await key_by_id(self.database.viewer(self.actor), id)
        return key and key.last_used_at


@pytest.fixture
async def shop(fresh_database: str) -> AsyncIterator[Shop]:
    clock = ManualClock()
    shop = Shop(Database(fresh_database, clock), clock)
    await shop.open()
    yield shop
    await shop.door.close()
    await shop.database.close()


async def test_a_new_merchant_has_two_environments_with_two_keys_each(shop: Shop) -> None:
    assert [opened.environment.mode for opened in (shop.sandbox, shop.live)] == [
        EnvironmentMode.SANDBOX,
        EnvironmentMode.LIVE,
    ]
    for opened, mode in ((shop.sandbox, "test"), (shop.live, "live")):
        secret = await shop.door.authenticate(opened.secret.token)
        publishable = await shop.door.authenticate(opened.publishable.token)
        assert opened.secret.token.startswith(f"og_{mode}_sk_")
        assert opened.publishable.token.startswith(f"og_{mode}_pk_")
        assert (secret.scopes, publishable.scopes) == (MERCHANT_SCOPES, BUYER_SCOPES)
        assert secret.environment_id == publishable.environment_id == opened.environment.id
        assert secret.livemode is publishable.livemode is (mode == "live")


async def test_a_key_becomes_the_actor_of_its_environment(shop: Shop) -> None:
    issued = shop.live.publishable
    actor = (await shop.door.authenticate(issued.token)).actor("req_1")
    assert actor.environment_id == shop.live.environment.id
    assert actor.merchant_id == shop.live.environment.merchant.id
    assert actor.kind is ActorKind.PUBLISHABLE_KEY
    assert actor.principal == encode(Prefix.API_KEY, issued.key.id)
    assert actor.scopes == BUYER_SCOPES
    assert actor.livemode is True
    assert actor.request_id == "req_1"
    assert actor.order_id is None


async def test_key_1_no_token_is_stored(shop: Shop) -> None:
    issued = await shop.issue(scopes=["customers.read"])
    async with shop.database.transaction(shop.actor) as tx:
        rows = await tx.rows(select(*ApiKeyRow.__table__.c))
    stored = [str(row._mapping) for row in rows]
    assert len(stored) == 5
    secret = issued.token.removeprefix(issued.key.prefix)
    assert not any(secret in text for text in stored)
    assert sum(issued.key.prefix in text for text in stored) == 1


async def test_a_key_holds_the_scopes_it_was_issued_with(shop: Shop) -> None:
    issued = await shop.issue(scopes=["customers.write", "customers.read", "customers.read"])
    key = await shop.door.authenticate(issued.token)
    assert key.scopes == {"customers.read", "customers.write"}


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"scopes": ["customers.read", "coffee.drink"]}, ErrorCode.INVALID_FIELD),
        ({"scopes": ["storefront.orders.write"]}, ErrorCode.INVALID_FIELD),
        ({"scopes": []}, ErrorCode.FIELD_REQUIRED),
        ({"kind": KeyKind.PUBLISHABLE, "scopes": ["customers.read"]}, ErrorCode.INVALID_FIELD),
        (
            {"kind": KeyKind.PUBLISHABLE, "scopes": ["storefront.catalog.read"]},
            ErrorCode.INVALID_FIELD,
        ),
        ({"allowed_origins": ["https://shop.example/path"]}, ErrorCode.INVALID_FORMAT),
        ({"allowed_origins": ["shop.example"]}, ErrorCode.INVALID_FORMAT),
    ],
)
async def test_a_key_that_cannot_be_is_refused_and_not_stored(
    shop: Shop, wanted: dict[str, object], code: ErrorCode
) -> None:
    with pytest.raises((Problem, Problems)) as refused:
        await shop.issue(**wanted)
    found = getattr(refused.value, "problems", None) or (refused.value,)
    assert {problem.code for problem in found} == {code}
    async with shop.database.transaction(shop.actor) as tx:
        assert len(await tx.rows(select(ApiKeyRow.id))) == 4


async def test_no_key_is_issued_for_an_environment_that_is_not_there(shop: Shop) -> None:
    nowhere = Actor.system(new_id(), shop.actor.merchant_id)
    with pytest.raises(Problem) as refused:
        await create_key(shop.database, nowhere, NewKey())
    assert refused.value.code is ErrorCode.RESOURCE_NOT_FOUND


async def test_key_6_a_well_formed_token_that_nobody_holds_is_not_found(shop: Shop) -> None:
    other = Shop(shop.database, shop.clock)
    issued = shop.sandbox.secret
    async with shop.database.transaction(shop.actor) as tx:
        await tx.execute(
            update(ApiKeyRow).where(ApiKeyRow.id == issued.key.id).values(token_hash=b"another")
        )
    assert await other.refusal_of(issued.token) is KeyRefusal.API_KEY_NOT_FOUND


async def test_key_6_an_expired_key_is_refused_to_the_second(shop: Shop) -> None:
    expires = shop.clock.now() + timedelta(hours=1)
    issued = await shop.issue(expires_at=expires)
    shop.clock.advance(timedelta(minutes=59, seconds=59))
    assert (await shop.door.authenticate(issued.token)).expires_at == expires
    shop.clock.advance(timedelta(seconds=1))
    assert await shop.refusal_of(issued.token) is KeyRefusal.API_KEY_EXPIRED


async def test_key_5_a_revoked_key_is_refused_within_five_seconds(shop: Shop) -> None:
    issued = shop.sandbox.secret
    await shop.door.authenticate(issued.token)
    revoked = await revoke_key(shop.database, shop.actor, issued.key.id)
    assert revoked.revoked_at == shop.clock.now()

    elsewhere = Shop(shop.database, shop.clock)
    assert await elsewhere.refusal_of(issued.token) is KeyRefusal.API_KEY_REVOKED
    shop.clock.advance(timedelta(seconds=5))
    assert await shop.refusal_of(issued.token) is KeyRefusal.API_KEY_REVOKED


async def test_revoking_again_keeps_the_first_time(shop: Shop) -> None:
    first = await revoke_key(shop.database, shop.actor, shop.sandbox.secret.key.id)
    shop.clock.advance(timedelta(hours=1))
    again = await revoke_key(shop.database, shop.actor, shop.sandbox.secret.key.id)
    assert again.revoked_at == first.revoked_at


async def test_env_1_a_key_of_another_environment_cannot_be_revoked(shop: Shop) -> None:
    with pytest.raises(Problem) as refused:
        await revoke_key(shop.database, shop.actor, shop.live.secret.key.id)
    assert refused.value.code is ErrorCode.RESOURCE_NOT_FOUND
    assert (await shop.door.authenticate(shop.live.secret.token)).revoked_at is None


async def test_env_2_a_test_token_never_opens_a_live_environment(shop: Shop) -> None:
    async with shop.database.transaction(shop.actor) as tx:
        await tx.execute(
            update(EnvironmentRow)
            .where(EnvironmentRow.id == shop.sandbox.environment.id)
            .values(mode=EnvironmentMode.LIVE)
        )
    assert await shop.refusal_of(shop.sandbox.secret.token) is KeyRefusal.API_KEY_MODE_MISMATCH


async def test_key_5_a_key_is_asked_for_once_in_two_and_a_half_seconds(shop: Shop) -> None:
    token = shop.sandbox.secret.token
    with counted() as statements:
        for _ in range(5):
            await shop.door.authenticate(token)
            shop.clock.advance(timedelta(seconds=0.4))
    assert len(statements) == 1
    shop.clock.advance(timedelta(seconds=0.5))
    with counted() as statements:
        await shop.door.authenticate(token)
    assert len(statements) == 1


async def test_key_5_the_last_use_is_written_at_most_once_a_minute(shop: Shop) -> None:
    issued = shop.sandbox.secret
    first = shop.clock.now()
    await shop.door.authenticate(issued.token)
    assert await shop.last_use(issued.key.id) == first

    shop.clock.advance(timedelta(seconds=59))
    await shop.door.authenticate(issued.token)
    assert await shop.last_use(issued.key.id) == first

    shop.clock.advance(timedelta(seconds=6))
    await shop.door.authenticate(issued.token)
    assert await shop.last_use(issued.key.id) == first + timedelta(seconds=65)


async def test_browsers_of_the_allowed_origins_only_may_use_a_key(shop: Shop) -> None:
    open_to_all = shop.sandbox.publishable.key
    limited = await shop.issue(kind=KeyKind.PUBLISHABLE, allowed_origins=["https://shop.example"])
    key = await shop.door.authenticate(limited.token)
    assert open_to_all.admits("https://anywhere.example")
    assert key.admits("https://shop.example")
    assert not key.admits("https://anywhere.example")
    assert not shop.sandbox.secret.key.admits("https://shop.example")
