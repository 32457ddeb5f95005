"""Everything that changes a catalog and its stock at once: nothing fails, and all adds up."""

from __future__ import annotations

import asyncio
import random
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from ordergraph.commerce.catalog.importing import Fate, import_products
from ordergraph.commerce.catalog.overlaying import GivenProduct, GivenVariant
from ordergraph.commerce.catalog.rules import ProductType, SelectedOption
from ordergraph.commerce.catalog.shaping import NewOption
from ordergraph.commerce.search.reindexing import reindex
from ordergraph.core.ids import Prefix, encode, new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import Problem, Problems
from ordergraph.runtime.db.failures import Conflict
from tests.commerce.orders.counter import Counter, of, packed
from tests.commerce.search.shelves import documents, work
from tests.world import World

HANDS = 8
TURNS = 30

EXPECTED = frozenset(
    {
        *("RESOURCE_NOT_FOUND", "RESOURCE_DELETED", "VERSION_CONFLICT", "LAST_VARIANT"),
        *("SKU_ALREADY_EXISTS", "BARCODE_ALREADY_EXISTS", "SLUG_ALREADY_EXISTS"),
        *("CATEGORY_ALREADY_EXISTS", "DUPLICATE_VARIANT", "DUPLICATE_BUNDLE_COMPONENT"),
        *("INSUFFICIENT_STOCK", "INVENTORY_UNAVAILABLE", "INVENTORY_CHANGED", "LOCATION_IN_USE"),
        *("INVALID_PRODUCT_SHAPE", "TOO_MANY_ITEMS", "ITEM_NOT_AVAILABLE", "CONFLICTING_FIELDS"),
    }
)
SIZES, CODES = ("S", "M", "L", "XL"), tuple(f"C-{number}" for number in range(40))
LABELS, NAMES = ("Tea", "Cups", "Gifts", "New"), ("Mug", "Jug", "Tray", "Bowl")

_LIVING = "WHERE status <> 'DELETED'"
_POOLS: Mapping[str, tuple[Prefix, str]] = {
    "product": (Prefix.PRODUCT, f"products {_LIVING}"),
    "variant": (Prefix.VARIANT, f"variants {_LIVING}"),
    "bundle": (Prefix.BUNDLE, f"bundles {_LIVING}"),
    "category": (Prefix.CATEGORY, "categories"),
    "location": (Prefix.LOCATION, "locations WHERE is_open"),
    "set": (Prefix.MODIFIER_SET, "modifier_sets WHERE status = 'ACTIVE'"),
}


class Hands:
    """Many hands at one shop, and what was said to them."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.counter = Counter(world)
        self.chance = random.Random(seed)
        self.answers: Tally[tuple[str, str]] = Tally()
        self.surprises: list[Any] = []

    async def any(self, kind: str) -> UUID:
        """Return one of the newest of a kind; somebody may delete it before it is used."""
        rows = await self.world.database.viewer(self.world.actor).rows(
            text(f"SELECT id FROM {_POOLS[kind][1]} ORDER BY id DESC LIMIT 12")
        )
        return self.chance.choice([row[0] for row in rows] or [new_id()])

    async def id(self, kind: str) -> str:
        return encode(_POOLS[kind][0], await self.any(kind))

    async def send(self, operation: str, /, **fields: Any) -> None:
        kind = operation[0].upper() + operation[1:] + "Input"
        document = (
            f"mutation($input: {kind}!) {{ {operation}(input: $input) "
            "{ userErrors { code field message } } }"
        )
        answer = await self.world.graphql(document, input=fields)
        if answer.errors:
            self.surprises.append(
                (operation, fields, answer.errors, answer.errors[0].original_error)
            )
            return
        self.note(operation, answer.codes, (fields, answer.payload))

    def note(self, name: str, codes: Sequence[str], about: Any = None) -> None:
        for code in codes or ("DONE",):
            self.answers[name, code] += 1
        if not set(codes) <= EXPECTED:
            self.surprises.append((name, codes, about))

    async def maybe(self, kind: str) -> str | None:
        return await self.id(kind) if self.chance.random() < 0.3 else None

    def money(self) -> dict[str, Any]:
        return {"amount": self.chance.randint(1, 20) * 100, "currency": "USD"}

    def code(self) -> str | None:
        return self.chance.choice((None, *CODES))

    def some(self, among: Sequence[str]) -> list[str]:
        return self.chance.sample(among, self.chance.randint(0, len(among)))


async def create_product(hands: Hands) -> None:
    chance = hands.chance
    sizes = chance.sample(SIZES, chance.randint(1, 3))
    variants: list[dict[str, Any]] = [
        {
            "unitPrice": hands.money(),
            "selectedOptions": [{"name": "Size", "value": size}],
            "sku": sku,
            "barcode": hands.code() if chance.random() < 0.3 else None,
            "initialQuantityAvailable": chance.choice((None, 3, 40)),
            "enforceInventoryLimit": chance.random() < 0.5,
        }
        for size, sku in zip(sizes, chance.sample(CODES, 3), strict=False)
    ]
    for each in variants:
        each["enforceInventoryLimit"] &= each["initialQuantityAvailable"] is not None
    await hands.send(
        "createProduct",
        name=chance.choice(NAMES),
        productType="PHYSICAL",
        options=[{"name": "Size", "values": sizes}],
        variants=variants,
        slug=chance.choice((None, "mug", "tray")),
        categories=hands.some(LABELS),
        status=chance.choice(("ACTIVE", "ACTIVE", "INACTIVE")),
        modifierSetId=await hands.maybe("set"),
    )


async def update_product(hands: Hands) -> None:
    chance = hands.chance
    changes = {
        "name": chance.choice(NAMES),
        "status": chance.choice(("ACTIVE", "ACTIVE", "INACTIVE")),
        "slug": chance.choice((None, "mug", "tray", "bowl")),
        "modifierSetId": await hands.maybe("set"),
    }
    await hands.send(
        "updateProduct",
        id=await hands.id("product"),
        **{name: changes[name] for name in hands.some(list(changes)) or ["name"]},
    )


async def update_variant(hands: Hands) -> None:
    chance = hands.chance
    changes = {
        "unitPrice": hands.money(),
        "sku": hands.code(),
        "barcode": hands.code(),
        "status": chance.choice(("ACTIVE", "ACTIVE", "INACTIVE")),
        "position": chance.randint(0, 3),
        "trackInventory": chance.random() < 0.7,
        "enforceInventoryLimit": chance.random() < 0.5,
        "lowStockThreshold": chance.choice((None, 5)),
        "selectedOptions": [{"name": "Size", "value": chance.choice(SIZES)}],
    }
    await hands.send(
        "updateVariant",
        id=await hands.id("variant"),
        **{name: changes[name] for name in hands.some(list(changes))[:4] or ["position"]},
    )


async def add_variant(hands: Hands) -> None:
    await hands.send(
        "addVariant",
        productId=await hands.id("product"),
        unitPrice=hands.money(),
        selectedOptions=[{"name": "Size", "value": hands.chance.choice(SIZES)}],
        sku=hands.code(),
        initialQuantityAvailable=hands.chance.choice((None, 30)),
    )


async def create_bundle(hands: Hands) -> None:
    await hands.send(
        "createBundle",
        name=hands.chance.choice(NAMES),
        unitPrice=hands.money(),
        sku=hands.code(),
        categories=hands.some(LABELS),
        status=hands.chance.choice(("ACTIVE", "ACTIVE", "INACTIVE")),
        components=[{"variantId": await hands.id("variant")} for _ in range(2)],
    )


async def update_bundle(hands: Hands) -> None:
    chance = hands.chance
    changes = {
        "name": chance.choice(NAMES),
        "status": chance.choice(("ACTIVE", "ACTIVE", "INACTIVE")),
        "sku": hands.code(),
        "slug": chance.choice((None, "mug", "gift")),
        "unitPrice": hands.money(),
    }
    await hands.send(
        "updateBundle",
        id=await hands.id("bundle"),
        **{name: changes[name] for name in hands.some(list(changes)) or ["name"]},
    )


async def add_components(hands: Hands) -> None:
    wanted = [
        {"variantId": await hands.id("variant"), "quantity": hands.chance.randint(1, 2)}
        for _ in range(3)
    ]
    await hands.send("addBundleComponents", bundleId=await hands.id("bundle"), components=wanted)


async def _parts(hands: Hands) -> dict[str, str]:
    row = await hands.world.database.viewer(hands.world.actor).first(
        text("SELECT bundle_id, id FROM bundle_components ORDER BY random() LIMIT 1")
    )
    if row is None:
        return {
            "bundleId": await hands.id("bundle"),
            "componentId": "bunc_00000000000000000000000000",
        }
    return {
        "bundleId": encode(Prefix.BUNDLE, row.bundle_id),
        "componentId": encode(Prefix.BUNDLE_COMPONENT, row.id),
    }


async def update_component(hands: Hands) -> None:
    position = hands.chance.randint(0, 3)
    await hands.send(
        "updateBundleComponent",
        **await _parts(hands),
        quantity=hands.chance.randint(1, 3),
        position=position,
    )


async def remove_component(hands: Hands) -> None:
    await hands.send("removeBundleComponent", **await _parts(hands))


async def label(hands: Hands) -> None:
    if hands.chance.random() < 0.5:
        product = await hands.id("product")
        await hands.send(
            "replaceProductCategories", productId=product, categories=hands.some(LABELS)
        )
    else:
        bundle = await hands.id("bundle")
        await hands.send("replaceBundleCategories", bundleId=bundle, categories=hands.some(LABELS))


async def arrange(hands: Hands) -> None:
    id = await hands.id("category")
    if hands.chance.random() < 0.3:
        await hands.send("deleteCategory", id=id)
    else:
        await hands.send("updateCategory", id=id, name=hands.chance.choice(LABELS), slug="")


async def delete(hands: Hands) -> None:
    name = hands.chance.choice(("product", "variant", "variant", "bundle"))
    await hands.send(f"delete{name.title()}", id=await hands.id(name))


async def adjust(hands: Hands) -> None:
    delta = hands.chance.choice((-3, 2, 20))
    await hands.send(
        "adjustInventory",
        variantId=await hands.id("variant"),
        quantityDelta=delta,
        locationId=await hands.maybe("location"),
    )


async def count(hands: Hands) -> None:
    await hands.send(
        "countInventory",
        variantId=await hands.id("variant"),
        quantity=hands.chance.randint(0, 40),
        locationId=await hands.maybe("location"),
    )


async def transfer(hands: Hands) -> None:
    await hands.send(
        "transferInventory",
        variantId=await hands.id("variant"),
        fromLocationId=await hands.id("location"),
        toLocationId=await hands.id("location"),
        quantity=hands.chance.randint(1, 5),
    )


async def move_house(hands: Hands) -> None:
    what = hands.chance.random()
    if what < 0.3:
        await hands.send("createLocation", name="Attic")
    elif what < 0.7:
        await hands.send("updateLocation", id=await hands.id("location"), isDefault=True)
    else:
        await hands.send("deleteLocation", id=await hands.id("location"))


def _groups(hands: Hands) -> list[dict[str, Any]]:
    return [
        {"name": name, "modifiers": [{"name": "Milk", "unitPriceDelta": hands.money()}]}
        for name in hands.some(("Extras", "Sizes"))
    ]


async def modify(hands: Hands) -> None:
    what = hands.chance.random()
    id = await hands.id("set")
    if what < 0.4:
        await hands.send("createModifierSet", name="Extras", groups=_groups(hands))
    elif what < 0.5:
        await hands.send("retireModifierSet", id=id)
    else:
        version = hands.chance.randint(1, 3)
        await hands.send(
            "replaceModifierGroups", id=id, groups=_groups(hands), expectedVersion=version
        )


async def bring(hands: Hands) -> None:
    """Import a batch of three products, as a file has them."""
    chance = hands.chance
    codes = chance.sample(CODES, 6)
    given: list[GivenProduct] = []
    for slug, sizes in (("mug", ("S", "M")), ("tray", ("M", "L")), ("bowl", ("S", "XL"))):
        variants = [
            GivenVariant(
                [SelectedOption("Size", size)],
                Money(chance.randint(1, 20) * 100, "USD"),
                sku=codes.pop() if chance.random() < 0.2 else f"{slug}-{size}",
                quantity=chance.randint(0, 30),
            )
            for size in sizes
        ]
        options = [NewOption("Size", list(sizes))]
        product = GivenProduct(
            slug=slug,
            name=slug.title(),
            product_type=ProductType.PHYSICAL,
            simple=False,
            options=options,
            variants=variants,
            categories=hands.some(LABELS),
        )
        given.append(product)
    chance.shuffle(given)
    try:
        outcomes = await import_products(hands.world.database, hands.world.actor, given)
    except Exception as error:
        hands.surprises.append(("import", error))
        return
    for each in outcomes:
        codes = [problem.code.value for problem in each.problems]
        hands.answers["import", each.fate] += 1
        if each.fate is Fate.REFUSED:
            hands.note("import", codes, each.problems)


async def buy(hands: Hands) -> None:
    """Pay a small order, and now and then give it back."""
    counter, chance = hands.counter, hands.chance
    try:
        lines = [of(await hands.any("variant"), chance.randint(1, 2)) for _ in range(2)]
        if chance.random() < 0.6:
            lines.append(packed(await hands.any("bundle")))
        chance.shuffle(lines)
        order = await counter.order(*lines)
        paid = await counter.pay(order)
        hands.note("pay", [] if paid.problem is None else [paid.problem.code.value], paid.problem)
        if paid.problem is None and chance.random() < 0.5:
            await asyncio.sleep(chance.random() / 20)
            await counter.refund(paid.order)
            hands.note("refund", [])
    except Conflict as conflict:
        hands.answers["buy", conflict.code.value] += 1
    except (Problem, Problems) as problem:
        found = problem.problems if isinstance(problem, Problems) else (problem,)
        hands.note("buy", [each.code.value for each in found], found)
    except Exception as error:
        hands.surprises.append(("buy", error))


Doing = Callable[[Hands], Awaitable[None]]
ALL: Sequence[Doing] = (
    *(
        create_product,
        create_product,
        update_product,
        update_variant,
        update_variant,
        update_variant,
        add_variant,
    ),
    *(
        create_bundle,
        create_bundle,
        update_bundle,
        add_components,
        add_components,
        update_component,
    ),
    *(remove_component, label, label, arrange, delete, adjust, adjust, count, transfer),
    *(move_house, modify, bring, bring, buy, buy, buy),
)


async def begin(hands: Hands) -> None:
    """Fill the shop so that there is something of everything."""
    for name in ("Cellar", "Attic"):
        await hands.send("createLocation", name=name)
    await hands.send("createModifierSet", name="Extras", groups=_groups(hands))
    await bring(hands)
    for label in LABELS:
        product = await hands.id("product")
        await hands.send("replaceProductCategories", productId=product, categories=[label])
    for _ in range(3):
        await create_bundle(hands)
        await create_product(hands)
    await hands.counter.bundle(500)


CONTRADICTIONS = """
SELECT 'levels', l.variant_id FROM inventory_levels AS l
WHERE l.on_hand <> (SELECT coalesce(sum(a.quantity_delta), 0) FROM inventory_adjustments AS a
    WHERE a.variant_id = l.variant_id AND a.location_id = l.location_id)
UNION ALL
SELECT 'history', a.variant_id FROM inventory_adjustments AS a WHERE NOT EXISTS (
    SELECT FROM inventory_levels AS l
    WHERE l.variant_id = a.variant_id AND l.location_id = a.location_id)
UNION ALL
SELECT 'items', i.variant_id FROM inventory_items AS i
WHERE i.on_hand <> (SELECT coalesce(sum(l.on_hand), 0) FROM inventory_levels AS l
    WHERE l.variant_id = i.variant_id)
UNION ALL
SELECT 'held', i.variant_id FROM inventory_items AS i
WHERE i.held <> (SELECT coalesce(sum(h.quantity), 0) FROM inventory_holds AS h
    WHERE h.variant_id = i.variant_id)
UNION ALL
SELECT 'holds left', h.variant_id FROM inventory_holds AS h
UNION ALL
SELECT 'sums', p.id FROM products AS p JOIN (
    SELECT product_id, count(*) AS every, count(*) FILTER (WHERE status = 'ACTIVE') AS active,
        coalesce(min(unit_price_minor) FILTER (WHERE status = 'ACTIVE'), min(unit_price_minor))
            AS lowest,
        coalesce(max(unit_price_minor) FILTER (WHERE status = 'ACTIVE'), max(unit_price_minor))
            AS highest
    FROM variants WHERE status <> 'DELETED' GROUP BY product_id
) AS v ON v.product_id = p.id
WHERE p.status = 'DELETED' OR (p.variant_count, p.active_variant_count, p.lowest_price_minor,
    p.highest_price_minor) IS DISTINCT FROM (v.every, v.active, v.lowest, v.highest)
UNION ALL
SELECT 'empty product', p.id FROM products AS p WHERE p.status <> 'DELETED' AND NOT EXISTS (
    SELECT FROM variants AS v WHERE v.product_id = p.id AND v.status <> 'DELETED')
UNION ALL
SELECT 'active', m.member_id FROM category_members AS m LEFT JOIN (
    SELECT id, status FROM products UNION ALL SELECT id, status FROM bundles
) AS s ON s.id = m.member_id
WHERE s.status IS NULL OR s.status = 'DELETED' OR m.active <> (s.status = 'ACTIVE')
UNION ALL
SELECT 'codes', c.id FROM sellable_codes AS c LEFT JOIN (
    SELECT id, status FROM variants UNION ALL SELECT id, status FROM bundles
) AS s ON s.id = c.id WHERE s.status IS NULL OR s.status = 'DELETED'
UNION ALL
SELECT 'slugs', s.id FROM (
    SELECT id, status, slug FROM products UNION ALL SELECT id, status, slug FROM bundles
) AS s LEFT JOIN slugs AS g ON g.slug = s.slug AND g.owner_id = s.id
WHERE (s.status <> 'DELETED') <> (g.slug IS NOT NULL)
UNION ALL
SELECT 'old slugs', g.owner_id FROM slugs AS g LEFT JOIN (
    SELECT id, status FROM products UNION ALL SELECT id, status FROM bundles
) AS s ON s.id = g.owner_id WHERE s.status IS NULL OR s.status = 'DELETED'
UNION ALL
SELECT 'positions', bundle_id FROM bundle_components
GROUP BY bundle_id HAVING max(position) <> count(*) - 1 OR count(DISTINCT position) <> count(*)
UNION ALL
SELECT 'default location', environment_id FROM locations
GROUP BY environment_id HAVING count(*) FILTER (WHERE is_default AND is_open) <> 1
"""


async def assert_sound(world: World) -> None:
    """Check that nothing contradicts anything else, and that searches know the last state."""
    wrong = await world.database.viewer(world.actor).rows(text(CONTRADICTIONS))
    assert list(wrong) == []
    await work(world)
    kept = await documents(world)
    await reindex(world.database, world.actor)
    assert await documents(world) == kept


async def rush(world: World, seed: int, hands: int, turns: int) -> Hands:
    """Have so many hands do so many random things each."""
    shop = Hands(world, seed)
    await begin(shop)

    async def work_off() -> None:
        for _ in range(turns):
            await shop.chance.choice(ALL)(shop)

    await asyncio.gather(*(work_off() for _ in range(hands)))
    return shop


async def test_whatever_happens_to_a_catalog_at_once_adds_up(world: World) -> None:
    shop = await rush(world, 1, HANDS, TURNS)
    assert shop.surprises == []
    await assert_sound(world)
