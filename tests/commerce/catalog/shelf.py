"""Products to test with."""

from typing import Any

from ordergraph.commerce.catalog.creating import create_product
from ordergraph.commerce.catalog.rules import Product, ProductType, SelectedOption
from ordergraph.commerce.catalog.shaping import NewOption, NewProduct, NewVariant
from ordergraph.core.money import Money
from tests.world import World

PRICE = Money(1999, "USD")


def simple(name: str = "Beans", *, sku: str | None = None, **more: Any) -> NewProduct:
    """Describe a simple product; `more` is about its variant."""
    return NewProduct(name, ProductType.PHYSICAL, NewVariant(PRICE, sku=sku, **more))


def variant(*values: str, names: tuple[str, ...] = ("Size", "Color"), **more: Any) -> NewVariant:
    """Describe a variant that selects these values of the options with these names."""
    selected = [SelectedOption(name, value) for name, value in zip(names, values, strict=False)]
    return NewVariant(PRICE, selected, **more)


def optioned(*variants: NewVariant, name: str = "Shirt") -> NewProduct:
    """Describe a product that comes in two sizes and two colors."""
    options = [NewOption("Size", ["S", "L"]), NewOption("Color", ["Red", "Blue"])]
    return NewProduct(name, ProductType.PHYSICAL, options=options, variants=variants)


async def create(world: World, wanted: NewProduct) -> Product:
    """Create a product as the merchant."""
    return await create_product(world.database, world.actor, wanted)
