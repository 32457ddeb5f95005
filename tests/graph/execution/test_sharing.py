"""For how long an answer may be shared: the least of all that an operation selects."""

import pytest
from graphql import GraphQLObjectType, GraphQLUnionType, get_named_type

from ordergraph.graph.execution.documents import Documents
from ordergraph.graph.execution.sharing import shared_seconds
from ordergraph.graph.limits import Limits
from ordergraph.graph.schema import build_schema

SCHEMA = build_schema()._schema
DOCUMENTS = Documents(SCHEMA, Limits())
ID = "prod_00000000000000000000000000"


def seconds(text: str) -> int:
    return shared_seconds(SCHEMA, DOCUMENTS.prepare(text).operations[0])


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("products { nodes { name } }", 60),
        ("products { nodes { name variants { sku unitPrice { amount } } } }", 60),
        ("products { nodes { name variants { sku quantityAvailable } } }", 10),
        ("products { nodes { availableForSale } }", 10),
        ("products { edges { cursor node { id } } pageInfo { endCursor } totalCount }", 60),
        (f'product(id: "{ID}") {{ name }}', 60),
        (f'product(id: "{ID}") {{ variants {{ product {{ variants {{ sku }} }} }} }}', 60),
        (f'product(id: "{ID}") {{ ...on Node {{ id }} __typename }}', 60),
        ('sellableBySku(sku: "A") { __typename ... on ProductVariant { sku } }', 60),
        ('sellableBySku(sku: "A") { ... on ProductVariant { availableForSale } }', 10),
        ("shop { name paymentOptions { gateway } } __typename", 60),
        ("shop { name } products { nodes { availableForSale } }", 10),
    ],
)
def test_the_least_of_an_operation_holds_for_all_of_it(selection: str, expected: int) -> None:
    assert seconds(f"{{ {selection} }}") == expected


@pytest.mark.parametrize(
    "selection",
    [
        "viewer { kind }",
        "shop { name } viewer { kind }",
        'order(id: "ord_00000000000000000000000000") { id }',
        "orders { nodes { id } }",
        "orders { totalCount } shop { name }",
        "customers { nodes { id } }",
        "coupons { nodes { id } }",
        "taxRates { nodes { id } }",
        f'node(id: "{ID}") {{ id }}',
        f'nodes(ids: ["{ID}"]) {{ ... on Product {{ name }} }}',
        "products { nodes { variants { inventoryAdjustments { nodes { id } } } } }",
        "shop { name } __schema { queryType { name } }",
        'shop { name } __type(name: "Shop") { name }',
        "__typename",
    ],
)
def test_bug_47_what_belongs_to_a_viewer_customer_or_order_is_private(selection: str) -> None:
    assert seconds(f"{{ {selection} }}") == 0


@pytest.mark.parametrize(
    "text",
    [
        "query($b: Boolean!) { shop { name } viewer @include(if: $b) { kind } }",
        "query($b: Boolean!) { shop { name } ... @skip(if: $b) { viewer { kind } } }",
        "{ ...V } fragment V on Query { ...W } fragment W on Query { viewer { kind } }",
        'mutation { createProduct(input: {name: "A", productType: PHYSICAL}) { product { id } } }',
        "subscription { orderEvents { cursor } }",
    ],
)
def test_fragments_and_what_may_be_left_out_count_and_only_queries_are_shared(text: str) -> None:
    assert seconds(text) == 0


def test_a_fragment_is_looked_at_once_however_often_it_is_spread() -> None:
    spreads = " ".join(f"a{n}: shop {{ ...A }}" for n in range(20))
    assert (
        seconds(f"{{ {spreads} }} fragment A on Shop {{ ...B ...B }} fragment B on Shop {{ name }}")
        == 60
    )


def test_below_what_is_shared_stand_only_types_that_were_judged() -> None:
    """A type that becomes reachable has to be told public or private here."""
    query = SCHEMA.query_type
    assert query is not None
    open_roots = [name for name in query.fields if _root_seconds(name)]
    assert open_roots == [
        *("bundle", "bundleBySlug", "bundles", "product", "productBySlug", "productVariant"),
        *("sellableBySku", "sellableByBarcode", "products", "category", "categoryBySlug"),
        *("categories", "shop", "modifierSet", "modifierSets", "search"),
    ]
    seen: set[str] = set()
    waiting = [get_named_type(query.fields[name].type) for name in open_roots]
    while waiting:
        kind = waiting.pop()
        if kind.name in seen:
            continue
        seen.add(kind.name)
        if isinstance(kind, GraphQLUnionType):
            waiting.extend(SCHEMA.get_possible_types(kind))
        if isinstance(kind, GraphQLObjectType) and not _is_private(kind):
            waiting.extend(get_named_type(field.type) for field in kind.fields.values())
    objects = {name for name in seen if isinstance(SCHEMA.type_map[name], GraphQLObjectType)}
    assert {name for name in objects if not _is_private(SCHEMA.type_map[name])} == {
        "Bundle",
        "BundleComponent",
        "BundleConnection",
        "BundleEdge",
        "Category",
        "CategoryConnection",
        "CategoryEdge",
        "CategoryFacet",
        "Image",
        "InventoryAdjustmentConnection",
        "InventoryAdjustmentEdge",
        "InventoryHold",
        "InventoryHoldConnection",
        "InventoryHoldEdge",
        "InventoryLevel",
        "Modifier",
        "ModifierGroup",
        "ModifierSet",
        "ModifierSetConnection",
        "ModifierSetEdge",
        "Money",
        "PageInfo",
        "PaymentOption",
        "PriceFacet",
        "PriceRange",
        "Product",
        "ProductConnection",
        "ProductEdge",
        "ProductOption",
        "ProductTypeFacet",
        "ProductVariant",
        "SearchFacets",
        "SearchResultConnection",
        "SearchResultEdge",
        "SelectedOption",
        "Seo",
        "Shop",
        "TipOptions",
    }


def _root_seconds(name: str) -> bool:
    assert SCHEMA.query_type is not None
    declared = SCHEMA.query_type.fields[name].extensions["strawberry-definition"]
    return any(type(each).__name__ == "CacheControl" for each in declared.directives)


def _is_private(kind: object) -> bool:
    assert isinstance(kind, GraphQLObjectType)
    declared = kind.extensions["strawberry-definition"].directives or ()
    stated = [each.seconds for each in declared if type(each).__name__ == "CacheControl"]
    is_node = any(each.name == "Node" for each in kind.interfaces)
    return stated == [0] or (not stated and is_node)
