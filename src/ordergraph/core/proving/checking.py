"""Explaining what an order comes to, and checking an explanation by what stands in it alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

from ordergraph.core.proving.comparing import (
    Found,
    Written,
    compare_figures,
    differing,
    shown,
)
from ordergraph.core.proving.documents import (
    Document,
    body_of,
    digest_of,
    inputs_document,
    put_in_order,
)
from ordergraph.core.proving.parsing import read_proof
from ordergraph.core.proving.steps import Input, Parcel, Step, shared_out, worked_out
from ordergraph.core.proving.subjects import Discrepancy, ProvenOrder


def explain(proven: ProvenOrder) -> Document:
    """Write the proof of a priced order: its inputs, every step, and the figures that are stored.

    Where the stored figures are not what the steps come to, `consistent` is false and
    `differences` names them: nothing is hidden.
    """
    proven = put_in_order(proven)
    written = Written.of(proven)
    document = body_of(proven, written.steps)
    differences = [each.message for each in compare_figures(proven, written, document)]
    document["consistent"] = not differences
    document["differences"] = differences
    document["digest"] = digest_of(document)
    return document


def verify(document: Any) -> list[Discrepancy]:
    """Recompute a proof from nothing but itself and return all that does not hold, in order.

    Every step is worked out again from its own inputs, every input compared with the place it is
    taken from, the steps with those that the rules ask for, the figures with the pricing engine's.
    Raises `UnreadableProof` for what is no proof or is damaged.
    """
    proven, steps = read_proof(document)
    proven = put_in_order(proven)
    asked = Written.of(proven)
    figures = list(compare_figures(proven, asked, document))
    found = [
        *_inputs(proven, document),
        *_shape(asked.steps, steps),
        *(each for step in steps for each in _step(step, document)),
        *figures,
    ]
    # What a change elsewhere makes of these is no news, unless nothing else shows it.
    return found or list(_whole(document, figures))


def _inputs(proven: ProvenOrder, document: Document) -> Found:
    """Yield where the inputs are not written as they should be: in another order, for example."""
    again = inputs_document(proven.draft, proven.names)
    for place, expected, found in differing("/inputs", again, document["inputs"]):
        message = f"At {place} the inputs are not written as they take effect."
        yield Discrepancy(place, message, shown(expected), shown(found))


def _shape(asked: Sequence[Step], given: Sequence[Step]) -> Found:
    """Yield where other steps stand than the rules ask for."""
    if len(asked) != len(given):
        message = f"The calculation has {len(asked)} steps, the proof {len(given)}."
        yield Discrepancy("/steps", message, str(len(asked)), str(len(given)))
    for one, other in zip(asked, given, strict=False):
        for name, expected, found in _shapes(one, other):
            if expected != found:
                yield _of_step(one, f"/{name}", expected, found, f"{name} is not what it should be")


def _shapes(one: Step, other: Step) -> Iterator[tuple[str, Any, Any]]:
    for name in ("number", "rule", "figure", "operation", "rounding"):
        yield name, getattr(one, name), getattr(other, name)
    yield "about", tuple(one.about), tuple(other.about)
    yield "inputs", _sources(one.inputs), _sources(other.inputs)
    yield "shares", _parcels(one), _parcels(other)


def _sources(inputs: Sequence[Input]) -> list[Any]:
    return [(each.name, each.source, each.minus) for each in inputs]


def _parcels(step: Step) -> Any:
    if step.shares is None:
        return None
    return [
        (
            each.of,
            _sources([each.weight]),
            None if each.quantity is None else _sources([each.quantity]),
            each.left is None,
        )
        for each in step.shares
    ]


def _step(step: Step, document: Document) -> Found:
    """Yield where a step's arithmetic does not hold, or an input is not what it is taken from."""
    taken = [*step.inputs]
    for share in step.shares or ():
        taken += [share.weight] if share.quantity is None else [share.weight, share.quantity]
    for each in taken:
        there = _at(document, each.source)
        if type(there) is not type(each.value) or there != each.value:
            what = f"{each.name} is taken from {each.source}, where {shown(there)} stands"
            yield _of_step(step, f"/inputs ({each.name})", there, each.value, what)
    try:
        again = _again(step)
    except (ValueError, ArithmeticError) as error:
        yield _of_step(step, "", "a result", step.result, f"it cannot be worked out: {error}")
        return
    for name in ("exact", "rounding", "result", "shares"):
        expected, found = getattr(again, name), getattr(step, name)
        if expected != found:
            yield from _of_results(step, name, expected, found)


def _again(step: Step) -> Step:
    if step.shares is None:
        return worked_out(
            step.number, step.rule, step.figure, step.about, step.operation, step.inputs
        )
    parcels = [Parcel(each.of, each.weight, each.quantity) for each in step.shares]
    return shared_out(
        step.number,
        step.rule,
        step.figure,
        step.about,
        step.operation,
        step.inputs,
        parcels,
        taken_off=step.operation == "allocate"
        and any(each.left is not None for each in step.shares),
    )


def _of_results(step: Step, name: str, expected: Any, found: Any) -> Found:
    if name != "shares":
        yield _of_step(step, f"/{name}", expected, found, f"{name} does not follow from its inputs")
        return
    for index, (one, other) in enumerate(zip(expected, found, strict=True)):
        for part in ("share", "floor", "remainder", "extra", "asked", "left"):
            wanted, there = getattr(one, part), getattr(other, part)
            if wanted != there:
                what = f"{part} of {other.of} does not follow from its inputs"
                yield _of_step(step, f"/shares/{index}/{part}", wanted, there, what)


def _at(document: Document, source: str) -> Any:
    """Return what stands where a JSON pointer of this document leads; None for nowhere."""
    value: Any = document
    for name in source.split("/")[1:]:
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get(name)
        elif isinstance(value, list) and _INDEX.fullmatch(name):
            items = cast("list[Any]", value)
            value = items[int(name)] if int(name) < len(items) else None
        else:
            return None
    return value


def _of_step(step: Step, part: str, expected: Any, found: Any, what: str) -> Discrepancy:
    message = f"In step {step.number} ({step.rule}) {what}."
    place = f"/steps/{step.number - 1}{part}"
    return Discrepancy(place, message, shown(expected), shown(found), step.number, step.rule)


def _whole(document: Document, found: Sequence[Discrepancy]) -> Found:
    """Yield where what a proof says of itself as a whole is not so."""
    differences = [each.message for each in found]
    for name, expected in (("consistent", not differences), ("differences", differences)):
        if document[name] != expected or type(document[name]) is not type(expected):
            message = f"What the proof says as {name} is not so."
            yield Discrepancy(f"/{name}", message, shown(expected), shown(document[name]))
    digest = digest_of(document)
    if document["digest"] != digest:
        message = "The digest is not that of this document: something in it was changed."
        yield Discrepancy("/digest", message, digest, shown(document["digest"]))


_INDEX = re.compile(r"0|[1-9]\d{0,8}")
