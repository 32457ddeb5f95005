"""Which media type is answered, and which one may carry a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What an `Accept` header takes, of what we can answer.

    `json` is the JSON type that it likes best, None where it takes neither. `events` tells
    whether an event stream is taken at all, `prefers_events` whether it is liked better than JSON.
    """

    json: str | None
    events: bool
    prefers_events: bool


@dataclass(frozen=True, slots=True)
class _Range:
    pattern: str
    weight: float
    place: int


@lru_cache(maxsize=256)
def _read(header: str) -> Acceptance:
    ranges = [_range(text, place) for place, text in enumerate(header.split(","))]
    json, events = _best((JSON, GRAPHQL_RESPONSE), ranges), _best((EVENT_STREAM,), ranges)
    return Acceptance(
        json=json[1] if json else None,
        events=events is not None,
        prefers_events=events is not None and (json is None or events[0] > json[0]),
    )


def accepted(header: str | None) -> Acceptance:
    """Read an `Accept` header by its weights; without one, plain JSON is meant.

    At equal weights the type that is named earlier wins, and JSON always wins over an event
    stream, which some clients list in every request without wanting it.
    """
    return _read((header or "*/*")[:_LONGEST])


def carries_json(content_type: str | None) -> bool:
    """Tell whether a request's body is JSON: exactly that type, in UTF-8.

    Nothing that a browser form can send passes, so that no page can make a visitor's browser
    run a mutation.
    """
    if content_type == JSON:
        return True
    name, *parameters = (content_type or "").split(";")
    if name.strip().lower() != JSON:
        return False
    for parameter in parameters:
        key, _, value = parameter.strip().partition("=")
        if key.lower() == "charset" and value.strip('"').lower() not in ("utf-8", "utf8"):
            return False
    return True


def _range(text: str, place: int) -> _Range:
    pattern, *parameters = text.split(";")
    weight = 1.0
    for parameter in parameters:
        key, _, value = parameter.strip().partition("=")
        if key.lower() == "q":
            try:
                weight = min(max(float(value), 0.0), 1.0)
            except ValueError:
                weight = 0.0
    return _Range(pattern.strip().lower(), weight, place)


def _best(names: Sequence[str], ranges: Sequence[_Range]) -> tuple[float, str] | None:
    """Return the weight and name of the type that is liked best; None when none is taken."""
    best: tuple[float, int, str] | None = None
    for name in names:
        match = _match(name, ranges)
        if match is None or match.weight == 0:
            continue
        if best is None or (match.weight, -match.place) > best[:2]:
            best = (match.weight, -match.place, name)
    return None if best is None else (best[0], best[2])


def _match(name: str, ranges: Sequence[_Range]) -> _Range | None:
    """Return the most specific range that covers a type."""
    for pattern in (name, f"{name.partition('/')[0]}/*", "*/*"):
        for each in ranges:
            if each.pattern == pattern:
                return each
    return None
