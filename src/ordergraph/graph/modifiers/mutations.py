"""Changing modifier sets."""

import strawberry

from ordergraph.commerce.modifiers import changing
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.problems import Findings
from ordergraph.graph.context import Context
from ordergraph.graph.modifiers.inputs import (
    CreateModifierSetInput,
    ReplaceModifierGroupsInput,
    RetireModifierSetInput,
    UpdateModifierSetInput,
    read_groups,
)
from ordergraph.graph.modifiers.types import ModifierSet
from ordergraph.graph.mutation import Payload, mutation
from ordergraph.graph.sparse import sent
from ordergraph.runtime.actor import Actor

_WRITE = "commerce.products.write"


@strawberry.type(description="What createModifierSet answers.")
class CreateModifierSetPayload(Payload):
    modifier_set: ModifierSet | None = strawberry.field(
        default=None, description="The new modifier set."
    )


@strawberry.type(description="What updateModifierSet answers.")
class UpdateModifierSetPayload(Payload):
    modifier_set: ModifierSet | None = strawberry.field(
        default=None, description="The modifier set as it is now."
    )


@strawberry.type(description="What replaceModifierGroups answers.")
class ReplaceModifierGroupsPayload(Payload):
    modifier_set: ModifierSet | None = strawberry.field(
        default=None, description="The modifier set with its new groups."
    )


@strawberry.type(description="What retireModifierSet answers.")
class RetireModifierSetPayload(Payload):
    modifier_set: ModifierSet | None = strawberry.field(
        default=None, description="The modifier set, out of use."
    )


async def create_modifier_set(
    context: Context, actor: Actor, input: CreateModifierSetInput
) -> CreateModifierSetPayload:
    findings = Findings()
    made = await changing.create_set(
        context.services.database,
        actor,
        changing.SetChanges(name=input.name, metadata=input.metadata),
        read_groups(input.groups, findings),
        findings,
    )
    return CreateModifierSetPayload(modifier_set=made)  # pyright: ignore[reportArgumentType]


async def update_modifier_set(
    context: Context, actor: Actor, input: UpdateModifierSetInput
) -> UpdateModifierSetPayload:
    changed = await changing.update_set(
        context.services.database,
        actor,
        decode(Prefix.MODIFIER_SET, input.id, ("id",)),
        changing.SetChanges(name=sent(input.name), metadata=sent(input.metadata)),
        input.expected_version,
    )
    return UpdateModifierSetPayload(modifier_set=changed)  # pyright: ignore[reportArgumentType]


async def replace_modifier_groups(
    context: Context, actor: Actor, input: ReplaceModifierGroupsInput
) -> ReplaceModifierGroupsPayload:
    findings = Findings()
    changed = await changing.replace_groups(
        context.services.database,
        actor,
        decode(Prefix.MODIFIER_SET, input.id, ("id",)),
        read_groups(input.groups, findings),
        input.expected_version,
        findings,
    )
    return ReplaceModifierGroupsPayload(modifier_set=changed)  # pyright: ignore[reportArgumentType]


async def retire_modifier_set(
    context: Context, actor: Actor, input: RetireModifierSetInput
) -> RetireModifierSetPayload:
    id = decode(Prefix.MODIFIER_SET, input.id, ("id",))
    retired = await changing.retire_set(context.services.database, actor, id)
    return RetireModifierSetPayload(modifier_set=retired)  # pyright: ignore[reportArgumentType]


@strawberry.type
class ModifierMutations:
    create_modifier_set = mutation(
        _WRITE, description="Make a modifier set with its groups and their modifiers."
    )(create_modifier_set)
    update_modifier_set = mutation(
        _WRITE, description="Change the name and the metadata of a modifier set."
    )(update_modifier_set)
    replace_modifier_groups = mutation(
        _WRITE,
        description="Replace all groups of a modifier set; lines of orders keep what they have.",
    )(replace_modifier_groups)
    retire_modifier_set = mutation(
        _WRITE,
        description="Take a modifier set out of use for good: what it is attached to offers none "
        "of it any more.",
    )(retire_modifier_set)
