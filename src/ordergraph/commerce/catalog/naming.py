"""Slugs: names in addresses, unique among products and bundles; old ones keep leading there."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, column, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from ordergraph.commerce.catalog.tables import SlugRow
from ordergraph.core.ids import Prefix, encode
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.core.texts import slug_of
from ordergraph.runtime.db.prepared import Prepared
from ordergraph.runtime.db.scope import ENVIRONMENT
from ordergraph.runtime.db.transaction import Reader, Transaction

_NUMBERED = 3
"""So many numbers are tried behind a name; whoever comes later gets the end of its id."""

_OF_ID = 6


async def make_slugs(tx: Transaction, names: Mapping[UUID, str]) -> Mapping[UUID, str]:
    """Take a slug for each new product or bundle, made from its name (`blue-shirt`).

    A slug that is taken gets a number (`blue-shirt-2`), or the end of the owner's id where many
    have the same name. What an owner led by before keeps leading to it.
    """
    taken: dict[UUID, str] = {}
    tries = 0
    while left := {id: name for id, name in names.items() if id not in taken}:
        tries += 1
        taken |= await _take(tx, {id: _candidate(name, id, tries) for id, name in left.items()})
    return taken


async def take_slug(tx: Transaction, owner_id: UUID, slug: str, *path: str) -> str:
    """Take the slug that was asked for; one that leads elsewhere is `SLUG_ALREADY_EXISTS`."""
    wanted = slug_of(slug)
    if await _take(tx, {owner_id: wanted}) or await owner_of_slug(tx, wanted) == owner_id:
        return wanted
    raise Problem(ErrorCode.SLUG_ALREADY_EXISTS, "This slug leads to something else already.", path)


async def renew_slug(tx: Transaction, owner_id: UUID, name: str) -> str:
    """Take a slug made from a name, the first that is free or leads to its owner already."""
    tries = 0
    while True:
        tries += 1
        wanted = _candidate(name, owner_id, tries)
        if await _take(tx, {owner_id: wanted}) or await owner_of_slug(tx, wanted) == owner_id:
            return wanted


async def free_slugs(tx: Transaction, owner_ids: Collection[UUID]) -> None:
    """Give back the slugs of what was deleted."""
    await tx.fetch(_FREE, {"ids": list(owner_ids)})


async def owner_of_slug(reader: Reader, slug: str) -> UUID | None:
    """Return the product or bundle that a slug leads to, whatever its case, or None."""
    rows = await reader.fetch(_OWNER, {"wanted": slug.strip().casefold()})
    return rows[0][0] if rows else None


def _candidate(name: str, id: UUID, tries: int) -> str:
    slug = slug_of(name)
    if tries == 1:
        return slug
    if tries <= _NUMBERED:
        return f"{slug}-{tries}"
    return f"{slug}-{encode(Prefix.PRODUCT, id)[-_OF_ID * (tries - _NUMBERED) :]}"


async def _take(tx: Transaction, wanted: Mapping[UUID, str]) -> Mapping[UUID, str]:
    """Take what is free, in alphabetical order so that two such transactions never deadlock."""
    ordered = sorted(wanted.items(), key=lambda each: each[1])
    bound = {"ids": [id for id, _ in ordered], "slugs": [slug for _, slug in ordered]}
    return {row[0]: row[1] for row in await tx.fetch(_TAKE, bound)}


_SLUGS = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid)), bindparam("slugs", type_=ARRAY(Text)))
    .table_valued(column("owner_id", Uuid), column("slug", Text))
    .render_derived()
)
_TAKE = Prepared(
    insert(SlugRow)
    .from_select(
        ["environment_id", "slug", "owner_id"],
        select(ENVIRONMENT.label("new_environment_id"), _SLUGS.c.slug, _SLUGS.c.owner_id),
    )
    .on_conflict_do_nothing()
    .returning(SlugRow.owner_id, SlugRow.slug)
)
_MINE = SlugRow.environment_id == ENVIRONMENT
_FREE = Prepared(
    delete(SlugRow)
    .where(_MINE, SlugRow.owner_id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .returning(SlugRow.slug)
)
_OWNER = Prepared(
    select(SlugRow.owner_id).where(_MINE, SlugRow.slug == bindparam("wanted", type_=Text))
)
