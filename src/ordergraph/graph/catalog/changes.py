"""Changing products and their variants."""

import strawberry

from ordergraph.commerce.catalog import deleting, reads, updating, varying
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.problems import Findings
from ordergraph.graph.catalog.change_inputs import (
    AddVariantInput,
    DeleteProductInput,
    DeleteVariantInput,
    ReplaceProductCategoriesInput,
    UpdateProductInput,
    UpdateVariantInput,
)
from ordergraph.graph.catalog.types import Product, ProductVariant
from ordergraph.graph.context import Context
from ordergraph.graph.mutation import Payload, mutation
from ordergraph.runtime.actor import Actor

_WRITE = "commerce.products.write"


@strawberry.type(description="What updateProduct answers.")
class UpdateProductPayload(Payload):
    product: Product | None = strawberry.field(
        default=None, description="The product as it is now."
    )


@strawberry.type(description="What deleteProduct answers.")
class DeleteProductPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the product that is gone."
    )


@strawberry.type(description="What replaceProductCategories answers.")
class ReplaceProductCategoriesPayload(Payload):
    product: Product | None = strawberry.field(
        default=None, description="The product as it is now."
    )


@strawberry.type(description="What addVariant answers.")
class AddVariantPayload(Payload):
    variant: ProductVariant | None = strawberry.field(default=None, description="The new variant.")
    product: Product | None = strawberry.field(
        default=None, description="The product as it is now."
    )


@strawberry.type(description="What updateVariant answers.")
class UpdateVariantPayload(Payload):
    variant: ProductVariant | None = strawberry.field(
        default=None, description="The variant as it is now."
    )
    product: Product | None = strawberry.field(
        default=None, description="The product as it is now."
    )


@strawberry.type(description="What deleteVariant answers.")
class DeleteVariantPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the variant that is gone."
    )


async def update_product(
    context: Context, actor: Actor, input: UpdateProductInput
) -> UpdateProductPayload:
    findings = Findings()
    product = await updating.update_product(
        context.services.database,
        actor,
        decode(Prefix.PRODUCT, input.id, ("id",)),
        input.read(findings),
        input.expected_version,
        findings,
    )
    return UpdateProductPayload(product=product)  # pyright: ignore[reportArgumentType]


async def delete_product(
    context: Context, actor: Actor, input: DeleteProductInput
) -> DeleteProductPayload:
    id = decode(Prefix.PRODUCT, input.id, ("id",))
    await deleting.delete_product(context.services.database, actor, id, input.expected_version)
    return DeleteProductPayload(deleted_id=input.id)


async def replace_product_categories(
    context: Context, actor: Actor, input: ReplaceProductCategoriesInput
) -> ReplaceProductCategoriesPayload:
    product = await updating.replace_product_categories(
        context.services.database,
        actor,
        decode(Prefix.PRODUCT, input.product_id, ("productId",)),
        input.categories,
        input.expected_version,
    )
    return ReplaceProductCategoriesPayload(product=product)  # pyright: ignore[reportArgumentType]


async def add_variant(context: Context, actor: Actor, input: AddVariantInput) -> AddVariantPayload:
    findings = Findings()
    product_id = decode(Prefix.PRODUCT, input.product_id, ("productId",))
    variant_id = await varying.add_variant(
        context.services.database,
        actor,
        product_id,
        input.read(findings),
        input.expected_version,
        findings,
    )
    return AddVariantPayload(
        variant=await context.load(reads.variants_for_sale, variant_id),  # pyright: ignore[reportArgumentType]
        product=await context.load(reads.products_by_ids, product_id),  # pyright: ignore[reportArgumentType]
    )


async def update_variant(
    context: Context, actor: Actor, input: UpdateVariantInput
) -> UpdateVariantPayload:
    findings = Findings()
    id = decode(Prefix.VARIANT, input.id, ("id",))
    product_id = await varying.update_variant(
        context.services.database,
        actor,
        id,
        input.read(findings),
        input.expected_version,
        findings,
    )
    return UpdateVariantPayload(
        variant=await context.load(reads.variants_for_sale, id),  # pyright: ignore[reportArgumentType]
        product=await context.load(reads.products_by_ids, product_id),  # pyright: ignore[reportArgumentType]
    )


async def delete_variant(
    context: Context, actor: Actor, input: DeleteVariantInput
) -> DeleteVariantPayload:
    id = decode(Prefix.VARIANT, input.id, ("id",))
    await deleting.delete_variant(context.services.database, actor, id, input.expected_version)
    return DeleteVariantPayload(deleted_id=input.id)


@strawberry.type
class ProductMutations:
    update_product = mutation(
        _WRITE,
        description="Change a product: what is omitted stays. Its categories and variants have "
        "mutations of their own.",
    )(update_product)
    delete_product = mutation(
        _WRITE,
        description="Delete a product with its variants for good. Their SKUs, barcodes and slugs "
        "are free; orders keep their lines.",
    )(delete_product)
    replace_product_categories = mutation(
        _WRITE,
        description="Have a product stand in these categories alone, in this order; none clears.",
    )(replace_product_categories)
    add_variant = mutation(
        _WRITE, description="Add a variant to a product with options, behind those it has."
    )(add_variant)
    update_variant = mutation(
        _WRITE,
        description="Change a variant: what is omitted stays. Orders keep the price they were "
        "made with.",
    )(update_variant)
    delete_variant = mutation(
        _WRITE,
        description="Delete a variant for good; a product keeps at least one active variant.",
    )(delete_variant)
