"""What lists read narrower, and roots read along: each field shows the same wherever it stands."""

from typing import Any

import pytest
from graphql import get_named_type

from ordergraph.core.ids import Prefix
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.statements import counted
from tests.graph.conftest import Street
from tests.graph.schema_walk import GRAPH, selection

FIGURES = ("total", "paid", "refunded", "balance", "subtotal", "includedTax")


def fields(kind: str) -> list[str]:
    """Select each field of a type alone, with what is below it."""
    known = GRAPH.type_map[kind].fields
    return [f"{name} {selection(get_named_type(each.type), 1)}" for name, each in known.items()]


def callers(street: Street) -> list[Actor]:
    return [street.mine.owner, street.mine.browser()]


async def entry(street: Street, caller: Actor, page: str, id: str) -> tuple[Any, list[Any]]:
    """Ask for a page and return its entry with this id, and the codes of the errors."""
    answer = await street.world.graphql(page, caller=caller)
    found = [node for node in answer.payload["nodes"] if node["id"] == id]
    edges = [edge["node"] for edge in answer.payload["edges"] if edge["node"]["id"] == id]
    assert found == edges
    return found[0], answer.top_codes


@pytest.mark.parametrize("inside", ["", "variants", "defaultVariant"])
async def test_a_product_in_a_list_is_the_one_of_its_page(street: Street, inside: str) -> None:
    id = street.mine.ids[Prefix.PRODUCT]
    for caller in callers(street):
        for field in fields("ProductVariant" if inside else "Product"):
            shown = f"id {inside} {{ {field} }}" if inside else f"id {field}"
            page = f"{{ products {{ nodes {{ {shown} }} edges {{ node {{ {shown} }} }} }} }}"
            listed, _ = await entry(street, caller, page, id)
            detail = await street.world.graphql(
                f"query($id: ID!) {{ product(id: $id) {{ {shown} }} }}", caller=caller, id=id
            )
            assert listed == detail.payload, field


async def test_an_order_in_a_list_is_the_one_of_its_page(street: Street) -> None:
    figures = [
        f"{each} {{ {name} {{ amount }} }}"
        for each in ("netAmounts", "pricing")
        for name in FIGURES
    ]
    for id in (street.mine.order["id"], street.mine.paid_order["id"]):
        for field in (*fields("Order"), *figures):
            shown = f"id {field}"
            page = (
                "{ orders(filter: {placed: null}) {"
                f" nodes {{ {shown} }} edges {{ node {{ {shown} }} }} }} }}"
            )
            listed, codes = await entry(street, street.mine.owner, page, id)
            detail = await street.world.graphql(
                f"query($id: ID!) {{ order(id: $id) {{ {shown} }} }}", id=id
            )
            assert (listed, codes) == (detail.payload, []), field


async def test_an_order_with_its_refunds_and_variants_takes_one_statement(street: Street) -> None:
    text = (
        "query($id: ID!) { order(id: $id) { id refunds { id amount { amount } }"
        " lineItems { id variant { id sku displayName quantityAvailable } } } }"
    )
    apart = (
        "query($id: ID!) { order(id: $id) { refunds { id amount { amount } } } }",
        "query($id: ID!) { productVariant(id: $id) { id sku displayName quantityAvailable } }",
    )
    order_id, variant_id = street.mine.paid_order["id"], street.mine.ids[Prefix.VARIANT]
    for caller in (street.mine.owner, street.mine.browser(order_id)):
        with counted() as statements:
            answer = await street.world.graphql(text, caller=caller, id=order_id)
        assert (len(statements), answer.errors) == (1, [])
        refunds = await street.world.graphql(apart[0], caller=caller, id=order_id)
        assert answer.payload["refunds"] == refunds.payload["refunds"] != []
        variant = await street.world.graphql(apart[1], caller=caller, id=variant_id)
        assert [line["variant"] for line in answer.payload["lineItems"]] == [variant.payload]


async def test_an_order_read_in_part_is_the_one_read_whole(street: Street) -> None:
    order_id = street.mine.paid_order["id"]
    inside = [f"lineItems {{ {field} }}" for field in fields("LineItem")]
    variant = [f"lineItems {{ variant {{ {field} }} }}" for field in fields("ProductVariant")]
    text = "query($id: ID!) {{ order(id: $id) {{ {shown} }} }}"
    for caller in (street.mine.owner, street.mine.browser(order_id)):
        for field in (*fields("Order"), *inside, *variant):
            part, whole = [
                await street.world.graphql(text.format(shown=shown), caller=caller, id=order_id)
                for shown in (field, f"{field} otherwise: taxStatus")
            ]
            assert part.payload == {
                name: value for name, value in whole.payload.items() if name != "otherwise"
            }, field
            assert part.top_codes == whole.top_codes, field


async def test_of_variants_that_are_only_named_no_more_is_read(street: Street) -> None:
    text = "query($id: ID!) { order(id: $id) { lineItems { variant { id sku } } } }"
    order_id = street.mine.paid_order["id"]
    with counted() as statements:
        answer = await street.world.graphql(text, id=order_id)
    assert [line["variant"]["id"] for line in answer.payload["lineItems"]] != [None]
    assert len(statements) == 1
    assert not any(column in statements.texts[0] for column in ("option_values", "on_hand"))


async def test_a_buyer_is_not_shown_an_order_that_its_secret_does_not_open(street: Street) -> None:
    opened, other = street.mine.order["id"], street.mine.paid_order["id"]
    answer = await street.world.graphql(
        "query($id: ID!) { order(id: $id) { id refunds { id } lineItems { variant { id } } } }",
        caller=street.mine.browser(opened),
        id=other,
    )
    assert (answer.payload, answer.errors) == (None, [])


@pytest.mark.parametrize(
    ("shown", "statements"),
    [
        ("id name", 1),
        ("id variants { id sku unitPrice { amount } } availableForSale", 2),
        ("id description variants { id barcode product { description variants { id } } }", 2),
    ],
)
async def test_a_page_of_products_takes_as_few_statements_as_it_shows(
    street: Street, shown: str, statements: int
) -> None:
    with counted() as sent:
        answer = await street.world.graphql(f"{{ products {{ nodes {{ {shown} }} }} }}")
    assert (answer.errors, len(sent)) == ([], statements)
