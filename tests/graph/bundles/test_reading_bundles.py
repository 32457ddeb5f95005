"""Reading bundles through the graph: lists, lookups, what buyers see, what it costs."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from ordergraph.commerce.catalog.rules import ProductStatus, VariantStatus
from ordergraph.core.ids import Prefix, decode, encode, new_id
from ordergraph.runtime.actor import ActorKind
from ordergraph.runtime.db.statements import counted
from tests.commerce.bundles.boxes import turn_product, turn_variant
from tests.graph.bundles.documents import LIST, bundle, made, names, read, send, usd, variant
from tests.world import World


async def shelf(world: World, *wanted: str, **input: Any) -> list[Any]:
    """Make bundles with these names, a minute between them."""
    found: list[Any] = []
    for name in wanted:
        found.append(await bundle(world, name=name, **input))
        world.clock.advance(timedelta(minutes=1))
    return found


async def test_lists_find_text_in_name_description_sku_and_whole_ids(world: World) -> None:
    (first,) = await shelf(world, "Breakfast 100%", sku="SET-1")
    await shelf(world, "Dinner", description="A late breakfast, really.", sku="SET-2")
    await shelf(world, "Lunch", sku="MID_DAY")

    async def found(query: str) -> list[str]:
        return await names(world, filter={"query": query})

    assert await found("BREAKFAST") == ["Dinner", "Breakfast 100%"]
    assert await found(" set-") == ["Dinner", "Breakfast 100%"]
    assert await found("0%") == ["Breakfast 100%"]
    assert await found("_") == ["Lunch"]
    assert await found(first["id"]) == ["Breakfast 100%"]
    assert await found(encode(Prefix.BUNDLE, new_id())) == []
    assert await found("") == ["Lunch", "Dinner", "Breakfast 100%"]
    long = await world.graphql(LIST, filter={"query": "x" * 201})
    assert long.top_codes == ["STRING_TOO_LONG"]


async def test_lists_leave_out_deleted_bundles_unless_they_are_asked_for(world: World) -> None:
    shown, hidden, gone = await shelf(world, "Shown", "Hidden", "Gone")
    made(await send(world, "updateBundle", id=hidden["id"], status="INACTIVE"))
    made(await send(world, "deleteBundle", id=gone["id"]))
    assert await names(world) == ["Hidden", "Shown"]
    assert await names(world, filter={"status": "DELETED"}) == ["Gone"]
    assert await names(world, filter={"status": ["ACTIVE", "DELETED"]}) == ["Gone", "Shown"]
    assert await names(world, caller=world.browser) == ["Shown"]
    everything = {"status": ["ACTIVE", "INACTIVE", "DELETED"]}
    assert await names(world, caller=world.browser, filter=everything) == ["Shown"]
    assert await names(world, caller=world.browser, filter={"query": gone["id"]}) == []
    assert await names(world, caller=world.stranger()) == []
    assert (await read(world, shown["id"]))["name"] == "Shown"


async def test_lists_are_filtered_by_category_by_id_slug_or_label(world: World) -> None:
    (first,) = await shelf(world, "First", categories=["Gift Sets"])
    await shelf(world, "Second", categories=["Morning", "gift sets"])
    await shelf(world, "Third")
    answer = await world.graphql('{ categoryBySlug(slug: "gift-sets") { id } }')
    gifts = answer.payload["id"]
    for category in ("GIFT SETS", "gift-sets", gifts, [" Gift Sets ", "nothing"]):
        assert await names(world, filter={"category": category}) == ["Second", "First"]
    assert await names(world, filter={"category": [gifts], "query": "first"}) == ["First"]
    assert await names(world, filter={"category": ["morning", "Gift Sets"]}) == ["Second", "First"]
    assert await names(world, filter={"category": first["id"]}) == []
    assert await names(world, filter={"category": []}) == ["Third", "Second", "First"]


@pytest.mark.parametrize(
    ("field", "ascending"),
    [("NAME", "abc"), ("CREATED_AT", "bca"), ("UPDATED_AT", "cab")],
)
async def test_lists_are_sorted_both_ways_and_paged_without_a_gap(
    world: World, field: str, ascending: str
) -> None:
    made_in_order = {each["name"].lower(): each for each in await shelf(world, "b", "C", "a")}
    for name in "ab":
        world.clock.advance(timedelta(minutes=1))
        id = made_in_order[name]["id"]
        made(await send(world, "updateBundle", id=id, description="Changed"))
    for direction, order in (("ASC", ascending), ("DESC", ascending[::-1])):
        seen: list[str] = []
        after: str | None = None
        while True:
            sort = {"field": field, "direction": direction}
            answer = await world.graphql(LIST, first=1, after=after, sort=sort)
            assert answer.errors == []
            assert answer.payload["totalCount"] == 3
            seen += [node["name"].lower() for node in answer.payload["nodes"]]
            page = answer.payload["pageInfo"]
            after = page["endCursor"]
            if not page["hasNextPage"]:
                break
        assert "".join(seen) == order
    other = await world.graphql(LIST, after=after, sort={"field": field, "direction": "ASC"})
    assert other.top_codes == ["INVALID_CURSOR"]


async def test_time_2_ranges_include_their_beginning_and_not_their_end(world: World) -> None:
    first, second, third = await shelf(world, "1", "2", "3")
    times = {"createdAfter": second["createdAt"], "createdBefore": third["createdAt"]}
    assert await names(world, filter=times) == ["2"]
    changed = {"updatedAfter": first["updatedAt"], "updatedBefore": third["updatedAt"]}
    assert await names(world, filter=changed) == ["2", "1"]
    empty = {"createdAfter": third["createdAt"], "createdBefore": first["createdAt"]}
    assert (await world.graphql(LIST, filter=empty)).top_codes == ["INVALID_DATE_RANGE"]


async def test_bun_3_what_is_available_follows_the_components(world: World) -> None:
    coffee = await variant(world, initialQuantityAvailable=7, enforceInventoryLimit=True)
    cup = await variant(world, "Cup")
    parts = [{"variantId": coffee, "quantity": 3}, {"variantId": cup, "quantity": 1}]
    id = (await bundle(world, components=parts))["id"]

    async def offered(caller: Any = None) -> tuple[bool, int | None]:
        found = await world.graphql(
            "query ($id: ID!) { bundle(id: $id) { availableForSale quantityAvailable } }",
            caller=caller,
            id=id,
        )
        return found.payload["availableForSale"], found.payload["quantityAvailable"]

    assert await offered() == await offered(world.browser) == (True, 2)
    adjust = (
        "mutation ($input: AdjustInventoryInput!) { adjustInventory(input: $input)"
        " { userErrors { code } } }"
    )
    taken = await world.graphql(adjust, input={"variantId": coffee, "quantityDelta": -5})
    assert taken.codes == []
    assert await offered() == (False, 0)
    made_up = await world.graphql(adjust, input={"variantId": coffee, "quantityDelta": 1})
    assert made_up.codes == []
    assert await offered() == (True, 1)
    await turn_variant(world, decode(Prefix.VARIANT, cup), VariantStatus.INACTIVE)
    assert await offered() == await offered(world.browser) == (False, 1)


async def test_cat_7_a_bundle_outlives_the_products_of_its_components(world: World) -> None:
    coffee, cup = await variant(world), await variant(world, "Cup")
    before = await bundle(world, coffee, cup)
    await turn_product(world, decode(Prefix.VARIANT, coffee), ProductStatus.DELETED)
    await turn_variant(world, decode(Prefix.VARIANT, coffee), VariantStatus.DELETED)
    after = await read(world, before["id"])
    assert (after["status"], after["availableForSale"]) == ("ACTIVE", False)
    assert [each["variant"] and each["variant"]["id"] for each in after["components"]] == [
        coffee,
        cup,
    ]
    shown = await world.graphql(
        "query ($id: ID!) { bundle(id: $id) { availableForSale componentCount"
        " components { quantity variant { id } } } }",
        caller=world.browser,
        id=before["id"],
    )
    assert shown.errors == []
    assert shown.payload == {
        "availableForSale": False,
        "componentCount": 2,
        "components": [
            {"quantity": 1, "variant": None},
            {"quantity": 1, "variant": {"id": cup}},
        ],
    }


async def test_cat_30_a_bundle_is_found_by_its_sku_its_barcode_and_its_slug(world: World) -> None:
    before = await bundle(world, sku="SET", barcode="222")
    lookup = """
    query ($sku: String!, $barcode: String!, $slug: String!) {
      bySku: sellableBySku(sku: $sku) { ... on Bundle { id } }
      byBarcode: sellableByBarcode(barcode: $barcode) { ... on Bundle { id } }
      bySlug: bundleBySlug(slug: $slug) { id }
    }
    """
    wanted: dict[str, Any] = {"sku": " SET ", "barcode": "222", "slug": "BREAKFAST"}
    found = {"id": before["id"]}
    for caller in (world.actor, world.browser):
        answer = await world.graphql(lookup, caller=caller, **wanted)
        assert answer.errors == []
        assert answer.data == {"bySku": found, "byBarcode": found, "bySlug": found}
    nothing = {"bySku": None, "byBarcode": None, "bySlug": None}
    missed = await world.graphql(lookup, sku="set", barcode="22", slug="break")
    assert missed.data == nothing
    assert (await world.graphql(lookup, caller=world.stranger(), **wanted)).data == nothing
    made(await send(world, "updateBundle", id=before["id"], status="INACTIVE"))
    assert (await world.graphql(lookup, **wanted)).data["bySku"] == found
    assert (await world.graphql(lookup, caller=world.browser, **wanted)).data == nothing


async def test_a_bundle_and_its_components_are_found_as_nodes(world: World) -> None:
    before = await bundle(world, await variant(world))
    component = before["components"][0]["id"]
    document = """
    query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Bundle { name }
      ... on BundleComponent { quantity variant { sku } } } }
    """
    found = [
        {"id": before["id"], "name": "Breakfast"},
        {"id": component, "quantity": 1, "variant": {"sku": None}},
    ]
    ids = [before["id"], component]
    for caller in (world.actor, world.browser):
        answer = await world.graphql(document, caller=caller, ids=ids)
        assert (answer.errors, answer.payload) == ([], found)
    assert (await world.graphql(document, caller=world.stranger(), ids=ids)).payload == [None] * 2
    made(await send(world, "updateBundle", id=before["id"], status="INACTIVE"))
    assert (await world.graphql(document, ids=ids)).payload == found
    assert (await world.graphql(document, caller=world.browser, ids=ids)).payload == [None] * 2


@pytest.mark.parametrize(
    "scope", ["commerce.bundles.read", "commerce.catalog.read", "storefront.catalog.read"]
)
async def test_bundles_are_read_with_any_scope_of_the_catalog(world: World, scope: str) -> None:
    before = await bundle(world, metadata={"a": "1"}, externalReferenceId="erp")
    document = """
    query ($id: ID!) { bundle(id: $id) { name metadata externalReferenceId }
      bundles { nodes { name } } bundleBySlug(slug: "breakfast") { name } }
    """
    caller = world.caller(ActorKind.SECRET_KEY, frozenset({scope}))
    answer = await world.graphql(document, caller=caller, id=before["id"])
    private = scope == "commerce.bundles.read"
    assert answer.data["bundle"] == {
        "name": "Breakfast",
        "metadata": {"a": "1"} if private else None,
        "externalReferenceId": "erp" if private else None,
    }
    assert answer.data["bundles"] == {"nodes": [{"name": "Breakfast"}]}
    assert answer.top_codes == ([] if private else ["FORBIDDEN", "FORBIDDEN"])
    products = world.caller(ActorKind.SECRET_KEY, frozenset({"commerce.products.read"}))
    refused = await world.graphql(document, caller=products, id=before["id"])
    assert refused.data == {"bundle": None, "bundles": None, "bundleBySlug": None}
    assert refused.top_codes == ["FORBIDDEN"] * 3


async def statements_of(world: World, document: str, **variables: Any) -> Sequence[str]:
    """Answer a document and return the statements that it took."""
    with counted() as statements:
        answer = await world.graphql(document, **variables)
    assert answer.errors == []
    return list(statements.texts)


PAGE = """
query ($first: Int) { bundles(first: $first) { nodes {
  id name componentCount availableForSale quantityAvailable
  components { quantity variant { sku availableForSale product { name } } }
  categories { name } modifierSet { name }
} } }
"""


async def test_a_page_takes_as_many_statements_for_many_bundles_as_for_one(world: World) -> None:
    ids = [await variant(world, name, initialQuantityAvailable=5) for name in "ABC"]
    for number in range(4):
        await bundle(world, *ids[: number % 3 + 1], name=f"Set {number}", categories=["Sets"])
    one = await statements_of(world, PAGE, first=1)
    many = await statements_of(world, PAGE, first=4)
    # Bundles, components, variants, products, categories; no bundle has a modifier set.
    assert (len(one), len(many)) == (5, 5)


async def test_bun_10_components_and_stock_are_read_only_when_they_are_asked_for(
    world: World,
) -> None:
    await bundle(world, await variant(world), await variant(world, "Cup"))
    document = "{ bundles { nodes { name componentCount } totalCount } }"
    page, count = await statements_of(world, document)
    assert "inventory" not in page + count
    answer = await world.graphql(document)
    assert answer.payload["nodes"] == [{"name": "Breakfast", "componentCount": 2}]
    (stocked,) = await statements_of(
        world,
        "{ bundles { edges { node { ...Stock } } } }"
        " fragment Stock on Bundle { a: availableForSale }",
    )
    assert "inventory" in stocked


async def test_one_bundle_with_its_stock_is_one_statement(world: World) -> None:
    id = (await bundle(world, await variant(world), sku="SET"))["id"]
    brief = "{ name availableForSale quantityAvailable componentCount }"
    by_id = f"query ($id: ID!) {{ bundle(id: $id) {brief} }}"
    assert len(await statements_of(world, by_id, id=id)) == 1
    assert len(await statements_of(world, f'{{ bundleBySlug(slug: "breakfast") {brief} }}')) == 1


async def test_changes_of_bundles_take_few_statements(world: World) -> None:
    ids = [await variant(world, name) for name in "ABCD"]
    before = await bundle(world, *ids[:2])
    document = (
        "mutation ($input: AddBundleComponentsInput!) { addBundleComponents(input: $input)"
        " { bundle { version } userErrors { code } } }"
    )

    async def adding(*wanted: str) -> int:
        parts = [{"variantId": id} for id in wanted]
        input = {"bundleId": before["id"], "components": parts}
        return len(await statements_of(world, document, input=input))

    assert await adding(ids[2]) == await adding(ids[3]) <= 11
    assert usd(1500) == (await read(world, before["id"]))["unitPrice"]
