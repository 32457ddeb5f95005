"""The last steps of a proof, told anew: the money that moved, and what it leaves of the order."""

from tests.proofs.reckoning import Json
from tests.proofs.steps import Steps, at, less, subject
from tests.proofs.telling import Pricing

# What a refund undoes of each figure: where it stands in `reversal` and `takenBack`.
_UNDONE = {
    "subtotal": (("lines", "gross"),),
    "discount": (("lines", "discount"),),
    "charge": (("charges", "amount"),),
    "tax": (("lines", "tax"), ("charges", "tax"), ("", "flatTax")),
    "includedTax": (("lines", "includedTax"), ("charges", "includedTax")),
    "tip": (("tips", "amount"),),
}


def undone(place: str, undoing: Json, figure: str) -> list[Json]:
    """Cite every number that is not 0 of a figure in what a refund undid or took back."""
    cells: list[Json] = []
    for part, name in _UNDONE[figure]:
        if not part:
            cells.append(at(place, undoing, name))
        for index, entry in enumerate(undoing[part] if part else ()):
            cells.append(at(f"{place}/{part}/{index}", entry, name))
    return [cell for cell in cells if cell["value"]]


def tell_money(pricing: Pricing, money: Json) -> None:
    """Tell the money that moved, what is left of the order, and of the units of its lines."""
    steps, net = pricing.steps, subject("net")
    payments = [
        {"name": "payment", "value": payment["amount"], "from": f"/money/payments/{i}/amount"}
        for i, payment in enumerate(money["payments"])
    ]
    paid = steps.sum("AMT-1", "paid", net, payments)
    counted: list[Json] = []
    moved: list[tuple[tuple[str, Json], bool]] = []
    total = [pricing.total]
    for index, refund in enumerate(money["refunds"]):
        place, about = f"/money/refunds/{index}", subject("refund", refund)
        gone = (f"{place}/reversal", refund["reversal"])
        undoing, amount = _tell_undoing(steps, about, gone, ("reversed", "amount"))
        total += less([undoing])
        cells = [amount]
        back = (f"{place}/takenBack", refund["takenBack"])
        if anything(refund["takenBack"]):
            names = ("takenBackReversed", "takenBack")
            undoing, amount = _tell_undoing(steps, about, back, names)
            total.append(undoing)
            cells += less([amount])
        moved += [(gone, True), (back, False)]
        counted.append(steps.sum("REF-30", "counted", about, cells))
    refunded = steps.sum("AMT-2", "refunded", net, counted)
    _tell_net(pricing, moved)
    left = steps.sum("AMT-3", "total", net, total)
    collected = steps.sum("AMT-4", "netCollected", net, [paid, *less([refunded])])
    balance = steps.sum("AMT-3", "balance", net, [left, *less([collected])])
    steps.excess("AMT-4", "outstanding", net, [balance])
    steps.excess("AMT-4", "credit", net, less([balance]))
    _tell_units(pricing, moved)


def anything(undoing: Json) -> bool:
    """Return whether any number of what a refund undid is not 0."""
    parts = (*undoing["lines"], *undoing["charges"], *undoing["tips"])
    numbers = [v for part in parts for k, v in part.items() if k != "id"]
    return any((undoing["returned"], undoing["flatTax"], *numbers))


def _tell_undoing(
    steps: Steps, about: Json, where: tuple[str, Json], names: tuple[str, str]
) -> tuple[Json, Json]:
    cells: list[Json] = []
    for figure in _UNDONE:
        found = undone(*where, figure)
        cells += less(found) if figure in ("discount", "includedTax") else found
    undoing = steps.sum("AMT-3", names[0], about, cells)
    return undoing, steps.sum("AMT-3", names[1], about, [at(*where, "returned"), undoing])


def _tell_net(pricing: Pricing, moved: list[tuple[tuple[str, Json], bool]]) -> None:
    sold = {
        "subtotal": pricing.subtotal,
        "discount": pricing.discount,
        "charge": pricing.charge,
        "tax": pricing.tax,
        "includedTax": pricing.included,
        "tip": pricing.tip,
    }
    for figure, cell in sold.items():
        cells = [cell]
        for where, off in moved:
            found = undone(*where, figure)
            cells += less(found) if off else found
        pricing.steps.sum("AMT-7", figure, subject("net"), cells)


def _tell_units(pricing: Pricing, moved: list[tuple[tuple[str, Json], bool]]) -> None:
    for line, about in pricing.lines.items():
        cells = [pricing.quantity[line]]
        for (place, undoing), off in moved:
            for index, entry in enumerate(undoing["lines"]):
                if entry["id"] == line and entry["quantity"]:
                    cell = at(f"{place}/lines/{index}", entry, "quantity")
                    cells += less([cell]) if off else [cell]
        if len(cells) > 1:
            pricing.steps.sum("REF-5", "unitsLeft", about, cells)
