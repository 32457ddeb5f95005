"""Changes of products and variants as clients send them, and what they read of the result."""

from typing import Any

from sqlalchemy import select

from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.scope import ENVIRONMENT
from ordergraph.runtime.events.tables import EventRow
from tests.graph.catalog.products import coffee, create, shirt
from tests.world import Answer, World

VARIANT = """
id name displayName position sku barcode unitPrice { amount currency }
compareAtPrice { amount currency } selectedOptions { name value } images { url } imagesInherited
taxable taxCategory status enforceInventoryLimit availableForSale quantityAvailable
externalReferenceId metadata publicMetadata version updatedAt
"""
PRODUCT = """
id name productType status description slug seo { title description } imageUrl
images { url altText width height } options { name values } optionCount
priceRange { lowest { amount } highest { amount } } variantCount activeVariantCount
availableForSale externalReferenceId metadata publicMetadata categories { name } version updatedAt
variants { id position sku } defaultVariant { id }
"""


async def send(
    world: World, name: str, answer: str = "", /, caller: Actor | None = None, **input: Any
) -> Answer:
    """Send one mutation and ask for `answer` of its payload."""
    document = (
        f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {answer}"
        " userErrors { code message field ... on VersionError { currentVersion } } } }"
    )
    return await world.graphql(document, caller=caller, input=input)


async def done(world: World, name: str, answer: str, /, **input: Any) -> Any:
    """Send one mutation that has to succeed and return its payload."""
    sent = await send(world, name, answer, **input)
    assert (sent.errors, sent.codes) == ([], [])
    return sent.payload


async def change(world: World, id: str, **input: Any) -> Any:
    """Change a product, which has to succeed, and return it."""
    payload = await done(world, "updateProduct", f"product {{ {PRODUCT} }}", id=id, **input)
    return payload["product"]


async def vary(world: World, id: str, **input: Any) -> Any:
    """Change a variant, which has to succeed, and return it."""
    payload = await done(world, "updateVariant", f"variant {{ {VARIANT} }}", id=id, **input)
    return payload["variant"]


async def read(world: World, id: str, caller: Actor | None = None) -> Any:
    """Read a product."""
    document = f"query ($id: ID!) {{ product(id: $id) {{ {PRODUCT} }} }}"
    answer = await world.graphql(document, caller=caller, id=id)
    assert answer.errors == [], answer.errors
    return answer.payload


async def read_variant(world: World, id: str, caller: Actor | None = None) -> Any:
    """Read a variant."""
    document = f"query ($id: ID!) {{ productVariant(id: $id) {{ {VARIANT} }} }}"
    answer = await world.graphql(document, caller=caller, id=id)
    assert answer.errors == []
    return answer.payload


async def beans(world: World, **variant: Any) -> Any:
    """Make a simple product and read it."""
    return await read(world, (await create(world, coffee(**variant)))["id"])


async def shirts(world: World, *variants: dict[str, Any]) -> Any:
    """Make a product with options and read it; by default with one variant in S and one in L."""
    return await read(
        world, (await create(world, shirt(*(variants or ({"size": "S"}, {"size": "L"})))))["id"]
    )


async def events(world: World) -> list[str]:
    """Return the types of all product events so far, in order."""
    async with world.database.transaction(world.actor) as tx:
        mine = EventRow.environment_id == ENVIRONMENT
        rows = await tx.rows(select(EventRow.type).where(mine).order_by(EventRow.seq))
    return [row[0] for row in rows if row[0].startswith("product.")]
