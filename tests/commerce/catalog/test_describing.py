"""What a new product is refused for (CAT-1 to CAT-3, domain 3.3)."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from ordergraph.commerce.catalog.describing import describe_product
from ordergraph.commerce.catalog.rules import (
    Image,
    PriceRange,
    Product,
    ProductOption,
    ProductStatus,
    ProductType,
    Seo,
    Variant,
    VariantStatus,
)
from ordergraph.commerce.catalog.shaping import (
    NewOption,
    NewProduct,
    NewVariant,
    select_options,
)
from ordergraph.commerce.inventory.rules import MOST_UNITS
from ordergraph.core.ids import new_id
from ordergraph.core.money import Money
from ordergraph.core.problems import Findings, Problem, Problems
from tests.commerce.catalog.shelf import PRICE, optioned, simple, variant

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SIZES = [NewOption("Size", ["S", "L"])]


def describe(wanted: NewProduct) -> Product:
    return describe_product(wanted, NOW)


def whole(product: Product) -> list[Variant]:
    """Return the variants of a described product, which are whole."""
    return cast(list[Variant], list(product.variants or ()))


def refusals(wanted: NewProduct) -> list[tuple[str, str]]:
    """Return the code and the path of all that is wrong."""
    with pytest.raises((Problem, Problems)) as refused:
        describe(wanted)
    error = refused.value
    problems = error.problems if isinstance(error, Problems) else (error,)
    return [(problem.code.value, ".".join(problem.field)) for problem in problems]


def sized(*variants: NewVariant, options: Any = SIZES) -> NewProduct:
    return NewProduct("Shirt", ProductType.PHYSICAL, options=options, variants=variants)


def size(value: str) -> NewVariant:
    return variant(value, names=("Size",))


def test_cat_2_a_simple_product_has_one_variant_which_is_its_default() -> None:
    product = describe(simple(sku=" COFFEE "))
    (only,) = product.variants or ()
    assert (only.is_default, only.selected_options, only.sku) == (True, (), "COFFEE")
    assert product.options == ()


def test_cat_3_an_optioned_product_has_its_variants_in_order_and_no_default() -> None:
    product = describe(optioned(variant("S", "Red"), variant("L", "Blue")))
    assert [each.position for each in product.variants or ()] == [0, 1]
    assert [each.is_default for each in product.variants or ()] == [False, False]
    assert [each.display_name for each in product.variants or ()] == ["S / Red", "L / Blue"]
    assert [option.values for option in product.options] == [("S", "L"), ("Red", "Blue")]


def test_values_are_selected_in_any_order_and_by_option_names_of_any_case() -> None:
    product = describe(optioned(variant("Red", "S", names=(" COLOR ", "size"))))
    (only,) = product.variants or ()
    assert [(each.name, each.value) for each in only.selected_options] == [
        ("Size", "S"),
        ("Color", "Red"),
    ]


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        (NewProduct("X", ProductType.FEE), "defaultVariant"),
        (replace(simple(), options=SIZES), "defaultVariant"),
        (replace(sized(size("S")), default_variant=NewVariant(PRICE)), "defaultVariant"),
        (sized(), "variants"),
        (sized(NewVariant(PRICE), options=()), "variants"),
    ],
    ids=["neither", "default and options", "both", "options alone", "variants alone"],
)
def test_cat_1_a_product_has_exactly_one_shape(wanted: NewProduct, path: str) -> None:
    assert ("INVALID_PRODUCT_SHAPE", path) in refusals(wanted)


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (size("XL"), "INVALID_PRODUCT_SHAPE"),
        (variant("S", names=("Length",)), "INVALID_PRODUCT_SHAPE"),
        (variant(), "INVALID_PRODUCT_SHAPE"),
        (variant("S", "S", names=("Size", "Size")), "INVALID_PRODUCT_SHAPE"),
        (variant("S", "Red"), "INVALID_PRODUCT_SHAPE"),
        (size("L"), "DUPLICATE_VARIANT"),
    ],
    ids=["unknown value", "unknown option", "none", "twice", "one too many", "taken"],
)
def test_cat_3_a_variant_selects_one_value_of_each_option_and_differs_from_others(
    new: NewVariant, code: str
) -> None:
    assert refusals(sized(size("L"), new)) == [(code, "variants.1.selectedOptions")]


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (size(" XL "), "The option “Size” has no value “XL”."),
        (variant("S", names=("Length",)), "The product has no option “Length”."),
        (variant(), "A variant selects exactly one value of every option of its product."),
    ],
)
def test_cat_3_a_selection_that_is_refused_says_why(new: NewVariant, message: str) -> None:
    findings = Findings()
    select_options(findings, [ProductOption(new_id(), "Size", ("S", "L"))], new, ())
    assert [each.message for each in findings.problems] == [message]


def test_cat_3_a_value_in_another_case_is_the_value_that_it_is() -> None:
    findings = Findings()
    sizes = ProductOption(new_id(), "Size", ("L", "l", "Extra"))
    chosen = [select_options(findings, [sizes], size(each), ()) for each in ("l", "EXTRA")]
    assert [each.value for (each,) in chosen] == ["l", "Extra"]
    assert findings.problems == []


def test_cat_2_a_default_variant_selects_nothing() -> None:
    wanted = replace(simple(), default_variant=size("S"))
    assert refusals(wanted) == [("INVALID_PRODUCT_SHAPE", "defaultVariant.selectedOptions")]


def test_cat_3_options_are_few_with_names_and_values_of_their_own() -> None:
    def options(*wanted: NewOption) -> list[tuple[str, str]]:
        found = refusals(sized(size("S"), options=[*SIZES, *wanted]))
        return [each for each in found if not each[1].startswith("variants")]

    assert options(NewOption("SIZE", ["A"])) == [("INVALID_PRODUCT_SHAPE", "options.1.name")]
    assert options(NewOption("B", ["1", " 1"])) == [("INVALID_PRODUCT_SHAPE", "options.1.values")]
    assert options(NewOption("B", [])) == [("FIELD_REQUIRED", "options.1.values")]
    assert options(NewOption(" ", ["A"])) == [("FIELD_REQUIRED", "options.1.name")]
    assert options(NewOption("B", ["A", " "])) == [("FIELD_REQUIRED", "options.1.values.1")]
    many = [str(number) for number in range(101)]
    assert options(NewOption("B", many)) == [("TOO_MANY_ITEMS", "options.1.values")]
    extra = [NewOption(name, ["A"]) for name in "BCD"]
    assert options(*extra) == [("TOO_MANY_ITEMS", "options")]


def test_cat_3_a_product_has_at_most_250_variants() -> None:
    values = [str(number) for number in range(100)]
    options = [NewOption("Size", values), NewOption("Color", ["Red", "Blue", "Green"])]
    variants = [variant(value, color) for value in values for color in ("Red", "Blue", "Green")]
    assert len(describe(sized(*variants[:250], options=options)).variants or ()) == 250
    assert refusals(sized(*variants[:251], options=options)) == [("TOO_MANY_ITEMS", "variants")]


def test_cat_31_a_sku_within_one_product_is_unique_after_trimming_case_kept() -> None:
    wanted = optioned(
        variant("S", "Red", sku="A"), variant("L", "Red", sku="a"), variant("S", "Blue", sku=" A")
    )
    assert refusals(wanted) == [("SKU_ALREADY_EXISTS", "variants.2.sku")]


def test_all_variants_of_a_product_are_priced_in_one_currency() -> None:
    euros = replace(variant("L", "Red"), unit_price=Money(1, "EUR"))
    assert refusals(optioned(variant("S", "Red"), euros)) == [
        ("CURRENCY_MISMATCH", "variants.1.unitPrice.currency")
    ]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": "  "}, "FIELD_REQUIRED", "name"),
        ({"name": "x" * 256}, "STRING_TOO_LONG", "name"),
        ({"description": "x" * 5_001}, "STRING_TOO_LONG", "description"),
        ({"image_url": "ftp://example.com/a.png"}, "INVALID_FORMAT", "imageUrl"),
        ({"image_url": "https://"}, "INVALID_FORMAT", "imageUrl"),
        ({"image_url": "https://example.com/a b"}, "INVALID_FORMAT", "imageUrl"),
        ({"image_url": "https://e.com/" + "x" * 2_048}, "STRING_TOO_LONG", "imageUrl"),
        ({"external_reference_id": "x" * 256}, "STRING_TOO_LONG", "externalReferenceId"),
        ({"status": ProductStatus.DELETED}, "INVALID_ENUM", "status"),
        ({"metadata": {"a b": "c"}}, "METADATA_LIMIT_EXCEEDED", "metadata.a b"),
    ],
)
def test_a_field_of_a_product_keeps_to_its_limits(
    changes: dict[str, Any], code: str, field: str
) -> None:
    assert refusals(replace(simple(), **changes)) == [(code, field)]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": "x" * 256}, "STRING_TOO_LONG", "name"),
        ({"sku": "x" * 101}, "STRING_TOO_LONG", "sku"),
        ({"barcode": "x" * 101}, "STRING_TOO_LONG", "barcode"),
        ({"unit_price": Money(-1, "USD")}, "AMOUNT_OUT_OF_RANGE", "unitPrice.amount"),
        ({"unit_price": Money(10**12 + 1, "USD")}, "AMOUNT_OUT_OF_RANGE", "unitPrice.amount"),
        ({"unit_price": Money(1, "usd")}, "UNKNOWN_CURRENCY", "unitPrice.currency"),
        ({"initial_quantity": -1}, "INVALID_FIELD", "initialQuantityAvailable"),
        ({"initial_quantity": Decimal("0.5")}, "INVALID_FIELD", "initialQuantityAvailable"),
        ({"initial_quantity": MOST_UNITS + 1}, "INVALID_FIELD", "initialQuantityAvailable"),
        ({"status": VariantStatus.DELETED}, "INVALID_ENUM", "status"),
        ({"metadata": {"a": 1}}, "METADATA_LIMIT_EXCEEDED", "metadata.a"),
    ],
)
def test_a_field_of_a_variant_keeps_to_its_limits(
    changes: dict[str, Any], code: str, field: str
) -> None:
    wanted = replace(simple(), default_variant=replace(NewVariant(PRICE), **changes))
    assert refusals(wanted) == [(code, f"defaultVariant.{field}")]


def test_mon_8_a_price_of_zero_is_legal_and_empty_texts_are_none() -> None:
    free = replace(NewVariant(Money(0, "USD")), initial_quantity=Decimal("3.0"))
    product = describe(replace(simple(), default_variant=free, description=" ", image_url=""))
    (only,) = product.variants or ()
    assert (only.unit_price, only.on_hand, only.tracked) == (Money(0, "USD"), 3, True)
    assert (product.description, product.image_url) == (None, None)


def test_empty_texts_of_a_new_variant_are_none_as_when_it_is_changed() -> None:
    blank = replace(NewVariant(PRICE), name="", sku=" ", barcode="", external_reference_id="")
    product = describe(replace(simple(), default_variant=blank, external_reference_id=" "))
    (only,) = whole(product)
    assert (only.name, only.sku, only.barcode) == (None, None, None)
    assert (only.external_reference_id, product.external_reference_id) == (None, None)


def test_err_1_all_that_is_wrong_is_told_at_once() -> None:
    wanted = replace(
        optioned(variant("S", "Red", sku="x" * 101), variant("S", "Red", initial_quantity=-1)),
        name="",
    )
    assert refusals(wanted) == [
        ("FIELD_REQUIRED", "name"),
        ("STRING_TOO_LONG", "variants.0.sku"),
        ("INVALID_FIELD", "variants.1.initialQuantityAvailable"),
        ("DUPLICATE_VARIANT", "variants.1.selectedOptions"),
    ]


PICTURE = Image("https://example.com/a.png", "A shirt", 800, 600)


def test_cat_13_image_url_is_short_for_one_picture_and_not_sent_beside_images() -> None:
    short = describe(replace(simple(), image_url=" https://example.com/a.png "))
    assert (short.images, short.image_url) == ((Image(PICTURE.url),), PICTURE.url)
    both = replace(simple(), image_url=PICTURE.url, images=[PICTURE])
    assert refusals(both) == [("CONFLICTING_FIELDS", "imageUrl")]


def test_pictures_are_kept_in_their_order_and_the_first_is_shown() -> None:
    pictures = [PICTURE, replace(PICTURE, url="https://example.com/b.png", alt_text=" ")]
    product = describe(replace(simple(), images=pictures))
    assert product.images == (PICTURE, replace(pictures[1], alt_text=None))
    assert product.image_url == PICTURE.url


@pytest.mark.parametrize(
    ("images", "code", "path"),
    [
        ([PICTURE] * 21, "TOO_MANY_ITEMS", "images"),
        ([replace(PICTURE, url="ftp://example.com/a.png")], "INVALID_FORMAT", "images.0.url"),
        ([PICTURE, replace(PICTURE, url=" ")], "FIELD_REQUIRED", "images.1.url"),
        ([replace(PICTURE, width=0)], "INVALID_FIELD", "images.0.width"),
        ([replace(PICTURE, height=-1)], "INVALID_FIELD", "images.0.height"),
        ([replace(PICTURE, alt_text="x" * 501)], "STRING_TOO_LONG", "images.0.altText"),
    ],
)
def test_cat_13_a_picture_keeps_to_its_limits_on_products_and_variants(
    images: list[Image], code: str, path: str
) -> None:
    assert refusals(replace(simple(), images=images)) == [(code, path)]
    assert refusals(simple(images=images)) == [(code, f"defaultVariant.{path}")]


def test_cat_13_a_variant_shows_its_own_pictures_or_those_of_its_product() -> None:
    own = replace(PICTURE, url="https://example.com/red.png")
    wanted = optioned(variant("S", "Red", images=[own]), variant("L", "Red"))
    red, plain = whole(describe(replace(wanted, images=[PICTURE])))
    assert (red.images, red.image_url, red.images_inherited) == ((own,), own.url, False)
    assert (plain.images, plain.image_url, plain.images_inherited) == (
        (PICTURE,),
        PICTURE.url,
        True,
    )


def test_a_modifier_set_of_a_variant_goes_before_that_of_its_product() -> None:
    of_product, own = new_id(), new_id()
    wanted = optioned(variant("S", "Red", modifier_set_id=own), variant("L", "Red"))
    red, plain = whole(describe(replace(wanted, modifier_set_id=of_product)))
    assert (red.modifier_set_id, plain.modifier_set_id) == (own, of_product)


@pytest.mark.parametrize(
    ("compared", "code", "field"),
    [
        (Money(-1, "USD"), "AMOUNT_OUT_OF_RANGE", "amount"),
        (Money(1, "EUR"), "CURRENCY_MISMATCH", "currency"),
    ],
)
def test_cat_14_a_price_is_compared_with_one_from_zero_in_its_currency(
    compared: Money, code: str, field: str
) -> None:
    assert refusals(simple(compare_at_price=compared)) == [
        (code, f"defaultVariant.compareAtPrice.{field}")
    ]
    (only,) = whole(describe(simple(compare_at_price=Money(0, "USD"))))
    assert only.compare_at_price == Money(0, "USD")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"slug": "x" * 101}, "STRING_TOO_LONG", "slug"),
        ({"slug": "--"}, "INVALID_FORMAT", "slug"),
        ({"seo": Seo("x" * 256)}, "STRING_TOO_LONG", "seo.title"),
        ({"seo": Seo(None, "x" * 501)}, "STRING_TOO_LONG", "seo.description"),
        ({"public_metadata": {"a": 1}}, "METADATA_LIMIT_EXCEEDED", "publicMetadata.a"),
    ],
)
def test_what_a_storefront_is_told_keeps_to_its_limits(
    changes: dict[str, Any], code: str, field: str
) -> None:
    assert refusals(replace(simple(), **changes)) == [(code, field)]


def test_empty_texts_for_storefronts_are_none() -> None:
    product = describe(replace(simple(), slug=" ", seo=Seo(" ", "")))
    assert (product.slug, product.seo) == ("", Seo())


def test_cat_14_a_product_costs_what_its_active_variants_do() -> None:
    def priced(size: str, minor: int, status: VariantStatus = VariantStatus.ACTIVE) -> NewVariant:
        return replace(variant(size, "Red"), unit_price=Money(minor, "USD"), status=status)

    off = VariantStatus.INACTIVE
    product = describe(optioned(priced("S", 900), priced("L", 100, off)))
    assert (product.variant_count, product.active_variant_count) == (2, 1)
    assert product.price_range == PriceRange(Money(900, "USD"), Money(900, "USD"))
    both = describe(optioned(priced("S", 900), priced("L", 100)))
    assert both.price_range == PriceRange(Money(100, "USD"), Money(900, "USD"))
    none = describe(optioned(priced("S", 900, off), priced("L", 100, off)))
    assert (none.price_range, none.lowest_price, none.highest_price) == (
        None,
        Money(100, "USD"),
        Money(900, "USD"),
    )


@pytest.mark.parametrize("kind", list(ProductType))
def test_cat_11_stock_is_tracked_only_when_a_first_quantity_is_given(kind: ProductType) -> None:
    for quantity, tracked in ((None, False), (12, True)):
        (only,) = whole(describe(replace(simple(initial_quantity=quantity), product_type=kind)))
        assert (only.tracked, only.quantity_available) == (tracked, quantity)


def test_cat_31_a_barcode_within_one_product_is_unique_after_trimming() -> None:
    wanted = optioned(
        variant("S", "Red", barcode="1"),
        variant("L", "Red", barcode=" 1"),
        variant("S", "Blue"),
        variant("L", "Blue"),
    )
    assert refusals(wanted) == [("BARCODE_ALREADY_EXISTS", "variants.1.barcode")]
