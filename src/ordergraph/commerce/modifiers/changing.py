"""Making modifier sets, changing them, and taking them out of use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from ordergraph.commerce.modifiers.describing import WantedChoices, describe_groups
from ordergraph.commerce.modifiers.events import modifier_set_changed
from ordergraph.commerce.modifiers.reads import sets_by_ids
from ordergraph.commerce.modifiers.rules import (
    ModifierGroup,
    ModifierSet,
    ModifierSetStatus,
    name_key,
)
from ordergraph.commerce.modifiers.tables import ModifierGroupRow, ModifierRow, ModifierSetRow
from ordergraph.core.ids import Prefix, new_id
from ordergraph.core.problems import ErrorCode, Findings, Problem, VersionProblem, not_found
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.core.texts import LONGEST_NAME, check_text, merge_metadata
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db import together
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.documents import insertion, replacement, upsert, write_rows
from ordergraph.runtime.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class SetChanges:
    """What is set of a modifier set; the rest stays."""

    name: str | Omitted | None = OMITTED
    metadata: Mapping[str, Any] | Omitted | None = OMITTED


async def create_set(
    database: Database,
    actor: Actor,
    wanted: SetChanges,
    groups: Sequence[WantedChoices],
    findings: Findings,
) -> ModifierSet:
    """Make a modifier set with its groups and their modifiers, all or nothing, in one statement.

    `findings` holds what was already wrong with the input and is told together with the rest.
    """
    async with database.transaction(actor) as tx:
        blank = ModifierSet(new_id(), "", ModifierSetStatus.ACTIVE, {}, 1, tx.now, tx.now)
        made = _changed(blank, wanted, findings)
        made.groups = describe_groups(findings, made.id, groups)
        findings.settle()
        tx.defer(_MADE, {"modifier_set": write_rows([_set_values(made)], tx.environment_id)})
        _write_groups(tx, made.groups)
        _tell(tx, made)
    return made


async def update_set(
    database: Database,
    actor: Actor,
    id: UUID,
    wanted: SetChanges,
    expected_version: int | None,
) -> ModifierSet:
    """Change the name and the metadata of a set.

    Values that equal the present ones are no change: the version stays, nothing is told (UPD-3).
    """
    if wanted == SetChanges():
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "There is nothing to update.")
    findings = Findings()
    async with database.transaction(actor) as tx:
        present = await _lock(tx, id, expected_version)
        changed = _changed(present, wanted, findings)
        findings.settle()
        return _save(tx, present, changed)


async def replace_groups(
    database: Database,
    actor: Actor,
    id: UUID,
    groups: Sequence[WantedChoices],
    expected_version: int,
    findings: Findings,
) -> ModifierSet:
    """Replace all groups of a set; of two at once one is `VERSION_CONFLICT` (UPD-7).

    A group or modifier with an id of this set keeps it, also when a modifier moves to another
    group; those that are not named are gone. Lines keep what they were sold with. Groups that
    equal the present ones are no change. `findings` holds what was already wrong with the input.
    """
    async with database.transaction(actor) as tx:
        present = await _lock(tx, id, expected_version)
        described = describe_groups(findings, id, groups, present.groups)
        findings.settle()
        changed = replace(present, groups=described)
        if changed != present:
            _write_groups(tx, described)
            _drop_others(tx, changed)
        return _save(tx, present, changed)


async def retire_set(database: Database, actor: Actor, id: UUID) -> ModifierSet:
    """Take a set out of use for good: it offers nothing any more, lines keep what they have.

    It stays attached and readable (domain 3.6). Retiring a retired set changes nothing.
    """
    async with database.transaction(actor) as tx:
        present = await _lock(tx, id, None, retired=True)
        return _save(tx, present, replace(present, status=ModifierSetStatus.RETIRED))


async def _lock(
    tx: Transaction, id: UUID, expected_version: int | None, *, retired: bool = False
) -> ModifierSet:
    """Lock a set and read it whole; the lock comes first, so that what is read is the latest."""
    await tx.lock(ModifierSetRow, id, "modifier set", "id")
    present = (await sets_by_ids(tx, [id])).get(id)
    if present is None:
        raise not_found("modifier set", "id")
    if present.status is ModifierSetStatus.RETIRED and not retired:
        raise Problem(ErrorCode.RESOURCE_DELETED, "This modifier set was retired.", ("id",))
    if expected_version not in (None, present.version):
        raise VersionProblem(present.version, ("expectedVersion",))
    return present


def _changed(present: ModifierSet, wanted: SetChanges, findings: Findings) -> ModifierSet:
    changed = replace(present)
    if wanted.name is not OMITTED:
        changed.name = check_text(findings, wanted.name or "", LONGEST_NAME, "name", least=1) or ""
    if wanted.metadata is not OMITTED:
        changed.metadata = merge_metadata(findings, present.metadata, wanted.metadata, "metadata")
    return changed


def _save(tx: Transaction, present: ModifierSet, changed: ModifierSet) -> ModifierSet:
    """Write what changed of the set itself, if anything: one version, one event."""
    if changed == present:
        tx.remember("modifier_set", Prefix.MODIFIER_SET, present.id)
        return present
    changed = replace(changed, version=present.version + 1, updated_at=tx.now)
    tx.defer(_CHANGED, {"modifier_set": write_rows([_set_values(changed)], tx.environment_id)})
    _tell(tx, changed)
    return changed


def _tell(tx: Transaction, changed: ModifierSet) -> None:
    tx.emit(modifier_set_changed(changed.id, changed.version))
    tx.remember("modifier_set", Prefix.MODIFIER_SET, changed.id)


def _write_groups(tx: Transaction, groups: Sequence[ModifierGroup]) -> None:
    """Have groups and modifiers written: known ones replaced, new ones added."""
    environment = tx.environment_id
    rows = [_group_values(group) for group in groups]
    if rows:
        tx.defer(_GROUPS, {"modifier_groups": write_rows(rows, environment)})
    rows = [_modifier_values(each) for group in groups for each in group.modifiers]
    if rows:
        tx.defer(_MODIFIERS, {"modifiers": write_rows(rows, environment)})


def _drop_others(tx: Transaction, kept: ModifierSet) -> None:
    """Have deleted what the set no longer has.

    A modifier that moves is written in the same statement. With the group that it leaves go those
    alone that are in it when the statement ends, which is when foreign keys cascade.
    """
    modifiers = [each.id for group in kept.groups for each in group.modifiers]
    groups = [group.id for group in kept.groups]
    tx.defer(
        _MODIFIERS_GONE,
        {"changed_set": kept.id, "kept_modifiers": modifiers, "kept_groups": groups},
    )
    tx.defer(_GROUPS_GONE)


def _set_values(stored: ModifierSet) -> dict[str, Any]:
    return {
        "id": stored.id,
        "name": stored.name,
        "name_key": name_key(stored.name),
        "status": stored.status,
        "metadata": stored.metadata,
        "version": stored.version,
        "created_at": stored.created_at,
        "updated_at": stored.updated_at,
    }


def _group_values(group: ModifierGroup) -> dict[str, Any]:
    names = (column.name for column in cast(Any, ModifierGroupRow.__table__).c)
    return {name: getattr(group, name) for name in names if name != "environment_id"}


def _modifier_values(modifier: Any) -> dict[str, Any]:
    delta = modifier.unit_price_delta
    return {
        "id": modifier.id,
        "group_id": modifier.group_id,
        "name": modifier.name,
        "unit_price_delta_minor": delta.minor,
        "currency": delta.currency,
        "position": modifier.position,
        "selected_by_default": modifier.selected_by_default,
        "default_quantity": modifier.default_quantity,
        "taxable": modifier.taxable,
        "tax_category": modifier.tax_category,
        "status": modifier.status,
    }


_MADE = together.write("made_set", insertion(ModifierSetRow, "modifier_set"))
_CHANGED = together.write("changed_set", replacement(ModifierSetRow, "modifier_set"))
_GROUPS = together.write("saved_groups", upsert(ModifierGroupRow, "modifier_groups"))
_MODIFIERS = together.write("saved_modifiers", upsert(ModifierRow, "modifiers"))
_MODIFIERS_GONE = together.write(
    "gone_modifiers",
    "DELETE FROM modifiers USING modifier_groups WHERE modifiers.environment_id = :scope "
    "AND modifier_groups.environment_id = :scope AND modifier_groups.set_id = :changed_set "
    "AND modifiers.group_id = modifier_groups.id AND NOT modifiers.id = ANY(:kept_modifiers)",
)
_GROUPS_GONE = together.write(
    "gone_groups",
    "DELETE FROM modifier_groups WHERE environment_id = :scope AND set_id = :changed_set "
    "AND NOT id = ANY(:kept_groups)",
)
