"""Changing categories."""

import strawberry
from strawberry import UNSET

from ordergraph.commerce.categories import arranging
from ordergraph.core.ids import Prefix, decode
from ordergraph.graph.categories.types import Category
from ordergraph.graph.context import Context
from ordergraph.graph.mutation import Payload, mutation
from ordergraph.graph.sparse import sent
from ordergraph.runtime.actor import Actor


@strawberry.input(
    description="Changes to a category: what is omitted stays as it is, null clears what can be "
    "cleared."
)
class UpdateCategoryInput:
    id: strawberry.ID = strawberry.field(description="The category.")
    expected_version: int | None = strawberry.field(
        default=None, description="The version that was read: another one is VERSION_CONFLICT."
    )
    name: str | None = strawberry.field(
        default=UNSET,
        description="The label of 1 to 100 characters, unique whatever its case; its slug stays.",
    )
    slug: str | None = strawberry.field(
        default=UNSET,
        description="Its name in web addresses, at most 100 characters; null makes one from the "
        "name.",
    )
    position: int | None = strawberry.field(
        default=UNSET,
        description="Where it stands in menus, from 0 to 9999999; equal ones by their names.",
    )
    image_url: str | None = strawberry.field(
        default=UNSET, description="The web address of its picture, http or https."
    )


@strawberry.input(description="A category that is deleted for good.")
class DeleteCategoryInput:
    id: strawberry.ID = strawberry.field(description="The category.")


@strawberry.type(description="What updateCategory answers.")
class UpdateCategoryPayload(Payload):
    category: Category | None = strawberry.field(
        default=None, description="The category as it is now."
    )


@strawberry.type(description="What deleteCategory answers.")
class DeleteCategoryPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the category that is gone."
    )


async def update_category(
    context: Context, actor: Actor, input: UpdateCategoryInput
) -> UpdateCategoryPayload:
    category = await arranging.update_category(
        context.services.database,
        actor,
        decode(Prefix.CATEGORY, input.id, ("id",)),
        arranging.CategoryChanges(
            name=sent(input.name),
            slug=sent(input.slug),
            position=sent(input.position),
            image_url=sent(input.image_url),
        ),
        input.expected_version,
    )
    return UpdateCategoryPayload(category=category)  # pyright: ignore[reportArgumentType]


async def delete_category(
    context: Context, actor: Actor, input: DeleteCategoryInput
) -> DeleteCategoryPayload:
    id = decode(Prefix.CATEGORY, input.id, ("id",))
    await arranging.delete_category(context.services.database, actor, id)
    return DeleteCategoryPayload(deleted_id=input.id)


@strawberry.type
class CategoryMutations:
    update_category = mutation(
        "commerce.products.write",
        description="Change a category: its products and bundles have its new name at once.",
    )(update_category)
    delete_category = mutation(
        "commerce.products.write",
        description="Delete a category; its products and bundles stay, without it.",
    )(delete_category)
