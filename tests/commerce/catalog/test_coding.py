"""Taking SKUs and barcodes while others give them back."""

from collections.abc import Sequence

import pytest

from ordergraph.commerce.catalog import coding
from ordergraph.commerce.catalog.coding import Codes, take_codes
from ordergraph.commerce.catalog.deleting import delete_product
from ordergraph.core.ids import new_id
from ordergraph.runtime.db.transaction import Conflict, Transaction
from tests.commerce.catalog.shelf import create, simple
from tests.world import World


async def test_a_code_that_is_given_back_while_it_is_asked_for_is_not_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = await create(world, simple(sku="BEANS"))
    refuse = coding._refuse

    async def too_late(tx: Transaction, left: Sequence[Codes]) -> None:
        await delete_product(world.database, world.actor, product.id)
        await refuse(tx, left)

    monkeypatch.setattr(coding, "_refuse", too_late)
    with pytest.raises(Conflict):
        async with world.database.transaction(world.actor) as tx:
            await take_codes(tx, [Codes(new_id(), "BEANS", None)])
