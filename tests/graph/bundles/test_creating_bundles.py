"""Creating bundles through the graph."""

from tests.graph.bundles.documents import bundle, read, usd, variant
from tests.world import World


async def test_a_bundle_of_little_has_what_is_usual(world: World) -> None:
    made = await bundle(world)
    assert made == {
        "id": made["id"],
        "name": "Breakfast",
        "slug": "breakfast",
        "status": "ACTIVE",
        "description": None,
        "seo": {"title": None, "description": None},
        "images": [],
        "imageUrl": None,
        "unitPrice": usd(1500),
        "compareAtPrice": None,
        "taxable": True,
        "taxCategory": "GENERAL",
        "sku": None,
        "barcode": None,
        "availableForSale": False,
        "quantityAvailable": None,
        "componentCount": 0,
        "components": [],
        "categories": [],
        "externalReferenceId": None,
        "metadata": {},
        "publicMetadata": {},
        "version": 1,
        "createdAt": made["createdAt"],
        "updatedAt": made["createdAt"],
    }
    assert await read(world, made["id"]) == made


async def test_bun_1_a_bundle_has_its_own_and_inherits_nothing(world: World) -> None:
    coffee = await variant(world, sku="COFFEE", barcode="111", initialQuantityAvailable=7)
    cup = await variant(world, "Cup", sku="CUP", taxable=False)
    made = await bundle(
        world,
        name="Morning set",
        components=[{"variantId": coffee, "quantity": 2}, {"variantId": cup, "quantity": 1}],
        categories=["Sets", "Gifts"],
        status="INACTIVE",
        description="Both",
        slug="The Morning!",
        seo={"title": "T", "description": "D"},
        images=[{"url": "https://a.example/1.png", "altText": "one", "width": 3, "height": 4}],
        compareAtPrice=usd(1800),
        taxable=False,
        taxCategory="FOOD",
        sku="SET-1",
        barcode="222",
        externalReferenceId="erp-9",
        metadata={"a": "1"},
        publicMetadata={"b": "2"},
    )
    assert {key: made[key] for key in made if key not in ("id", "createdAt", "updatedAt")} == {
        "name": "Morning set",
        "slug": "the-morning",
        "status": "INACTIVE",
        "description": "Both",
        "seo": {"title": "T", "description": "D"},
        "images": [{"url": "https://a.example/1.png", "altText": "one", "width": 3, "height": 4}],
        "imageUrl": "https://a.example/1.png",
        "unitPrice": usd(1500),
        "compareAtPrice": usd(1800),
        "taxable": False,
        "taxCategory": "FOOD",
        "sku": "SET-1",
        "barcode": "222",
        "availableForSale": False,
        "quantityAvailable": 3,
        "componentCount": 2,
        "components": [
            {
                "id": made["components"][0]["id"],
                "quantity": 2,
                "position": 0,
                "variant": {"id": coffee, "sku": "COFFEE", "product": {"name": "Coffee"}},
            },
            {
                "id": made["components"][1]["id"],
                "quantity": 1,
                "position": 1,
                "variant": {"id": cup, "sku": "CUP", "product": {"name": "Cup"}},
            },
        ],
        "categories": [{"name": "Sets", "slug": "sets"}, {"name": "Gifts", "slug": "gifts"}],
        "externalReferenceId": "erp-9",
        "metadata": {"a": "1"},
        "publicMetadata": {"b": "2"},
        "version": 1,
    }
    assert await read(world, made["id"]) == made
