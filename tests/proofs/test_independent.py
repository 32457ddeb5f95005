"""Two verifiers of proofs, written apart from each other, agree on any order.

ORDERGRAPH_PROOFS says how many whole proofs both judge; the figures of 20,000 orders are always
reckoned twice.
"""

import ast
import json
import os
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ordergraph.core import pricing
from ordergraph.core.ids import Prefix, encode
from ordergraph.core.money import allocate, round_half_up
from ordergraph.core.proving.checking import explain, verify
from ordergraph.core.proving.documents import (
    amounts_document,
    figures_document,
    inputs_document,
    net_document,
    put_in_order,
)
from ordergraph.core.proving.settlement import reversal_document
from ordergraph.core.proving.subjects import (
    Identity,
    ProvenOrder,
    ProvenPayment,
    UnreadableProof,
)
from tests.core.orders import discount, line, order, rate, uid
from tests.proofs.independent import judge, net_of, plain
from tests.proofs.random_orders import NOON, Made, made, sold_of
from tests.proofs.reckoning import Json, Reckoning, Wrong
from tests.proofs.undoing import Sale

ORDERS = 20_000
PROOFS = int(os.environ.get("ORDERGRAPH_PROOFS", "400"))
CHANGED = 500
HERE = Path(__file__).parent
OURS = {"test_independent", "random_orders"}
# Nothing follows from these numbers; only the digest tells that one was changed.
FREE = {"version", "position", "tipLimit"}


def halves(count: int) -> list[range]:
    """Seeds, in two parts for two workers."""
    return [range(count // 2), range(count // 2, count)]


def test_the_second_verifier_imports_nothing_of_ours() -> None:
    files = [each.stem for each in HERE.glob("*.py") if each.stem not in OURS]
    known = {f"tests.proofs.{name}" for name in files}
    for name in files:
        tree = ast.parse((HERE / f"{name}.py").read_text("utf-8"))
        for node in ast.walk(tree):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            for each in names:
                assert each in known or each.split(".")[0] in sys.stdlib_module_names, each


@pytest.mark.parametrize("seeds", halves(ORDERS), ids=str)
def test_20_000_orders_come_to_the_same_by_a_second_reckoning(seeds: range) -> None:
    for seed in seeds:
        ours = put_in_order(made(seed).order)
        inputs = inputs_document(ours.draft, {})
        reckoning = Reckoning(inputs)
        money = {
            "payments": [{"amount": each.amount} for each in ours.payments],
            "refunds": [
                {
                    "reversal": reversal_document(each.reversal),
                    "takenBack": reversal_document(each.taken_back),
                }
                for each in ours.refunds
            ],
        }
        amounts = reckoning.amounts()
        assert amounts == amounts_document(ours.stored.amounts, ours.total), (seed, inputs)
        assert reckoning.figures() == figures_document(ours.stored), (seed, inputs)
        assert net_of(amounts, money) == net_document(ours.net), (seed, inputs, money)


@pytest.mark.parametrize("seeds", halves(PROOFS), ids=str)
def test_prf_5_both_verifiers_say_that_the_proof_of_any_order_holds(seeds: range) -> None:
    for seed in seeds:
        one = made(seed)
        text = proof(one)
        assert verify(json.loads(text)) == [], (seed, text)
        try:
            judge(text)
        except Wrong as wrong:
            pytest.fail(f"seed {seed}: {wrong}\n{text}")


@pytest.mark.parametrize("seeds", halves(4 * PROOFS), ids=str)
def test_ref_7_refunds_undo_the_same_by_a_second_reckoning(seeds: range) -> None:
    refunds = 0
    for seed in seeds:
        one = made(seed)
        if one.requests:
            refunds += check_refunds(seed, one)
    assert refunds > len(seeds) // 4


def check_refunds(seed: int, one: Made) -> int:
    """Undo a sale again, refund by refund, as it was asked for; return how many there were."""
    ours = put_in_order(one.order)
    sale = Sale(
        {
            "inputs": inputs_document(ours.draft, {}),
            "figures": figures_document(ours.stored),
            "money": {
                "everPaid": ours.ever_paid,
                "payments": [{"amount": each.amount} for each in ours.payments],
            },
        }
    )
    for request, refund in zip(one.requests, ours.refunds, strict=True):
        if request.units:
            units = {encode(Prefix.LINE_ITEM, line): count for line, count in request.units}
            undone = sale.by_units(units)
        else:
            undone = sale.by_amount(request.amount, request.include_tip)
        found = reversal_document(refund.reversal)
        assert undone == found, (seed, request, inputs_document(ours.draft, {}))
        sale.count(found)
        sale.count(reversal_document(refund.taken_back), -1)
    return len(one.requests)


@pytest.mark.parametrize("seeds", halves(CHANGED), ids=str)
def test_prf_4_both_verifiers_find_a_number_that_was_changed(seeds: range) -> None:
    for seed in seeds:
        rng = Random(seed)
        document = json.loads(proof(made(seed)))
        place = rng.choice(list(numbers(document)))
        change(document, place, rng.choice((-1, 1, 1000)))
        if place[-1] not in FREE:  # the digest alone gives nothing away
            seal(document)
        assert not holds(document), (seed, place, document)
        with pytest.raises(Wrong):
            judge(json.dumps(document))


def holds(document: Json) -> bool:
    """Whether our own verifier says so; a proof that cannot be read does not hold."""
    try:
        return verify(document) == []
    except UnreadableProof:
        return False


def proof(one: Made) -> str:
    return json.dumps(explain(one.order))


def numbers(document: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all whole numbers of a document."""
    if type(document) is int:
        yield place
    elif isinstance(document, dict | list):
        pairs = document.items() if isinstance(document, dict) else enumerate(document)
        for name, value in pairs:
            yield from numbers(value, (*place, name))


def change(document: Any, place: tuple[Any, ...], by: int) -> None:
    for name in place[:-1]:
        document = document[name]
    document[place[-1]] += by


def seal(document: Json) -> None:
    """Give a document the digest that it should have."""
    del document["digest"]
    document["digest"] = "sha256:" + sha256(plain(document).encode()).hexdigest()


WORKED = order(
    line(1, 1999, 2),
    line(2, 2400),
    discounts=(discount(11, percent="20"),),
    taxes=(rate(21, "8.99"),),
)


def worked() -> str:
    """The proof of the worked example, by the engine as it is at present."""
    priced = pricing.price(WORKED)
    total = priced.total
    net = sold_of(WORKED, priced, total, True).net_amounts
    identity = Identity(uid(900), None, 1, "PAID", NOON)
    payments = (ProvenPayment(uid(901), total),)
    return json.dumps(explain(ProvenOrder(identity, WORKED, priced, total, net, True, payments)))


def everywhere(patch: pytest.MonkeyPatch, ours: Callable[..., Any], other: Any) -> None:
    """Put another function in the place of ours wherever the core uses it."""
    for name, module in list(sys.modules.items()):
        if name.startswith("ordergraph.core") and vars(module).get(ours.__name__) is ours:
            patch.setattr(module, ours.__name__, other)


def test_prc_1_rounding_down_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    everywhere(monkeypatch, round_half_up, lambda above, below: above // below)
    text = worked()
    assert json.loads(text)["amounts"]["discount"] == 1279
    assert verify(json.loads(text)) == []  # ours is wrong alike
    with pytest.raises(Wrong, match=r"/steps/4/result: 1280 expected, 1279 found"):
        judge(text)


def test_prc_3_shares_that_all_go_to_the_first_line_are_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def first(total: int, weights: Any) -> tuple[int, ...]:
        return (total, *(0 for _ in weights[1:]))

    everywhere(monkeypatch, allocate, first)
    text = worked()
    with pytest.raises(Wrong):
        judge(text)
    found = json.loads(text)
    assert [each["discount"] for each in found["figures"]["lines"]] == [1280, 0]
    assert [each["discount"] for each in Reckoning(found["inputs"]).figures()["lines"]] == [
        800,
        480,
    ]


def test_prc_30_tax_before_the_discount_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pricing, "taxable_net", lambda _, gross, __: gross)
    text = worked()
    with pytest.raises(Wrong):
        judge(text)
    found = json.loads(text)
    assert found["amounts"]["tax"] == 575
    assert Reckoning(found["inputs"]).amounts()["tax"] == 460


def test_the_worked_example_holds_for_both() -> None:
    text = worked()
    assert verify(json.loads(text)) == []
    assert judge(text)["amounts"]["total"] == 5578


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text.replace('"quantity": 2', '"quantity": 2.0', 1), "no whole number"),
        (lambda text: text.replace('"version"', '"version": 1, "version"', 1), "twice"),
        (lambda text: text[:-1], "no JSON"),
        (lambda text: text.replace("true", "1", 1), "not what belongs here"),
        (lambda text: text.replace('"8.99"', '"8.990"', 1), "not what belongs here"),
    ],
)
def test_the_second_verifier_reads_strictly(damage: Callable[[str], str], said: str) -> None:
    with pytest.raises(Wrong, match=said):
        judge(damage(worked()))


def test_the_random_orders_have_all_that_orders_can_have() -> None:
    some = [made(seed) for seed in range(200)]
    assert {one.order.draft.currency for one in some} == {"USD", "EUR", "JPY", "KWD"}
    assert any(tax.stated is not None for one in some for tax in one.order.draft.taxes)
    assert any(request.units for one in some for request in one.requests)
    statuses = {refund.status for one in some for refund in one.order.refunds}
    assert statuses == {"SUCCEEDED", "PENDING", "FAILED", "PARTIALLY_SUCCEEDED"}
    assert {tax.inclusive for one in some for tax in one.order.draft.taxes} == {True, False}
