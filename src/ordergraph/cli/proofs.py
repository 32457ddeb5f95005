"""`ordergraph verify-proof`: proofs are checked by what stands in their file and nothing else."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, cast

from ordergraph.core.currencies import DIGITS
from ordergraph.core.proving.checking import verify
from ordergraph.core.proving.subjects import FORMAT, Discrepancy, UnreadableProof

HOLDS, FAILS, UNREADABLE = 0, 1, 2
_DEEPEST = 64


def verify_proof(*, file: str, explain: bool) -> None:
    """Check every proof of a file and tell people about each; the exit code tells scripts.

    0: all of them hold; 1: something does not; 2: there is no proof to check, said in a sentence.
    """
    name = "<stdin>" if file == "-" else file
    try:
        documents = list(_proofs_in(_decoded(_bytes_of(file))))
        if not documents:
            raise UnreadableProof(f"There is no proof in it: nothing has the format {FORMAT}.")
        found = [(document, verify(document)) for document in documents]
    except UnreadableProof as problem:
        _refuse(f"{name}: {problem}")
    except RecursionError:
        _refuse(f"{name}: It is nested too deeply.")
    for document, discrepancies in found:
        _tell(document, discrepancies, explain=explain)
    raise SystemExit(FAILS if any(discrepancies for _, discrepancies in found) else HOLDS)


def _refuse(sentence: str) -> NoReturn:
    print(f"ordergraph: {sentence}", file=sys.stderr)
    raise SystemExit(UNREADABLE)


def _bytes_of(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UnreadableProof(f"It cannot be read: {error.strerror}.") from None


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_members)
    except UnicodeDecodeError:
        raise UnreadableProof("It is not in UTF-8.") from None
    except UnreadableProof:
        raise
    except ValueError as error:
        raise UnreadableProof(f"It is not JSON: {error}.") from None


def _members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: readers would not agree on what it says."""
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableProof(f"An object in it has {twice!r:.60} twice.")
    return members


def _proofs_in(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the proofs of an answer, wherever they stand in it."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        is_proof = str(members.get("format")).startswith("ordergraph-proof/")
        if is_proof:
            yield members
            return
        inside = list(members.values())
    else:
        inside = cast("list[Any]", value) if isinstance(value, list) else []
    for each in inside:
        yield from _proofs_in(each, depth + 1)


def _tell(document: Mapping[str, Any], found: Sequence[Discrepancy], *, explain: bool) -> None:
    order, net = document["order"], document["net"]
    number = f" ({order['number']})" if order["number"] else ""
    _say(f"Order {order['id']}{number}, version {order['version']}, {order['status']}")
    _say(f"  as of {order['computedAt']}, {len(document['steps'])} steps")
    if explain:
        for step in document["steps"]:
            _say(f"  {explained(step)}")
    total, balance = document["amounts"].get("total"), net.get("balance")
    currency = order["currency"]
    _say(f"  total {_money(total, currency)}, balance {_money(balance, currency)}")
    if not found:
        _say("  holds")
        return
    _say(f"  does not hold in {len(found)} place{'s' if len(found) > 1 else ''}:")
    for each in found:
        where = each.place if each.step is None else f"step {each.step}"
        rule = f" {each.rule}" if each.rule else ""
        _say(f"  - {where}{rule}: {each.message}")
        _say(f"      expected {each.expected}, found {each.found}")


def _say(line: str) -> None:
    """Print a line: whatever a file has in it, a terminal is sent nothing but characters."""
    print("".join(each if each.isprintable() else "?" for each in line))


def _money(minor: Any, currency: str) -> str:
    """Write an amount as people do, where that is one."""
    digits = DIGITS.get(currency)
    if digits is None or type(minor) is not int:
        return f"{minor} {currency}"
    whole, rest = divmod(abs(minor), 10**digits)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole}{f'.{rest:0{digits}}' if digits else ''} {currency}"


def explained(step: Mapping[str, Any]) -> str:
    """Write a step as one line: its rule, what it is about, the numbers, and the result."""
    about = step["about"]
    subject = " ".join(
        str(part) for part in (_KINDS.get(about["kind"], about["kind"]), _called(about)) if part
    )
    head = f"{step['number']:>4}  {step['rule']:<7} {step['figure']} of {subject}: "
    return head + _worked(step) + _shares(step)


def _called(about: Mapping[str, Any]) -> str:
    name = about["name"] or about["id"]
    item = f" on {about['item']}" if about["item"] else ""
    return f"{name or ''}{item}"


def _worked(step: Mapping[str, Any]) -> str:
    values = [each["value"] for each in step["inputs"]]
    write = _SENTENCES.get(step["operation"])
    text = _sum(step["inputs"]) if write is None else write(values)
    if step["operation"] == "excess":
        text = f"{text} where above 0"
    result = step["result"]
    if step["rounding"] == "half up" and not str(step["exact"]).endswith("/1"):
        return f"{text} = {step['exact']}, rounded half up: {result}"
    return f"{text}: {result}" if "shares" in step else f"{text} = {result}"


def _shares(step: Mapping[str, Any]) -> str:
    parts = [
        f"{each['of']} {each['share']}{' (+1)' if each.get('extra') else ''}"
        for each in step.get("shares", ())
    ]
    return f" -> {', '.join(parts)}" if parts else ""


def _sum(inputs: Sequence[Mapping[str, Any]]) -> str:
    if not inputs:
        return "0"
    text = "".join(f" {'-' if each.get('minus') else '+'} {each['value']}" for each in inputs)
    return text.removeprefix(" + ").strip()


def _line(values: Sequence[Any]) -> str:
    quantity, *unit = values
    unit_price, *rest = unit if len(unit) % 2 else [None, *unit]
    pairs = zip(rest[::2], rest[1::2], strict=True)
    each = [
        *([str(unit_price)] if unit_price is not None else []),
        *(f"{a} x {b}" for a, b in pairs),
    ]
    return (
        f"{quantity} x ({' + '.join(each) or 0})" if len(each) != 1 else f"{quantity} x {each[0]}"
    )


def _units(values: Sequence[Any]) -> str:
    amount, *quantities = values
    return f"{amount} x ({' + '.join(map(str, quantities)) or 0})"


def _included(values: Sequence[Any]) -> str:
    base, *percents = values
    return f"{' + '.join(map(str, percents))}% inside {base}"


def _listed(word: str) -> Callable[[Sequence[Any]], str]:
    return lambda values: f"the {word} of {', '.join(map(str, values))}"


_KINDS = {"flatTax": "flat tax", "net": "what is left", "includedTaxes": "included taxes"}
_SENTENCES: Mapping[str, Callable[[Sequence[Any]], str]] = {
    "line": _line,
    "units": _units,
    "percent": lambda values: f"{values[0]}% of {values[1]}",
    "included": _included,
    "least": _listed("least"),
    "greatest": _listed("greatest"),
    "within": lambda values: f"{values[0]} within 0 and {values[1]}",
    "allocate": lambda values: f"{values[0]} by largest remainder",
    "each": lambda values: f"{values[0]} off each unit, no more than remains",
}
