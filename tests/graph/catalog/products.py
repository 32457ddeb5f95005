"""Documents about products, and products made with them."""

from typing import Any

from tests.world import Answer, World

CREATE = """
mutation CreateProduct($input: CreateProductInput!) {
  createProduct(input: $input) {
    product {
      id name status productType metadata externalReferenceId
      variants { id sku displayName }
      defaultVariant {
        id sku quantityAvailable availableForSale unitPrice { amount currency }
      }
    }
    userErrors { code message field }
  }
}
"""


def coffee(**variant: Any) -> dict[str, Any]:
    """The input of a simple product; `variant` adds to its default variant."""
    return {
        "name": "Organic Coffee Beans",
        "productType": "PHYSICAL",
        "defaultVariant": {"unitPrice": {"amount": 1999, "currency": "USD"}, **variant},
    }


def shirt(*variants: dict[str, Any]) -> dict[str, Any]:
    """The input of a product in two sizes; each variant names its size and what differs."""
    price = {"amount": 2500, "currency": "USD"}
    return {
        "name": "Shirt",
        "productType": "PHYSICAL",
        "options": [{"name": "Size", "values": ["S", "L"]}],
        "variants": [
            {
                "unitPrice": price,
                "selectedOptions": [{"name": "Size", "value": variant.pop("size")}],
                **variant,
            }
            for variant in variants
        ],
    }


async def create(world: World, input: dict[str, Any]) -> dict[str, Any]:
    """Create a product as the merchant and return it."""
    answer: Answer = await world.graphql(CREATE, input=input)
    assert answer.errors == []
    assert answer.codes == []
    return answer.payload["product"]


def paths(answer: Answer) -> list[list[str]]:
    """Return where in the input each user error is."""
    return [error["field"][1:] for error in answer.payload["userErrors"]]
