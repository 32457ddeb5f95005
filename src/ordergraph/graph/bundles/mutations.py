"""Changing bundles."""

import strawberry

from ordergraph.commerce.bundles import composing, creating, deleting, updating
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.problems import Findings
from ordergraph.graph.bundles.inputs import (
    AddBundleComponentsInput,
    CreateBundleInput,
    DeleteBundleInput,
    RemoveBundleComponentInput,
    ReplaceBundleCategoriesInput,
    UpdateBundleComponentInput,
    UpdateBundleInput,
    read_changes,
    read_components,
)
from ordergraph.graph.bundles.types import Bundle, BundleComponent
from ordergraph.graph.context import Context
from ordergraph.graph.mutation import Payload, mutation
from ordergraph.graph.sparse import sent
from ordergraph.runtime.actor import Actor

_WRITE = "commerce.bundles.write"
_NOW = "The bundle as it is now."


@strawberry.type(description="What createBundle answers.")
class CreateBundlePayload(Payload):
    bundle: Bundle | None = strawberry.field(default=None, description="The new bundle.")


@strawberry.type(description="What updateBundle answers.")
class UpdateBundlePayload(Payload):
    bundle: Bundle | None = strawberry.field(default=None, description=_NOW)


@strawberry.type(description="What deleteBundle answers.")
class DeleteBundlePayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the bundle that is gone."
    )


@strawberry.type(description="What replaceBundleCategories answers.")
class ReplaceBundleCategoriesPayload(Payload):
    bundle: Bundle | None = strawberry.field(default=None, description=_NOW)


@strawberry.type(description="What addBundleComponents answers.")
class AddBundleComponentsPayload(Payload):
    bundle: Bundle | None = strawberry.field(default=None, description=_NOW)


@strawberry.type(description="What updateBundleComponent answers.")
class UpdateBundleComponentPayload(Payload):
    bundle: Bundle | None = strawberry.field(default=None, description=_NOW)
    component: BundleComponent | None = strawberry.field(
        default=None, description="The component as it is now."
    )


@strawberry.type(description="What removeBundleComponent answers.")
class RemoveBundleComponentPayload(Payload):
    bundle: Bundle | None = strawberry.field(default=None, description=_NOW)
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the component that is gone."
    )


async def create_bundle(
    context: Context, actor: Actor, input: CreateBundleInput
) -> CreateBundlePayload:
    findings = Findings()
    bundle = await creating.create_bundle(
        context.services.database,
        actor,
        read_changes(input, findings),
        read_components(input.components or (), findings),
        input.categories or (),
        findings,
    )
    return CreateBundlePayload(bundle=bundle)  # pyright: ignore[reportArgumentType]


async def update_bundle(
    context: Context, actor: Actor, input: UpdateBundleInput
) -> UpdateBundlePayload:
    findings = Findings()
    bundle = await updating.update_bundle(
        context.services.database,
        actor,
        decode(Prefix.BUNDLE, input.id, ("id",)),
        read_changes(input, findings),
        input.expected_version,
        findings,
    )
    return UpdateBundlePayload(bundle=bundle)  # pyright: ignore[reportArgumentType]


async def delete_bundle(
    context: Context, actor: Actor, input: DeleteBundleInput
) -> DeleteBundlePayload:
    id = decode(Prefix.BUNDLE, input.id, ("id",))
    await deleting.delete_bundle(context.services.database, actor, id, input.expected_version)
    return DeleteBundlePayload(deleted_id=input.id)


async def replace_bundle_categories(
    context: Context, actor: Actor, input: ReplaceBundleCategoriesInput
) -> ReplaceBundleCategoriesPayload:
    bundle = await updating.replace_categories(
        context.services.database,
        actor,
        decode(Prefix.BUNDLE, input.bundle_id, ("bundleId",)),
        input.categories,
        input.expected_version,
    )
    return ReplaceBundleCategoriesPayload(bundle=bundle)  # pyright: ignore[reportArgumentType]


async def add_bundle_components(
    context: Context, actor: Actor, input: AddBundleComponentsInput
) -> AddBundleComponentsPayload:
    findings = Findings()
    bundle = await composing.add_components(
        context.services.database,
        actor,
        decode(Prefix.BUNDLE, input.bundle_id, ("bundleId",)),
        read_components(input.components, findings),
        input.expected_version,
        findings,
    )
    return AddBundleComponentsPayload(bundle=bundle)  # pyright: ignore[reportArgumentType]


async def update_bundle_component(
    context: Context, actor: Actor, input: UpdateBundleComponentInput
) -> UpdateBundleComponentPayload:
    bundle, component = await composing.update_component(
        context.services.database,
        actor,
        decode(Prefix.BUNDLE, input.bundle_id, ("bundleId",)),
        decode(Prefix.BUNDLE_COMPONENT, input.component_id, ("componentId",)),
        sent(input.quantity),
        sent(input.position),
        input.expected_version,
    )
    return UpdateBundleComponentPayload(
        bundle=bundle,  # pyright: ignore[reportArgumentType]
        component=component,  # pyright: ignore[reportArgumentType]
    )


async def remove_bundle_component(
    context: Context, actor: Actor, input: RemoveBundleComponentInput
) -> RemoveBundleComponentPayload:
    bundle = await composing.remove_component(
        context.services.database,
        actor,
        decode(Prefix.BUNDLE, input.bundle_id, ("bundleId",)),
        decode(Prefix.BUNDLE_COMPONENT, input.component_id, ("componentId",)),
        input.expected_version,
    )
    return RemoveBundleComponentPayload(
        bundle=bundle,  # pyright: ignore[reportArgumentType]
        deleted_id=input.component_id,
    )


@strawberry.type
class BundleMutations:
    create_bundle = mutation(
        _WRITE, description="Create a bundle of variants at a price of its own."
    )(create_bundle)
    update_bundle = mutation(
        _WRITE,
        description="Change what a bundle says of itself; lines of orders keep what they recorded.",
    )(update_bundle)
    delete_bundle = mutation(
        _WRITE,
        description="Delete a bundle for good: others may have its SKU, barcode and slugs.",
    )(delete_bundle)
    replace_bundle_categories = mutation(
        _WRITE, description="Have a bundle stand in these categories alone."
    )(replace_bundle_categories)
    add_bundle_components = mutation(
        _WRITE, description="Give a bundle further variants, behind those that it has."
    )(add_bundle_components)
    update_bundle_component = mutation(
        _WRITE,
        description="Change how many of a variant a bundle has, or where it stands among the "
        "others.",
    )(update_bundle_component)
    remove_bundle_component = mutation(
        _WRITE,
        description="Take a variant out of a bundle; without any it cannot be sold.",
    )(remove_bundle_component)
