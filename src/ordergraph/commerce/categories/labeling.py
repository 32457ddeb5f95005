"""Labeling products and bundles: their categories are made by the first who has the label."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    DateTime,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    column,
    delete,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from ordergraph.commerce.categories.events import category_changed
from ordergraph.commerce.categories.rules import (
    LONGEST_LABEL,
    MOST_CATEGORIES,
    MemberKind,
    label_key,
)
from ordergraph.commerce.categories.tables import CategoryMemberRow, CategoryRow
from ordergraph.core.ids import new_id
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.core.texts import check_text, slug_of
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from ordergraph.runtime.db.transaction import Transaction


def check_labels(findings: Findings, labels: Sequence[str], *path: str) -> Sequence[str]:
    """Return labels trimmed, each once whatever its case, in its first spelling (CTG-1).

    A label has 1 to 100 characters; more than 50 are `TOO_MANY_ITEMS` at `path`.
    """
    kept: dict[str, str] = {}
    for index, label in enumerate(labels):
        text = check_text(findings, label, LONGEST_LABEL, *path, str(index), least=1)
        if text:
            kept.setdefault(label_key(text), text)
    if len(kept) > MOST_CATEGORIES:
        findings.add(
            ErrorCode.TOO_MANY_ITEMS, f"At most {MOST_CATEGORIES} categories are taken.", *path
        )
    return list(kept.values())


async def assign_labels(
    tx: Transaction,
    labels: Mapping[UUID, Sequence[str]],
    kind: MemberKind,
    *,
    active: bool,
) -> None:
    """Have products or bundles stand in these categories alone, `[]` in none (CTG-2).

    The labels are checked ones; a category that does not exist is made. `active` is whether the
    members can be sold by their own status. The caller holds the rows of the members. Categories
    are locked against deletion in the order of their slugs, so that two such transactions never
    deadlock.
    """
    wanted = {label_key(label): label for each in labels.values() for label in each}
    known = await _categories(tx, wanted)
    places = [
        (known[label_key(label)], member_id, position)
        for member_id, each in labels.items()
        for position, label in enumerate(each)
    ]
    bound = {
        "categories": [place[0] for place in places],
        "members": [place[1] for place in places],
        "positions": [place[2] for place in places],
    }
    if places:
        await tx.fetch(_JOIN[kind], {**bound, "active": active})
    await tx.fetch(_LEAVE_OTHERS, {**bound, "ids": list(labels)})


@dataclass(frozen=True, slots=True)
class Member:
    """A product or bundle that changed: its labels, None where they stay, and whether it can be
    sold by its own status, now and before; `was_active` is None for a new one."""

    id: UUID
    labels: Sequence[str] | None
    active: bool
    was_active: bool | None


async def label(tx: Transaction, members: Sequence[Member], kind: MemberKind) -> None:
    """Write labels and statuses of many members, in statements that do not grow with theirs."""
    for active in (True, False):
        alike = [each for each in members if each.active is active]
        labels = {
            each.id: each.labels
            for each in alike
            if each.labels is not None and (each.labels or each.was_active is not None)
        }
        if labels:
            await assign_labels(tx, labels, kind, active=active)
        turned = [
            each.id
            for each in alike
            if each.labels is None and each.was_active is not None and each.was_active is not active
        ]
        if turned:
            await set_active(tx, turned, active)


async def set_active(tx: Transaction, member_ids: Collection[UUID], active: bool) -> None:
    """Note whether products or bundles can be sold by their own status, for the counts of menus."""
    await tx.fetch(_SET_ACTIVE, {"ids": list(member_ids), "active": active})


async def leave_categories(tx: Transaction, member_ids: Collection[UUID]) -> None:
    """Take what is deleted out of its categories; they stay, even when nothing is left (CAT-7)."""
    await tx.fetch(_LEAVE, {"ids": list(member_ids)})


async def _categories(tx: Transaction, wanted: Mapping[str, str]) -> Mapping[str, UUID]:
    """Return the categories with these labels by their keys, made where there are none."""
    if not wanted:
        return {}
    found = await _known(tx, wanted)
    tries = 0
    while missing := {key: label for key, label in wanted.items() if key not in found}:
        tries += 1
        await _make(tx, missing, tries)
        found |= await _known(tx, missing)
    return found


async def _known(tx: Transaction, wanted: Collection[str]) -> dict[str, UUID]:
    rows = await tx.fetch(_KNOWN, {"keys": list(wanted)})
    return {row[0]: row[1] for row in rows}


async def _make(tx: Transaction, labels: Mapping[str, str], tries: int) -> None:
    """Make categories, but for those whose name or slug somebody takes at the same time."""
    new = sorted((numbered_slug(label, tries), key, label) for key, label in labels.items())
    bound = {
        "ids": [new_id() for _ in new],
        "slugs": [slug for slug, _, _ in new],
        "keys": [key for _, key, _ in new],
        "names": [label for _, _, label in new],
        "now": tx.now,
    }
    for (id,) in await tx.fetch(_MAKE, bound):
        tx.emit(category_changed(id, is_new=True))


def numbered_slug(label: str, tries: int) -> str:
    """Return the slug that is tried for a label: the plain one first, then with a number."""
    return slug_of(label) if tries == 1 else f"{slug_of(label)}-{tries}"


_KNOWN = Prepared(
    select(CategoryRow.name_key, CategoryRow.id)
    .where(within(CategoryRow), CategoryRow.name_key == any_(bindparam("keys", type_=ARRAY(Text))))
    .order_by(CategoryRow.slug)
    .with_for_update(read=True, key_share=True)
)
_NEW = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("names", type_=ARRAY(Text)),
        bindparam("keys", type_=ARRAY(Text)),
        bindparam("slugs", type_=ARRAY(Text)),
    )
    .table_valued(
        column("id", Uuid), column("name", Text), column("key", Text), column("slug", Text)
    )
    .render_derived()
)
_NOW = bindparam("now", type_=DateTime(timezone=True))
_MAKE = Prepared(
    insert(CategoryRow)
    .from_select(
        [
            *("environment_id", "id", "name", "name_key", "slug"),
            *("position", "version", "created_at", "updated_at"),
        ],
        select(
            ENVIRONMENT.label("new_environment_id"),
            *(_NEW.c.id, _NEW.c.name, _NEW.c.key, _NEW.c.slug),
            *(literal(0), literal(1), _NOW, _NOW),
        ),
    )
    .on_conflict_do_nothing()
    .returning(CategoryRow.id)
)
_CATEGORIES = bindparam("categories", type_=ARRAY(Uuid))
_MEMBERS = bindparam("members", type_=ARRAY(Uuid))
_PLACES = (
    func.unnest(_CATEGORIES, _MEMBERS, bindparam("positions", type_=ARRAY(BigInteger)))
    .table_valued(
        column("category_id", Uuid), column("member_id", Uuid), column("position", BigInteger)
    )
    .render_derived()
)
_KEPT = (
    func.unnest(_CATEGORIES, _MEMBERS)
    .table_valued(column("category_id", Uuid), column("member_id", Uuid))
    .render_derived()
)
_MINE = CategoryMemberRow.environment_id == ENVIRONMENT
_THEIRS = and_(_MINE, CategoryMemberRow.member_id == any_(bindparam("ids", type_=ARRAY(Uuid))))
_ACTIVE = bindparam("active", type_=Boolean)


def _joining(kind: MemberKind) -> Prepared:
    joined = insert(CategoryMemberRow).from_select(
        ["environment_id", "category_id", "member_id", "position", "kind", "active"],
        select(
            ENVIRONMENT.label("new_environment_id"),
            *(_PLACES.c.category_id, _PLACES.c.member_id, _PLACES.c.position),
            *(literal(kind.value), _ACTIVE.label("is_active")),
        ),
    )
    changes = {"position": joined.excluded.position, "active": joined.excluded.active}
    key = ["environment_id", "category_id", "member_id"]
    return Prepared(
        joined.on_conflict_do_update(index_elements=key, set_=changes).returning(
            CategoryMemberRow.member_id
        )
    )


_JOIN = {kind: _joining(kind) for kind in MemberKind}
_LEAVE = Prepared(delete(CategoryMemberRow).where(_THEIRS).returning(CategoryMemberRow.member_id))
_LEAVE_OTHERS = Prepared(
    delete(CategoryMemberRow)
    .where(
        _THEIRS,
        ~exists(
            select(_KEPT.c.member_id).where(
                _KEPT.c.category_id == CategoryMemberRow.category_id,
                _KEPT.c.member_id == CategoryMemberRow.member_id,
            )
        ),
    )
    .returning(CategoryMemberRow.member_id)
)
_SET_ACTIVE = Prepared(
    update(CategoryMemberRow)
    .where(_THEIRS, CategoryMemberRow.active != _ACTIVE)
    .values(active=_ACTIVE)
    .returning(CategoryMemberRow.member_id)
)
