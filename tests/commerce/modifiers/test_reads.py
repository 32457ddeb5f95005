"""Looking modifier sets up on a real Postgres."""

from ordergraph.commerce.modifiers import reads
from ordergraph.core.ids import new_id
from tests.world import World


async def test_smoke(world: World) -> None:
    viewer = world.database.viewer(world.actor)
    assert await reads.sets_by_ids(viewer, [new_id()]) == {}
    assert await reads.groups_by_ids(viewer, [new_id()]) == {}
    assert await reads.modifiers_by_ids(viewer, [new_id()]) == {}
