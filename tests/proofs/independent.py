"""A second verifier of proofs, written from docs/proofs.md and the rules it cites alone.

It has no line in common with the verifier that users run. `judge` takes the text of a proof and
raises `Wrong` unless all of it holds.
"""

import json
import re
from hashlib import sha256
from typing import Any

from tests.proofs.reckoning import Json, Reckoning, Wrong
from tests.proofs.shapes import PROOF, require_shape
from tests.proofs.steps import Steps
from tests.proofs.telling import Pricing
from tests.proofs.telling_money import tell_money

MOST = 10**12


def judge(text: str) -> Json:
    """Return the proof if it holds; else raise `Wrong`."""
    proof = read(text)
    reckoning = Reckoning(proof["inputs"])
    pricing = Pricing(proof["inputs"])
    tell_money(pricing, proof["money"])
    steps = pricing.steps
    body = {
        **{name: proof[name] for name in ("format", "order", "inputs", "money")},
        "steps": steps.told,
        "amounts": reckoning.amounts(),
        "figures": _kept(reckoning.figures(), proof["figures"]),
        "net": net_of(reckoning.amounts(), proof["money"]),
        "consistent": True,
        "differences": [],
    }
    expected = {**body, "digest": "sha256:" + sha256(plain(body).encode()).hexdigest()}
    if plain(expected) != plain(proof):
        compare("", expected, proof)
    _agree(steps, expected)
    _limits(expected)
    _refunds(expected)
    return proof


def read(text: str) -> Json:
    """Read a proof strictly: whole numbers, every member there and none twice."""

    def refuse(number: str) -> None:
        raise Wrong(f"{number} is no whole number")

    def members(pairs: list[tuple[str, Any]]) -> Json:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise Wrong("a member stands there twice")
        return found

    try:
        proof = json.loads(
            text, parse_float=refuse, parse_constant=refuse, object_pairs_hook=members
        )
    except (ValueError, RecursionError) as problem:
        raise Wrong(f"this is no JSON: {problem}") from None
    if re.search("[\ud800-\udfff]", plain(proof)):
        raise Wrong("half a character stands there")
    require_shape("", PROOF, proof)
    _in_order(proof["inputs"])
    return proof


def plain(document: Any) -> str:
    """Write a document as its digest is taken of it."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def compare(place: str, expected: Any, found: Any) -> None:
    """Require two documents to be the same to the letter; true is not 1."""
    if type(expected) is not type(found):
        raise Wrong(f"{place}: {expected!r} expected, {found!r} found")
    if isinstance(expected, dict):
        if expected.keys() != found.keys():
            raise Wrong(f"{place}: other members: {sorted(expected.keys() ^ found.keys())}")
        for name, value in expected.items():
            if value is not found[name]:
                compare(f"{place}/{name}", value, found[name])
    elif isinstance(expected, list):
        if len(expected) != len(found):
            raise Wrong(f"{place}: {len(expected)} entries expected, {len(found)} found")
        for index, value in enumerate(expected):
            compare(f"{place}/{index}", value, found[index])
    elif expected != found:
        raise Wrong(f"{place}: {expected!r} expected, {found!r} found")


def _kept(figures: Json, found: Json) -> Json:
    """Leave out the shares that an order from before they were kept does not have."""
    for part in ("discounts", "taxes"):
        for mine, theirs in zip(figures[part], found[part], strict=False):
            if theirs["shares"] is None:
                mine["shares"] = None
    return figures


def net_of(sold: Json, money: Json) -> Json:
    """Reckon what is left of an order from what was sold, paid and given back (AMT-1 to AMT-7)."""
    left = {name: sold[name] for name in sold if name != "total"}
    refunded = undone = 0
    for refund in money["refunds"]:
        for undoing, sign in ((refund["reversal"], -1), (refund["takenBack"], 1)):
            for name, amount in undone_by(undoing).items():
                left[name] += sign * amount
            undone -= sign * value_of(undoing)
            refunded -= sign * (value_of(undoing) + undoing["returned"])
    paid = sum(payment["amount"] for payment in money["payments"])
    total = sold["total"] - undone
    if total != value(left):
        raise Wrong("AMT-7: what is left does not add up")
    balance = total - (paid - refunded)
    return {
        **left,
        "total": total,
        "paid": paid,
        "refunded": refunded,
        "netCollected": paid - refunded,
        "balance": balance,
        "outstanding": max(0, balance),
        "credit": max(0, -balance),
    }


def undone_by(undoing: Json) -> Json:
    """Add up what a refund undoes of each figure."""
    lines, charges = undoing["lines"], undoing["charges"]
    return {
        "subtotal": sum(line["gross"] for line in lines),
        "discount": sum(line["discount"] for line in lines),
        "charge": sum(charge["amount"] for charge in charges),
        "tax": sum(part["tax"] for part in (*lines, *charges)) + undoing["flatTax"],
        "includedTax": sum(part["includedTax"] for part in (*lines, *charges)),
        "tip": sum(tip["amount"] for tip in undoing["tips"]),
    }


def value_of(undoing: Json) -> int:
    """Return the money of the sale that a refund undoes."""
    return value(undone_by(undoing))


def value(figures: Json) -> int:
    """Add figures up to a total (AMT-7)."""
    goods = figures["subtotal"] - figures["discount"] + figures["charge"]
    return goods + figures["tax"] - figures["includedTax"] + figures["tip"]


def _agree(steps: Steps, expected: Json) -> None:
    """Require the figures, reckoned by themselves, to be the results of the steps."""
    kinds = {"lines": "line", "discounts": "discount", "taxes": "tax", "flatTaxes": "flatTax"}
    kinds |= {"charges": "charge", "tips": "tip"}
    parts = [(kinds[part], entry) for part, found in expected["figures"].items() for entry in found]
    parts += [("order", expected["amounts"]), ("net", expected["net"])]
    parts += [("refund", refund) for refund in expected["money"]["refunds"]]
    for kind, entry in parts:
        for name, figure in entry.items():
            told = steps.results.get((kind, entry.get("id"), name), 0)
            if isinstance(figure, int) and figure != told:
                raise Wrong(f"{kind} {entry.get('id')}: {name} is {figure}, by the steps {told}")


def _limits(expected: Json) -> None:
    """Require every amount to be one that an order may have (MON-3)."""
    figures = [entry for part in expected["figures"].values() for entry in part]
    for entry in (*figures, expected["amounts"], expected["net"]):
        for name, amount in entry.items():
            if isinstance(amount, int) and abs(amount) > MOST:
                raise Wrong(f"MON-3: {name} is beyond 10^12")


def _refunds(expected: Json) -> None:
    """Require that nothing is undone that was not sold, and no more than it was."""
    money, net = expected["money"], expected["net"]
    for name, amount in net.items():
        if amount < 0 and name not in ("total", "balance"):
            raise Wrong(f"/net/{name} is below 0")
    for refund in money["refunds"]:
        who, whole, back = refund["id"], refund["amount"], refund["takenBack"]
        if not money["everPaid"] and value_of(refund["reversal"]):
            raise Wrong(f"AMT-3: {who} undoes a sale that was never paid")
        if refund["status"] in ("FAILED", "CANCELED") and refund["counted"]:
            raise Wrong(f"REF-30: {who} failed and counts")
        if refund["status"] == "SUCCEEDED" and refund["counted"] != whole:
            raise Wrong(f"REF-30: {who} succeeded and does not count in full")
        _covered(who, _by_part([back]), _by_part([refund["reversal"]]))
    undone = _by_part([refund["reversal"] for refund in money["refunds"]])
    for key, amount in _by_part([refund["takenBack"] for refund in money["refunds"]]).items():
        undone[key] = undone.get(key, 0) - amount
    _covered("all refunds", undone, _sold(expected))


def _by_part(undoings: list[Json]) -> dict[tuple[str, str], int]:
    """Add up what is undone of each figure of each line, charge and tip."""
    undone: dict[tuple[str, str], int] = {}
    for undoing in undoings:
        whole: Json = {"id": "", "flatTax": undoing["flatTax"], "returned": undoing["returned"]}
        for entry in (*undoing["lines"], *undoing["charges"], *undoing["tips"], whole):
            for name, amount in entry.items():
                if name != "id":
                    key = entry["id"], name
                    undone[key] = undone.get(key, 0) + amount
    return undone


def _sold(expected: Json) -> dict[tuple[str, str], int]:
    figures, money = expected["figures"], expected["money"]
    sold = {("", "flatTax"): sum(tax["tax"] for tax in figures["flatTaxes"])}
    sold["", "returned"] = sum(payment["amount"] for payment in money["payments"])
    for line in expected["inputs"]["lines"]:
        sold[line["id"], "quantity"] = line["quantity"]
    for entry in (*figures["lines"], *figures["charges"], *figures["tips"]):
        sold |= {(entry["id"], name): amount for name, amount in entry.items() if name != "id"}
    return sold


def _covered(who: str, less: dict[tuple[str, str], int], more: dict[tuple[str, str], int]) -> None:
    for key, amount in less.items():
        if not 0 <= amount <= more.get(key, 0):
            raise Wrong(f"{who}: {amount} of {key} undone, there is {more.get(key, 0)}")


def _in_order(inputs: Json) -> None:
    """Require lines and discounts in their order, and ids that are different and known."""
    lines, discounts = inputs["lines"], inputs["discounts"]
    turns = [
        (d["percent"] is None, d["scope"] == "ORDER", d["appliedAt"], d["id"]) for d in discounts
    ]
    places = [(line["position"], line["id"]) for line in lines]
    if turns != sorted(turns) or places != sorted(places):
        raise Wrong("lines or discounts stand in another order")
    for part in ("lines", "discounts", "taxes", "flatTaxes", "charges", "tips"):
        if len({entry["id"] for entry in inputs[part]}) < len(inputs[part]):
            raise Wrong(f"an id stands twice among {part}")
    for entry in (*discounts, *inputs["charges"], *inputs["tips"]):
        if (entry["percent"] is None) is (entry["amount"] is None):
            raise Wrong(f"{entry['id']} has not one of percentage and amount")
    for discount in discounts:
        if (discount["amount"] is None) is not (discount["allocation"] is None):
            raise Wrong(f"{discount['id']} has an allocation without an amount, or none with it")
    for entry, member in (
        *((discount, "eligibleLines") for discount in discounts),
        *((tax, "appliesTo") for tax in inputs["taxes"]),
    ):
        ids: list[str] = entry[member] or []
        if ids != sorted(set(ids)):
            raise Wrong(f"{member} of {entry['id']} is not sorted")
