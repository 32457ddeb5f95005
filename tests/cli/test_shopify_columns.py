"""The columns of product CSVs: every key has one that leads back to it, no cell is ever run."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordergraph.cli.formulas import escaped, unescaped
from ordergraph.cli.shopify_columns import Shape, column_of, header_of

KEYS = st.from_regex(r"[A-Za-z0-9_.:-]{1,40}", fullmatch=True)
TEXTS = st.text(alphabet="'=+-@\t\r\nax ", max_size=8)


@given(KEYS, st.booleans(), st.booleans())
def test_every_metadata_key_has_a_column_that_leads_back_to_it(
    key: str, of_variant: bool, public: bool
) -> None:
    column = column_of(header_of(key, of_variant=of_variant, public=public))
    assert (column.shape, column.name) == (Shape.METADATA, key)
    assert (column.of_variant, column.public) == (of_variant, public)


@pytest.mark.parametrize(
    ("header", "key", "of_variant", "public"),
    [
        ("Vendor", "Vendor", False, True),
        ("Variant Grams", "Variant_Grams", True, False),
        ("Cost per item", "Cost_per_item", True, False),
        ("Google Shopping / Gender", "Google_Shopping:Gender", False, False),
        ("Price / International", "Price:International", True, False),
        ("Care (product.metafields.custom.care)", "custom.care", False, False),
        ("Größe", "Gr.c3.b6.c3.9fe", False, False),
        ("Public Metadata: Größe", "Größe", False, True),
    ],
)
def test_a_column_without_a_field_is_kept_by_a_key_made_of_its_name(
    header: str, key: str, of_variant: bool, public: bool
) -> None:
    column = column_of(header)
    assert (column.name, column.of_variant, column.public) == (key, of_variant, public)


def test_columns_with_fields_are_known_whatever_their_case() -> None:
    assert column_of(" variant sku ").name == column_of("Variant SKU").name == "sku"


@given(TEXTS)
def test_every_text_comes_back_from_its_cell(text: str) -> None:
    assert unescaped(escaped(text)) == text


@given(TEXTS)
def test_no_cell_begins_with_what_a_spreadsheet_runs(text: str) -> None:
    assert not re.match(r"[=+\-@\t\r\n]", escaped(text))
