"""What the wrapper does for every mutation: keys, conflicts, problems, and what it leaves alone."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Findings, Forbidden, Problem, Problems
from ordergraph.graph.context import Context, Info
from ordergraph.graph.fields import query
from ordergraph.graph.money import SCALARS
from ordergraph.graph.mutation import Payload, idempotent, mutation
from ordergraph.graph.problems import BasicError
from ordergraph.runtime.actor import Actor, ActorKind
from ordergraph.runtime.db.transaction import Conflict
from tests.graph.shop import Shop, money, open_shop
from tests.world import Answer, World

Work = Callable[[Context, Actor], Awaitable[str]]
TO_DO: list[Work] = []
"""What the next runs of the mutation do, the last for good."""

RUN = "{ run(input: {}) { done userErrors { code message field retryable } } }"


@strawberry.input(description="Nothing.")
class RunInput:
    note: str | None = None


@strawberry.type(description="What was done.")
class RunPayload(Payload):
    done: str | None = None


async def run(context: Context, actor: Actor, input: RunInput) -> RunPayload:
    work = TO_DO.pop(0) if len(TO_DO) > 1 else TO_DO[0]
    return RunPayload(done=await work(context, actor))


@strawberry.type
class Query:
    @query(description="Nothing.")
    def nothing(self, info: Info) -> str | None:
        return None


@strawberry.type
class Mutation:
    run = mutation("customers.write", description="Do what is to be done.")(run)


TOY = strawberry.Schema(
    Query,
    Mutation,
    types=[BasicError],
    directives=[idempotent],
    config=StrawberryConfig(scalar_map=SCALARS),
)


async def ask(world: World, *to_do: Work, caller: Actor | None = None) -> Answer:
    TO_DO[:] = to_do
    context = Context(world.services, caller or world.actor, "req_test")
    result = await TOY.execute(f"mutation {RUN}", context_value=context)
    return Answer(result.data, result.errors or [], context.extensions)


def raising(error: Exception) -> Work:
    async def work(context: Context, actor: Actor) -> str:
        raise error

    return work


async def done(context: Context, actor: Actor) -> str:
    return "done"


async def test_con_4_a_conflict_is_tried_again_up_to_three_times(world: World) -> None:
    answer = await ask(world, raising(Conflict()), raising(Conflict()), done)
    assert answer.payload == {"done": "done", "userErrors": []}
    answer = await ask(world, raising(Conflict()), raising(Conflict()), raising(Conflict()), done)
    assert answer.payload["done"] is None
    assert answer.payload["userErrors"] == [
        {
            "code": "ORDER_CONFLICT",
            "message": "Somebody else was changing the same records. Nothing was changed:"
            " please repeat.",
            "field": None,
            "retryable": True,
        }
    ]
    assert len(TO_DO) == 1


async def test_con_4_after_a_commit_nothing_is_tried_again(world: World) -> None:
    async def half(context: Context, actor: Actor) -> str:
        async with world.database.transaction(actor):
            pass
        raise Conflict

    answer = await ask(world, half, done)
    assert (answer.codes, answer.payload["done"]) == (["ORDER_CONFLICT"], None)
    assert [done] == TO_DO


async def test_err_1_all_problems_are_told_at_their_places(world: World) -> None:
    findings = Findings()
    findings.add(ErrorCode.STRING_TOO_LONG, "Too long.", "name")
    findings.add(ErrorCode.INVALID_ID, "No id.", "lines", 0, "id")
    findings.add(ErrorCode.ORDER_EMPTY, "Empty.")
    answer = await ask(world, raising(Problems(findings.problems)))
    assert answer.codes == ["STRING_TOO_LONG", "INVALID_ID", "ORDER_EMPTY"]
    assert answer.paths == [["input", "name"], ["input", "lines", "0", "id"], None]
    assert [error["retryable"] for error in answer.payload["userErrors"]] == [False] * 3


@pytest.mark.parametrize(
    "code",
    ["UNAUTHENTICATED", "FORBIDDEN", "RATE_LIMITED", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE"],
)
async def test_err_4_what_the_caller_cannot_mend_stands_at_the_top(world: World, code: str) -> None:
    problem = Problem(ErrorCode(code), "No.")
    mendable = Problem(ErrorCode.ORDER_EMPTY, "Empty.")
    for raised in (problem, Problems([mendable, problem])):
        answer = await ask(world, raising(raised))
        assert (answer.data, answer.top_codes) == ({"run": None}, [code])


@pytest.mark.parametrize("error", [KeyError("x"), RuntimeError("secret"), AssertionError()])
async def test_what_nobody_expected_is_not_swallowed(world: World, error: Exception) -> None:
    answer = await ask(world, raising(error), done)
    assert answer.data == {"run": None}
    assert [each.original_error for each in answer.errors] == [error]
    assert [done] == TO_DO


async def test_key_4_without_the_scope_nothing_is_done(world: World) -> None:
    caller = world.caller(ActorKind.SECRET_KEY, frozenset({"customers.read"}))
    answer = await ask(world, done, done, caller=caller)
    assert (answer.data, answer.top_codes) == ({"run": None}, ["FORBIDDEN"])
    assert isinstance(answer.errors[0].original_error, Forbidden)
    assert len(TO_DO) == 2


KEYED = 'addTip(input: $input) @idempotent(key: "%s") { order { tips { id } } userErrors { code } }'
TIP = "tip: addTip(input: $input) %s { order { tips { id } version } userErrors { code field } }"


async def tipped(
    shop: Shop,
    head: str = "",
    directive: str = "",
    header: str | None = None,
    caller: Actor | None = None,
    amount: int = 100,
    **variables: Any,
) -> Answer:
    document = f"mutation($input: AddTipInput! {head}) {{ {TIP % directive} }}"
    input = {"orderId": shop.order["id"], "amount": money(amount)}
    return await shop.world.graphql(
        document, header=header, caller=caller, input=input, **variables
    )


@pytest.fixture
async def shop(world: World) -> Shop:
    return await open_shop(world, world.actor)


def tips(answer: Answer) -> int:
    assert answer.codes == []
    return len(answer.payload["order"]["tips"])


async def test_idm_12_the_key_comes_by_directive_or_by_header_and_is_the_same(shop: Shop) -> None:
    assert tips(await tipped(shop, directive='@idempotent(key: "k")')) == 2
    by_variable = await tipped(shop, "$key: String!", "@idempotent(key: $key)", key="k")
    assert tips(by_variable) == 2
    assert by_variable.extensions == {"idempotency": {"replayed": True}}
    by_header = await tipped(shop, header="k")
    assert tips(by_header) == 2
    assert by_header.extensions == {"idempotency": {"replayed": True}}
    fresh = await tipped(shop)
    assert (tips(fresh), fresh.extensions) == (3, {})


async def test_idm_12_the_directive_goes_before_the_header(shop: Shop) -> None:
    assert tips(await tipped(shop, header="h")) == 2
    assert tips(await tipped(shop, directive='@idempotent(key: "d")', header="h")) == 3
    again = await tipped(shop, directive='@idempotent(key: "d")', header="other")
    assert again.extensions == {"idempotency": {"replayed": True}}


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "tab\t", "\x7f", "中"])
async def test_idm_1_a_key_is_1_to_255_visible_ascii_characters(shop: Shop, key: str) -> None:
    by_directive = await tipped(shop, "$key: String!", "@idempotent(key: $key)", key=key)
    assert (by_directive.codes, by_directive.paths) == (["IDEMPOTENCY_KEY_INVALID"], [None])
    assert (await tipped(shop, header=key)).codes == ["IDEMPOTENCY_KEY_INVALID"]
    assert tips(await tipped(shop)) == 2


async def test_idm_1_the_longest_key_is_taken(shop: Shop) -> None:
    key = "~" * 255
    assert tips(await tipped(shop, header=key)) == 2
    assert tips(await tipped(shop, header=key)) == 2


async def test_idm_3_other_arguments_under_the_same_key_are_refused(shop: Shop) -> None:
    assert tips(await tipped(shop, header="k")) == 2
    assert (await tipped(shop, header="k", amount=101)).codes == ["IDEMPOTENCY_KEY_REUSED"]
    assert tips(await tipped(shop)) == 3


async def test_idm_2_another_operation_or_caller_has_keys_of_its_own(shop: Shop) -> None:
    assert tips(await tipped(shop, header="k")) == 2
    noted = await shop.world.graphql(
        "mutation($input: UpdateOrderInput!) { updateOrder(input: $input) {"
        " order { buyerNote } userErrors { code } } }",
        header="k",
        input={"orderId": shop.order["id"], "buyerNote": "x"},
    )
    assert (noted.codes, noted.payload["order"]) == ([], {"buyerNote": "x"})
    other = shop.world.caller(ActorKind.SECRET_KEY, shop.world.actor.scopes)
    assert tips(await tipped(shop, header="k", caller=other)) == 3


async def test_one_key_on_two_fields_of_a_document_is_one_effect(shop: Shop) -> None:
    answer = await shop.world.graphql(
        f"mutation($input: AddTipInput!) {{ a: {KEYED % 'k'} b: {KEYED % 'k'} }}",
        input={"orderId": shop.order["id"], "amount": money(100)},
    )
    assert answer.errors == []
    assert answer.data["a"] == answer.data["b"]
    assert len(answer.data["a"]["order"]["tips"]) == 2


async def test_keys_of_their_own_on_two_fields_are_two_effects(shop: Shop) -> None:
    answer = await shop.world.graphql(
        f"mutation($input: AddTipInput!) {{ a: {KEYED % 'x'} b: {KEYED % 'y'} }}",
        input={"orderId": shop.order["id"], "amount": money(100)},
    )
    assert [len(answer.data[name]["order"]["tips"]) for name in "ab"] == [2, 3]


async def test_idm_5_a_replay_renders_the_present_selection_on_present_state(shop: Shop) -> None:
    assert tips(await tipped(shop, header="k")) == 2
    await shop.make("updateOrder", "order { id }", orderId=shop.order["id"], buyerNote="later")
    answer = await shop.world.graphql(
        "mutation($input: AddTipInput!) { addTip(input: $input) { order { buyerNote id }"
        " userErrors { code } } }",
        header="k",
        input={"orderId": shop.order["id"], "amount": money(100)},
    )
    assert answer.payload["order"] == {"buyerNote": "later", "id": shop.order["id"]}


async def test_idm_5_who_may_write_but_not_read_gets_the_same_answer_again(shop: Shop) -> None:
    writes = frozenset({"customers.write", "commerce.promotions.write", "commerce.orders.write"})
    caller = shop.world.caller(ActorKind.SECRET_KEY, writes)
    document = (
        "mutation($input: CreateCustomerInput!) { createCustomer(input: $input) {"
        " customer { email } userErrors { code } } }"
    )
    for _ in range(2):
        answer = await shop.world.graphql(
            document, caller=caller, header="k", input={"email": "anna@example.com"}
        )
        assert answer.errors == []
        assert answer.payload == {"customer": {"email": "anna@example.com"}, "userErrors": []}
    assert tips(await tipped(shop, header="k", caller=caller)) == 2
    assert tips(await tipped(shop, header="k", caller=caller)) == 2


async def test_idm_5_a_deletion_is_replayed_by_the_id_that_is_gone(shop: Shop) -> None:
    rate = shop.ids[Prefix.TAX_RATE]
    document = (
        "mutation($input: DeleteTaxRateInput!) { deleteTaxRate(input: $input) {"
        " deletedId userErrors { code } } }"
    )
    for _ in range(2):
        answer = await shop.world.graphql(document, header="k", input={"id": rate})
        assert answer.payload == {"deletedId": rate, "userErrors": []}


async def test_idm_6_a_refusal_that_wrote_nothing_leaves_the_key_free(shop: Shop) -> None:
    assert (await tipped(shop, header="k", amount=0)).codes == ["AMOUNT_OUT_OF_RANGE"]
    assert tips(await tipped(shop, header="k")) == 2


async def test_idm_11_a_query_ignores_keys(shop: Shop) -> None:
    for key in ("k", "", "é"):
        answer = await shop.world.graphql('{ viewer @idempotent(key: "") { kind } }', header=key)
        assert (answer.errors, answer.payload) == ([], {"kind": "SECRET_KEY"})


async def test_a_mutation_sees_what_an_earlier_one_of_the_document_did(shop: Shop) -> None:
    order = shop.order["id"]
    answer = await shop.world.graphql(
        "mutation($note: UpdateOrderInput!, $close: CloseOrderInput!) {"
        " updateOrder(input: $note) { order { buyerNote version } userErrors { code } }"
        " closeOrder(input: $close) { order { status buyerNote version } userErrors { code } } }",
        note={"orderId": order, "buyerNote": "x"},
        close={"orderId": order},
    )
    first, second = answer.data["updateOrder"]["order"], answer.data["closeOrder"]["order"]
    assert second == {"status": "CLOSED", "buyerNote": "x", "version": first["version"] + 1}
