"""Arranging categories: what they are called, where they stand in menus, and which go."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, delete, or_, select, update

from ordergraph.commerce.categories.events import category_changed, category_deleted
from ordergraph.commerce.categories.labeling import numbered_slug
from ordergraph.commerce.categories.reads import CATEGORY_COLUMNS, category_of
from ordergraph.commerce.categories.rules import (
    LAST_POSITION,
    LONGEST_LABEL,
    Category,
    label_key,
)
from ordergraph.commerce.categories.tables import CategoryRow
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Findings, Problem, VersionProblem, not_found
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.core.texts import LONGEST_SLUG, check_text, check_url, slug_of
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import within
from ordergraph.runtime.db.transaction import ConstraintViolated, Transaction


@dataclass(frozen=True, slots=True)
class CategoryChanges:
    """What is to change of a category; what is `OMITTED` stays. An empty `slug` is made anew."""

    name: str | Omitted | None = OMITTED
    slug: str | Omitted | None = OMITTED
    position: int | Omitted | None = OMITTED
    image_url: str | Omitted | None = OMITTED


async def update_category(
    database: Database,
    actor: Actor,
    id: UUID,
    wanted: CategoryChanges,
    expected_version: int | None = None,
) -> Category:
    """Change a category: its products and bundles have its new name at once.

    A name or slug of another one is `CATEGORY_ALREADY_EXISTS`; values that equal the present ones
    are no change (UPD-3).
    """
    if wanted == CategoryChanges():
        raise Problem(ErrorCode.NO_FIELDS_TO_UPDATE, "There is nothing to update.")
    with _names_are_unique():
        async with database.transaction(actor) as tx:
            present = await _lock(tx, id)
            if expected_version not in (None, present.version):
                raise VersionProblem(present.version, ("expectedVersion",))
            findings = Findings()
            category = _changed(present, wanted, findings)
            await _check_names(tx, category, wanted, findings)
            findings.settle()
            if category != present:
                category = await _save(tx, category)
            tx.remember("category", Prefix.CATEGORY, id)
    return category


async def delete_category(database: Database, actor: Actor, id: UUID) -> None:
    """Delete a category: what was in it is no longer in it, and its name makes a new one."""
    async with database.transaction(actor) as tx:
        await _lock(tx, id)
        await tx.execute(delete(CategoryRow).where(within(CategoryRow), CategoryRow.id == id))
        tx.emit(category_deleted(id))
        tx.remember("deleted_id", Prefix.CATEGORY, id)


async def _lock(tx: Transaction, id: UUID) -> Category:
    rows = await tx.fetch(_LOCK, {"wanted": id})
    if not rows:
        raise not_found("category", "id")
    return category_of(rows[0])


def _changed(present: Category, wanted: CategoryChanges, findings: Findings) -> Category:
    """Return a category after its changes; an empty slug is not made yet."""
    category = replace(present)
    if wanted.name is not OMITTED:
        category.name = (
            check_text(findings, wanted.name or "", LONGEST_LABEL, "name", least=1) or ""
        )
    if wanted.slug is not OMITTED:
        asked = check_text(findings, wanted.slug, LONGEST_SLUG, "slug")
        category.slug = slug_of(asked) if asked else ""
    if wanted.position is not OMITTED:
        if wanted.position is None or not 0 <= wanted.position <= LAST_POSITION:
            findings.add(
                ErrorCode.INVALID_FIELD,
                f"position is a whole number from 0 to {LAST_POSITION}.",
                "position",
            )
        category.position = wanted.position or 0
    if wanted.image_url is not OMITTED:
        category.image_url = check_url(findings, wanted.image_url, "imageUrl")
    return category


async def _check_names(
    tx: Transaction, category: Category, wanted: CategoryChanges, findings: Findings
) -> None:
    """Note a name or slug that another category has, and make a slug where none was sent."""
    if wanted.name is OMITTED and wanted.slug is OMITTED:
        return
    tries = 0
    is_made = not category.slug
    while True:
        tries += 1
        slug = numbered_slug(category.name, tries) if is_made else category.slug
        bound = {"wanted": category.id, "key": label_key(category.name), "slug": slug}
        taken = await tx.fetch(_TAKEN, bound)
        if not (is_made and any(row[1] == slug for row in taken)):
            break
    category.slug = slug
    if any(row[0] == label_key(category.name) for row in taken):
        findings.note(_taken("name"))
    if any(row[1] == slug for row in taken):
        findings.note(_taken("slug"))


async def _save(tx: Transaction, category: Category) -> Category:
    """Write a category that was locked and has changed, and return it as it is now."""
    await tx.execute(
        update(CategoryRow)
        .where(within(CategoryRow), CategoryRow.id == category.id)
        .values(
            name=category.name,
            name_key=label_key(category.name),
            slug=category.slug,
            position=category.position,
            image_url=category.image_url,
            version=category.version + 1,
            updated_at=tx.now,
        )
    )
    tx.emit(category_changed(category.id))
    return await _lock(tx, category.id)


@contextmanager
def _names_are_unique() -> Generator[None]:
    """Say of a name or slug that somebody took at the same time what is said of others."""
    try:
        yield
    except ConstraintViolated as violated:
        field = _FIELDS.get(violated.constraint)
        if field is None:
            raise
        raise _taken(field) from violated


def _taken(field: str) -> Problem:
    return Problem(
        ErrorCode.CATEGORY_ALREADY_EXISTS, f"Another category has this {field}.", (field,)
    )


_FIELDS = {"uq_categories_name": "name", "uq_categories_slug": "slug"}
_WANTED = bindparam("wanted", type_=Uuid)
_LOCK = Prepared(
    select(*CATEGORY_COLUMNS)
    .where(within(CategoryRow), CategoryRow.id == _WANTED)
    .with_for_update()
)
_TAKEN = Prepared(
    select(CategoryRow.name_key, CategoryRow.slug).where(
        within(CategoryRow),
        CategoryRow.id != _WANTED,
        or_(
            CategoryRow.name_key == bindparam("key", type_=Text),
            CategoryRow.slug == bindparam("slug", type_=Text),
        ),
    )
)
