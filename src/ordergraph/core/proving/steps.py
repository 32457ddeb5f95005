"""The steps of a proof: few operations, each exact, which writing and checking both use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import starmap
from typing import NamedTuple

from ordergraph.core.money import round_half_up

HALF_UP = "half up"
LARGEST_REMAINDER = "largest remainder"
EXACT = "none"

Value = int | str
"""A whole number, or a percentage as text."""


class Input(NamedTuple):
    """A number that a step works on, and the place in the document that it is taken from.

    `minus` says that a sum takes it off.
    """

    name: str
    value: Value
    source: str
    minus: bool = False

    def called(self, name: str, *, minus: bool = False) -> Input:
        """Return the same number under another name."""
        return Input(name, self.value, self.source, minus)


class About(NamedTuple):
    """What a step is about: a part of the order by kind and id, with the item that shares in it."""

    kind: str
    id: str | None = None
    name: str | None = None
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What one item has of an amount: by largest remainder, or as much per unit as remains of it.

    `left` is what remains of the weight, where the amount is taken off it.
    """

    of: str
    weight: Input
    share: int
    floor: int | None = None
    remainder: str | None = None
    extra: int | None = None
    quantity: Input | None = None
    asked: int | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a rule, an operation on inputs, the exact result and what it was rounded to."""

    number: int
    rule: str
    figure: str
    about: About
    operation: str
    inputs: tuple[Input, ...]
    exact: str
    rounding: str
    result: int
    shares: tuple[Share, ...] | None = None


class Parcel(NamedTuple):
    """An item that is to have a share: its id, its weight, and its quantity where that counts."""

    of: str
    weight: Input
    quantity: Input | None = None


class Impossible(ValueError):
    """An operation has no result on these inputs; the message is a sentence."""


@dataclass(slots=True)
class Steps:
    """The steps so far; each one added can be an input of those after it."""

    steps: list[Step] = field(default_factory=list[Step])

    def add(
        self, rule: str, figure: str, about: About, operation: str, inputs: Sequence[Input]
    ) -> Input:
        """Work a step out and return its result as an input."""
        number = len(self.steps) + 1
        step = worked_out(number, rule, figure, about, operation, tuple(inputs))
        self.steps.append(step)
        return Input(figure, step.result, f"/steps/{number - 1}/result")

    def share(
        self,
        rule: str,
        figure: str,
        about: About,
        operation: str,
        inputs: Sequence[Input],
        parcels: Sequence[Parcel],
        *,
        taken_off: bool = False,
    ) -> tuple[Input, list[Input]]:
        """Share an amount out; return what was shared, and each share."""
        number = len(self.steps) + 1
        step = shared_out(
            number, rule, figure, about, operation, tuple(inputs), parcels, taken_off=taken_off
        )
        self.steps.append(step)
        place = f"/steps/{number - 1}"
        return Input(figure, step.result, f"{place}/result"), [
            Input("share", share.share, f"{place}/shares/{index}/share")
            for index, share in enumerate(step.shares or ())
        ]

    def left(self) -> list[Input]:
        """Return what the last step left of each item that it took something off."""
        place = f"/steps/{len(self.steps) - 1}/shares"
        return [
            Input("left", share.left, f"{place}/{index}/left")
            for index, share in enumerate(self.steps[-1].shares or ())
            if share.left is not None
        ]


def worked_out(
    number: int, rule: str, figure: str, about: About, operation: str, inputs: tuple[Input, ...]
) -> Step:
    """Return a step with its exact and its rounded result; raises `Impossible`."""
    if operation not in _OPERATIONS:
        raise Impossible(f"there is no operation {operation!r}")
    exact = _OPERATIONS[operation](inputs)
    rounding = _ROUNDINGS.get(operation, EXACT)
    if rounding is EXACT and exact.denominator != 1:
        raise Impossible("this step has a whole result")
    result = round_half_up(exact.numerator, exact.denominator)
    return Step(number, rule, figure, about, operation, inputs, written(exact), rounding, result)


def shared_out(
    number: int,
    rule: str,
    figure: str,
    about: About,
    operation: str,
    inputs: tuple[Input, ...],
    parcels: Sequence[Parcel],
    *,
    taken_off: bool = False,
) -> Step:
    """Return a step that shares an amount out; raises `Impossible`."""
    if operation not in ("allocate", "each"):
        raise Impossible(f"nothing is shared out by {operation!r}")
    (amount,) = _exactly(inputs, 1)
    if operation == "allocate":
        rounding, shares = LARGEST_REMAINDER, _allocated(_whole(amount), parcels, taken_off)
    else:
        rounding, shares = EXACT, [_each(_whole(amount), parcel) for parcel in parcels]
    result = sum(share.share for share in shares)
    exact = written(Fraction(result))
    return Step(
        number, rule, figure, about, operation, inputs, exact, rounding, result, tuple(shares)
    )


def written(exact: Fraction) -> str:
    """Write a fraction in lowest terms, as `numerator/denominator`."""
    return f"{exact.numerator}/{exact.denominator}"


def _allocated(total: int, parcels: Sequence[Parcel], taken_off: bool) -> list[Share]:
    """Share by largest remainder, ties to the earlier (PRC-3)."""
    weights = [_number(parcel.weight) for parcel in parcels]
    whole = sum(weights, Fraction(0))
    if total < 0 or any(weight < 0 for weight in weights) or (whole == 0 and total != 0):
        raise Impossible("an amount cannot be shared over these weights")
    exact = [Fraction(total * weight, whole) if whole else Fraction(0) for weight in weights]
    floors = [part.numerator // part.denominator for part in exact]
    rests = [part - floor for part, floor in zip(exact, floors, strict=True)]
    most = sorted(range(len(parcels)), key=lambda index: (-rests[index], index))
    lucky = set(most[: total - sum(floors)])
    shares: list[Share] = []
    for index, parcel in enumerate(parcels):
        extra = int(index in lucky)
        share = floors[index] + extra
        left = _whole(parcel.weight) - share if taken_off else None
        rest = written(rests[index])
        shares.append(Share(parcel.of, parcel.weight, share, floors[index], rest, extra, left=left))
    return shares


def _each(amount: int, parcel: Parcel) -> Share:
    """Take an amount off each unit, at most what remains of the line (PRC-23)."""
    if parcel.quantity is None:
        raise Impossible("each line has a quantity here")
    remaining = _whole(parcel.weight)
    asked = amount * _whole(parcel.quantity)
    share = min(asked, remaining)
    left = remaining - share
    return Share(parcel.of, parcel.weight, share, quantity=parcel.quantity, asked=asked, left=left)


def _number(given: Input) -> Fraction:
    return Fraction(given.value)


def _whole(given: Input) -> int:
    if isinstance(given.value, int):
        return given.value
    raise Impossible("a whole number is expected here")


def _exactly(inputs: Sequence[Input], count: int) -> Sequence[Input]:
    if len(inputs) != count:
        raise Impossible("the number of inputs is wrong")
    return inputs


def _signed(inputs: Sequence[Input]) -> Fraction:
    return sum((-_number(each) if each.minus else _number(each) for each in inputs), Fraction(0))


def _given(inputs: Sequence[Input]) -> Fraction:
    return _number(_exactly(inputs, 1)[0])


def _line(inputs: Sequence[Input]) -> Fraction:
    """Multiply what one unit costs: its price, and each modifier as often as a unit has it."""
    quantity, *rest = inputs
    unit = Fraction(0)
    if rest and rest[0].name == "unitPrice":
        unit += _number(rest.pop(0))
    if len(rest) % 2:
        raise Impossible("modifiers have a delta and a count")
    unit += sum(starmap(_times, zip(rest[::2], rest[1::2], strict=True)), Fraction(0))
    return _number(quantity) * unit


def _times(one: Input, other: Input) -> Fraction:
    return _number(one) * _number(other)


def _units(inputs: Sequence[Input]) -> Fraction:
    amount, *quantities = inputs
    return _number(amount) * _signed(quantities)


def _percent(inputs: Sequence[Input]) -> Fraction:
    percent, base = _exactly(inputs, 2)
    return _number(percent) * _number(base) * _HUNDREDTH


def _included(inputs: Sequence[Input]) -> Fraction:
    base, *percents = inputs
    rate = _signed(percents)
    return Fraction(_number(base) * rate, 100 + rate)


def _within(inputs: Sequence[Input]) -> Fraction:
    value, most = _exactly(inputs, 2)
    return min(max(_number(value), Fraction(0)), _number(most))


_HUNDREDTH = Fraction(1, 100)
_OPERATIONS: Mapping[str, Callable[[Sequence[Input]], Fraction]] = {
    "given": _given,
    "sum": _signed,
    "excess": lambda inputs: max(Fraction(0), _signed(inputs)),
    "line": _line,
    "units": _units,
    "percent": _percent,
    "included": _included,
    "least": lambda inputs: min(map(_number, inputs)),
    "greatest": lambda inputs: max(map(_number, inputs)),
    "within": _within,
}
_ROUNDINGS = {"percent": HALF_UP, "included": HALF_UP}
