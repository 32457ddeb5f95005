"""Registered documents: kept by their hash, found without asking each time."""

from datetime import timedelta
from hashlib import sha256

import pytest

from ordergraph.commerce.operations import finding
from ordergraph.commerce.operations.finding import MISSED, REMEMBERED, RegisteredTexts
from ordergraph.commerce.operations.problems import NoneRegistered, NotRegistered
from ordergraph.commerce.operations.reads import registered_documents
from ordergraph.commerce.operations.registering import (
    NewDocument,
    register_documents,
    remove_documents,
)
from ordergraph.commerce.operations.tables import RegisteredDocumentRow
from ordergraph.core.problems import Problem
from ordergraph.runtime.db.statements import counted
from ordergraph.runtime.db.transaction import ConstraintViolated
from tests.world import World

SHOP = NewDocument("query Shop { shop { name } }\n", ("Shop",))
TWO = NewDocument("query A { __typename } query B { __typename }", ("A", "B"))
UNKNOWN = sha256(b"{ nobody }").digest()


async def registered(world: World, *documents: NewDocument) -> frozenset[bytes]:
    return await register_documents(world.database, world.actor, documents)


async def test_a_document_is_found_by_the_sha_256_of_its_text(world: World) -> None:
    assert await registered(world, SHOP, TWO) == {SHOP.sha256, TWO.sha256}
    assert SHOP.sha256 == sha256(b"query Shop { shop { name } }\n").digest()
    texts = RegisteredTexts(world.database)
    assert await texts.find(world.environment_id, SHOP.sha256) == SHOP.text
    listed = await registered_documents(world.database.viewer(world.actor))
    assert {each.sha256: each.names for each in listed} == {
        SHOP.sha256: ("Shop",),
        TWO.sha256: ("A", "B"),
    }


async def test_registering_again_changes_nothing(world: World) -> None:
    await registered(world, SHOP)
    before = await registered_documents(world.database.viewer(world.actor))
    world.clock.advance(timedelta(days=1))
    assert await registered(world, SHOP, TWO, TWO) == {TWO.sha256}
    after = await registered_documents(world.database.viewer(world.actor))
    assert (after[:1], len(after)) == (before, 2)


async def test_env_1_a_document_is_registered_for_one_environment(world: World) -> None:
    await registered(world, SHOP)
    texts = RegisteredTexts(world.database)
    with pytest.raises(NoneRegistered):
        await texts.find(world.other_environment_id, SHOP.sha256)
    with pytest.raises(Problem, match="Nothing is registered"):
        await remove_documents(world.database, world.stranger(), [SHOP.sha256])
    assert await texts.find(world.environment_id, SHOP.sha256) == SHOP.text


async def test_a_document_is_asked_for_once_and_its_removal_is_felt_within_a_minute(
    world: World,
) -> None:
    await registered(world, SHOP, TWO)
    texts = RegisteredTexts(world.database)
    await texts.find(world.environment_id, SHOP.sha256)
    with pytest.raises(Problem, match="Nothing is registered"):
        await remove_documents(world.database, world.actor, [SHOP.sha256, UNKNOWN])
    assert len(await registered_documents(world.database.viewer(world.actor))) == 2
    await remove_documents(world.database, world.actor, [SHOP.sha256])
    with counted() as statements:
        assert await texts.find(world.environment_id, SHOP.sha256) == SHOP.text
    assert statements.texts == []
    world.clock.advance(REMEMBERED)
    with pytest.raises(NotRegistered):
        await texts.find(world.environment_id, SHOP.sha256)


async def test_an_unknown_hash_is_asked_for_once_and_known_shortly_after_it_is_registered(
    world: World,
) -> None:
    await registered(world, TWO)
    texts = RegisteredTexts(world.database)
    with counted() as statements:
        for _ in range(3):
            with pytest.raises(NotRegistered):
                await texts.find(world.environment_id, SHOP.sha256)
    assert len(statements) == 1
    await registered(world, SHOP)
    world.clock.advance(MISSED)
    assert await texts.find(world.environment_id, SHOP.sha256) == SHOP.text


async def test_what_is_remembered_is_bounded(world: World) -> None:
    await registered(world, SHOP, TWO)
    texts = RegisteredTexts(world.database, most_characters=len(SHOP.text + TWO.text) - 1)
    await texts.find(world.environment_id, SHOP.sha256)
    await texts.find(world.environment_id, TWO.sha256)
    with counted() as statements:
        await texts.find(world.environment_id, TWO.sha256)
        await texts.find(world.environment_id, SHOP.sha256)
    assert len(statements) == 1


async def test_hashes_that_strangers_make_up_drive_out_no_document(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_MISSES", 2)
    await registered(world, SHOP)
    texts = RegisteredTexts(world.database, most_characters=len(SHOP.text))
    await texts.find(world.environment_id, SHOP.sha256)
    for number in range(5):
        with pytest.raises(NotRegistered):
            await texts.find(world.environment_id, bytes([number]) * 32)
    assert len(texts._misses) == 2
    with counted() as statements:
        assert await texts.find(world.environment_id, SHOP.sha256) == SHOP.text
    assert statements.texts == []


async def test_the_database_refuses_a_text_under_a_foreign_hash(world: World) -> None:
    values = {"sha256": UNKNOWN, "text": SHOP.text, "names": [], "created_at": world.clock.now()}
    with pytest.raises(ConstraintViolated, match="ck_registered_documents_sha256"):
        async with world.database.transaction(world.actor) as tx:
            await tx.add(RegisteredDocumentRow, {"id": world.environment_id, **values})
