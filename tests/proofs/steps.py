"""The steps of a proof: each operation worked out on the numbers it cites."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from tests.proofs.reckoning import Json, nearest, points, rate


def at(place: str, owner: Json, name: str) -> Json:
    """Cite a number of the document by its name and place."""
    return {"name": name, "value": owner[name], "from": f"{place}/{name}"}


def less(cells: Iterable[Json]) -> list[Json]:
    """Cite numbers that are taken off."""
    return [{**cell, "minus": True} for cell in cells]


def fraction(top: int, bottom: int = 1) -> str:
    exact = Fraction(top, bottom)
    return f"{exact.numerator}/{exact.denominator}"


def subject(kind: str, part: Json | None = None, item: str | None = None) -> Json:
    part = part or {}
    return {"kind": kind, "id": part.get("id"), "name": part.get("name"), "item": item}


class Steps:
    """The steps told so far; each method adds one and returns how to cite its result."""

    def __init__(self) -> None:
        self.told: list[Json] = []
        self.results: dict[tuple[str, str | None, str], int] = {}

    def _tell(
        self, head: tuple[str, str, Json], operation: str, cells: list[Json], exact: Fraction | int
    ) -> Json:
        rule, figure, about = head
        whole = isinstance(exact, int)
        result = exact if whole else nearest(exact)
        place = f"/steps/{len(self.told)}/result"
        self.told.append(
            {
                "number": len(self.told) + 1,
                "rule": rule,
                "figure": figure,
                "about": about,
                "operation": operation,
                "inputs": cells,
                "exact": f"{exact.numerator}/{exact.denominator}",
                "rounding": "none" if whole else "half up",
                "result": result,
            }
        )
        self.results[about["kind"], about["id"], figure] = result
        return {"name": figure, "value": result, "from": place}

    def given(self, rule: str, figure: str, about: Json, cell: Json) -> Json:
        return self._tell((rule, figure, about), "given", [cell], cell["value"])

    def sum(self, rule: str, figure: str, about: Json, cells: list[Json]) -> Json:
        return self._tell((rule, figure, about), "sum", cells, added(cells))

    def excess(self, rule: str, figure: str, about: Json, cells: list[Json]) -> Json:
        return self._tell((rule, figure, about), "excess", cells, max(0, added(cells)))

    def line(self, rule: str, figure: str, about: Json, cells: list[Json]) -> Json:
        quantity, *rest = (cell["value"] for cell in cells)
        unit = rest.pop(0) if len(rest) % 2 else 0
        unit += sum(a * b for a, b in zip(rest[::2], rest[1::2], strict=True))
        return self._tell((rule, figure, about), "line", cells, quantity * unit)

    def units(self, rule: str, figure: str, about: Json, cells: list[Json]) -> Json:
        amount, *counts = (cell["value"] for cell in cells)
        return self._tell((rule, figure, about), "units", cells, amount * sum(counts))

    def percent(self, rule: str, figure: str, about: Json, part: Json, of: Json) -> Json:
        exact = rate(part["value"]) * of["value"]
        return self._tell((rule, figure, about), "percent", [part, of], exact)

    def included(self, rule: str, figure: str, about: Json, base: Json, rates: list[Json]) -> Json:
        together = sum((rate(cell["value"]) for cell in rates), Fraction(0))
        exact = base["value"] * together / (1 + together)
        return self._tell((rule, figure, about), "included", [base, *rates], exact)

    def least(self, rule: str, figure: str, about: Json, cells: list[Json]) -> Json:
        lowest = min(cell["value"] for cell in cells)
        return self._tell((rule, figure, about), "least", cells, lowest)

    def greatest(self, rule: str, figure: str, about: Json, cells: list[Json]) -> Json:
        highest = max(cell["value"] for cell in cells)
        return self._tell((rule, figure, about), "greatest", cells, highest)

    def within(self, rule: str, figure: str, about: Json, cell: Json, most: Json) -> Json:
        kept = min(max(cell["value"], 0), most["value"])
        return self._tell((rule, figure, about), "within", [cell, most], kept)

    def each(
        self, rule: str, figure: str, about: Json, cell: Json, to: list[tuple[str, Json, Json]]
    ) -> tuple[Json, list[Json], list[Json]]:
        """Take an amount off each unit; `to` has whose, what is left, how many (PRC-23)."""
        shares: list[Json] = []
        for of, weight, quantity in to:
            asked = cell["value"] * quantity["value"]
            share = min(asked, weight["value"])
            shares.append(
                {"of": of, "weight": weight, "quantity": quantity, "asked": asked, "share": share}
            )
        total = sum(share["share"] for share in shares)
        result = self._tell((rule, figure, about), "each", [cell], total)
        return result, *self._share(shares, left=True)

    def allocate(
        self,
        rule: str,
        figure: str,
        about: Json,
        cell: Json,
        to: Sequence[tuple[str, Json]],
        left: bool = False,
    ) -> tuple[Json, list[Json], list[Json]]:
        """Share an amount out by largest remainder; `to` has whose and which weight (PRC-3)."""
        weights = [weighed(weight["value"]) for _, weight in to]
        amount, whole = cell["value"], sum(weights)
        split = [divmod(amount * weight, whole or 1) for weight in weights]
        over = amount - sum(floor for floor, _ in split)
        lucky = sorted(range(len(to)), key=lambda i: -split[i][1])[:over]
        shares = [
            {
                "of": of,
                "weight": weight,
                "floor": floor,
                "remainder": fraction(rest, whole or 1),
                "extra": int(index in lucky),
                "share": floor + (index in lucky),
            }
            for index, ((of, weight), (floor, rest)) in enumerate(zip(to, split, strict=True))
        ]
        result = self._tell((rule, figure, about), "allocate", [cell], amount)
        self.told[-1]["rounding"] = "largest remainder"
        return result, *self._share(shares, left)

    def _share(self, shares: list[Json], left: bool) -> tuple[list[Json], list[Json]]:
        """Write the shares of the last step; return how to cite each, and what it leaves."""
        place = f"/steps/{len(self.told) - 1}/shares"
        cited: list[Json] = []
        rest: list[Json] = []
        for index, entry in enumerate(shares):
            cited.append(at(f"{place}/{index}", entry, "share"))
            if left:
                entry["left"] = entry["weight"]["value"] - entry["share"]
                rest.append(at(f"{place}/{index}", entry, "left"))
        self.told[-1]["shares"] = shares
        return cited, rest


def added(cells: Iterable[Json]) -> int:
    return sum(-cell["value"] if "minus" in cell else cell["value"] for cell in cells)


def weighed(value: Any) -> int:
    """Return a weight as a whole number; percentages weigh in ten-thousandths."""
    return value if isinstance(value, int) else points(value)
