"""What follows from a variant's fields (domain 6.2)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ordergraph.commerce.catalog.describing import describe_product
from ordergraph.commerce.catalog.rules import ProductStatus, Variant, VariantStatus
from tests.commerce.catalog.shelf import optioned, simple, variant

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def beans(**changes: Any) -> Variant:
    (only,) = describe_product(simple(), NOW).variants or ()
    return replace(only, **changes)


def test_a_simple_product_is_called_by_its_name() -> None:
    assert (beans().display_name, beans().line_name) == ("Beans", "Beans")


def test_a_variant_with_options_is_called_by_its_values() -> None:
    shirt, named = (
        describe_product(
            optioned(variant("S", "Red"), variant("L", "Red", name="Large")), NOW
        ).variants
        or ()
    )
    assert (shirt.display_name, shirt.line_name) == ("S / Red", "Shirt - S / Red")
    assert (named.display_name, named.line_name) == ("Large", "Shirt - Large")


@pytest.mark.parametrize(
    ("available", "state"),
    [
        (True, {"tracked": False, "enforce_inventory_limit": True}),
        (True, {"tracked": True, "enforce_inventory_limit": False}),
        (False, {"tracked": True, "enforce_inventory_limit": True}),
        (True, {"tracked": True, "enforce_inventory_limit": True, "on_hand": 1}),
        (False, {"tracked": True, "enforce_inventory_limit": True, "on_hand": 1, "held": 1}),
        (False, {"status": VariantStatus.INACTIVE}),
        (False, {"product_status": ProductStatus.INACTIVE}),
    ],
)
def test_a_variant_is_for_sale_when_offered_and_not_out_of_enforced_stock(
    available: bool, state: dict[str, Any]
) -> None:
    assert beans(**state).available_for_sale is available


def test_the_quantity_is_what_no_payment_holds_and_unknown_where_untracked() -> None:
    assert beans(tracked=True, on_hand=5, held=2).quantity_available == 3
    assert beans(tracked=True, on_hand=-2, held=1).quantity_available == -3
    assert beans().quantity_available is None
