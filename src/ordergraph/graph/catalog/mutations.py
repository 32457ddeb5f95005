"""Changing the catalog."""

from uuid import UUID

import strawberry

from ordergraph.commerce.catalog import creating, rules
from ordergraph.commerce.catalog.shaping import NewOption, NewProduct, NewVariant
from ordergraph.core.drafts import TaxCategory as Category
from ordergraph.core.ids import Prefix
from ordergraph.core.money import Money
from ordergraph.core.problems import Findings
from ordergraph.graph.catalog.enums import ProductStatus, ProductType, VariantStatus
from ordergraph.graph.catalog.types import ImageInput, Product, SeoInput
from ordergraph.graph.context import Context
from ordergraph.graph.ids import noted
from ordergraph.graph.money import Metadata, MoneyInput, Quantity
from ordergraph.graph.mutation import Payload, mutation
from ordergraph.graph.taxes.types import TaxCategory
from ordergraph.runtime.actor import Actor


@strawberry.input(description="A variant's value of one of its product's options.")
class SelectedOptionInput:
    name: str = strawberry.field(description="The option's name, whatever its case.")
    value: str = strawberry.field(description="One of the option's values.")


@strawberry.input(description="A new variant.")
class CreateVariantInput:
    unit_price: MoneyInput = strawberry.field(
        description="The price of one unit, from 0; all variants of a product share a currency."
    )
    selected_options: list[SelectedOptionInput] | None = strawberry.field(
        default=None,
        description="Exactly one value of each of the product's options; none for defaultVariant.",
    )
    name: str | None = strawberry.field(
        default=None, description="A name of its own, at most 255 characters."
    )
    sku: str | None = strawberry.field(
        default=None,
        description="The stock keeping unit: at most 100 characters, unique among all that can be "
        "sold, upper and lower case distinguished.",
    )
    barcode: str | None = strawberry.field(
        default=None, description="What a scanner reads, at most 100 characters."
    )
    taxable: bool = strawberry.field(default=True, description="Whether tax is due on it.")
    tax_category: TaxCategory = strawberry.field(
        default=Category.GENERAL,
        description="What kind of thing it is, for tax rates that depend on it.",
    )
    status: VariantStatus = strawberry.field(
        default=rules.VariantStatus.ACTIVE, description="ACTIVE or INACTIVE."
    )
    enforce_inventory_limit: bool = strawberry.field(
        default=False,
        description="Whether no more can be sold than there is; matters where stock is tracked.",
    )
    initial_quantity_available: Quantity | None = strawberry.field(
        default=None,
        description="Units there are, a whole number from 0. Stock is tracked only when this is "
        "given, or from the first adjustment on.",
    )
    external_reference_id: str | None = strawberry.field(
        default=None, description="The caller's own name for this variant."
    )
    metadata: Metadata | None = strawberry.field(
        default=None, description="The merchant's own keys and values."
    )
    public_metadata: Metadata | None = strawberry.field(
        default=None, description="The merchant's own keys and values that everybody may read."
    )
    compare_at_price: MoneyInput | None = strawberry.field(
        default=None,
        description="A price to compare with, such as the one before a sale, from 0 and in the "
        "currency of the price.",
    )
    images: list[ImageInput] | None = strawberry.field(
        default=None,
        description="Its own pictures, at most 20; without any it shows those of the product.",
    )
    modifier_set_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The modifier set that its buyers choose from, instead of the product's.",
    )

    def read(self, findings: Findings, *path: str) -> NewVariant:
        """Return what the catalog creates it from; what cannot be read is noted below `path`."""
        compared = self.compare_at_price
        return NewVariant(
            unit_price=Money(self.unit_price.amount, self.unit_price.currency),
            compare_at_price=compared and Money(compared.amount, compared.currency),
            images=[each.read() for each in self.images or ()],
            public_metadata=self.public_metadata or {},
            modifier_set_id=read_modifier_set(findings, self.modifier_set_id, *path),
            selected_options=[
                rules.SelectedOption(each.name, each.value) for each in self.selected_options or ()
            ],
            name=self.name,
            sku=self.sku,
            barcode=self.barcode,
            taxable=self.taxable,
            tax_category=self.tax_category,
            status=self.status,
            enforce_inventory_limit=self.enforce_inventory_limit,
            initial_quantity=self.initial_quantity_available,
            external_reference_id=self.external_reference_id,
            metadata=self.metadata or {},
        )


def read_modifier_set(findings: Findings, id: strawberry.ID | None, *path: str) -> UUID | None:
    """Return the modifier set that is asked for below `path`; a malformed id is noted."""
    return None if id is None else noted(findings, Prefix.MODIFIER_SET, id, *path, "modifierSetId")


@strawberry.input(description="One way in which the variants of a new product differ.")
class ProductOptionInput:
    name: str = strawberry.field(description="The option's name, for example Size.")
    values: list[str] = strawberry.field(description="Its values in order, 1 to 100.")


@strawberry.input(
    description="A new product: either defaultVariant alone, or options together with variants."
)
class CreateProductInput:
    name: str = strawberry.field(description="What it is called, at most 255 characters.")
    product_type: ProductType = strawberry.field(description="What kind of thing it is.")
    default_variant: CreateVariantInput | None = strawberry.field(
        default=None, description="The only variant of a simple product."
    )
    options: list[ProductOptionInput] | None = strawberry.field(
        default=None, description="What the variants differ in: 1 to 3 options."
    )
    variants: list[CreateVariantInput] | None = strawberry.field(
        default=None, description="The variants of a product with options, at most 250."
    )
    status: ProductStatus = strawberry.field(
        default=rules.ProductStatus.ACTIVE, description="ACTIVE or INACTIVE."
    )
    description: str | None = strawberry.field(
        default=None, description="What is to be said about it, at most 5000 characters."
    )
    image_url: str | None = strawberry.field(
        default=None,
        description="The web address of its picture, http or https: short for one entry of images.",
    )
    images: list[ImageInput] | None = strawberry.field(
        default=None, description="Its pictures in their order, at most 20."
    )
    slug: str | None = strawberry.field(
        default=None,
        description="Its name in web addresses, at most 100 characters, unique among products and "
        "bundles; without one it is made of the name.",
    )
    seo: SeoInput | None = strawberry.field(
        default=None, description="What search engines are told of it."
    )
    categories: list[str] | None = strawberry.field(
        default=None,
        description="Labels of the categories that it is in, at most 50 of 1 to 100 characters; "
        "a category that does not exist is made.",
    )
    modifier_set_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The modifier set that buyers of its variants choose from.",
    )
    external_reference_id: str | None = strawberry.field(
        default=None, description="The caller's own name for this product."
    )
    metadata: Metadata | None = strawberry.field(
        default=None, description="The merchant's own keys and values."
    )
    public_metadata: Metadata | None = strawberry.field(
        default=None, description="The merchant's own keys and values that everybody may read."
    )

    def read(self, findings: Findings) -> NewProduct:
        """Return what the catalog creates it from; what cannot be read is noted in `findings`."""
        return NewProduct(
            name=self.name,
            product_type=self.product_type,
            default_variant=self.default_variant
            and self.default_variant.read(findings, "defaultVariant"),
            options=[NewOption(each.name, each.values) for each in self.options or ()],
            variants=[
                each.read(findings, "variants", str(index))
                for index, each in enumerate(self.variants or ())
            ],
            status=self.status,
            description=self.description,
            image_url=self.image_url,
            images=[each.read() for each in self.images or ()],
            slug=self.slug,
            seo=self.seo and self.seo.read(),
            categories=self.categories or (),
            public_metadata=self.public_metadata or {},
            modifier_set_id=read_modifier_set(findings, self.modifier_set_id),
            external_reference_id=self.external_reference_id,
            metadata=self.metadata or {},
        )


@strawberry.type(description="What createProduct answers.")
class CreateProductPayload(Payload):
    product: Product | None = strawberry.field(default=None, description="The new product.")


async def create_product(
    context: Context, actor: Actor, input: CreateProductInput
) -> CreateProductPayload:
    findings = Findings()
    product = await creating.create_product(
        context.services.database, actor, input.read(findings), findings
    )
    return CreateProductPayload(product=product)  # pyright: ignore[reportArgumentType]


@strawberry.type
class CatalogMutations:
    create_product = mutation(
        "commerce.products.write",
        description="Create a product with its variants and their first stock.",
    )(create_product)
