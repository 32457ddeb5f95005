"""Orders to prove, short to write, and documents to damage."""

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from ordergraph.core.amounts import OrderAmounts, net_amounts
from ordergraph.core.drafts import OrderDraft
from ordergraph.core.pricing import price
from ordergraph.core.proving.checking import explain, verify
from ordergraph.core.proving.subjects import (
    Discrepancy,
    Identity,
    ProvenOrder,
    ProvenPayment,
    ProvenRefund,
)
from ordergraph.core.sales import Reversal
from tests.core.orders import NOON, uid

Document = dict[str, Any]
Path = tuple[Any, ...]


def proven(draft: OrderDraft, *, paid: Sequence[int] = (), **more: Any) -> ProvenOrder:
    """A draft with the figures that the engine gives it, as an order has them stored."""
    breakdown = price(draft)
    return ProvenOrder(
        Identity(uid(900), "1001", 3, "OPEN", NOON),
        draft,
        breakdown,
        breakdown.total,
        net_amounts(breakdown.amounts, OrderAmounts(), sum(paid), 0),
        payments=tuple(ProvenPayment(uid(910 + at), minor) for at, minor in enumerate(paid)),
        **more,
    )


def refunded(order: ProvenOrder, *reversals: Reversal, failed: Sequence[int] = ()) -> ProvenOrder:
    """The order, paid in full, after refunds; those whose numbers `failed` were taken back."""
    refunds: list[ProvenRefund] = []
    undone, returned = OrderAmounts(), 0
    for number, reversal in enumerate(reversals):
        back = reversal if number in failed else Reversal()
        counted = reversal.money - back.money
        status = "FAILED" if number in failed else "SUCCEEDED"
        refunds.append(
            ProvenRefund(uid(920 + number), status, reversal.money, counted, reversal, back)
        )
        returned += counted
        undone = undone.plus(reversal.amounts).minus(back.amounts)
    paid = sum(each.amount for each in order.payments)
    net = net_amounts(order.stored.amounts, undone, paid, returned)
    return replace(order, refunds=tuple(refunds), net=net, ever_paid=True)


def sent(document: Document) -> Document:
    """The document as it comes out of a file."""
    return json.loads(json.dumps(document))


def proof(order: ProvenOrder) -> Document:
    """The proof of an order that holds, as it comes out of a file."""
    document = sent(explain(order))
    assert (document["consistent"], document["differences"]) == (True, [])
    return document


def parts(document: Any) -> Iterable[tuple[Any, Any]]:
    """The members of an object or the items of a list, with their names or numbers."""
    members: Any = getattr(document, "items", None)
    if members is None:
        return enumerate(cast("Sequence[Any]", document))
    return members()


def numbers(document: Any, path: Path = ()) -> Iterator[Path]:
    """The places of all numbers: whole ones, percentages and fractions too."""
    if isinstance(document, dict | list):
        for name, value in parts(document):
            yield from numbers(value, (*path, name))
    elif (isinstance(document, int) and not isinstance(document, bool)) or (
        path[-1] in ("percent", "exact", "remainder", "value") and isinstance(document, str)
    ):
        yield path


def changed(document: Document, path: Path) -> Document:
    """The document with one number made one larger."""
    copy = sent(document)
    with put(copy, path, _more):
        return sent(copy)


@contextmanager
def put(document: Document, path: Path, change: Callable[[Any], Any]) -> Generator[None]:
    """Change what stands at a place, for as long as this lasts."""
    part: Any = document
    for name in path[:-1]:
        part = part[name]
    before = part[path[-1]]
    part[path[-1]] = change(before)
    yield
    part[path[-1]] = before


def found_out(document: Document) -> Iterator[tuple[Path, list[str]]]:
    """Each number, and the places that do not hold when it alone is one larger."""
    for path in list(numbers(document)):
        with put(document, path, _more):
            yield path, [each.place for each in verify(document)]


def places(found: Sequence[Discrepancy]) -> list[tuple[int | None, str | None]]:
    """The steps and rules of what does not hold."""
    return [(each.step, each.rule) for each in found]


def holds(document: Document) -> bool:
    return verify(document) == []


def _more(value: Any) -> Any:
    if isinstance(value, int):
        return value + 1
    head, slash, tail = value.partition("/")
    if slash:
        return f"{int(head) + 1}/{tail}"
    return f"{int(head.split('.')[0]) + 1}{head[len(head.split('.')[0]) :]}"
