"""The documents of bundles as clients send them, and short ways to send them."""

from typing import Any

from sqlalchemy import func, select

from ordergraph.commerce.bundles.tables import BundleComponentRow, BundleRow
from ordergraph.commerce.catalog.tables import SellableCodeRow, SlugRow
from ordergraph.commerce.categories.tables import CategoryRow
from ordergraph.core.ids import Prefix, decode
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.events.tables import EventRow
from tests.world import Answer, World

BUNDLE = """
id name slug status description seo { title description } images { url altText width height }
imageUrl unitPrice { amount currency } compareAtPrice { amount currency } taxable taxCategory sku
barcode availableForSale quantityAvailable componentCount
components { id quantity position variant { id sku product { name } } }
categories { name slug } externalReferenceId metadata publicMetadata version createdAt updatedAt
"""
ERRORS = "userErrors { code message field ... on VersionError { currentVersion } }"
LIST = """
query Bundles($first: Int, $after: String, $filter: BundleFilter, $sort: BundleSort) {
  bundles(first: $first, after: $after, filter: $filter, sort: $sort) {
    nodes { id name status } pageInfo { hasNextPage endCursor } totalCount
  }
}
"""


def usd(amount: int) -> dict[str, Any]:
    """Return so many cents."""
    return {"amount": amount, "currency": "USD"}


async def send(
    world: World,
    name: str,
    /,
    *,
    caller: Actor | None = None,
    header: str | None = None,
    **input: Any,
) -> Answer:
    """Send one mutation of bundles, as the merchant unless another `caller` is named."""
    pascal = name[0].upper() + name[1:]
    objects = {
        "deleteBundle": "deletedId",
        "updateBundleComponent": f"bundle {{ {BUNDLE} }} component {{ id quantity position }}",
        "removeBundleComponent": f"bundle {{ {BUNDLE} }} deletedId",
    }.get(name, f"bundle {{ {BUNDLE} }}")
    document = (
        f"mutation($input: {pascal}Input!) {{ {name}(input: $input) {{ {objects} {ERRORS} }} }}"
    )
    return await world.graphql(document, caller=caller, header=header, input=input)


async def create(world: World, *variant_ids: str, **input: Any) -> Answer:
    """Make a bundle at 15.00 of one unit of each variant, unless `input` says otherwise."""
    parts = [{"variantId": id, "quantity": 1} for id in variant_ids]
    value: dict[str, Any] = {"name": "Breakfast", "unitPrice": usd(1500), "components": parts}
    return await send(world, "createBundle", **(value | input))


async def bundle(world: World, *variant_ids: str, **input: Any) -> Any:
    """Make a bundle and return it."""
    return made(await create(world, *variant_ids, **input))["bundle"]


def made(answer: Answer) -> Any:
    """Return the payload of a mutation that has to succeed."""
    assert (answer.errors, answer.codes) == ([], [])
    return answer.payload


async def read(world: World, id: str, *, caller: Actor | None = None) -> Any:
    """Read one bundle."""
    document = f"query ($id: ID!) {{ bundle(id: $id) {{ {BUNDLE} }} }}"
    answer = await world.graphql(document, caller=caller, id=id)
    assert answer.errors == []
    return answer.payload


async def names(world: World, *, caller: Actor | None = None, **variables: Any) -> list[str]:
    """List the names of bundles."""
    answer = await world.graphql(LIST, caller=caller, **variables)
    assert answer.errors == []
    return [node["name"] for node in answer.payload["nodes"]]


async def variant(
    world: World, name: str = "Coffee", *, currency: str = "USD", **input: Any
) -> str:
    """Make a simple product and return the id of its variant; stock is not tracked."""
    document = """
    mutation ($input: CreateProductInput!) {
      createProduct(input: $input) {
        product { id defaultVariant { id } } userErrors { code message field }
      }
    }
    """
    price = {"amount": 500, "currency": currency}
    answer = await world.graphql(
        document,
        input={
            "name": name,
            "productType": "PHYSICAL",
            "defaultVariant": {"unitPrice": price, **input},
        },
    )
    return made(answer)["product"]["defaultVariant"]["id"]


async def told(world: World, id: str) -> list[tuple[str, int]]:
    """Return what was told of a bundle so far: the types of its events with its versions."""
    rows = await world.database.viewer(world.actor).rows(
        select(EventRow.type, EventRow.payload)
        .where(
            EventRow.environment_id == world.environment_id,
            EventRow.subject_id == decode(Prefix.BUNDLE, id),
        )
        .order_by(EventRow.seq)
    )
    return [(row.type, row.payload["version"]) for row in rows]


async def nothing_is_there(world: World) -> bool:
    """Tell whether no bundle, component, code, slug, category or event of one was left behind."""
    viewer = world.database.viewer(world.actor)
    tables = (BundleRow, BundleComponentRow, SellableCodeRow, SlugRow, CategoryRow)
    for row in tables:
        mine = row.environment_id == world.environment_id
        if await viewer.scalar(select(func.count()).select_from(row).where(mine)):
            return False
    told = select(func.count()).where(
        EventRow.environment_id == world.environment_id, EventRow.type.like("bundle.%")
    )
    return not await viewer.scalar(told)
