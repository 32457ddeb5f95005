"""Lists of coupons, and the status that is computed on reading."""

from datetime import timedelta
from typing import Any

import pytest

from ordergraph.commerce.coupons.reserving import release_uses, reserve_uses
from ordergraph.core.ids import Prefix, decode, new_id
from ordergraph.runtime.db.statements import counted
from tests.graph.coupons.documents import LIST, change, coupon, delete, names, product
from tests.world import World


async def status(world: World, id: str) -> str:
    answer = await world.graphql("query ($id: ID!) { coupon(id: $id) { status } }", id=id)
    return answer.payload["status"]


async def listed(world: World, *statuses: str) -> set[str]:
    return set(await names(world, filter={"status": list(statuses)}))


async def test_a_coupon_expires_by_the_clock_at_the_very_instant(world: World) -> None:
    made = await coupon(world, expiresAt="2026-11-21T12:00:01Z")
    assert await status(world, made["id"]) == "ACTIVE"
    world.clock.advance(timedelta(microseconds=999_999))
    assert await status(world, made["id"]) == "ACTIVE"
    world.clock.advance(timedelta(microseconds=1))
    assert await status(world, made["id"]) == "EXPIRED"
    await change(world, made["id"], expiresAt=None)
    assert await status(world, made["id"]) == "ACTIVE"


async def test_a_coupon_is_exhausted_while_its_uses_are_taken(world: World) -> None:
    made = await coupon(world, maxUses=1)
    attempt = new_id()
    async with world.database.transaction(world.actor) as tx:
        await reserve_uses(tx, [decode(Prefix.COUPON, made["id"])], new_id(), attempt, None)
    assert await status(world, made["id"]) == "EXHAUSTED"
    async with world.database.transaction(world.actor) as tx:
        await release_uses(tx, attempt)
    assert await status(world, made["id"]) == "ACTIVE"


async def test_lists_filter_by_the_computed_status(world: World) -> None:
    past = "2026-01-01T00:00:00Z"
    await coupon(world, name="active", maxUses=2)
    await coupon(world, name="not started", startsAt="2027-01-01T00:00:00Z")
    await coupon(world, name="disabled", status="DISABLED", expiresAt=past)
    await coupon(world, name="expired", expiresAt=past)
    exhausted = await coupon(world, name="exhausted", maxUses=1)
    async with world.database.transaction(world.actor) as tx:
        await reserve_uses(tx, [decode(Prefix.COUPON, exhausted["id"])], new_id(), new_id(), None)
    gone = await coupon(world, name="deleted")
    await delete(world, gone["id"])

    assert await listed(world, "ACTIVE") == {"active", "not started"}
    assert await listed(world, "DISABLED") == {"disabled"}
    assert await listed(world, "EXPIRED") == {"expired"}
    assert await listed(world, "EXHAUSTED") == {"exhausted"}
    assert await listed(world, "DELETED") == {"deleted"}
    assert await listed(world, "EXPIRED", "EXHAUSTED") == {"expired", "exhausted"}
    everything = {"active", "not started", "disabled", "expired", "exhausted"}
    assert set(await names(world)) == everything
    answer = await world.graphql(LIST)
    assert answer.payload["totalCount"] == 5
    told = {node["name"]: node["status"] for node in answer.payload["nodes"]}
    assert told == {
        "active": "ACTIVE",
        "not started": "ACTIVE",
        "disabled": "DISABLED",
        "expired": "EXPIRED",
        "exhausted": "EXHAUSTED",
    }


async def test_a_search_finds_a_part_of_the_code_or_the_name(world: World) -> None:
    await coupon(world, name="Spring", code="SAVE_20")
    await coupon(world, name="Summer")
    assert await names(world, filter={"query": " save_ "}) == ["Spring"]
    assert await names(world, filter={"query": "SUMM"}) == ["Summer"]
    assert await names(world, filter={"query": "%"}) == []
    refused = await world.graphql(LIST, filter={"query": "x" * 201})
    assert (refused.data, refused.top_codes) == ({"coupons": None}, ["STRING_TOO_LONG"])


@pytest.mark.parametrize(
    ("field", "direction", "expected"),
    [
        ("CREATED_AT", "ASC", ["b", "A", "c"]),
        ("CREATED_AT", "DESC", ["c", "A", "b"]),
        ("UPDATED_AT", "ASC", ["A", "c", "b"]),
        ("NAME", "ASC", ["A", "b", "c"]),
        ("NAME", "DESC", ["c", "b", "A"]),
        ("EXPIRES_AT", "ASC", ["c", "A", "b"]),
        ("EXPIRES_AT", "DESC", ["b", "A", "c"]),
    ],
)
async def test_pag_3_every_order_is_paged_without_a_gap_or_a_repeat(
    world: World, field: str, direction: str, expected: list[str]
) -> None:
    made: dict[str, Any] = {}
    for name, expires in (
        ("b", None),
        ("A", "2027-02-01T00:00:00Z"),
        ("c", "2027-01-01T00:00:00Z"),
    ):
        made[name] = await coupon(world, name=name, expiresAt=expires)
        world.clock.advance(timedelta(seconds=1))
    await change(world, made["b"]["id"], description="changed last")

    seen: list[str] = []
    after: str | None = None
    for _ in expected:
        answer = await world.graphql(
            LIST, first=1, after=after, sort={"field": field, "direction": direction}
        )
        assert answer.errors == []
        seen += [node["name"] for node in answer.payload["nodes"]]
        page = answer.payload["pageInfo"]
        after = page["endCursor"]
    assert seen == expected
    assert page["hasNextPage"] is False


async def test_pag_2_a_cursor_of_another_filter_is_refused(world: World) -> None:
    await coupon(world)
    cursor = (await world.graphql(LIST)).payload["pageInfo"]["endCursor"]
    same = await world.graphql(LIST, after=cursor)
    assert same.payload["nodes"] == []
    other = await world.graphql(LIST, after=cursor, filter={"status": ["ACTIVE"]})
    assert (other.data, other.top_codes) == ({"coupons": None}, ["INVALID_CURSOR"])


async def test_codes_that_do_not_exist_are_null_without_an_error(world: World) -> None:
    answer = await world.graphql('{ couponByCode(code: "NOPE") { id } }')
    assert (answer.data, answer.errors) == ({"couponByCode": None}, [])


async def test_the_items_of_a_whole_page_are_read_in_two_statements(world: World) -> None:
    items = [id for _ in range(2) for id in await product(world)]
    for _ in range(4):
        await coupon(world, limitToItemIds=items)
    with counted() as statements:
        answer = await world.graphql("{ coupons { nodes { limitToItems { id } } } }")
    assert [len(node["limitToItems"]) for node in answer.payload["nodes"]] == [4] * 4
    assert len(statements) == 3  # the page, its products, its variants


async def test_lists_filter_by_what_coupons_are_limited_to_and_by_their_times(
    world: World,
) -> None:
    product_id, variant_id = await product(world)
    await coupon(world, name="product", limitToItemIds=[product_id])
    await coupon(world, name="variant", limitToItemIds=[variant_id])
    await coupon(world, name="soon", expiresAt="2026-12-01T00:00:00Z")
    world.clock.advance(timedelta(hours=1))
    await coupon(world, name="later", expiresAt="2027-01-01T00:00:00Z")
    for wanted, found in (
        ({"limitItemId": product_id}, {"product"}),
        ({"limitItemId": variant_id}, {"variant"}),
        ({"createdAfter": "2026-11-21T13:00:00Z"}, {"later"}),
        ({"createdBefore": "2026-11-21T13:00:00Z", "query": "o"}, {"product", "soon"}),
        ({"updatedAfter": "2026-11-21T13:00:00Z"}, {"later"}),
        ({"expiresBefore": "2027-01-01T00:00:00Z"}, {"soon"}),
        ({"expiresAfter": "2026-12-01T00:00:00Z"}, {"soon", "later"}),
    ):
        assert set(await names(world, filter=wanted)) == found, wanted
    wrong = await world.graphql(LIST, filter={"limitItemId": "ord_01h455vb4pex5vsknk084sn02q"})
    assert wrong.top_codes == ["INVALID_ID"]
