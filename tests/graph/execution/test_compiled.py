"""What plans answer, when graphql-core takes over, and what is never done twice."""

from contextlib import aclosing
from typing import Any

import pytest
from graphql.execution.values import VariableValues

from ordergraph.graph.execution.plan import REST
from ordergraph.graph.execution.plans import MOST_SETTINGS, Plans
from tests.graph.execution.small import SCHEMA, Context, Small, shown

CRASHING = "{ leaf { text crash } }"


@pytest.mark.parametrize(
    "text",
    [
        "{ leaf { a: text b: text number __typename } __typename }",
        "{ leaves { ...F ... { number } } } fragment F on Leaf { text number }",
        "{ either { ... on Leaf { text } ... on Other { name } } }",
        "{ either(other: true) { __typename ... on Leaf { text } ... on Other { name } } }",
        "{ leaves { refused loaded } some { text refused } }",
        "{ leaf { strict text } leaves { later } }",
        "{ leaf { where } leaves { where } }",
        "{ leaf { soon } leaves(count: 3) { number soon text } }",
        "{ nest { leaf { number } below { leaf { text } below { grid leaf { soon } } } grid } }",
        "{ nest { twigs { leaf { text refused } twigs { twigs { below { grid } } } } } }",
        "{ nest { holes { leaf { text } holes { grid holes { leaf { loaded } } } } } }",
        """{ nest { ...F twigs { ...F twigs { ...F below { ...F twigs { leaf { text } } } } } } }
        fragment F on Nest { leaf { text number } below { leaf { text } } grid holes { grid } }""",
        "{ leaf { shouted } }",
        "{ tooBig leaf { text } }",
        "{ neither { __typename } }",
        "{ nothing leaf { text } }",
        "{ leaf { crash text } again: leaf { crash } leaves { text } }",
        "{ leaf @skip(if: true) { text } leaves @include(if: true) { text @include(if: false) } }",
        "{ __schema { queryType { name } } leaf { text } }",
        "mutation { grow { text } again: grow { number loaded } __typename }",
        "mutation { grow { crash } again: grow { number refused } }",
        "mutation { a: grow { number } b: grow(fails: true) { text } c: grow { number } }",
    ],
)
async def test_an_operation_is_answered_as_by_graphql_core(text: str) -> None:
    small = Small()
    for _ in range(3):
        await small.ask(text)


async def test_defaults_of_variables_decide_what_is_skipped() -> None:
    small = Small()
    text = "query ($no: Boolean = true) { leaf { text @skip(if: $no) number } }"
    assert await small.ask(text) == {"data": {"leaf": {"number": 1}}}
    assert await small.ask(text, no=False) == {"data": {"leaf": {"text": "green", "number": 1}}}
    assert await small.ask(text, no=True) == {"data": {"leaf": {"number": 1}}}


async def test_null_for_what_decides_is_an_error() -> None:
    answer = await Small().ask(
        "query ($no: Boolean = true) { leaf { text @skip(if: $no) } }", no=None
    )
    assert answer["data"] == {"leaf": None}
    assert answer["errors"][0]["path"] == ["leaf"]


async def test_an_argument_that_is_wrong_only_when_it_runs_is_an_error_of_its_field() -> None:
    text = "query ($value: Int = 1) { doubtful(value: $value) leaf { text } }"
    context = Context()
    answer = await Small().ask(text, context, value=None)
    assert answer["data"] == {"doubtful": None, "leaf": {"text": "green"}}
    assert context.calls["leaf"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "{ leaves(count: 3) { number soon later refused loaded } }",
        "{ nest { holes { leaf { text } holes { grid } } twigs { below { twigs { grid } } } } }",
    ],
)
async def test_what_comes_late_or_is_missing_is_answered_by_the_plan_alone(text: str) -> None:
    small = Small()
    expected = await small.ask(text)
    small.compiled._reference = None  # type: ignore[assignment]
    operation = small.documents.prepare(text).operations[0]
    result = await small.compiled.run(operation, VariableValues({}, {}), Context())
    assert shown(result) == expected


async def test_a_refusal_is_answered_by_the_plan_alone() -> None:
    context = Context()
    answer = await Small().ask("{ leaf { text } leaves { refused } }", context)
    assert [error["path"] for error in answer["errors"]] == [
        ["leaves", 0, "refused"],
        ["leaves", 1, "refused"],
    ]
    assert context.calls == {"leaf": 1, "refused": 2}


async def test_a_query_that_crashes_runs_again_on_graphql_core() -> None:
    context = Context()
    answer = await Small().ask(CRASHING, context)
    assert answer["data"] == {"leaf": None}
    assert answer["errors"][0]["path"] == ["leaf", "crash"]
    assert context.calls == {"leaf": 2, "crash": 2}


async def test_after_three_crashes_in_a_row_a_plan_rests() -> None:
    small = Small()
    calls: list[int] = []
    for _ in range(4):
        context = Context()
        await small.ask(CRASHING, context)
        calls.append(context.calls["leaf"])
    assert calls == [2, 2, 2, 1]
    for _ in range(REST):
        context = Context()
        await small.ask(CRASHING, context)
    assert context.calls["leaf"] == 2


async def test_a_mutation_never_runs_a_resolver_twice_whatever_fails_below_it() -> None:
    context = Context()
    answer = await Small().ask(
        "mutation { a: grow { number } b: grow { crash } c: grow { number } }", context
    )
    assert answer["data"] == {"a": {"number": 1}, "b": None, "c": {"number": 3}}
    assert [error["path"] for error in answer["errors"]] == [["b", "crash"]]
    assert context.calls == {"grow": 3, "crash": 2}


async def test_a_mutation_that_raises_is_not_run_again() -> None:
    context = Context()
    answer = await Small().ask(
        "mutation { a: grow(fails: true) { text } b: grow { number } }", context
    )
    assert answer["data"] == {"a": None, "b": {"number": 2}}
    assert context.calls == {"grow": 2}


async def test_loaders_batch_over_a_whole_level() -> None:
    context = Context()
    text = "{ seven: leaf(number: 7) { loaded } eight: leaf(number: 8) { loaded } }"
    await Small().ask(text, context)
    assert context.batches == [[7, 8]]


async def test_two_runs_share_no_part_of_their_answers() -> None:
    small = Small()
    asked = small.prepare("{ leaves { text } }", {})
    first = await small.compiled.run(*asked, Context())
    second = await small.compiled.run(*asked, Context())
    assert first.data == second.data
    assert first.data is not second.data
    assert first.data["leaves"][0] is not second.data["leaves"][0]  # type: ignore[index]


async def test_the_events_of_a_subscription_are_completed_by_the_plan_and_by_graphql_core() -> None:
    small = Small()
    asked = small.prepare("subscription { falling { number loaded } }", {})
    answers: list[list[Any]] = []
    for execution in (small.reference, small.compiled):
        async with aclosing(execution.follow(*asked, Context())) as results:
            answers.append([shown(result) async for result in results])
    assert answers[0] == answers[1]
    assert [answer["data"] is None for answer in answers[1]] == [False, True, False]


async def test_a_text_is_compiled_when_it_comes_for_the_third_time() -> None:
    small = Small(registered=False)
    found = [small.compiled._plans.find(*small.prepare("{ leaf { text } }", {})) for _ in range(3)]
    assert [plan is not None for plan in found] == [False, False, True]


async def test_a_registered_text_is_compiled_at_once_and_not_driven_out() -> None:
    plans = Plans(SCHEMA._schema, most_fields=20)
    small = Small()
    kept = small.prepare("{ leaf { text } }", {})
    plan = plans.find(*kept)
    assert plan is not None
    strangers = Small(registered=False)
    for number in range(20):
        asked = strangers.prepare(f"{{ leaf {{ a{number}: text }} }}", {})
        for _ in range(3):
            plans.find(*asked)
    assert plans.find(*kept) is plan


async def test_the_plan_used_least_recently_goes_first() -> None:
    plans = Plans(SCHEMA._schema, most_fields=10)
    small = Small()
    asked = [small.prepare(f"{{ leaf {{ a{number}: text }} }}", {}) for number in range(6)]
    found = [plans.find(*each) for each in asked]
    assert plans.find(*asked[5]) is found[5]
    assert plans.find(*asked[0]) is not found[0]


async def test_the_settings_that_one_operation_is_compiled_for_are_limited() -> None:
    names = [f"s{number}" for number in range(5)]
    fields = " ".join(f"{name}: text @skip(if: ${name})" for name in names)
    text = f"query ({', '.join(f'${name}: Boolean!' for name in names)}) {{ leaf {{ {fields} }} }}"
    plans, small = Plans(SCHEMA._schema, most_fields=1_000), Small()
    found = [
        plans.find(
            *small.prepare(text, {name: bool(bits >> at & 1) for at, name in enumerate(names)})
        )
        for bits in range(32)
    ]
    assert len([plan for plan in found if plan is not None]) == MOST_SETTINGS
