"""`ordergraph catalog`: files in Shopify's form and as JSON lines, in and out again."""

import json
import re
from typing import Any

import pytest

from ordergraph.cli import catalog, catalog_importing
from ordergraph.commerce.catalog.importing import import_products
from ordergraph.runtime.db.transaction import Unavailable
from tests.cli.catalog_files import DATA, HEADER, contents, line, simple
from tests.cli.catalog_shops import Shop, counts, founded, refused, told

ABSENT = "env_00000000000000000000000000"
SHOP = DATA / "shop.csv"
TABLE = DATA / "table.csv"
SHIRT = (
    HEADER
    + "\n"
    + "".join(
        [
            line(
                handle="shirt",
                title="Shirt",
                option1_name="Size",
                option1_value="S",
                sku="S-S",
                inventory_tracker="shopify",
                inventory_qty="5",
                inventory_policy="deny",
                price="10.00",
                tags="tops",
            ),
            line(
                handle="shirt",
                option1_value="M",
                sku="S-M",
                price="12.00",
                inventory_tracker="shopify",
                inventory_qty="7",
                inventory_policy="deny",
            ),
        ]
    )
)


def test_a_shops_export_is_imported_completely_and_exported_to_the_same_content(shop: Shop) -> None:
    answer = told(shop.run("import", str(SHOP)))
    assert answer["products"] == counts(created=42)
    assert answer["variants"] == {"created": 147, "updated": 0, "counted": 137}
    before, after = contents(SHOP), contents(shop.take("out.csv"))
    assert list(after) == list(before)
    for handle, lines in before.items():
        assert len(after[handle]) == len(lines), handle
        for was, now in zip(lines, after[handle], strict=True):
            assert {key: now.get(key) for key in was} == was, handle


def test_a_file_with_the_other_line_end_and_a_byte_order_mark_is_the_same(shop: Shop) -> None:
    assert b"\r\n" in TABLE.read_bytes()
    assert b"\n" not in TABLE.read_bytes().replace(b"\r\n", b"")
    assert TABLE.read_bytes().startswith(b"\xef\xbb\xbf")
    assert told(shop.run("import", str(TABLE)))["products"] == counts(created=10)
    before, after = contents(TABLE), contents(shop.take("out.csv"))
    assert list(after) == list(before)
    for handle, lines in before.items():
        for was, now in zip(lines, after[handle], strict=True):
            assert {key: now.get(key) for key in was} == was, handle


def test_importing_the_same_file_again_changes_nothing(shop: Shop) -> None:
    told(shop.run("import", str(SHOP)))
    answer = told(shop.run("import", str(SHOP)))
    assert answer["products"] == counts(unchanged=42)
    assert answer["variants"] == {"created": 0, "updated": 0, "counted": 0}


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_what_was_exported_changes_nothing_when_it_is_imported(shop: Shop, name: str) -> None:
    told(shop.run("import", str(SHOP)))
    told(shop.run("import", str(TABLE)))
    shop.take(name)
    assert told(shop.run("import", name))["products"] == counts(unchanged=52)


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_another_shop_is_the_same_after_a_round_trip(shop: Shop, name: str) -> None:
    told(shop.run("import", str(SHOP)))
    shop.take(name)
    other = founded(shop.url, shop.folder)
    assert told(other.run("import", name))["products"] == counts(created=42)
    for again in ("csv", "jsonl"):
        was, now = shop.take(f"was.{again}"), other.take(f"now.{again}")
        assert was.read_bytes() == now.read_bytes()


def test_json_lines_are_read_from_standard_input_and_written_to_standard_output(
    shop: Shop,
) -> None:
    product = {
        "name": "Mug",
        "slug": "mug",
        "productType": "PHYSICAL",
        "defaultVariant": {"unitPrice": {"amount": 500, "currency": "USD"}, "sku": "MUG"},
    }
    sent = json.dumps(product).encode()
    answer = told(shop.run("import", "-", "--format", "jsonl", stdin=sent))
    assert (answer["file"], answer["products"]) == ("-", counts(created=1))
    result = shop.run("export", "--format", "jsonl")
    written = json.loads(result.stdout)
    assert (written["name"], written["defaultVariant"]["sku"]) == ("Mug", "MUG")
    assert shop.run("export").stdout.startswith("Handle,Title,")


def test_a_dry_run_judges_everything_and_writes_nothing(shop: Shop) -> None:
    told(shop.bring(SHIRT + simple("mug") + simple("jug")))
    text = HEADER + "\n" + simple("new") + simple("bad", price="x") + simple("mug", sku="JUG")
    shirt = SHIRT.split("\n", 1)[1].replace("12.00", "13.00")
    answer, lines = refused(shop.bring(text + shirt, "--dry-run"))
    assert answer["products"] == counts(created=1, updated=1, refused=2)
    assert (answer["dryRun"], answer["badLines"]) == (True, 2)
    assert [each.rsplit(":", 1)[0] for each in lines] == [
        "a.csv:3: [bad]: Variant Price",
        "a.csv:4: [mug]: Variant SKU",
    ]
    assert list(contents(shop.take("out.csv"))) == ["shirt", "mug", "jug"]
    assert contents(shop.take("out.csv"))["shirt"][1]["unitPrice", False, False] == "12"


def test_a_sku_or_barcode_of_another_product_is_refused_with_its_line(shop: Shop) -> None:
    told(shop.bring(HEADER + "\n" + simple("mug") + simple("jug", barcode="42")))
    text = SHIRT.replace(",S-M,", ",MUG,") + simple("new", barcode="42")
    answer, lines = refused(shop.bring(text))
    assert answer["products"] == counts(refused=2)
    assert lines == [
        "a.csv:3: [shirt]: Variant SKU: Something else has this SKU already. (SKU_ALREADY_EXISTS)",
        "a.csv:4: [new]: Variant Barcode: Something else has this barcode already. "
        "(BARCODE_ALREADY_EXISTS)",
    ]
    assert list(contents(shop.take("out.csv"))) == ["mug", "jug"]


def test_a_product_is_known_by_its_handle_and_by_its_sku_under_another(shop: Shop) -> None:
    told(shop.bring(SHIRT))
    assert told(shop.bring(SHIRT.replace("shirt,", "blouse,")))["products"] == counts(updated=1)
    assert told(shop.bring(SHIRT.replace("shirt,", "blouse,")))["products"] == counts(unchanged=1)
    other = SHIRT.replace("shirt,", "blouse,").replace("S-S", "B-S").replace("S-M", "B-M")
    answer = told(shop.bring(other))
    assert answer["products"] == counts(updated=1)
    assert answer["variants"] == {"created": 0, "updated": 2, "counted": 0}
    (lines,) = contents(shop.take("out.csv")).values()
    assert [cells["sku", False, False] for cells in lines[:2]] == ["B-S", "B-M"]


LONG = "x" * 5001
BAD_LINES: dict[str, tuple[str, list[str]]] = {
    "no price": (simple("a", price=""), ["2: [a]: Variant Price: A new variant has a price."]),
    "a price that is no number": (
        simple("a", price="12,50"),
        ["2: [a]: Variant Price: A price is a number such as 19.99, without a sign or separators."],
    ),
    "a price below zero": (
        simple("a", price="-1"),
        ["2: [a]: Variant Price: A price is a number such as 19.99, without a sign or separators."],
    ),
    "a price too large": (
        simple("a", price="99999999999999"),
        ["2: [a]: Variant Price: The amount must be between 0 and 1000000000000 minor units."],
    ),
    "a compared price with too many digits": (
        simple("a", compare_at_price="1.001"),
        ["2: [a]: Variant Compare At Price: A price in USD has at most 2 digits behind its point."],
    ),
    "no title": (simple("a", title=""), ["2: [a]: Title: name must not be empty."]),
    "no handle": (
        line(title="A", price="1"),
        ["2: Handle: A line begins with its Handle."],
    ),
    "a handle without a letter": (
        simple("a").replace("a,", "---,", 1),
        ["2: [---]: Handle: A slug has a letter or a digit."],
    ),
    "a title too long": (
        simple("a", title="x" * 256),
        ["2: [a]: Title: name has at most 255 characters."],
    ),
    "a description too long": (
        simple("a", body=LONG),
        ["2: [a]: Body (HTML): description has at most 5000 characters."],
    ),
    "a label too long": (
        simple("a", tags="x" * 101),
        ["2: [a]: Tags: An entry of categories has at most 100 characters."],
    ),
    "an unknown status": (
        simple("a", status="gone"),
        ["2: [a]: Status: The status of a product is active, draft or archived."],
    ),
    "a truth that is none": (
        simple("a", taxable="maybe"),
        ["2: [a]: Variant Taxable: This is TRUE or FALSE."],
    ),
    "an unknown policy": (
        simple("a", inventory_policy="sell"),
        ["2: [a]: Variant Inventory Policy: What happens without stock is deny or continue."],
    ),
    "a quantity that is no number": (
        simple("a", inventory_tracker="shopify", inventory_qty="many"),
        ["2: [a]: Variant Inventory Qty: A quantity is a whole number."],
    ),
    "a quantity below zero": (
        simple("a", inventory_tracker="shopify", inventory_qty="-1"),
        [
            "2: [a]: Variant Inventory Qty: The quantity of a new variant is a whole number from 0 "
            "to 1000000000."
        ],
    ),
    "a picture that is no address": (
        simple("a", image_src="picture.jpg"),
        ["2: [a]: Image Src: This is not a web address of http or https."],
    ),
    "a picture's position that is no number": (
        simple("a", image_src="https://x.example/1.jpg", image_position="first"),
        ["2: [a]: Image Position: A position is a whole number."],
    ),
    "a picture on a later line that is no address": (
        simple("a", image_src="https://x.example/1.jpg") + line(handle="a", image_src="two"),
        ["3: [a]: Image Src: This is not a web address of http or https."],
    ),
    "a value without an option": (
        simple("a", option2_value="Red"),
        ["2: [a]: Option2 Value: There is an Option2 Value, and no Option2 Name."],
    ),
    "a variant without a value": (
        simple("a", option1_name="Size", option1_value="S") + line(handle="a", sku="B", price="1"),
        [
            "3: [a]: Option1 Value: A variant selects exactly one value of every option of its "
            "product."
        ],
    ),
    "the same values twice": (
        simple("a", option1_name="Size", option1_value="S")
        + line(handle="a", sku="B", price="1", option1_value="S"),
        ["3: [a]: Option1 Value: Another variant of this product selects the same values."],
    ),
    "two variants without options": (
        simple("a") + line(handle="a", sku="B", price="1"),
        ["3: [a]: A product without options has one variant."],
    ),
    "another title on a later line": (
        simple("a", option1_name="Size", option1_value="S")
        + line(handle="a", title="Other", sku="B", price="1", option1_value="M"),
        ["3: [a]: Title: Line 2 says something else of the same product."],
    ),
    "something of the product beside a picture": (
        simple("a") + line(handle="a", image_src="https://x.example/1.jpg", notes="new"),
        ["3: [a]: A line that has nothing but a picture says nothing else."],
    ),
    "a SKU too long": (
        simple("a", sku="x" * 101),
        ["2: [a]: Variant SKU: sku has at most 100 characters."],
    ),
    "a SKU twice in a file": (
        simple("a", sku="X") + simple("b", sku="X"),
        ["3: [b]: Variant SKU: Line 2 has the same sku."],
    ),
    "a barcode twice in a file": (
        simple("a", barcode="1") + simple("b", barcode="1"),
        ["3: [b]: Variant Barcode: Line 2 has the same barcode."],
    ),
    "a SKU twice in a product": (
        simple("a", sku="X", option1_name="Size", option1_value="S")
        + line(handle="a", sku="X", price="1", option1_value="M"),
        ["3: [a]: Variant SKU: Something else has this SKU already."],
    ),
    "a handle that comes again": (
        simple("a") + simple("b") + simple("a", sku="C"),
        [
            "4: [a]: Handle: Line 2 has the same handle: a file has each product once, its lines "
            "together."
        ],
    ),
    "metadata too long": (
        simple("a", notes="x" * 501),
        ["2: [a]: Notes: A metadata value is a string of at most 500 characters."],
    ),
    "more cells than columns": (
        simple("a").rstrip("\n") + ",more\n",
        ["2: The line has 26 cells, the first line 25."],
    ),
    "NUL": (simple("a", title="a\0b"), ["2: Texts may not contain NUL."]),
    "what is not UTF-8": (simple("a", title="\udcff"), ["2: The line is not in UTF-8."]),
    "neither handle nor SKU known": (
        simple("a", sku="", title="x" * 300),
        ["2: [a]: Title: name has at most 255 characters."],
    ),
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_bad_line_is_told_with_its_number_its_column_and_a_sentence(
    shop: Shop, case: str
) -> None:
    text, expected = BAD_LINES[case]
    data = f"{HEADER}\n{text}{simple('good')}".encode("utf-8", "surrogateescape")
    answer, lines = refused(shop.bring(data))
    assert [re.sub(r" \([A-Z_]+\)$", "", each) for each in lines] == [
        f"a.csv:{each}" for each in expected
    ]
    assert answer["products"]["refused"] == 1
    assert answer["badLines"] == len(expected)
    assert "good" in contents(shop.take("out.csv"))


def test_everything_that_is_wrong_with_a_product_is_told_at_once(shop: Shop) -> None:
    text = simple("a", title="", price="x", status="odd", image_src="nowhere", barcode="b" * 101)
    _, lines = refused(shop.bring(f"{HEADER}\n{text}"))
    assert sorted(each.split(": ")[2] for each in lines) == [
        *("Image Src", "Status", "Title", "Variant Barcode", "Variant Price"),
    ]


def test_reading_ends_where_a_quote_is_missing_and_says_so(shop: Shop) -> None:
    text = f'{HEADER}\n{simple("one")}two,"no end\n{simple("three")}'
    answer, lines = refused(shop.bring(text))
    assert answer["products"] == counts(created=1, refused=1)
    (only,) = lines
    assert only.startswith("a.csv:3: This is no CSV (unexpected end of data): is a quote missing")


HEADERS: dict[str | bytes, str] = {
    '"Handle"s,Title\n': "The first line is no CSV",
    "Handle,Title\n".encode("utf-16"): "The first line is not in UTF-8: save the file as CSV",
    "Title;Handle;Variant Price\n": "The first line has no column Handle: this is no product CSV",
    "": "The first line has no column Handle",
    "Handle,Title,title\n": "Two columns are called title.",
    "Handle," + "x" * 41 + "\n": "is kept by a name too long: rename or remove it.",
}


@pytest.mark.parametrize("header", HEADERS)
def test_a_file_that_is_no_product_csv_is_refused_as_a_whole(
    shop: Shop, header: str | bytes
) -> None:
    result = shop.bring(header)
    assert (result.exit_code, result.stdout) == (1, "")
    assert HEADERS[header] in result.stderr
    assert result.stderr.count("\n") == 1


BAD_JSON: dict[str, tuple[object, str]] = {
    "no JSON": ("{", "1: The line is not JSON"),
    "no object": ("[1]", "1: A line is one JSON object: a product or a bundle."),
    "an unknown member": (
        {"name": "A", "slug": "a", "colour": "red"},
        "1: [a]: colour: There is no member 'colour'.",
    ),
    "another kind of value": ({"name": 5, "slug": "a"}, "1: [a]: name: This is a text."),
    "an amount that is a fraction": (
        {"slug": "a", "defaultVariant": {"unitPrice": {"amount": 1.5, "currency": "USD"}}},
        "1: [a]: defaultVariant.unitPrice.amount: This is a whole number.",
    ),
    "an unknown type": (
        {"slug": "a", "productType": "THING"},
        "1: [a]: productType: This is one of PHYSICAL, SERVICE, FEE, DIGITAL.",
    ),
    "an id of another kind": (
        {"slug": "a", "modifierSetId": "prod_01jd00000000000000000000"},
        "1: [a]: modifierSetId: This is not an id: expected a prefix and 26 characters.",
    ),
    "a modifier set that is not there": (
        {"slug": "a", "modifierSetId": "ms_01jd0000000000000000000000"},
        "1: [a]: modifierSetId: No modifier set with this id was found.",
    ),
    "no shape": (
        {"slug": "a", "name": "A", "productType": "PHYSICAL"},
        "1: [a]: defaultVariant: A product has either a defaultVariant alone",
    ),
    "neither slug nor SKU": (
        {"name": "A", "defaultVariant": {"unitPrice": {"amount": 1, "currency": "USD"}}},
        "1: [A]: slug: A product has a slug or a SKU, to be known by when it comes again.",
    ),
    "NUL": ({"name": "a\0", "slug": "a"}, "1: Texts may not contain NUL."),
    "a surrogate alone": ('{"name": "\\ud800", "slug": "a"}', "1: The line is not JSON"),
}


@pytest.mark.parametrize("case", BAD_JSON)
def test_a_bad_line_of_json_is_told_with_its_number_and_its_path(shop: Shop, case: str) -> None:
    value, expected = BAD_JSON[case]
    text = value if isinstance(value, str) else json.dumps(value)
    answer, lines = refused(shop.bring(text + "\n", name="a.jsonl"))
    assert any(each.startswith(f"a.jsonl:{expected}") for each in lines), lines
    assert answer["products"] == counts(refused=1)


def test_cells_that_a_spreadsheet_would_run_are_escaped_and_come_back(shop: Shop) -> None:
    odd = ["=1+1", "+x", "-x", "@x", "'=quoted", "''-twice", "'plain"]
    text = "".join(simple(f"p{number}", title=each) for number, each in enumerate(odd))
    told(shop.bring(HEADER + "\n" + text.replace("'=", "''=").replace("''-", "'''-")))
    written = shop.take("out.csv").read_text()
    assert not re.search(r'(^|,)"?[=+@-]', written)
    read = [lines[0]["name", False, False] for lines in contents(shop.take("out.csv")).values()]
    assert read == odd


def test_columns_that_are_missing_leave_what_is_there(shop: Shop) -> None:
    told(shop.bring(SHIRT))
    answer = told(shop.bring("Handle,Variant SKU,Variant Price\nshirt,S-M,99.00\n"))
    assert answer["products"] == counts(updated=1)
    assert answer["variants"] == {"created": 0, "updated": 1, "counted": 0}
    first, second, _ = contents(shop.take("out.csv"))["shirt"]
    assert first["unitPrice", False, False] == "1E+1"
    assert second["unitPrice", False, False] == "99"
    assert second["quantity", False, False] == "7"
    assert first["categories", False, False] == "tops"


def test_a_file_that_cannot_be_read_and_an_unknown_environment_are_said(shop: Shop) -> None:
    result = shop.run("import", "gone.csv")
    assert (result.exit_code, result.stderr.strip()) == (
        1,
        "ordergraph: gone.csv: The file cannot be read: No such file or directory.",
    )
    for words in (("import", str(SHOP)), ("export", "x.csv")):
        result = shop.run(*words, "--environment", ABSENT)
        assert result.exit_code == 1
        assert "No environment with this id was found (environment)." in result.stderr
    result = shop.run("export", "gone/x.csv")
    assert "gone/x.csv: The file cannot be written: No such file or directory." in result.stderr
    assert "A catalog is csv or jsonl (format)." in shop.run("export", "--format", "xml").stderr


def test_an_import_that_was_interrupted_goes_on_when_it_is_run_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = HEADER + "\n" + "".join(simple(f"p{number}") for number in range(5))
    calls: list[int] = []

    async def fail_in_the_middle(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise Unavailable
        return await import_products(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(catalog_importing, "BATCH_PRODUCTS", 1)
        patched.setattr(catalog, "import_products", fail_in_the_middle)
        result = shop.bring(text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "The shop's database cannot be reached at the moment" in result.stderr
    written = len(contents(shop.take("out.csv")))
    assert 0 < written < 5
    answer = told(shop.bring(text))
    assert answer["products"] == counts(created=5 - written, unchanged=written)


async def test_an_import_is_told_in_the_log_as_any_change_is(shop: Shop) -> None:
    told(await shop.brought(SHIRT))
    told(await shop.brought(SHIRT))
    told(await shop.brought(SHIRT.replace("12.00", "13.00").replace(",7,", ",9,")))
    assert [(row["type"], row["version"], row["positioned"]) for row in await shop.log()] == [
        ("product.CREATED", "1", True),
        ("inventory.CHANGED", None, True),
        ("product.UPDATED", "2", True),
    ]
