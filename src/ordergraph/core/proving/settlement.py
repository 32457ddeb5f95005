"""The steps from what an order comes to, and the money that moved, to what is left (AMT-1 to 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from ordergraph.core.drafts import LineDraft
from ordergraph.core.ids import Prefix, encode
from ordergraph.core.proving.calculation import FIGURES, line_id, source
from ordergraph.core.proving.steps import About, Input, Steps
from ordergraph.core.proving.subjects import ProvenOrder, ProvenRefund
from ordergraph.core.sales import Reversal

NET = About("net")
Names = Mapping[UUID, str]


class Part(NamedTuple):
    """What a refund undid, or what of that was taken back as it failed: that counts against it."""

    name: str
    minus: bool
    of: Callable[[ProvenRefund], Reversal]


PARTS = (
    Part("reversal", False, attrgetter("reversal")),
    Part("takenBack", True, attrgetter("taken_back")),
)
_TABLES = (
    (
        "lines",
        (
            ("gross", "subtotal"),
            ("discount", "discount"),
            ("tax", "tax"),
            ("includedTax", "includedTax"),
        ),
    ),
    ("charges", (("amount", "charge"), ("tax", "tax"), ("includedTax", "includedTax"))),
    ("tips", (("amount", "tip"),)),
)
"""What figure of the order each figure of a part belongs to."""


def settlement_steps(
    steps: Steps,
    sold: Mapping[str, Input],
    proven: ProvenOrder,
) -> None:
    """Write the steps of the money, from `sold`: what the order comes to, figure by figure."""
    refunds = proven.refunds
    paid = [
        Input("payment", payment.amount, f"/money/payments/{index}/amount")
        for index, payment in enumerate(proven.payments)
    ]
    net = {"paid": steps.add("AMT-1", "paid", NET, "sum", paid)}
    counted: list[Input] = []
    undone: list[Input] = []
    for index, refund in enumerate(refunds):
        undone += _refund(steps, index, refund, counted)
    net["refunded"] = steps.add("AMT-2", "refunded", NET, "sum", counted)
    for figure in FIGURES[:-1]:
        inputs = [sold[figure]]
        for index, refund in enumerate(refunds):
            for part in PARTS:
                undone_here = _undone(index, part, part.of(refund), figure)
                inputs += [each._replace(minus=not part.minus) for each in undone_here]
        net[figure] = steps.add("AMT-7", figure, NET, "sum", inputs)
    net["total"] = steps.add("AMT-3", "total", NET, "sum", [sold["total"], *undone])
    collected = [net["paid"], net["refunded"].called("refunded", minus=True)]
    net["netCollected"] = steps.add("AMT-4", "netCollected", NET, "sum", collected)
    due = [net["total"], net["netCollected"].called("netCollected", minus=True)]
    net["balance"] = steps.add("AMT-3", "balance", NET, "sum", due)
    steps.add("AMT-4", "outstanding", NET, "excess", [net["balance"]])
    owed = [net["balance"].called("balance", minus=True)]
    steps.add("AMT-4", "credit", NET, "excess", owed)
    _units(steps, proven.draft.lines, refunds, proven.names)


def reversal_document(reversal: Reversal) -> dict[str, Any]:
    """Write what a refund undid, figure by figure."""
    return {
        "returned": reversal.returned,
        "lines": [_part(Prefix.LINE_ITEM, line) for line in reversal.lines],
        "charges": [_part(Prefix.CHARGE, charge) for charge in reversal.charges],
        "tips": [_part(Prefix.TIP, tip) for tip in reversal.tips],
        "flatTax": reversal.flat_tax,
    }


def _part(prefix: Prefix, part: Any) -> dict[str, Any]:
    figures = asdict(part)
    id: UUID = figures.pop("id")
    if "included_tax" in figures:
        figures["includedTax"] = figures.pop("included_tax")
    return {"id": encode(prefix, id), **figures}


def _refund(
    steps: Steps, index: int, refund: ProvenRefund, counted: list[Input]
) -> Iterator[Input]:
    """Write what a refund gave back, and what of that came back because it failed (AMT-3, REF-30).

    What counts of it is appended to `counted`; yields what it takes off the net total.
    """
    about = About("refund", encode(Prefix.REFUND, refund.id))
    amounts: list[Input] = []
    for part in PARTS:
        reversal = part.of(refund)
        if part.minus and reversal == Reversal():
            continue
        undone = [
            _turned(each) if figure in ("discount", "includedTax") else each
            for figure in FIGURES[:-1]
            for each in _undone(index, part, reversal, figure)
        ]
        names = ("takenBackReversed", "takenBack") if part.minus else ("reversed", "amount")
        total = steps.add("AMT-3", names[0], about, "sum", undone)
        place = f"/money/refunds/{index}/{part.name}/returned"
        returned = Input("returned", reversal.returned, place)
        amount = steps.add("AMT-3", names[1], about, "sum", [returned, total])
        amounts.append(amount._replace(minus=part.minus))
        yield total._replace(minus=not part.minus)
    counted.append(steps.add("REF-30", "counted", about, "sum", amounts))


def _undone(index: int, part: Part, reversal: Reversal, figure: str) -> Iterator[Input]:
    """Return what one part of a refund has of a figure of the order."""
    place, document = f"/money/refunds/{index}/{part.name}", reversal_document(reversal)
    for kind, table in _TABLES:
        for number, item in enumerate(document[kind]):
            for own, of_order in table:
                if of_order == figure and item[own]:
                    yield Input(own, item[own], f"{place}/{kind}/{number}/{own}")
    if figure == "tax" and reversal.flat_tax:
        yield Input("flatTax", reversal.flat_tax, f"{place}/flatTax")


def _units(
    steps: Steps, lines: Sequence[LineDraft], refunds: Sequence[ProvenRefund], names: Names
) -> None:
    """Write how many units are left of each line of which some were refunded (REF-5)."""
    back: dict[UUID, list[Input]] = {}
    for index, refund in enumerate(refunds):
        for part in PARTS:
            for number, line in enumerate(part.of(refund).lines):
                place = f"/money/refunds/{index}/{part.name}/lines/{number}/quantity"
                if line.quantity:
                    given = Input("quantity", line.quantity, place, not part.minus)
                    back.setdefault(line.id, []).append(given)
    for index, line in enumerate(lines):
        if line.id in back:
            sold = source(f"lines/{index}", "quantity", line.quantity)
            about = About("line", line_id(line), names.get(line.id))
            steps.add("REF-5", "unitsLeft", about, "sum", [sold, *back[line.id]])


def _turned(part: Input) -> Input:
    return part._replace(minus=not part.minus)
