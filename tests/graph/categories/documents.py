"""Documents about categories, and short ways to send them."""

from collections.abc import Sequence
from typing import Any

from ordergraph.runtime.actor import Actor
from tests.graph.catalog.changes import beans, done, send
from tests.world import Answer, World

CATEGORY = "id name slug position imageUrl productCount bundleCount version createdAt updatedAt"
MENU = f"""
query Menu($first: Int, $after: String) {{
  categories(first: $first, after: $after) {{
    nodes {{ {CATEGORY} }} pageInfo {{ hasNextPage endCursor }} totalCount
  }}
}}
"""
SHELVES = """
query Shelves($first: Int, $each: Int) {
  categories(first: $first) {
    nodes {
      name productCount bundleCount
      products(first: $each) {
        nodes { name categories { name } variants { sku } }
        pageInfo { hasNextPage endCursor } totalCount
      }
    }
  }
}
"""


async def label(world: World, product_id: str, *labels: str, **more: Any) -> Answer:
    """Replace the categories of a product."""
    return await send(
        world,
        "replaceProductCategories",
        "product { version updatedAt categories { name } }",
        productId=product_id,
        categories=labels,
        **more,
    )


async def labeled(world: World, *labels: str) -> Any:
    """Make a simple product in these categories."""
    made = await beans(world)
    answer = await label(world, made["id"], *labels)
    assert (answer.errors, answer.codes) == ([], [])
    return made


async def menu(world: World, caller: Actor | None = None) -> Sequence[Any]:
    """Read all categories in the order of menus."""
    answer = await world.graphql(MENU, caller=caller, first=100)
    assert answer.errors == []
    return answer.payload["nodes"]


async def category(world: World, name: str) -> Any:
    """Return the category with this name."""
    return next(each for each in await menu(world) if each["name"] == name)


async def arrange(world: World, id: str, **input: Any) -> Any:
    """Change a category, which has to succeed, and return it."""
    payload = await done(world, "updateCategory", f"category {{ {CATEGORY} }}", id=id, **input)
    return payload["category"]
