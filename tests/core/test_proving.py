"""Proofs: every figure explained step by step, and every number that was changed found."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from ordergraph.core.drafts import (
    Allocation,
    ChargeBasis,
    ChargeDraft,
    FlatTax,
    OrderDraft,
    TaxComponent,
    TaxRounding,
    TipDraft,
)
from ordergraph.core.pricing import price
from ordergraph.core.proration import refund_amount
from ordergraph.core.proving.checking import explain, verify
from ordergraph.core.proving.documents import digest_of
from ordergraph.core.proving.subjects import ProvenOrder, ProvenRefund, UnreadableProof
from ordergraph.core.sales import Reversal
from tests.core.orders import BEANS, MUG, WORKED_EXAMPLE, discount, line, order, rate, sold, uid
from tests.core.proofs import (
    Document,
    Path,
    changed,
    found_out,
    holds,
    parts,
    places,
    proof,
    proven,
    put,
    refunded,
    sent,
)
from tests.core.strategies import drafts

EVERYTHING = order(
    line(1, 1999, 2, modifiers=((150, 2, False), (-50, 1))),
    line(2, 2400),
    line(3, 900, 3, taxable=False),
    discounts=(
        discount(11, percent="20"),
        discount(12, percent="12.5", on_lines=[1, 2], minutes=1),
        discount(13, amount=100, on_lines=[3]),
        discount(14, amount=700, on_lines=[2, 3], allocation=Allocation.ACROSS),
        discount(15, amount=333, minutes=2),
    ),
    taxes=(
        rate(21, "8.99", on=[1, 6]),
        rate(22, "20", inclusive=True, on=[2]),
        rate(23, "5.5", inclusive=True, on=[2]),
    ),
    flat_taxes=(FlatTax(uid(25), "Delivery fee", 28),),
    charges=(
        ChargeDraft(uid(6), percent=Decimal(10), taxable=True),
        ChargeDraft(uid(7), amount=250, basis=ChargeBasis.SUBTOTAL_PRE_DISCOUNT),
    ),
    tips=(TipDraft(uid(8), percent=Decimal(18)), TipDraft(uid(9), amount=200)),
)
FEE = ChargeDraft(uid(3), percent=Decimal(10), taxable=True)
VECTORS = {
    "V1": WORKED_EXAMPLE,
    "V2": order(line(1, 333), line(2, 333), line(3, 334), discounts=(discount(11, amount=500),)),
    "V3": order(BEANS, MUG, discounts=(discount(11, percent="20"), discount(12, amount=500))),
    "V4": order(line(1, 1000), taxes=(rate(21, "20", inclusive=True),)),
    "V4b": order(
        line(1, 1999), taxes=(rate(21, "7", inclusive=True), rate(22, "5", inclusive=True))
    ),
    "V5": replace(WORKED_EXAMPLE, tips=(TipDraft(uid(31), percent=Decimal(18)),)),
    "V6": replace(WORKED_EXAMPLE, charges=(FEE,)),
    "V12": order(BEANS, MUG, discounts=(discount(11, percent="20", on_lines=[2]),)),
    "V14": order(
        BEANS, MUG, discounts=(discount(11, percent="10"), discount(12, percent="10", minutes=1))
    ),
    "V17": replace(WORKED_EXAMPLE, discounts=(discount(11, amount=7000),)),
    "V18": order(line(1, 1200, 2, modifiers=((50, 2),))),
    "V19": order(line(1, 800, 3), discounts=(discount(11, amount=1000, on_lines=[1]),)),
    "V20": order(line(1, 1001), currency="JPY", discounts=(discount(11, percent="12.5"),)),
    "V25": replace(WORKED_EXAMPLE, discounts=(discount(11, percent="100"),)),
    "by line": replace(EVERYTHING, tax_rounding=TaxRounding.LINE),
    "everything": EVERYTHING,
    "nothing": order(),
    "no lines": order(charges=(ChargeDraft(uid(3), 500, taxable=True),), taxes=(rate(21, "7"),)),
}


@pytest.mark.parametrize("name", VECTORS)
def test_every_vector_has_a_proof_that_holds(name: str) -> None:
    document = proof(proven(VECTORS[name]))
    assert verify(document) == []
    assert document["amounts"]["total"] == price(VECTORS[name]).total


def test_the_worked_example_is_explained_step_by_step() -> None:
    steps = proof(proven(WORKED_EXAMPLE))["steps"]
    told = [(step["rule"], step["figure"], step["exact"], step["result"]) for step in steps[:22]]
    assert told == [
        ("PRC-10", "gross", "3998/1", 3998),
        ("PRC-10", "gross", "2400/1", 2400),
        ("PRC-12", "subtotal", "6398/1", 6398),
        ("PRC-20", "remaining", "6398/1", 6398),
        ("PRC-21", "amount", "6398/5", 1280),
        ("PRC-3", "applied", "1280/1", 1280),
        ("PRC-24", "discount", "800/1", 800),
        ("PRC-24", "net", "3198/1", 3198),
        ("PRC-24", "discount", "480/1", 480),
        ("PRC-24", "net", "1920/1", 1920),
        ("PRC-24", "discount", "1280/1", 1280),
        ("PRC-24", "goods", "5118/1", 5118),
        ("AMT-7", "charge", "0/1", 0),
        ("PRC-30", "taxable", "3198/1", 3198),
        ("PRC-30", "taxable", "1920/1", 1920),
        ("PRC-31", "taxable", "5118/1", 5118),
        ("PRC-31", "tax", "2300541/5000", 460),
        ("PRC-3", "shares", "460/1", 460),
        ("PRC-32", "tax", "287/1", 287),
        ("PRC-32", "tax", "173/1", 173),
        ("PRC-32", "tax", "460/1", 460),
        ("PRC-42", "includedTax", "0/1", 0),
    ]
    assert [step["result"] for step in steps if step["figure"] == "total"] == [5578, 5578]


def test_an_allocation_shows_who_got_the_unit_that_was_left_over() -> None:
    (step,) = [
        each for each in proof(proven(WORKED_EXAMPLE))["steps"] if each["figure"] == "applied"
    ]
    assert step["rounding"] == "largest remainder"
    told = [
        (share["weight"]["value"], share["floor"], share["remainder"], share["extra"])
        for share in step["shares"]
    ]
    # 1280 x 3998 / 6398 is 799 and 2678/3199, so the first line gets the unit.
    assert told == [(3998, 799, "2719/3199", 1), (2400, 480, "480/3199", 0)]
    assert [(share["share"], share["left"]) for share in step["shares"]] == [
        (800, 3198),
        (480, 1920),
    ]


@settings(max_examples=60)
@given(drafts())
def test_the_proof_of_any_order_holds(draft: OrderDraft) -> None:
    document = proof(proven(draft))
    assert verify(document) == []


@settings(max_examples=30)
@given(drafts())
def test_another_figure_than_the_steps_come_to_never_holds(draft: OrderDraft) -> None:
    right = proven(draft)
    wrong = replace(right, total=right.total + 1)
    document = sent(explain(wrong))
    assert document["consistent"] is False
    assert any("/amounts/total" in each for each in document["differences"])
    assert not holds(document)


def test_a_stated_tax_is_taken_as_it_was_stated() -> None:
    stated = TaxComponent(uid(21), "Stated", Decimal("8.99"), stated=461)
    document = proof(proven(replace(WORKED_EXAMPLE, taxes=(stated, rate(22, "1")))))
    assert [step["result"] for step in document["steps"] if step["rule"] == "TAX-4"] == [461]
    assert verify(document) == []


def test_a_stated_tax_inside_the_price_is_shared_out_once() -> None:
    stated = TaxComponent(uid(21), "Stated", Decimal("7"), True, stated=120)
    other = rate(22, "5", inclusive=True)
    document = proof(proven(order(line(1, 1999), taxes=(stated, other))))
    shared = [each for each in document["steps"] if each["figure"] == "shares"]
    assert [(each["about"]["name"], each["result"]) for each in shared] == [
        ("Tax 5", 89),
        ("Stated", 120),
    ]
    assert verify(document) == []


MUCH = replace(
    EVERYTHING,
    discounts=(EVERYTHING.discounts[0], *EVERYTHING.discounts[2:4]),
    charges=EVERYTHING.charges[:1],
    tips=EVERYTHING.tips[:1],
)


def settled(draft: OrderDraft = EVERYTHING) -> ProvenOrder:
    """An order, paid in two parts; a refund that stands, and one that failed."""
    total = price(draft).total
    state = sold(draft)
    first = refund_amount(state, 1500)
    second = refund_amount(state.after(first), 700)
    return refunded(proven(draft, paid=(total - 100, 100)), first, second, failed=(1,))


def test_amt_3_the_net_figures_are_proven_from_payments_and_refunds() -> None:
    document = proof(settled())
    assert verify(document) == []
    net, total = document["net"], document["amounts"]["total"]
    assert (net["total"], net["paid"], net["refunded"]) == (total - 1500, total, 1500)
    assert (net["balance"], net["netCollected"]) == (0, total - 1500)


CLAIMED = {("order", "version"), *(("inputs", "lines", at, "position") for at in (0, 1, 2))}
"""Numbers that no figure follows from as long as their order is the same: the digest has them."""


def test_every_number_that_is_changed_is_found() -> None:
    found = list(found_out(proof(settled(MUCH))))
    assert len(found) > 500
    assert all(places for _, places in found)
    # Nearly all of them by the arithmetic alone: a new digest would not help whoever lies.
    assert {path for path, places in found if places == ["/digest"]} == CLAIMED


@pytest.mark.parametrize(
    ("path", "first"),
    [
        (("steps", 4, "result"), (5, "PRC-21")),
        (("inputs", "lines", 0, "quantity"), (1, "PRC-10")),
        (("steps", 5, "shares", 1, "share"), (6, "PRC-3")),
        (("amounts", "tax"), (21, "PRC-32")),
        (("figures", "lines", 1, "net"), (10, "PRC-24")),
        (("net", "balance"), (35, "AMT-3")),
    ],
)
def test_what_does_not_hold_is_named_by_its_step(path: Path, first: tuple[int, str]) -> None:
    document = changed(proof(proven(WORKED_EXAMPLE)), path)
    assert places(verify(document))[0] == first


def test_a_changed_number_says_what_was_expected_and_what_stands_there() -> None:
    document = proof(proven(WORKED_EXAMPLE))
    document["steps"][4]["result"] = 1279
    first, second, *_ = verify(document)
    assert (first.expected, first.found, first.place) == ("1280", "1279", "/steps/4/result")
    assert first.message == "In step 5 (PRC-21) result does not follow from its inputs."
    assert (second.step, second.expected, second.found) == (6, "1279", "1280")


def test_a_number_that_was_changed_everywhere_alike_is_found_by_the_rules() -> None:
    """A consistent lie: a discount that only one of two lines bears."""
    document = proof(proven(VECTORS["V2"]))
    step = next(each for each in document["steps"] if each["figure"] == "applied")
    shares = step["shares"]
    shares[0], shares[1] = shares[1], shares[0]
    assert not holds(document)


def test_a_step_that_is_left_out_is_found() -> None:
    document = proof(proven(WORKED_EXAMPLE))
    del document["steps"][-1]
    document["digest"] = digest_of(document)
    (first, *_) = verify(document)
    assert first.message == "The calculation has 37 steps, the proof 36."


def test_a_proof_says_so_itself_where_the_stored_figures_are_others() -> None:
    right = proven(WORKED_EXAMPLE)
    lines = tuple(replace(each, tax=each.tax + 1) for each in right.stored.lines)
    document = sent(explain(replace(right, stored=replace(right.stored, lines=lines))))
    assert document["consistent"] is False
    assert document["differences"] == [
        "At /figures/lines/0/tax step 19 (PRC-32) comes to 287, where 288 stands.",
        "At /figures/lines/1/tax step 20 (PRC-32) comes to 173, where 174 stands.",
    ]
    assert places(verify(document)) == [(19, "PRC-32"), (20, "PRC-32")]


def test_shares_that_older_orders_do_not_have_are_no_difference() -> None:
    right = proven(WORKED_EXAMPLE)
    stored = replace(
        right.stored,
        discounts=tuple(replace(each, shares=()) for each in right.stored.discounts),
        taxes=tuple(replace(each, shares=()) for each in right.stored.taxes),
    )
    document = proof(replace(right, stored=stored))
    assert document["figures"]["taxes"][0]["shares"] is None
    assert verify(document) == []


def test_prc_66_a_tip_beyond_its_cap_does_not_hold() -> None:
    document = proof(proven(replace(WORKED_EXAMPLE, tips=(TipDraft(uid(8), 5118),), tip_limit=0)))
    document["inputs"]["tips"][0]["amount"] = 5119
    assert "tip is larger" in str([each.message for each in verify(document)])


def test_ref_3_refunds_that_undo_more_than_was_sold_do_not_hold() -> None:
    state = sold(WORKED_EXAMPLE)
    whole = refund_amount(state, 5578)
    paid = proven(WORKED_EXAMPLE, paid=(5578,))
    assert holds(proof(refunded(paid, whole)))
    twice = sent(explain(refunded(paid, whole, whole)))
    assert twice["consistent"] is False
    assert {each.rule for each in verify(twice)} >= {"REF-3", "REF-5", "AMT-4"}


def test_amt_3_a_sale_that_was_never_paid_cannot_be_undone() -> None:
    state = sold(WORKED_EXAMPLE)
    document = proof(refunded(proven(WORKED_EXAMPLE, paid=(5578,)), refund_amount(state, 100)))
    document["money"]["everPaid"] = False
    assert "never paid in full" in verify(document)[0].message


def test_ref_30_a_refund_that_failed_counts_for_nothing() -> None:
    document = proof(settled())
    assert [each["counted"] for each in document["money"]["refunds"]] == [1500, 0]
    document["money"]["refunds"][1]["status"] = "SUCCEEDED"
    assert {each.rule for each in verify(document)} == {"REF-30"}


@pytest.mark.parametrize(
    ("part", "name"),
    [("lines", "unitPrice"), ("charges", "amount"), ("tips", "amount"), ("flatTaxes", "amount")],
)
def test_mon_2_nothing_that_an_order_is_priced_on_is_below_zero(part: str, name: str) -> None:
    document = proof(proven(replace(EVERYTHING, charges=EVERYTHING.charges[1:])))
    document["inputs"][part][-1] |= {name: -1, "percent": None} if part == "tips" else {name: -1}
    place = f"/inputs/{part}/{len(document['inputs'][part]) - 1}/{name}"
    with pytest.raises(UnreadableProof, match=f"At {place} a whole number of 0 or more"):
        verify(document)


def test_mon_2_no_payment_is_below_zero() -> None:
    document = sent(explain(proven(WORKED_EXAMPLE, paid=(6000, -422))))
    with pytest.raises(UnreadableProof, match="At /money/payments/1/amount a whole number of 0"):
        verify(document)


def test_ref_30_no_more_is_taken_back_than_the_refund_undid() -> None:
    whole = refund_amount(sold(WORKED_EXAMPLE), 1000)
    nothing = ProvenRefund(uid(930), "PENDING", 0, -1000, Reversal(), whole)
    one = ProvenRefund(uid(931), "SUCCEEDED", 1000, 1000, whole)
    order = proven(WORKED_EXAMPLE, paid=(5578,), ever_paid=True, refunds=(one, nothing))
    assert {each.rule for each in verify(sent(explain(order)))} == {"REF-30"}


def test_prc_33_no_more_of_a_flat_tax_is_undone_than_there_is() -> None:
    order = refunded(proven(VECTORS["V1"], paid=(5578,)), Reversal(flat_tax=60))
    assert {each.rule for each in verify(sent(explain(order)))} == {"REF-3"}


def test_a_flat_tax_is_named_in_its_step() -> None:
    flat = [each for each in proof(proven(EVERYTHING))["steps"] if each["rule"] == "PRC-33"]
    assert [each["about"]["name"] for each in flat] == ["Delivery fee"]


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (lambda each: each["figures"]["discounts"][0].pop("shares"), "discounts/0/shares"),
        (lambda each: each["figures"]["lines"][0].update(more=None), "lines/0/more"),
    ],
)
def test_null_is_not_the_same_as_nothing(damage: Callable[[Any], Any], place: str) -> None:
    document = proof(proven(WORKED_EXAMPLE))
    damage(document)
    del document["digest"]
    document["digest"] = digest_of(document)
    assert [each.place for each in verify(document)] == [f"/figures/{place}"]


def test_the_same_order_has_the_same_proof() -> None:
    lines = WORKED_EXAMPLE.lines
    again = replace(WORKED_EXAMPLE, lines=lines[::-1])
    assert explain(proven(again)) == explain(proven(WORKED_EXAMPLE))


def _without(document: Document, name: str) -> Any:
    del document[name]
    return document


NO_PROOF = "This is no proof: its format is not ordergraph-proof/1."
DAMAGES: list[tuple[Callable[[Document], Any], str]] = [
    (lambda _: None, NO_PROOF),
    (lambda _: [], NO_PROOF),
    (lambda each: _without(each, "net"), "At the top net is missing."),
    (lambda each: {**each, "steps": None}, "At /steps a list is expected."),
    (lambda each: each | {"more": 1}, "At the top 'more' stands, which no proof has."),
    (lambda each: {**each, "figures": 7}, "At /figures an object is expected."),
    (
        lambda each: each | {"order": each["order"] | {"id": "prod_7"}},
        "At /order/id an id that begins with ord_ is expected.",
    ),
    (
        lambda each: each | {"order": each["order"] | {"version": True}},
        "At /order/version a whole number is expected.",
    ),
    (
        lambda each: each | {"inputs": each["inputs"] | {"taxRounding": "NEVER"}},
        "At /inputs/taxRounding one of ORDER, LINE is expected.",
    ),
]


@pytest.mark.parametrize(("damage", "sentence"), DAMAGES)
def test_a_damaged_proof_is_refused_in_a_sentence(
    damage: Callable[[Document], Any], sentence: str
) -> None:
    document = damage(proof(proven(WORKED_EXAMPLE)))
    with pytest.raises(UnreadableProof) as refused:
        verify(document)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("damage", [None, "x", {}, 10**30])
def test_whatever_stands_anywhere_no_proof_makes_the_checking_fall_over(damage: Any) -> None:
    document = proof(refunded(proven(VECTORS["V6"], paid=(6136,))))
    for path in _everywhere(document):
        before: Any = document
        for name in path:
            before = before[name]
        if before != damage or type(before) is not type(damage):
            with put(document, path, lambda _: damage), contextlib.suppress(UnreadableProof):
                assert not holds(document), path


def _everywhere(value: Any, path: Path = ()) -> list[Path]:
    if not isinstance(value, dict | list):
        return [path]
    below = [each for name, part in parts(value) for each in _everywhere(part, (*path, name))]
    return [path, *below] if path else below
