"""What an order comes to, reckoned from the published rules of prices and nothing else.

Nothing here knows the engine: it is a second reading of the rules, to hold the first one against.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

Json = dict[str, Any]


class Wrong(Exception):
    """An order that cannot be priced, or a proof that does not hold; says where."""


@lru_cache(maxsize=4096)
def rate(percent: str) -> Fraction:
    """Return a percentage as a part of one."""
    return Fraction(percent) / 100


@lru_cache(maxsize=4096)
def points(percent: str) -> int:
    """Return a percentage in ten-thousandths of a point, to weigh it against others."""
    return int(Fraction(percent) * 10_000)


def nearest(exact: Fraction) -> int:
    """Round to the nearest whole number, halves away from zero (PRC-1)."""
    size = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return size if exact >= 0 else -size


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """Share an amount out by largest remainder, the earlier first where equal (PRC-3, PRC-4)."""
    if amount < 0:
        return [-share for share in spread(-amount, weights)]
    whole = sum(weights)
    if whole == 0:
        if amount:
            raise Wrong(f"nothing to share {amount} over")
        return [0] * len(weights)
    shares = [amount * weight // whole for weight in weights]
    lost = [amount * weight % whole for weight in weights]
    for index in sorted(range(len(weights)), key=lambda i: -lost[i])[: amount - sum(shares)]:
        shares[index] += 1
    return shares


def listed(shares: Iterable[tuple[str, int]]) -> list[Json]:
    """Write shares as proofs list them: those that are not 0."""
    return [{"of": of, "share": share} for of, share in shares if share]


def among(entry: Json, member: str, ids: Iterable[str]) -> list[str]:
    """Return the ids that an entry names in a member, or all where it names none."""
    named = entry[member]
    return [i for i in ids if named is None or i in named]


class Reckoning:
    """All figures of an order: goods, discounts, charges, taxes, tips, in that order."""

    def __init__(self, inputs: Json) -> None:
        self.inputs = inputs
        self.gross = {line["id"]: gross_of(line) for line in inputs["lines"]}
        self.left = dict(self.gross)
        self.discounts = [self._take(discount) for discount in inputs["discounts"]]
        self.subtotal, self.goods = sum(self.gross.values()), sum(self.left.values())
        self.fees = {fee["id"]: self._fee(fee) for fee in inputs["charges"]}
        self.bases = self._bases()
        self.shares: dict[str, list[tuple[str, int]]] = {tax["id"]: [] for tax in inputs["taxes"]}
        self._tax()
        self.tips = {tip["id"]: self._tip(tip) for tip in inputs["tips"]}
        if self.tips and sum(self.tips.values()) > max(self.goods, inputs["tipLimit"]):
            raise Wrong("PRC-66: the tips are beyond their limit")

    def _take(self, discount: Json) -> Json:
        """Take a discount off what is left of its lines (PRC-20 to PRC-23, PRC-25)."""
        lines = among(discount, "eligibleLines", self.left)
        rest = [self.left[i] for i in lines]
        if discount["percent"] is not None:
            asked = nearest(rate(discount["percent"]) * sum(rest))
            shares = spread(asked, rest)
        elif discount["allocation"] == "EACH":
            counts = {line["id"]: line["quantity"] for line in self.inputs["lines"]}
            wanted = [discount["amount"] * counts[i] for i in lines]
            asked, shares = sum(wanted), [min(pair) for pair in zip(wanted, rest, strict=True)]
        else:
            asked = discount["amount"]
            shares = spread(min(asked, sum(rest)), rest)
        for line, share in zip(lines, shares, strict=True):
            self.left[line] -= share
        pairs = listed(zip(lines, shares, strict=True))
        return {"id": discount["id"], "amount": asked, "applied": sum(shares), "shares": pairs}

    def _fee(self, fee: Json) -> int:
        if fee["percent"] is None:
            return fee["amount"]
        before = fee["basis"] == "SUBTOTAL_PRE_DISCOUNT"
        return nearest(rate(fee["percent"]) * (self.subtotal if before else self.goods))

    def _tip(self, tip: Json) -> int:
        if tip["percent"] is None:
            return tip["amount"]
        return nearest(rate(tip["percent"]) * self.goods)

    def _bases(self) -> dict[str, int]:
        """Return what may be taxed of each line and charge that has such a part (PRC-30)."""
        bases: dict[str, int] = {}
        for line in self.inputs["lines"]:
            if line["taxable"] or any(extra["taxable"] for extra in line["modifiers"]):
                bases[line["id"]] = taxable_of(line, self.gross[line["id"]], self.left[line["id"]])
        return bases | {
            fee["id"]: self.fees[fee["id"]] for fee in self.inputs["charges"] if fee["taxable"]
        }

    def _tax(self) -> None:
        reach = {tax["id"]: among(tax, "appliesTo", self.bases) for tax in self.inputs["taxes"]}
        self.reach = reach
        by_line = self.inputs["taxRounding"] == "LINE"
        for tax in self.inputs["taxes"]:
            items = reach[tax["id"]]
            bases = [self.bases[i] for i in items]
            if tax["stated"] is not None:
                shares = spread(tax["stated"], bases)
            elif tax["inclusive"]:
                continue
            elif by_line:
                shares = [nearest(rate(tax["percent"]) * base) for base in bases]
            else:
                shares = spread(nearest(rate(tax["percent"]) * sum(bases)), bases)
            self.shares[tax["id"]] = list(zip(items, shares, strict=True))
        self._find_inside(by_line)
        self._bear()

    def _find_inside(self, by_line: bool) -> None:
        """Find the taxes that stand inside prices, for each set of rates together (PRC-41)."""
        inside = [tax for tax in self.inputs["taxes"] if tax["inclusive"]]
        groups: dict[tuple[str, ...], list[str]] = {}
        for item in self.bases:
            rates = tuple(tax["id"] for tax in inside if item in self.reach[tax["id"]])
            if rates:
                groups.setdefault((*rates, item) if by_line else rates, []).append(item)
        for key, items in groups.items():
            taxes = [tax for tax in inside if tax["id"] in key]
            together = sum((rate(tax["percent"]) for tax in taxes), Fraction(0))
            bases = [self.bases[i] for i in items]
            found = nearest(sum(bases) * together / (1 + together))
            parts = spread(found, [points(tax["percent"]) for tax in taxes])
            for tax, part in zip(taxes, parts, strict=True):
                if tax["stated"] is None:
                    shares = spread(part, bases)
                    self.shares[tax["id"]] += zip(items, shares, strict=True)

    def _bear(self) -> None:
        """Add up what each line and charge bears, on top and inside (PRC-32, PRC-40, PRC-42)."""
        self.tax, self.included = dict.fromkeys(self.bases, 0), dict.fromkeys(self.bases, 0)
        kinds: dict[str, set[bool]] = {}
        for tax in self.inputs["taxes"]:
            for item, share in self.shares[tax["id"]]:
                kinds.setdefault(item, set()).add(tax["inclusive"])
                self.tax[item] += share
                if tax["inclusive"]:
                    self.included[item] += share
        for item, base in self.bases.items():
            if len(kinds.get(item, ())) == 2:
                raise Wrong(f"PRC-40: {item} is taxed on top and inside")
            if self.included[item] > base:
                raise Wrong(f"PRC-42: more tax inside {item} than it costs")

    def amounts(self) -> Json:
        """Return the figures of the order as sold (5.9)."""
        charge, tip = sum(self.fees.values()), sum(self.tips.values())
        tax = sum(self.tax.values()) + sum(flat["amount"] for flat in self.inputs["flatTaxes"])
        included, discount = sum(self.included.values()), self.subtotal - self.goods
        return {
            "subtotal": self.subtotal,
            "discount": discount,
            "charge": charge,
            "tax": tax,
            "includedTax": included,
            "tip": tip,
            "total": self.subtotal - discount + charge + (tax - included) + tip,
        }

    def figures(self) -> Json:
        """Return what each part of the order comes to, as a proof writes it."""
        return {
            "lines": [self._line(i, gross, self.left[i]) for i, gross in self.gross.items()],
            "discounts": self.discounts,
            "taxes": [
                {
                    "id": i,
                    "taxable": sum(self.bases[item] for item in self.reach[i]),
                    "tax": sum(share for _, share in shares),
                    "shares": listed(shares),
                }
                for i, shares in self.shares.items()
            ],
            "flatTaxes": [
                {"id": flat["id"], "tax": flat["amount"]} for flat in self.inputs["flatTaxes"]
            ],
            "charges": [{"id": i, "amount": fee, **self._borne(i)} for i, fee in self.fees.items()],
            "tips": [{"id": i, "amount": tip} for i, tip in self.tips.items()],
        }

    def _line(self, line: str, gross: int, net: int) -> Json:
        return {
            "id": line,
            "gross": gross,
            "discount": gross - net,
            "net": net,
            **self._borne(line),
        }

    def _borne(self, item: str) -> Json:
        return {"tax": self.tax.get(item, 0), "includedTax": self.included.get(item, 0)}


def gross_of(line: Json) -> int:
    """Return what a line costs before discounts and taxes (PRC-10, PRC-11)."""
    unit = line["unitPrice"] + sum(m["delta"] * m["quantity"] for m in line["modifiers"])
    if unit < 0:
        raise Wrong(f"PRC-11: a unit of {line['id']} costs less than nothing")
    return line["quantity"] * unit


def taxable_of(line: Json, gross: int, net: int) -> int:
    """Return which part of a line's net may be taxed, modifiers as they say themselves (MOD-6)."""
    says = [line["taxable"] if m["taxable"] is None else m["taxable"] for m in line["modifiers"]]
    if all(say == line["taxable"] for say in says):
        return net if line["taxable"] else 0
    unit = line["unitPrice"] if line["taxable"] else 0
    for modifier, say in zip(line["modifiers"], says, strict=True):
        unit += modifier["delta"] * modifier["quantity"] if say else 0
    counted = min(max(line["quantity"] * unit, 0), gross)
    return spread(net, [counted, gross - counted])[0]
