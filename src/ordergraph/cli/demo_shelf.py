"""What the demo shop begins with: the shelf of a small coffee shop, SKUs beginning with DEMO-."""

from collections.abc import Sequence

from ordergraph.commerce.catalog.rules import ProductType, SelectedOption
from ordergraph.commerce.catalog.shaping import NewOption, NewProduct, NewVariant
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.money import Money

CURRENCY = "USD"

WELCOME = """# Welcome. The demo shop's secret key stands in the headers below.
query Shelf {
  products(first: 5) {
    nodes { name variants { id sku unitPrice { amount currency } quantityAvailable } }
  }
}

# Run Watch in one tab, Sell in another, and see the order arrive.
subscription Watch {
  orderEvents { type order { number status netAmounts { total { amount currency } } } }
}

mutation Sell {
  createOrder(
    input: {
      lineItems: [
        { name: "Gift wrap", quantity: 1, unitPrice: { amount: 300, currency: "USD" } }
      ]
    }
  ) {
    order { id number status netAmounts { total { amount currency } } }
    userErrors { code message field }
  }
}
"""
"""What stands in the explorer at the first visit."""


def demo_products() -> Sequence[NewProduct]:
    """Return the products: some made to order, some with enforced stock, some in several forms."""
    return (
        NewProduct(
            "Espresso",
            ProductType.PHYSICAL,
            default_variant=_variant("ESPRESSO", 300, TaxCategory.PREPARED_FOOD),
            description="A double shot of the house blend.",
            categories=["Coffee"],
        ),
        NewProduct(
            "Flat White",
            ProductType.PHYSICAL,
            options=[NewOption("Size", ["Small", "Large"])],
            variants=[
                _variant("FLATWHITE-S", 420, TaxCategory.PREPARED_FOOD, Size="Small"),
                _variant("FLATWHITE-L", 480, TaxCategory.PREPARED_FOOD, Size="Large"),
            ],
            description="Two shots and steamed milk.",
            categories=["Coffee"],
        ),
        NewProduct(
            "House Blend Beans",
            ProductType.PHYSICAL,
            options=[NewOption("Weight", ["250 g", "1 kg"])],
            variants=[
                _variant("BEANS-250", 1299, TaxCategory.FOOD, stock=200, Weight="250 g"),
                _variant("BEANS-1KG", 3999, TaxCategory.FOOD, stock=80, Weight="1 kg"),
            ],
            description="Chocolate, cherry, a long finish. Roasted on Mondays.",
            categories=["Beans"],
        ),
        NewProduct(
            "Stoneware Mug",
            ProductType.PHYSICAL,
            options=[NewOption("Colour", ["White", "Black"]), NewOption("Size", ["8 oz", "12 oz"])],
            variants=[
                _variant("MUG-W8", 1800, stock=60, Colour="White", Size="8 oz"),
                _variant("MUG-W12", 2200, stock=40, Colour="White", Size="12 oz"),
                _variant("MUG-B8", 1800, stock=60, Colour="Black", Size="8 oz"),
                _variant("MUG-B12", 2200, stock=5, Colour="Black", Size="12 oz"),
            ],
            description="Thrown by hand, fit for the dishwasher.",
            categories=["Equipment"],
        ),
        NewProduct(
            "Pour-over Kit",
            ProductType.PHYSICAL,
            default_variant=_variant("POUROVER", 4900, stock=25),
            description="Dripper, carafe and a hundred filters.",
            categories=["Equipment"],
        ),
        NewProduct(
            "Almond Croissant",
            ProductType.PHYSICAL,
            default_variant=_variant("CROISSANT", 450, TaxCategory.PREPARED_FOOD),
            description="Baked twice, gone by ten.",
            categories=["Pastries"],
        ),
        NewProduct(
            "Barista Course",
            ProductType.SERVICE,
            default_variant=_variant("COURSE", 8900, TaxCategory.SERVICES, stock=12),
            description="Three hours at the machine, twelve seats.",
            categories=["Learning"],
        ),
        NewProduct(
            "Brewing Guide",
            ProductType.DIGITAL,
            default_variant=_variant("GUIDE", 900, TaxCategory.DIGITAL_GOODS),
            description="Forty pages on water, grind and patience.",
            categories=["Learning"],
        ),
    )


def _variant(
    sku: str,
    price: int,
    tax_category: TaxCategory = TaxCategory.PHYSICAL_GOODS,
    stock: int | None = None,
    **options: str,
) -> NewVariant:
    """Return a variant at `price` cents; with `stock` it is tracked and never oversold."""
    return NewVariant(
        Money(price, CURRENCY),
        selected_options=[SelectedOption(name, value) for name, value in options.items()],
        sku=f"DEMO-{sku}",
        tax_category=tax_category,
        enforce_inventory_limit=stock is not None,
        initial_quantity=stock,
    )
