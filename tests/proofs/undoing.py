"""What refunds undo of a sale, reckoned from the published rules of refunds alone."""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.proofs.independent import value_of
from tests.proofs.reckoning import Json, nearest, spread

NAMES = ("net", "added", "discount", "included", "quantity")


@dataclass
class Part:
    """A line or charge: what it was sold for, and what is undone of that so far.

    `net` is before tax on top, `added` is tax on top, `included` is tax inside net.
    """

    id: str
    sold: dict[str, int]
    undone: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))

    def left(self, name: str) -> int:
        return self.sold[name] - self.undone[name]

    def following(self, name: str, net: int) -> int:
        """Return what goes of a figure along with `net`, by the cumulative share (AMT-6)."""
        if not net:
            return 0
        gone = self.undone["net"] + net
        due = nearest(Fraction(self.sold[name] * gone, self.sold["net"])) - self.undone[name]
        return max(0, due)

    def unit_parts(self, name: str, units: int) -> int:
        """Return what the next units bring of a figure; the last one brings the rest (REF-6)."""
        first, of = self.undone["quantity"], self.sold["quantity"]
        if first + units == of:
            return self.left(name)
        whole = self.sold[name]
        upto, before = Fraction(whole * (first + units), of), Fraction(whole * first, of)
        return min(nearest(upto) - nearest(before), self.left(name))


class Sale:
    """A sale that refunds undo, step by step, from the document of its proof."""

    def __init__(self, proof: Json) -> None:
        figures, money = proof["figures"], proof["money"]
        counts = {line["id"]: line["quantity"] for line in proof["inputs"]["lines"]}
        self.lines = [
            Part(entry["id"], _sold(entry, entry["net"], entry["discount"], counts[entry["id"]]))
            for entry in figures["lines"]
        ]
        self.charges = [Part(e["id"], _sold(e, e["amount"], 0, 0)) for e in figures["charges"]]
        self.tips = {tip["id"]: tip["amount"] for tip in figures["tips"]}
        self.flat = sum(tax["tax"] for tax in figures["flatTaxes"])
        self.ever_paid = money["everPaid"]
        self.money = sum(payment["amount"] for payment in money["payments"])

    def worth(self) -> int:
        """Return the money of all that is not undone."""
        parts = (*self.lines, *self.charges)
        goods = sum(part.left("net") + part.left("added") for part in parts)
        return goods + sum(self.tips.values()) + self.flat

    def by_amount(self, amount: int | None, include_tip: bool) -> Json:
        """Give an amount back, or all there is (REF-2, REF-7, REF-9, AMT-3)."""
        wanted = self.money if amount is None else amount
        credit = max(0, self.money - self.worth()) if self.ever_paid else wanted
        returned = min(credit, wanted)
        rest = wanted - returned
        if rest and rest == self.worth():
            return self._everything(returned, {p.id: p.left("quantity") for p in self.lines})
        parts = (*self.lines, *self.charges)
        pool = [
            part.left(name)
            for some in (self.lines, self.charges)
            for name in ("net", "added")
            for part in some
        ]
        tips = list(self.tips.values())
        if include_tip:
            shares = spread(min(rest, sum(pool) + sum(tips)), [*pool, *tips])
        else:
            first = min(rest, sum(pool))
            shares = spread(first, pool) + spread(min(rest - first, sum(tips)), tips)
        flat = rest - sum(shares)
        share = iter(shares)
        taken: dict[str, list[int]] = {part.id: [] for part in parts}
        for some in (self.lines, self.lines, self.charges, self.charges):
            for part in some:
                taken[part.id].append(next(share))
        return _document(
            returned,
            [_line(part, *taken[part.id]) for part in self.lines],
            [_charge(part, *taken[part.id]) for part in self.charges],
            [{"id": tip, "amount": next(share)} for tip in self.tips],
            flat,
        )

    def by_units(self, units: dict[str, int]) -> Json:
        """Take units of lines back at what was paid for them (REF-6)."""
        lines: list[Json] = []
        for part in self.lines:
            count = units.get(part.id, 0)
            if count:
                net, added, included = (
                    part.unit_parts(name, count) for name in ("net", "added", "included")
                )
                lines.append(_line(part, net, added, count, included))
        found = _document(0, lines, [], [], 0)
        return self._everything(0, units) if value_of(found) == self.worth() else found

    def _everything(self, returned: int, units: dict[str, int]) -> Json:
        """Undo all that is left, free lines too; only what is named comes back in units."""
        lines = [
            {
                "id": part.id,
                "quantity": units.get(part.id, 0),
                "gross": part.left("net") + part.left("discount"),
                "discount": part.left("discount"),
                "tax": part.left("added") + part.left("included"),
                "includedTax": part.left("included"),
            }
            for part in self.lines
        ]
        charges = [
            {
                "id": part.id,
                "amount": part.left("net"),
                "tax": part.left("added") + part.left("included"),
                "includedTax": part.left("included"),
            }
            for part in self.charges
        ]
        tips = [{"id": tip, "amount": amount} for tip, amount in self.tips.items()]
        return _document(returned, lines, charges, tips, self.flat)

    def count(self, undoing: Json, sign: int = 1) -> None:
        """Count what a refund undid, or, with -1, what of that was taken back."""
        parts = {part.id: part for part in (*self.lines, *self.charges)}
        for entry in (*undoing["lines"], *undoing["charges"]):
            undone = parts[entry["id"]].undone
            net = entry["amount"] if "amount" in entry else entry["gross"] - entry["discount"]
            undone["net"] += sign * net
            undone["added"] += sign * (entry["tax"] - entry["includedTax"])
            undone["included"] += sign * entry["includedTax"]
            undone["discount"] += sign * entry.get("discount", 0)
            undone["quantity"] += sign * entry.get("quantity", 0)
        for tip in undoing["tips"]:
            self.tips[tip["id"]] -= sign * tip["amount"]
        self.flat -= sign * undoing["flatTax"]
        self.money -= sign * (undoing["returned"] + value_of(undoing))


def _sold(entry: Json, net: int, discount: int, quantity: int) -> dict[str, int]:
    added, included = entry["tax"] - entry["includedTax"], entry["includedTax"]
    return dict(zip(NAMES, (net, added, discount, included, quantity), strict=True))


def _line(part: Part, net: int, added: int, units: int = 0, included: int | None = None) -> Json:
    if included is None:
        included = min(part.following("included", net), net)
    discount = part.following("discount", net)
    return {
        "id": part.id,
        "quantity": units,
        "gross": net + discount,
        "discount": discount,
        "tax": added + included,
        "includedTax": included,
    }


def _charge(part: Part, amount: int, added: int) -> Json:
    included = min(part.following("included", amount), amount)
    return {"id": part.id, "amount": amount, "tax": added + included, "includedTax": included}


def _document(
    returned: int, lines: list[Json], charges: list[Json], tips: list[Json], flat: int
) -> Json:
    """Write what a refund undoes, without what stays as it is."""
    kept = [
        [entry for entry in entries if any(entry[name] for name in entry if name != "id")]
        for entries in (lines, charges, tips)
    ]
    found = dict(zip(("lines", "charges", "tips"), kept, strict=True))
    return {"returned": returned, **found, "flatTax": flat}
