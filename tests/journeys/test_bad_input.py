"""Bad input over HTTP: each refusal has its code at its place, and nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from ordergraph.core.ids import Prefix, decode
from tests.journeys.callers import Answer, Caller
from tests.journeys.documents import DOCUMENTS
from tests.journeys.servers import House, Ledger, Server, Shop
from tests.journeys.stories import dollars, make_order, make_variant, pay

TEA = {"name": "Tea", "unitPrice": dollars(400)}
EUROS = {"amount": 400, "currency": "EUR"}
PIN = [{"token": "tok_visa"}]
# The page's own document does not ask for the field.
CLOSE = DOCUMENTS["Close"].replace("userErrors { code }", "userErrors { code field }")
MANY = {f"key{number}": "value" for number in range(51)}


@dataclass(frozen=True, slots=True)
class Case:
    """One bad request: `{name}` in its input stands for an id that the shop's stage has."""

    why: str
    document: str
    input: dict[str, Any]
    code: str
    field: str | None = None
    top: bool = False
    caller: str = "merchant"


def ask(why: str, document: str, code: str, field: str | None = None, /, **input: Any) -> Case:
    """Describe a request of the merchant that is a user error at `field`, dotted."""
    return Case(why, document, input, code, field)


def clash(why: str, document: str, code: str, field: str | None = None, /, **input: Any) -> Case:
    """Describe a request of the merchant that is refused at the top level."""
    return Case(why, document, input, code, field, top=True)


def browse(why: str, document: str, code: str, field: str | None, /, **input: Any) -> Case:
    """Describe a browser's request that is a user error."""
    return Case(why, document, input, code, field, caller="buyer")


def forbid(why: str, document: str, field: str, /, **input: Any) -> Case:
    """Describe a browser's request that is forbidden as a whole."""
    return Case(why, document, input, "FORBIDDEN", field, top=True, caller="buyer")


def line(**more: Any) -> list[dict[str, Any]]:
    return [{**TEA, **more}]


CASES = [
    # Ids of the wrong kind, and what is no id at all.
    ask(
        "a product's id where a variant's belongs",
        *("CreateOrder", "INVALID_ID", "lineItems.0.variantId"),
        lineItems=[{"variantId": "{product}"}],
    ),
    ask("words for an id", "Close", "INVALID_ID", "orderId", orderId="my order"),
    ask("a number for an id", "Close", "INVALID_ID", "orderId", orderId=5),
    ask("an id that is too long", "Close", "INVALID_ID", "orderId", orderId="ord_" + "0" * 9000),
    clash("an object for an id", "Close", "INVALID_FIELD", "input.orderId", orderId={"id": 1}),
    ask(
        "a variant's id where an order's belongs",
        *("Pay", "INVALID_ID", "orderId"),
        orderId="{variant}",
        sources=PIN,
    ),
    ask(
        "an order's id where a line's belongs",
        *("Refund", "INVALID_ID", "lineItems.0.lineItemId"),
        orderId="{paid}",
        lineItems=[{"lineItemId": "{paid}", "quantity": 1}],
    ),
    # Ids of another merchant.
    ask(
        "another merchant's variant",
        *("CreateOrder", "RESOURCE_NOT_FOUND", "lineItems.0.variantId"),
        lineItems=[{"variantId": "{foreign_variant}"}],
    ),
    ask(
        "another merchant's customer",
        *("CreateOrder", "RESOURCE_NOT_FOUND", "customerId"),
        lineItems=[TEA],
        customerId="{foreign_customer}",
    ),
    *(
        ask(
            f"another merchant's order: {document}",
            *(document, "RESOURCE_NOT_FOUND", "orderId"),
            orderId="{foreign_order}",
            **more,
        )
        for document, more in (
            ("Pay", {"sources": PIN}),
            ("Refund", {"amount": dollars(1)}),
            ("Lines", {"lineItems": [TEA]}),
            ("Gone", {"lineItemIds": ["{foreign_line}"]}),
            ("Apply", {"code": "OLD"}),
            ("Update", {"buyerNote": "x"}),
            ("Tip", {"amount": dollars(1)}),
            ("Close", {}),
        )
    ),
    ask(
        "a line of another merchant's order",
        *("Line", "RESOURCE_NOT_FOUND", "lineItemId"),
        orderId="{open}",
        lineItemId="{foreign_line}",
        quantity=2,
    ),
    ask(
        "another merchant's stock",
        *("Adjust", "RESOURCE_NOT_FOUND", "variantId"),
        variantId="{foreign_variant}",
        quantityDelta=1,
        changeReason="RECEIVED_STOCK",
    ),
    ask(
        "another merchant's tax rate",
        *("NoTaxRate", "RESOURCE_NOT_FOUND", "id"),
        id="{foreign_rate}",
    ),
    ask(
        "another merchant's coupon",
        *("Apply", "COUPON_NOT_FOUND", "code"),
        orderId="{open}",
        code="FOREIGN",
    ),
    # Quantities.
    *(
        ask(
            f"{quantity!r} units",
            *("CreateOrder", "LINE_ITEM_INVALID_QUANTITY", "lineItems.0.quantity"),
            lineItems=line(quantity=quantity),
        )
        for quantity in (0, -1, 1.5, 1_000_001, 10**12)
    ),
    *(
        ask(
            f"a line changed to {quantity!r} units",
            *("Line", "LINE_ITEM_INVALID_QUANTITY", "quantity"),
            orderId="{open}",
            lineItemId="{line}",
            quantity=quantity,
        )
        for quantity in (0, -3, 0.5)
    ),
    *(
        ask(
            f"{quantity!r} units given back",
            *("Refund", "LINE_ITEM_INVALID_QUANTITY", "lineItems.0.quantity"),
            orderId="{paid}",
            lineItems=[{"lineItemId": "{paid_line}", "quantity": quantity}],
        )
        for quantity in (0, -1, 0.5)
    ),
    *(
        ask(
            f"stock changed by {delta!r}",
            *("Adjust", "INVALID_QUANTITY_DELTA", "quantityDelta"),
            variantId="{variant}",
            quantityDelta=delta,
            changeReason="RECEIVED_STOCK",
        )
        for delta in (0, 1.5)
    ),
    # Currencies.
    ask("an unknown currency", "CreateOrder", "UNKNOWN_CURRENCY", "currency", currency="ZZZ"),
    ask(
        "a price in an unknown currency",
        *("CreateOrder", "UNKNOWN_CURRENCY", "lineItems.0.unitPrice.currency"),
        lineItems=line(unitPrice={"amount": 1, "currency": "QQQ"}),
    ),
    ask(
        "dollars and euros on one order",
        *("CreateOrder", "CURRENCY_MISMATCH", "lineItems.1.unitPrice.currency"),
        lineItems=[TEA, {"name": "Coffee", "unitPrice": EUROS}],
    ),
    ask(
        "a line in euros for an order in dollars",
        *("Lines", "CURRENCY_MISMATCH", "lineItems.0.unitPrice.currency"),
        orderId="{open}",
        lineItems=line(unitPrice=EUROS),
    ),
    ask(
        "a tip in euros",
        *("Tip", "CURRENCY_MISMATCH", "amount.currency"),
        orderId="{open}",
        amount=EUROS,
    ),
    ask(
        "a refund in euros",
        *("Refund", "CURRENCY_MISMATCH", "amount.currency"),
        orderId="{paid}",
        amount=EUROS,
    ),
    ask(
        "cash in euros",
        *("Pay", "CURRENCY_MISMATCH", "sources.0.cash.tendered.currency"),
        orderId="{open}",
        sources=[{"cash": {"tendered": EUROS}}],
    ),
    ask(
        "euros expected of an order in dollars",
        *("Pay", "ORDER_CHANGED_REFRESH_REQUIRED", "expectedOutstanding"),
        orderId="{open}",
        sources=PIN,
        expectedOutstanding=EUROS,
    ),
    # Amounts.
    ask(
        "a price beyond the range",
        *("CreateOrder", "AMOUNT_OUT_OF_RANGE", "lineItems.0.unitPrice.amount"),
        lineItems=line(unitPrice=dollars(10**12 + 1)),
    ),
    ask(
        "a total beyond the range",
        *("CreateOrder", "AMOUNT_OUT_OF_RANGE"),
        lineItems=line(unitPrice=dollars(10**12), quantity=2),
    ),
    ask(
        "a negative price",
        *("CreateOrder", "AMOUNT_OUT_OF_RANGE", "lineItems.0.unitPrice.amount"),
        lineItems=line(unitPrice=dollars(-1)),
    ),
    *(
        clash(
            f"an amount that is no Long: {amount!r}",
            *("CreateOrder", "INVALID_FIELD", "input.lineItems.0.unitPrice.amount"),
            lineItems=line(unitPrice=dollars(amount)),
        )
        for amount in (2**53, 1.5, 2.0, "100", True)
    ),
    ask(
        "nothing given back",
        *("Refund", "AMOUNT_OUT_OF_RANGE", "amount.amount"),
        orderId="{paid}",
        amount=dollars(0),
    ),
    # Orders at the wrong time.
    ask("an order of nothing", "CreateOrder", "ORDER_EMPTY", "lineItems"),
    ask("an empty order paid", "Pay", "ORDER_EMPTY", orderId="{empty}", sources=PIN),
    ask("an order paid twice", "Pay", "ORDER_ALREADY_PAID", orderId="{paid}", sources=PIN),
    ask(
        "an order paid with nothing", "Pay", "PAYMENT_SOURCE_REQUIRED", "sources", orderId="{open}"
    ),
    ask(
        "a token that nobody knows",
        *("Pay", "PAYMENT_SOURCE_INVALID", "sources.0.token"),
        orderId="{open}",
        sources=[{"token": "tok_nobody"}],
    ),
    ask(
        "a source that is two",
        *("Pay", "PAYMENT_SOURCE_INVALID", "sources.0"),
        orderId="{open}",
        sources=[{"token": "tok_visa", "cash": {"tendered": dollars(400)}}],
    ),
    ask(
        "another amount than expected",
        *("Pay", "ORDER_CHANGED_REFRESH_REQUIRED", "expectedOutstanding"),
        orderId="{open}",
        sources=PIN,
        expectedOutstanding=dollars(399),
    ),
    ask("an expired coupon", "Apply", "COUPON_EXPIRED", "code", orderId="{open}", code="OLD"),
    ask(
        "more given back than was paid",
        *("Refund", "REFUND_EXCEEDS_REFUNDABLE", "amount"),
        orderId="{paid}",
        amount=dollars(401),
    ),
    ask(
        "more units given back than were sold",
        *("Refund", "REFUND_QUANTITY_EXCEEDED", "lineItems.0.quantity"),
        orderId="{paid}",
        lineItems=[{"lineItemId": "{paid_line}", "quantity": 2}],
    ),
    ask(
        "an amount and lines given back",
        *("Refund", "CONFLICTING_FIELDS", "lineItems"),
        orderId="{paid}",
        amount=dollars(1),
        lineItems=[{"lineItemId": "{paid_line}", "quantity": 1}],
    ),
    ask("an unpaid order given back", "Refund", "ORDER_NOT_PAID", orderId="{open}"),
    ask("a paid order edited", "Lines", "ORDER_NOT_MUTABLE", orderId="{paid}", lineItems=[TEA]),
    ask("a paid order tipped", "Tip", "ORDER_NOT_MUTABLE", orderId="{paid}", amount=dollars(1)),
    ask("an update of nothing", "Update", "NO_FIELDS_TO_UPDATE", orderId="{open}"),
    ask(
        "a version that has passed",
        *("Update", "VERSION_CONFLICT", "expectedVersion"),
        orderId="{open}",
        buyerNote="x",
        expectedVersion=7,
    ),
    # Texts and metadata.
    ask(
        "51 metadata keys on a new order",
        *("CreateOrder", "METADATA_LIMIT_EXCEEDED", "metadata"),
        lineItems=[TEA],
        metadata=MANY,
    ),
    ask(
        "51 metadata keys on an order",
        *("Update", "METADATA_LIMIT_EXCEEDED", "metadata"),
        orderId="{open}",
        metadata=MANY,
    ),
    ask(
        "51 metadata keys on a line",
        *("CreateOrder", "METADATA_LIMIT_EXCEEDED", "lineItems.0.metadata"),
        lineItems=line(metadata=MANY),
    ),
    ask(
        "a note that is too long",
        *("Update", "STRING_TOO_LONG", "buyerNote"),
        orderId="{open}",
        buyerNote="x" * 20_000,
    ),
    clash("a field that is missing", "Close", "INVALID_FIELD", "input"),
    clash("a field that is not there", "Close", "INVALID_FIELD", "input", orderId="x", price=1),
    # Idempotency keys.
    ask(
        "a key used for another order",
        "Pay",
        "IDEMPOTENCY_KEY_REUSED",
        orderId="{open}",
        sources=PIN,
    ),
    # Browsers.
    forbid(
        "a browser that names a price",
        *("Lines", "input.lineItems.0.unitPrice"),
        orderId="{cart}",
        lineItems=[{"variantId": "{variant}", "unitPrice": dollars(1)}],
    ),
    forbid(
        "a browser that changes a price",
        *("Line", "input.unitPrice"),
        orderId="{cart}",
        lineItemId="{cart_line}",
        unitPrice=dollars(0),
    ),
    forbid(
        "a browser that makes a line up",
        *("Lines", "input.lineItems.0.name"),
        orderId="{cart}",
        lineItems=[TEA],
    ),
    forbid(
        "a browser that becomes somebody",
        *("Update", "input.customerId"),
        orderId="{cart}",
        customerId="{customer}",
    ),
    *(
        browse(
            f"a browser and another's order: {document}",
            *(document, "RESOURCE_NOT_FOUND", "orderId"),
            orderId="{open}",
            **more,
        )
        for document, more in (
            ("Pay", {"sources": PIN, "expectedOutstanding": dollars(400)}),
            ("Lines", {"lineItems": [{"variantId": "{variant}"}]}),
            ("Apply", {"code": "OLD"}),
            ("Update", {"buyerNote": "x"}),
            ("Tip", {"amount": dollars(1)}),
        )
    ),
]


@dataclass(slots=True)
class Stage:
    """A shop with orders in every state, and what belongs to another merchant."""

    callers: dict[str, Caller]
    names: dict[str, str]
    environments: list[UUID]


@pytest.fixture(scope="module")
async def stage(house: House, server: Server) -> Stage:
    """The stage of all cases: they change nothing, so they can share it."""
    shop, other = await house.shop(), await house.shop()
    merchant, stranger = server.caller(shop.secret_key), server.caller(other.secret_key)
    names = {f"foreign_{name}": id for name, id in (await _belongings(stranger)).items()}
    names |= await _belongings(merchant)
    cart = (
        await server.caller(shop.publishable_key).send(
            DOCUMENTS["CreateOrder"].replace("userErrors", "clientSecret userErrors", 1),
            input={"lineItems": [{"variantId": names["variant"]}]},
        )
    ).done
    names |= {"cart": cart["order"]["id"], "cart_line": cart["order"]["lineItems"][0]["id"]}
    await _add_orders(merchant, names)
    await _add_coupons(house, merchant, stranger, shop)
    buyer = server.caller(shop.publishable_key).with_secret(cart["clientSecret"])
    environments = [decode(Prefix.ENVIRONMENT, each.environment_id) for each in (shop, other)]
    return Stage({"merchant": merchant, "buyer": buyer}, names, environments)


async def _belongings(merchant: Caller) -> dict[str, str]:
    variant = await make_variant(merchant, 400)
    customer = await merchant.send(DOCUMENTS["Customer"], input={"email": "sarah@example.com"})
    rate = await merchant.send(DOCUMENTS["TaxRate"], input={"name": "None", "percent": "0"})
    order = await make_order(merchant, TEA)
    return {
        "variant": variant.id,
        "product": variant.product_id,
        "customer": customer.done["customer"]["id"],
        "rate": rate.done["taxRate"]["id"],
        "order": order["id"],
        "line": order["lineItems"][0]["id"],
    }


async def _add_orders(merchant: Caller, names: dict[str, str]) -> None:
    names["open"] = names["order"]
    paid = await make_order(merchant, TEA)
    names |= {"paid": paid["id"], "paid_line": paid["lineItems"][0]["id"]}
    assert (await pay(merchant, paid["id"], key="used")).done
    empty = await merchant.send(DOCUMENTS["CreateOrder"], input={"currency": "USD"})
    names["empty"] = empty.done["order"]["id"]


async def _add_coupons(house: House, merchant: Caller, stranger: Caller, shop: Shop) -> None:
    for caller, code in ((merchant, "OLD"), (stranger, "FOREIGN")):
        wanted = {"name": code, "code": code, "percentOff": "20"}
        assert (await caller.send(DOCUMENTS["Coupon"], input=wanted)).done
    async with house.ledger() as ledger:
        await ledger.value(
            "UPDATE coupons SET expires_at = now() - interval '1 hour' "
            "WHERE code = 'OLD' AND environment_id = $1 RETURNING 1",
            decode(Prefix.ENVIRONMENT, shop.environment_id),
        )


async def everything_written(ledger: Ledger, environments: list[UUID]) -> dict[str, Any]:
    """Return the contents of every table that belongs to an environment, as a digest of each.

    Only the mark of a key's last use may change.
    """
    tables = await ledger.rows(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND column_name = 'environment_id' AND table_name <> 'api_keys' ORDER BY table_name"
    )
    digests: dict[str, Any] = {}
    for table in (row["table_name"] for row in tables):
        digests[table] = await ledger.value(
            f"SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, '' ORDER BY t::text), ''))"
            f" FROM {table} AS t WHERE environment_id = ANY($1)",
            environments,
        )
    return digests


def filled(value: Any, names: dict[str, str]) -> Any:
    """Put the stage's ids where their names stand."""
    if isinstance(value, dict):
        return {key: filled(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, names) for each in value]
    if isinstance(value, str) and value.startswith("{"):
        return names[value[1:-1]]
    return value


def judged(answer: Answer, case: Case) -> tuple[list[str], Any]:
    """Return the codes and the first path of a refusal, from where the case expects them."""
    if case.top:
        errors = answer.body["errors"]
        codes = [error["extensions"]["code"] for error in errors]
        return codes, ".".join(errors[0]["extensions"].get("field", ())) or None
    payload = answer.payload
    objects = {name: value for name, value in payload.items() if name != "userErrors"}
    assert set(objects.values()) == {None}, "a refused mutation shows no object"
    path = answer.paths[0]
    return answer.codes, path and ".".join(path).removeprefix("input.")


@pytest.mark.parametrize("case", CASES, ids=[case.why for case in CASES])
async def test_bad_input_has_its_code_at_its_place_and_writes_nothing(
    case: Case, stage: Stage, house: House
) -> None:
    variables: dict[str, Any] = {"input": filled(case.input, stage.names)}
    if case.document in ("Pay", "Refund"):
        variables["key"] = "used" if "key used" in case.why else f"bad-input-{CASES.index(case)}"
    async with house.ledger() as ledger:
        before = await everything_written(ledger, stage.environments)
        document = CLOSE if case.document == "Close" else DOCUMENTS[case.document]
        answer = await stage.callers[case.caller].send(document, **variables)
        assert judged(answer, case) == ([case.code], case.field)
        assert await everything_written(ledger, stage.environments) == before


async def test_lookups_answer_foreign_ids_with_null_and_wrong_ones_with_an_error(
    stage: Stage, house: House
) -> None:
    """ID-2: an id of somebody else is answered exactly like one that does not exist."""
    merchant, names = stage.callers["merchant"], stage.names
    nobody = "ord_01m7y8j6kfeewacd0yz3qkvh80"
    for id in (names["foreign_order"], nobody):
        answer = await merchant.send(DOCUMENTS["Order"], id=id)
        assert answer.body == {"data": {"order": None}}
    for id in (names["foreign_variant"], names["foreign_customer"], names["foreign_product"]):
        assert (
            await merchant.send("query($id: ID!) { node(id: $id) { id } }", id=id)
        ).payload is None
    for id in (names["product"], "nonsense", "", "ord_", "ord_" + "!" * 26):
        answer = await merchant.send(DOCUMENTS["Order"], id=id)
        assert answer.top_codes == ["INVALID_ID"], id
        assert answer.body["data"] == {"order": None}
    both = await merchant.send(
        "query($a: ID!, $b: ID!) { nodes(ids: [$a, $b]) { id } }",
        a=names["order"],
        b=names["foreign_order"],
    )
    assert both.payload == [{"id": names["order"]}, None]


async def test_pages_are_asked_for_in_good_order_or_refused(stage: Stage) -> None:
    merchant = stage.callers["merchant"]
    for first in (0, -1, 101):
        answer = await merchant.send(DOCUMENTS["Shelf"], first=first)
        assert answer.top_codes == ["INVALID_PAGE_SIZE"], first
    for after in ("nonsense", "", "x" * 3000):
        answer = await merchant.send(DOCUMENTS["Shelf"], after=after)
        assert answer.top_codes == ["INVALID_CURSOR"], after


async def test_the_key_of_a_header_goes_with_one_mutation_only(stage: Stage) -> None:
    """IDM-12."""
    merchant = stage.callers["merchant"]
    twice = """mutation($input: CloseOrderInput!) {
      a: closeOrder(input: $input) { order { id } userErrors { code } }
      b: closeOrder(input: $input) { order { id } userErrors { code } } }"""
    answer = await merchant.send(
        twice, input={"orderId": stage.names["open"]}, headers={"idempotency-key": "both"}
    )
    assert answer.status == 400
    shown = (await merchant.send(DOCUMENTS["Order"], id=stage.names["open"])).payload
    assert shown["status"] == "OPEN"
