"""`ordergraph catalog`: bundles in JSON lines, in and out again."""

import asyncio
import json
import re
from typing import Any

import pytest

from ordergraph.cli import catalog_importing
from ordergraph.core.ids import Prefix, decode, encode
from ordergraph.runtime.db.driver import connect
from tests.cli.catalog_files import HEADER, simple
from tests.cli.catalog_shops import Shop, counts, founded, refused, told

FILE = "a.jsonl"


def usd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD"}


def mug(slug: str = "mug", **more: Any) -> dict[str, Any]:
    """Say of a product that it has this SKU; `more` is about its variant."""
    variant = {"unitPrice": usd(500), "sku": slug.upper()} | more
    fields = {"name": slug.title(), "slug": slug, "productType": "PHYSICAL"}
    return {**fields, "defaultVariant": variant}


def part(sku: str, quantity: int = 1) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity}


def box(slug: str = "box", *parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Say of a bundle that it has these components, a mug where there are none."""
    fields = {"name": slug.title(), "slug": slug, "unitPrice": usd(900)}
    return {**fields, "components": list(parts or [part("MUG")]), **more}


WHOLE = box(
    "gift",
    part("JUG", 2),
    part("MUG"),
    status="INACTIVE",
    description="For two",
    seo={"title": "Gift", "description": None},
    images=[{"url": "https://x.example/1.jpg", "altText": "One", "width": 20, "height": None}],
    categories=["Gifts", "Kitchen"],
    compareAtPrice=usd(1200),
    taxable=False,
    taxCategory="FOOD",
    sku="GIFT",
    barcode="4006381333931",
    externalReferenceId="g-1",
    metadata={"shelf": "7"},
    publicMetadata={"care": "none"},
    modifierSetId=None,
)


def lines(*objects: object) -> str:
    return "".join(json.dumps(each) + "\n" for each in objects)


def bring(shop: Shop, *objects: object, dry: bool = False) -> Any:
    return shop.bring(lines(*objects), *(["--dry-run"] if dry else []), name=FILE)


def exported(shop: Shop) -> list[Any]:
    """Return the lines of an export."""
    return [json.loads(each) for each in shop.take("out.jsonl").read_text().splitlines()]


def bundles(shop: Shop) -> dict[str, Any]:
    """Return the bundles of an export by their slugs."""
    return {each["slug"]: each for each in exported(shop) if "components" in each}


async def rows(shop: Shop, sql: str) -> list[Any]:
    """Ask the database about the environment $1."""
    connection = await connect(shop.url, "tests")
    try:
        return await connection.fetch(sql, decode(Prefix.ENVIRONMENT, shop.environment))
    finally:
        await connection.close()


async def test_what_a_file_says_of_a_bundle_is_what_an_export_says_of_it(shop: Shop) -> None:
    answer = told(await asyncio.to_thread(bring, shop, mug(), mug("jug"), WHOLE))
    assert answer["products"] == counts(created=2)
    assert answer["bundles"] == counts(created=1)
    assert (await asyncio.to_thread(exported, shop))[2] == WHOLE
    assert [row["type"] for row in await shop.log()] == [
        *("product.CREATED", "product.CREATED", "bundle.CREATED"),
    ]
    found = await rows(shop, "SELECT active FROM category_members WHERE environment_id = $1")
    assert [row["active"] for row in found] == [False, False]


def test_an_export_has_products_first_and_bundles_behind_them(shop: Shop) -> None:
    told(bring(shop, mug(), box(), mug("jug"), box("set", part("JUG"))))
    answer = told(shop.run("export", "out.jsonl"))
    assert (answer["products"], answer["bundles"]) == (2, 2)
    assert [each["slug"] for each in exported(shop)] == ["mug", "jug", "box", "set"]


def test_an_export_as_csv_has_products_alone_and_help_says_so(shop: Shop) -> None:
    told(bring(shop, mug(), box()))
    answer = told(shop.run("export", "out.csv"))
    assert (answer["products"], "bundles" in answer) == (1, False)
    assert "box" not in (shop.folder / "out.csv").read_text()
    assert "as CSV products alone" in re.sub(r"[\s│]+", " ", shop.run("export", "--help").stdout)


async def test_what_was_exported_changes_nothing_when_it_is_imported(shop: Shop) -> None:
    told(await asyncio.to_thread(bring, shop, mug(), mug("jug"), WHOLE, box()))
    log = await shop.log()
    versions = await rows(shop, "SELECT * FROM bundles WHERE environment_id = $1 ORDER BY id")
    parts = await rows(shop, "SELECT * FROM bundle_components WHERE environment_id = $1")
    await asyncio.to_thread(shop.take, "out.jsonl")
    for words in (["--dry-run"], [], []):
        answer = told(await asyncio.to_thread(shop.run, "import", "out.jsonl", *words))
        assert answer["products"] == counts(unchanged=2)
        assert answer["bundles"] == counts(unchanged=2)
    assert await shop.log() == log
    assert (
        await rows(shop, "SELECT * FROM bundles WHERE environment_id = $1 ORDER BY id") == versions
    )
    assert await rows(shop, "SELECT * FROM bundle_components WHERE environment_id = $1") == parts


def test_another_shop_is_the_same_after_a_round_trip(shop: Shop) -> None:
    told(bring(shop, mug(), mug("jug"), WHOLE, box()))
    was = shop.take("was.jsonl").read_bytes()
    other = founded(shop.url, shop.folder)
    assert told(other.run("import", "was.jsonl"))["bundles"] == counts(created=2)
    assert other.take("now.jsonl").read_bytes() == was


async def test_a_deleted_variant_stays_in_its_bundle_and_comes_into_no_other(shop: Shop) -> None:
    told(await asyncio.to_thread(bring, shop, mug(), mug("jug"), box("box", part("MUG", 3))))
    gone = await rows(
        shop,
        "WITH buried AS (UPDATE products SET status = 'DELETED' WHERE environment_id = $1 "
        "AND slug = 'mug' RETURNING id), freed AS (DELETE FROM sellable_codes "
        "WHERE environment_id = $1 AND sku = 'MUG') "
        "UPDATE variants SET status = 'DELETED' WHERE environment_id = $1 "
        "AND product_id IN (SELECT id FROM buried) RETURNING id",
    )
    (left,) = (await asyncio.to_thread(bundles, shop))["box"]["components"]
    assert left == {"variantId": encode(Prefix.VARIANT, gone[0]["id"]), "quantity": 3}
    answer = told(await asyncio.to_thread(bring, shop, box("box", left)))
    assert answer["bundles"] == counts(unchanged=1)
    result = await asyncio.to_thread(bring, shop, box("box", left, part("JUG")), box("new", left))
    answer, said = refused(result)
    assert answer["bundles"] == counts(updated=1, refused=1)
    assert said == [
        "a.jsonl:2: [new]: components.0.variantId: This variant was deleted. (RESOURCE_DELETED)"
    ]


@pytest.mark.parametrize("batch", [1, 400])
def test_a_bundle_may_be_of_products_before_it_in_the_file(
    shop: Shop, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_importing, "BATCH_PRODUCTS", batch)
    given = [mug(), mug("jug"), box("set", part("MUG"), part("JUG")), mug("pot")]
    given.append(box("pots", part("POT"), part("MUG")))
    for dry in (True, False):
        answer = told(bring(shop, *given, dry=dry))
        assert answer["products"] == counts(created=3)
        assert answer["bundles"] == counts(created=2)


def test_a_bundle_before_its_products_is_refused_and_help_says_so(shop: Shop) -> None:
    for dry in (True, False):
        answer, said = refused(bring(shop, box(), mug(), dry=dry))
        assert answer["bundles"] == counts(refused=1)
        assert said == [
            "a.jsonl:1: [box]: components.0.sku: No variant with this SKU was found. "
            "(RESOURCE_NOT_FOUND)"
        ]
    told(bring(shop, box()))
    help = re.sub(r"[\s│]+", " ", shop.run("import", "--help").stdout)
    assert "behind the products that it is made of" in help


def test_a_dry_run_judges_bundles_by_what_the_products_before_them_would_be(shop: Shop) -> None:
    told(bring(shop, mug(), box("old")))
    euro = mug("euro", unitPrice={"amount": 1, "currency": "EUR"})
    bad = mug("bad", unitPrice=usd(-1))
    given = [
        *(euro, bad, mug("jug")),
        *(box("old", part("JUG")), box("new"), box("cash", part("EURO"))),
        *(box("worse", part("BAD")), box("twice", part("JUG"), part("JUG"))),
    ]
    before = exported(shop)
    dry = refused(bring(shop, *given, dry=True))
    assert exported(shop) == before
    answer, said = dry
    assert (answer["dryRun"], answer["bundles"]) == (True, counts(updated=1, created=1, refused=3))
    assert [each.split(": ")[2] for each in said] == [
        "defaultVariant.unitPrice.amount" if "amount" in said[0] else "defaultVariant.unitPrice",
        *("components.0.sku", "components.0.sku", "components.1.sku"),
    ]
    assert [re.findall(r"\(([A-Z_]+)\)$", each)[0] for each in said[1:]] == [
        *("CURRENCY_MISMATCH", "RESOURCE_NOT_FOUND", "DUPLICATE_BUNDLE_COMPONENT"),
    ]
    wet, once = refused(bring(shop, *given))
    assert (wet["bundles"], once) == (answer["bundles"], said)


def test_a_code_of_a_product_is_refused_for_a_bundle_and_the_other_way_round(shop: Shop) -> None:
    told(bring(shop, mug(barcode="1"), box(sku="BOX")))
    taken = [
        box("one", sku="MUG"),
        box("two", barcode="1"),
        box("mug"),
        mug("three", sku="BOX"),
        mug("box", sku="NEW"),
        box("four", part("BOX")),
    ]
    answer, said = refused(bring(shop, *taken))
    assert answer["bundles"] == counts(refused=4)
    assert answer["products"] == counts(refused=2)
    assert [re.sub(r".*: \[", "[", each) for each in said] == [
        "[one]: sku: Something else has this SKU already. (SKU_ALREADY_EXISTS)",
        "[two]: barcode: Something else has this barcode already. (BARCODE_ALREADY_EXISTS)",
        "[mug]: slug: This slug leads to something else already. (SLUG_ALREADY_EXISTS)",
        "[three]: defaultVariant.sku: Something else has this SKU already. (SKU_ALREADY_EXISTS)",
        "[box]: slug: This slug leads to something else already. (SLUG_ALREADY_EXISTS)",
        "[four]: components.0.sku: No variant with this SKU was found. (RESOURCE_NOT_FOUND)",
    ]
    assert [each["slug"] for each in exported(shop)] == ["mug", "box"]


BAD_BUNDLES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown SKU": (
        box("a", part("MUG"), part("GONE")),
        "components.1.sku: No variant with this SKU was found. (RESOURCE_NOT_FOUND)",
    ),
    "an unknown variant": (
        box("a", {"variantId": "var_01jd00000000000000000000zz"}),
        "components.0.variantId: No variant with this id was found. (RESOURCE_NOT_FOUND)",
    ),
    "an id of another kind": (
        box("a", {"variantId": "prod_01jd00000000000000000000zz"}),
        "components.0.variantId: This is the id of another kind",
    ),
    "a variant without a name": (
        box("a", {"quantity": 1}),
        "components.0.sku: A component names its variant, by its sku or by its variantId. "
        "(FIELD_REQUIRED)",
    ),
    "a variant with two names": (
        box("a", {"sku": "MUG", "variantId": "var_01jd00000000000000000000zz"}),
        "components.0.sku: A component names its variant by its sku or by its variantId, not by "
        "both. (CONFLICTING_FIELDS)",
    ),
    "a quantity below one": (
        box("a", part("MUG", 0)),
        "components.0.quantity: quantity is a whole number from 1 to 1000000. (INVALID_FIELD)",
    ),
    "a quantity that is a fraction": (
        box("a", {"sku": "MUG", "quantity": 1.5}),
        "components.0.quantity: This is a whole number. (INVALID_FIELD)",
    ),
    "no quantity": (
        box("a", {"sku": "MUG", "quantity": None}),
        "components.0.quantity: quantity cannot be null. (FIELD_REQUIRED)",
    ),
    "a variant twice": (
        box("a", part("MUG"), part("MUG")),
        "components.1.sku: The bundle has this variant already",
    ),
    "another currency": (
        box("a", unitPrice={"amount": 1, "currency": "EUR"}),
        "components.0.sku: The components of a bundle have prices in its currency. "
        "(CURRENCY_MISMATCH)",
    ),
    "components that are no list": (
        {"slug": "a", "name": "A", "unitPrice": usd(1), "components": "MUG"},
        "components: This is a list. (INVALID_FIELD)",
    ),
    "too many components": (
        box("a", *(part("MUG") for _ in range(101))),
        "components: A bundle has at most 100 components. (TOO_MANY_ITEMS)",
    ),
    "an unknown member": (box("a", colour="red"), "colour: There is no member 'colour'."),
    "an unknown member of a component": (
        box("a", {"sku": "MUG", "name": "x"}),
        "components.0.name: There is no member 'name'. (INVALID_FIELD)",
    ),
    "no name": (
        {"slug": "a", "unitPrice": usd(1), "components": []},
        "name: name must not be empty. (FIELD_REQUIRED)",
    ),
    "no price": (
        {"slug": "a", "name": "A", "compareAtPrice": usd(1), "components": []},
        "unitPrice: A new bundle has a price. (FIELD_REQUIRED)",
    ),
    "a status that deletes": (box("a", status="DELETED"), "status: "),
    "neither slug nor SKU": (
        {"name": "a", "unitPrice": usd(1), "components": []},
        "slug: A bundle has a slug or a SKU, to be known by when it comes again. (FIELD_REQUIRED)",
    ),
    "a modifier set that is not there": (
        box("a", modifierSetId="ms_01jd0000000000000000000000"),
        "modifierSetId: No modifier set with this id was found. (RESOURCE_NOT_FOUND)",
    ),
    "a slug that a line before has": (box("mug"), "slug: Line 1 has the same handle."),
    "a SKU that a line before has": (box("a", sku="MUG"), "sku: Line 1 has the same sku."),
}


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize("case", BAD_BUNDLES)
def test_a_bad_line_costs_its_bundle_alone_and_is_told_with_number_and_path(
    shop: Shop, case: str, dry: bool
) -> None:
    bad, expected = BAD_BUNDLES[case]
    answer, (only,) = refused(bring(shop, mug(), box("one"), bad, box("two"), dry=dry))
    label = bad.get("slug") or bad["name"]
    assert only.startswith(f"a.jsonl:3: [{label}]: {expected}")
    assert answer["bundles"] == counts(created=2, refused=1)
    assert answer["badLines"] == 1
    assert list(bundles(shop)) == ([] if dry else ["one", "two"])


def test_a_bundle_is_known_by_its_slug_and_by_its_sku_under_another(shop: Shop) -> None:
    told(bring(shop, mug(), box(sku="BOX"), box("other", sku="OTHER")))
    assert told(bring(shop, box("crate", sku="BOX")))["bundles"] == counts(updated=1)
    assert told(bring(shop, box("crate", sku="CRATE")))["bundles"] == counts(updated=1)
    assert {slug: each["sku"] for slug, each in bundles(shop).items()} == {
        "crate": "CRATE",
        "other": "OTHER",
    }
    # Both lines are of one bundle.
    answer, said = refused(bring(shop, box("crate"), box("else", sku="CRATE")))
    assert answer["bundles"] == counts(unchanged=1, refused=1)
    assert said == [
        "a.jsonl:2: [else]: sku: Something else has this SKU already. (SKU_ALREADY_EXISTS)"
    ]


def test_members_that_are_missing_leave_what_is_there_and_components_are_all(shop: Shop) -> None:
    told(bring(shop, mug(), mug("jug"), WHOLE))
    sparse = {"slug": "gift", "components": [part("MUG", 4)], "metadata": {"row": "2"}}
    assert told(bring(shop, sparse))["bundles"] == counts(updated=1)
    expected = WHOLE | {"components": [part("MUG", 4)], "metadata": {"shelf": "7", "row": "2"}}
    assert bundles(shop)["gift"] == expected


def test_a_file_of_csv_has_no_bundles(shop: Shop) -> None:
    answer = told(shop.bring(HEADER + "\n" + simple("a")))
    assert answer["bundles"] == counts()
