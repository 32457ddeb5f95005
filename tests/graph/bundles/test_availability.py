"""Whatever components, stock and statuses a bundle has, SQL says of it what plain arithmetic does
(BUN-3, BUN-4)."""

from dataclasses import dataclass
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from ordergraph.commerce.bundles.rules import BundleStatus
from ordergraph.commerce.catalog.rules import ProductStatus, VariantStatus
from ordergraph.commerce.catalog.tables import ProductRow, VariantRow
from ordergraph.commerce.inventory.tables import InventoryItemRow
from ordergraph.core.ids import Prefix, encode
from ordergraph.runtime.db.scope import ENVIRONMENT, within
from tests.commerce.bundles.boxes import pack
from tests.commerce.inventory.shelves import shelve
from tests.world import World

VARIANTS = 4


@dataclass(frozen=True, slots=True)
class Shelf:
    """A variant by all that its bundles depend on."""

    tracked: bool
    enforced: bool
    on_hand: int
    held: int
    variant: VariantStatus
    product: ProductStatus

    @property
    def active(self) -> bool:
        return self.variant == VariantStatus.ACTIVE and self.product == ProductStatus.ACTIVE

    def serves(self, quantity: int) -> bool:
        """Tell whether so many units can be sold."""
        enough = self.on_hand - self.held >= quantity
        return self.active and (enough or not self.tracked or not self.enforced)


def offer(status: BundleStatus, parts: list[tuple[Shelf, int]]) -> tuple[bool, int | None]:
    """Return whether a bundle can be sold and how many of it there are, by plain arithmetic."""
    served = [shelf.serves(quantity) for shelf, quantity in parts]
    units = [(shelf.on_hand - shelf.held) // quantity for shelf, quantity in parts if shelf.tracked]
    available = status == BundleStatus.ACTIVE and bool(parts) and all(served)
    return available, min(units) if units else None


def _shelf(
    tracked: bool,
    enforced: bool,
    on_hand: int,
    held: int,
    variant: VariantStatus,
    product: ProductStatus,
) -> Shelf:
    """Keep what the database keeps: enforced stock is not below what is held."""
    if not tracked:
        on_hand = held = 0
    elif enforced:
        on_hand, held = abs(on_hand), min(held, abs(on_hand))
    return Shelf(tracked, enforced, on_hand, held, variant, product)


# Mostly active, so that stock decides often.
_shelves = st.builds(
    _shelf,
    st.booleans(),
    st.booleans(),
    st.integers(-12, 12) | st.sampled_from([1_000_000_000, 999_999_999]),
    st.integers(0, 5),
    st.sampled_from([VariantStatus.ACTIVE] * 6 + list(VariantStatus)),
    st.sampled_from([ProductStatus.ACTIVE] * 6 + list(ProductStatus)),
)
_parts = st.dictionaries(
    st.integers(0, VARIANTS - 1), st.integers(1, 5) | st.sampled_from([999_999, 1_000_000])
)
_bundles = st.tuples(st.sampled_from([BundleStatus.ACTIVE] * 3 + list(BundleStatus)), _parts)


async def lay(world: World, shelves: list[Shelf]) -> list[UUID]:
    """Make the variants of the world as an example wants them; examples share them."""
    viewer = world.database.viewer(world.actor)
    found = await viewer.rows(
        select(VariantRow.id).where(within(VariantRow)).order_by(VariantRow.id)
    )
    ids = [row.id for row in found] or [await shelve(world, 0, enforced=False) for _ in shelves]
    async with world.database.transaction(world.actor) as tx:
        for id, shelf in zip(ids, shelves, strict=True):
            variant = await tx.lock(VariantRow, id, "variant")
            await tx.execute(
                update(InventoryItemRow)
                .where(
                    InventoryItemRow.environment_id == ENVIRONMENT,
                    InventoryItemRow.variant_id == id,
                )
                .values(
                    tracked=shelf.tracked,
                    enforced=shelf.enforced,
                    on_hand=shelf.on_hand,
                    held=shelf.held,
                )
            )
            for row, whose, status in (
                (VariantRow, id, shelf.variant),
                (ProductRow, variant.product_id, shelf.product),
            ):
                await tx.execute(
                    update(row).where(within(row), row.id == whose).values(status=status)
                )
    return ids


@given(
    shelves=st.lists(_shelves, min_size=VARIANTS, max_size=VARIANTS),
    wanted=st.lists(_bundles, min_size=1, max_size=8),
)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_bun_3_and_bun_4_hold_for_any_components_stock_and_statuses(
    world: World, shelves: list[Shelf], wanted: list[tuple[BundleStatus, dict[int, int]]]
) -> None:
    variants = await lay(world, shelves)
    ids = [
        await pack(
            world, *((variants[at], quantity) for at, quantity in parts.items()), status=status
        )
        for status, parts in wanted
    ]
    answer = await world.graphql(
        "query ($ids: [ID!]!) { nodes(ids: $ids)"
        " { ... on Bundle { availableForSale quantityAvailable componentCount } } }",
        ids=[encode(Prefix.BUNDLE, id) for id in ids],
    )
    assert answer.errors == []
    found = [
        (each["availableForSale"], each["quantityAvailable"], each["componentCount"])
        for each in answer.payload
    ]
    assert found == [
        (*offer(status, [(shelves[at], quantity) for at, quantity in parts.items()]), len(parts))
        for status, parts in wanted
    ]
