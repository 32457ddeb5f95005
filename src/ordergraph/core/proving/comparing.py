"""Comparing the figures of a document with what the steps and the pricing engine come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from ordergraph.core.breakdowns import Breakdown
from ordergraph.core.drafts import OrderDraft
from ordergraph.core.pricing import price
from ordergraph.core.problems import Problem
from ordergraph.core.proving.calculation import Calculation
from ordergraph.core.proving.documents import (
    Document,
    amounts_document,
    arranged,
    figures_document,
    stored_alike,
)
from ordergraph.core.proving.settlement import PARTS, reversal_document, settlement_steps
from ordergraph.core.proving.steps import Step, Steps
from ordergraph.core.proving.subjects import Discrepancy, ProvenOrder, ProvenRefund
from ordergraph.core.sales import Reversal

Found = Iterator[Discrepancy]
_Key = tuple[str, str, str]

_KINDS = {
    "lines": "line",
    "discounts": "discount",
    "taxes": "tax",
    "flatTaxes": "flatTax",
    "charges": "charge",
    "tips": "tip",
}
_MOST_SHOWN = 200
_NOTHING: Any = object()
"""What stands where a member or an item is missing; null is something."""


class Written(Steps):
    """The steps of an order, and why they end early if they do."""

    refusal: str | None = None

    @staticmethod
    def of(proven: ProvenOrder) -> Written:
        """Write the steps of an order, as far as they go."""
        steps = Written()
        try:
            calculation = Calculation(proven.draft, proven.names, steps)
            calculation.write()
            settlement_steps(steps, calculation.figures, proven)
        except (ValueError, ArithmeticError) as error:
            steps.refusal = str(error)
        return steps


class _Comparison:
    def __init__(self, proven: ProvenOrder, written: Written, document: Document) -> None:
        self._proven = proven
        self._document = document
        self._steps: Mapping[tuple[str, str | None, str], Step] = {
            (each.about.kind, each.about.id, each.figure): each for each in written.steps
        }

    def with_engine(self, priced: Breakdown) -> Found:
        """Yield where document, steps and engine do not agree on what was sold."""
        amounts = amounts_document(priced.amounts, priced.total)
        figures = figures_document(priced)
        for name, value in amounts.items():
            yield from self._with_step(f"/amounts/{name}", ("order", None, name), value)
        for kind, parts in figures.items():
            for index, part in enumerate(parts):
                for name, value in part.items():
                    if isinstance(value, int):
                        key = (_KINDS[kind], part["id"], name)
                        yield from self._with_step(f"/figures/{kind}/{index}/{name}", key, value)
        claimed = {"amounts": self._document["amounts"], "figures": self._document["figures"]}
        for place, value, found in differing("", {"amounts": amounts, "figures": figures}, claimed):
            if not _is_unknown(place, found):
                yield self._figure(place, value, found)

    def with_money(self) -> Found:
        """Yield where the figures of refunds, and those net of them, do not hold."""
        net = {key[2]: step.result for key, step in self._steps.items() if key[0] == "net"}
        for place, value, found in differing("/net", net, self._document["net"]):
            yield self._figure(place, value, found)
        for index, document in enumerate(self._document["money"]["refunds"]):
            for name in ("amount", "counted"):
                step = self._steps["refund", document["id"], name]
                if step.result != document[name]:
                    place = f"/money/refunds/{index}/{name}"
                    yield self._figure(place, step.result, document[name], step)
        for (kind, _, figure), step in self._steps.items():
            if (kind == "net" and figure not in ("balance", "total") and step.result < 0) or (
                figure == "unitsLeft" and step.result < 0
            ):
                yield _below_zero(step)

    def with_refunds(self, priced: Breakdown) -> Found:
        """Yield where refunds undo more than was sold, or what they may not undo."""
        back: dict[_Key, int] = {}
        for refund in self._proven.refunds:
            yield from _of_status(refund)
            yield from _of_what_came_back(refund)
            for part in PARTS:
                for key, value in _undone_by(part.of(refund)).items():
                    if key[2] not in ("quantity", "returned"):
                        back[key] = back.get(key, 0) + (-value if part.minus else value)
        figures = figures_document(priced)
        sold = {
            (kind, each["id"], name): value
            for kind in ("lines", "charges", "tips")
            for each in figures[kind]
            for name, value in each.items()
        }
        sold["order", "the order", "flatTax"] = sum(each["tax"] for each in figures["flatTaxes"])
        for key, value in back.items():
            if not 0 <= value <= sold.get(key, 0):
                message = (
                    f"Refunds undo {value} of {key[2]} of {key[1]}, {sold.get(key, 0)} was sold."
                )
                most = f"at most {sold.get(key, 0)}"
                yield Discrepancy("/money/refunds", message, most, str(value), None, "REF-3")
        if not self._proven.ever_paid:
            for (kind, _, figure), step in self._steps.items():
                if kind == "refund" and figure == "reversed" and step.result:
                    message = "A refund of an order that was never paid in full undoes the sale."
                    yield Discrepancy(
                        "/money/everPaid", message, "0", str(step.result), step.number, "AMT-3"
                    )

    def _with_step(self, place: str, key: tuple[str, str | None, str], value: int) -> Found:
        """Yield where the steps come to something else than the engine; no step is 0."""
        step = self._steps.get(key)
        result = 0 if step is None else step.result
        if result != value:
            message = f"The pricing engine comes to {value} at {place}, the steps to {result}."
            number, rule = (None, None) if step is None else (step.number, step.rule)
            yield Discrepancy(place, message, str(value), str(result), number, rule)

    def _figure(
        self, place: str, expected: Any, found: Any, step: Step | None = None
    ) -> Discrepancy:
        step = step or self._steps.get(self._key(place))
        by = "the calculation" if step is None else f"step {step.number} ({step.rule})"
        message = f"At {place} {by} comes to {shown(expected)}, where {shown(found)} stands."
        number, rule = (None, None) if step is None else (step.number, step.rule)
        return Discrepancy(place, message, shown(expected), shown(found), number, rule)

    def _key(self, place: str) -> tuple[str, str | None, str]:
        """Return what a figure is of, by its place."""
        _, top, *rest = place.split("/")
        if top == "figures" and len(rest) > 2:
            kind, index, figure = rest[:3]
            ids = [each["id"] for each in self._document["figures"][kind]]
            if int(index) < len(ids):
                return _KINDS[kind], ids[int(index)], "applied" if figure == "shares" else figure
        kind = "net" if top == "net" else "order"
        return kind, None, rest[0] if rest else ""


def compare_figures(proven: ProvenOrder, written: Written, document: Document) -> Found:
    """Yield where the figures of a document are not what steps and engine come to."""
    if written.refusal is not None:
        message = f"The calculation cannot be finished: {written.refusal}."
        yield Discrepancy("/steps", message, "a total", "none")
        return
    comparison = _Comparison(proven, written, document)
    try:
        priced = price(proven.draft)
    except Problem as problem:
        message = f"The order cannot be priced: {problem.message}"
        yield Discrepancy("/inputs", message, "a price", problem.code.value)
        return
    yield from comparison.with_engine(priced)
    yield from comparison.with_money()
    yield from comparison.with_refunds(priced)


def stored_differences(draft: OrderDraft, stored: Breakdown, total: int) -> list[str]:
    """Tell in sentences where stored figures are not what pricing `draft` gives, without steps."""
    draft = arranged(draft)
    try:
        priced = price(draft)
    except Problem as problem:
        return [f"The order cannot be priced: {problem.message}"]
    computed = (amounts_document(priced.amounts, priced.total), figures_document(priced))
    stored = stored_alike(stored, draft)
    kept = (amounts_document(stored.amounts, total), figures_document(stored))
    return [
        f"At {place} {shown(value)} is due, where {shown(found)} is stored."
        for name, one, other in zip(("/amounts", "/figures"), computed, kept, strict=True)
        for place, value, found in differing(name, one, other)
        if not _is_unknown(place, found)
    ]


def _is_unknown(place: str, found: Any) -> bool:
    """Tell whether shares were not kept, as of older orders."""
    return place.endswith("/shares") and found is None


def differing(place: str, expected: Any, found: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield each place where two documents are not the same, with what stands there in both."""
    if isinstance(expected, dict) and isinstance(found, dict):
        wanted, there = cast("dict[str, Any]", expected), cast("dict[str, Any]", found)
        for name in [*wanted, *(each for each in there if each not in wanted)]:
            one, other = wanted.get(name, _NOTHING), there.get(name, _NOTHING)
            yield from differing(f"{place}/{name}", one, other)
    elif isinstance(expected, list) and isinstance(found, list):
        some, others = cast("list[Any]", expected), cast("list[Any]", found)
        for index in range(max(len(some), len(others))):
            one = some[index] if index < len(some) else _NOTHING
            other = others[index] if index < len(others) else _NOTHING
            yield from differing(f"{place}/{index}", one, other)
    elif not _same(cast("object", expected), cast("object", found)):
        yield place, expected, found


def _same(one: object, other: object) -> bool:
    """Tell whether two values are equal and of one type: true is no 1."""
    return type(one) is type(other) and one == other


def shown(value: object) -> str:
    """Write a value as people are told of it."""
    if value is None or value is _NOTHING:
        return "nothing"
    text = str(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def _below_zero(step: Step) -> Discrepancy:
    message = f"In step {step.number} ({step.rule}) {step.figure} falls below zero."
    place = f"/steps/{step.number - 1}/result"
    return Discrepancy(place, message, "0 or more", str(step.result), step.number, step.rule)


def _of_status(refund: ProvenRefund) -> Found:
    """A refund that failed counts for nothing, one that succeeded for all of it (REF-30)."""
    counts = {"FAILED": 0, "CANCELED": 0, "SUCCEEDED": refund.amount}
    expected = counts.get(refund.status, refund.counted)
    if refund.counted != expected:
        message = f"A refund that is {refund.status} counts {refund.counted}."
        yield Discrepancy(
            "/money/refunds", message, str(expected), str(refund.counted), None, "REF-30"
        )


def _of_what_came_back(refund: ProvenRefund) -> Found:
    """Of what a refund undid no more is taken back than it undid (REF-30)."""
    undone = _undone_by(refund.reversal)
    for key, value in _undone_by(refund.taken_back).items():
        most = undone.get(key, 0)
        if not 0 <= value <= most:
            message = f"A refund undid {most} of {key[2]} of {key[1]}, {value} was taken back."
            yield Discrepancy(
                "/money/refunds", message, f"at most {most}", str(value), None, "REF-30"
            )


def _undone_by(reversal: Reversal) -> dict[_Key, int]:
    """Return what is undone of each figure of each part, and of the order as a whole."""
    document = reversal_document(reversal)
    undone: dict[_Key, int] = {
        ("order", "the order", name): document[name] for name in ("returned", "flatTax")
    }
    for kind in ("lines", "charges", "tips"):
        for item in document[kind]:
            for name, value in item.items():
                if isinstance(value, int):
                    key = (kind, item["id"], name)
                    undone[key] = undone.get(key, 0) + value
    return undone
