"""Changing and deleting coupons through the graph."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from ordergraph.commerce.coupons.reads import terms_by_code, terms_by_ids
from ordergraph.commerce.coupons.reserving import reserve_uses
from ordergraph.core.discounts import CouponStatus
from ordergraph.core.ids import Prefix, decode, new_id
from ordergraph.runtime.actor import ActorKind
from tests.graph.coupons.documents import UPDATE, change, coupon, delete, names, product
from tests.world import World

USD_500 = {"amount": 500, "currency": "USD"}


async def read(world: World, id: str) -> Any:
    fields = UPDATE[UPDATE.index("coupon {") + 8 : UPDATE.index("userErrors") - 6]
    answer = await world.graphql(f"query ($id: ID!) {{ coupon(id: $id) {{ {fields} }} }}", id=id)
    assert answer.errors == []
    return answer.payload


async def use(world: World, id: str) -> None:
    async with world.database.transaction(world.actor) as tx:
        refusals = await reserve_uses(tx, [raw(id)], new_id(), new_id(), None)
    assert refusals == {}


def raw(id: str) -> UUID:
    return decode(Prefix.COUPON, id)


async def test_upd_1_what_is_omitted_stays_and_what_is_sent_replaces(world: World) -> None:
    product_id, _ = await product(world)
    made = await coupon(
        world,
        code="SPRING20",
        description="Old",
        maxUses=5,
        expiresAt="2027-01-01T00:00:00Z",
        metadata={"a": "1", "b": "2"},
    )
    world.clock.advance(timedelta(minutes=1))
    answer = await change(
        world,
        made["id"],
        name="Summer",
        code="summer20",
        maxUses=7,
        limitToItemIds=[product_id],
        stackable=True,
        status="DISABLED",
        metadata={"a": None, "c": "3"},
    )
    assert (answer.errors, answer.codes) == ([], [])
    expected = made | {
        "name": "Summer",
        "code": "SUMMER20",
        "maxUses": 7,
        "limitToItems": [{"id": product_id, "__typename": "Product"}],
        "stackable": True,
        "status": "DISABLED",
        "metadata": {"b": "2", "c": "3"},
        "version": 2,
        "updatedAt": "2026-11-21T12:01:00.000000Z",
    }
    assert answer.payload["coupon"] == expected
    assert await read(world, made["id"]) == expected


async def test_upd_2_null_clears_what_can_be_cleared(world: World) -> None:
    product_id, _ = await product(world)
    made = await coupon(
        world,
        code="SPRING20",
        description="Old",
        maxUses=5,
        maxUsesPerCustomer=1,
        startsAt="2026-01-01T00:00:00Z",
        expiresAt="2027-01-01T00:00:00Z",
        minimumPurchase=USD_500,
        limitToItemIds=[product_id],
        metadata={"a": "1"},
    )
    cleared: dict[str, Any] = dict.fromkeys(
        (
            "code",
            "description",
            "maxUses",
            "maxUsesPerCustomer",
            "startsAt",
            "expiresAt",
            "minimumPurchase",
        )
    )
    answer = await change(world, made["id"], **cleared, limitToItemIds=None, metadata=None)
    assert answer.codes == []
    assert answer.payload["coupon"] == made | cleared | {
        "limitToItems": [],
        "metadata": {},
        "version": 2,
    }
    assert await read(world, made["id"]) == answer.payload["coupon"]


@pytest.mark.parametrize(
    ("input", "code", "path"),
    [
        ({"name": None}, "FIELD_REQUIRED", ["name"]),
        ({"stackable": None}, "FIELD_REQUIRED", ["stackable"]),
        ({"firstOrderOnly": None}, "FIELD_REQUIRED", ["firstOrderOnly"]),
        ({"status": None}, "INVALID_ENUM", ["status"]),
        ({"status": "EXPIRED"}, "INVALID_ENUM", ["status"]),
        ({"percentOff": None}, "INVALID_COUPON_VALUE", ["percentOff"]),
        ({"percentOff": "5", "amountOff": USD_500}, "INVALID_COUPON_VALUE", ["percentOff"]),
        (
            {"amountOff": {"amount": 5, "currency": "EUR"}},
            "CURRENCY_MISMATCH",
            ["minimumPurchase", "currency"],
        ),
        ({"expiresAt": "2025-01-01T00:00:00Z"}, "INVALID_DATE_RANGE", ["expiresAt"]),
        ({"startsAt": "never"}, "INVALID_FORMAT", ["startsAt"]),
        ({"code": "taken"}, "COUPON_CODE_ALREADY_EXISTS", ["code"]),
        ({"maxUses": 1}, "INVALID_FIELD", ["maxUses"]),
        (
            {"limitToItemIds": ["var_01jd0000000000000000000000"]},
            "RESOURCE_NOT_FOUND",
            ["limitToItemIds", "0"],
        ),
        ({"name": "New", "expectedVersion": 7}, "VERSION_CONFLICT", ["expectedVersion"]),
    ],
)
async def test_a_change_that_cannot_be_is_refused_and_nothing_is_changed(
    world: World, input: dict[str, Any], code: str, path: list[str]
) -> None:
    await coupon(world, name="Other", code="TAKEN")
    made = await coupon(
        world, code="SPRING20", startsAt="2026-01-01T00:00:00Z", minimumPurchase=USD_500
    )
    await use(world, made["id"])
    await use(world, made["id"])
    before = await read(world, made["id"])
    answer = await change(world, made["id"], **input)
    assert answer.codes == [code]
    assert answer.payload["userErrors"][0]["field"] == ["input", *path]
    assert answer.payload["coupon"] is None
    assert await read(world, made["id"]) == before


async def test_upd_3_nothing_to_update_is_refused(world: World) -> None:
    made = await coupon(world)
    answer = await change(world, made["id"])
    assert answer.codes == ["NO_FIELDS_TO_UPDATE"]
    assert (await change(world, made["id"], expectedVersion=1)).codes == ["NO_FIELDS_TO_UPDATE"]


async def test_upd_3_the_present_values_are_no_change(world: World) -> None:
    made = await coupon(world, code="SPRING20", percentOff="12.5")
    world.clock.advance(timedelta(minutes=1))
    answer = await change(
        world, made["id"], name="Spring", code="spring20", percentOff="12.5000", status="ACTIVE"
    )
    assert answer.codes == []
    assert answer.payload["coupon"] == made


async def test_a_percentage_takes_the_place_of_an_amount_and_the_other_way_round(
    world: World,
) -> None:
    made = await coupon(world, amountOff=USD_500)
    percent = (await change(world, made["id"], percentOff="10")).payload["coupon"]
    assert (percent["percentOff"], percent["amountOff"]) == ("10", None)
    amount = (await change(world, made["id"], amountOff=USD_500)).payload["coupon"]
    assert (amount["percentOff"], amount["amountOff"]) == (None, USD_500)


async def test_con_3_another_version_than_expected_is_told(world: World) -> None:
    made = await coupon(world)
    assert (await change(world, made["id"], name="A", expectedVersion=1)).codes == []
    answer = await change(world, made["id"], name="B", expectedVersion=1)
    assert answer.codes == ["VERSION_CONFLICT"]
    assert answer.payload["userErrors"][0]["currentVersion"] == 2
    assert (await read(world, made["id"]))["name"] == "A"


async def test_con_5_changing_a_coupon_never_loses_uses_that_are_taken_meanwhile(
    world: World,
) -> None:
    made = await coupon(world)
    await asyncio.gather(
        *(use(world, made["id"]) for _ in range(8)),
        *(change(world, made["id"], description=str(number)) for number in range(8)),
    )
    present = await read(world, made["id"])
    assert (present["usesCount"], present["version"]) == (8, 9)


async def test_dsc_10_a_deleted_coupon_is_final_hidden_and_found_by_its_id_only(
    world: World,
) -> None:
    made = await coupon(world, code="SPRING20")
    answer = await delete(world, made["id"])
    assert answer.payload == {"deletedId": made["id"], "userErrors": []}

    viewer = world.database.viewer(world.actor)
    assert await terms_by_code(viewer, "SPRING20") is None
    terms = await terms_by_ids(viewer, [raw(made["id"])])
    assert terms[raw(made["id"])].status is CouponStatus.DELETED
    assert await names(world) == []
    assert await names(world, filter={"status": "DELETED"}) == ["Spring"]
    assert await read(world, made["id"]) == made | {"status": "DELETED", "version": 2}
    by_code = await world.graphql('{ couponByCode(code: "SPRING20") { id } }')
    assert by_code.data == {"couponByCode": None}

    for refused in (
        await delete(world, made["id"]),
        await change(world, made["id"], status="ACTIVE"),
    ):
        assert refused.codes == ["RESOURCE_DELETED"]
        assert refused.payload["userErrors"][0]["field"] == ["input", "id"]


async def test_env_1_another_environment_can_neither_change_nor_delete_a_coupon(
    world: World,
) -> None:
    made = await coupon(world)
    stranger = world.caller(
        ActorKind.SECRET_KEY, world.actor.scopes, environment_id=world.merchant_id
    )
    document = """
    mutation ($id: ID!) {
      updateCoupon(input: {id: $id, name: "Mine"}) { coupon { id } userErrors { code field } }
      deleteCoupon(input: {id: $id}) { deletedId userErrors { code field } }
    }
    """
    answer = await world.graphql(document, caller=stranger, id=made["id"])
    missing = [{"code": "RESOURCE_NOT_FOUND", "field": ["input", "id"]}]
    assert answer.data == {
        "updateCoupon": {"coupon": None, "userErrors": missing},
        "deleteCoupon": {"deletedId": None, "userErrors": missing},
    }
    assert await read(world, made["id"]) == made


async def test_id_2_a_malformed_id_is_refused(world: World) -> None:
    assert (await change(world, "cpn_x", name="A")).codes == ["INVALID_ID"]
    assert (await delete(world, "prod_01jd0000000000000000000000")).codes == ["INVALID_ID"]
