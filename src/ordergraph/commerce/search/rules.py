"""What can be searched for, and how texts fall into words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from ordergraph.commerce.catalog.rules import ProductType
from ordergraph.commerce.categories.rules import MemberKind
from ordergraph.core.money import MOST_MINOR

LONGEST_WORD = 200
"""Of a longer word only so many characters count."""

SHORTEST_BEGINNING = 3
"""A last word with fewer characters is completed in names only: so few begin half of all words."""

MARKS = (
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    "\u00a0\u00a1\u00ab\u00b7\u00bb\u00bf\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b"
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2020\u2021\u2022\u2026"
    "\u2028\u2029\u202f\u2032\u2033\u2039\u203a\u205f\u3000\u3001\u3002\u3008\u3009\u300a\u300b\u300c\u300d\u300e"
    "\u300f\u3010\u3011\u301c\u30fb\uff01\uff08\uff09\uff0c\uff0e\uff0f\uff1a\uff1b\uff1f\ufeff"
)
"""What stands between words besides white space, in texts and in queries alike."""

PLACES = 2**28
"""How many places each rank has: a rank and a place make one whole number."""

_BAND_DIGITS = 2

_BLANKS = str.maketrans(MARKS, " " * len(MARKS))


class Rank(IntEnum):
    """Where all words of a query were found, best first: each where it stands best (SRC-2)."""

    CODE = 0
    """The query is a SKU or barcode, whatever its case."""
    WHOLE_NAME = 1
    NAME = 2
    CODES = 3
    """In the name or a SKU, or the query begins a SKU or barcode."""
    CATEGORIES = 4
    DESCRIPTION = 5


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Which of what was found a list has; what is empty places no condition.

    It is in one of the categories, named by `category_ids` or, in lower case, by `labels`, which
    may be slugs. Its lowest price is in `currency` and between two bounds in minor units, both
    included.
    """

    kinds: tuple[MemberKind, ...] = ()
    types: tuple[ProductType, ...] = ()
    category_ids: tuple[UUID, ...] = ()
    labels: tuple[str, ...] = ()
    currency: str | None = None
    least_minor: int | None = None
    most_minor: int | None = None
    only_in_stock: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """A query as it was typed, trimmed, and the words in it."""

    text: str
    filter: SearchFilter
    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str, filter: SearchFilter) -> Search:
        """Make a search of a trimmed query."""
        return cls(text, filter, words_of(text))


@dataclass(slots=True)
class Hit:
    """What was found, and where it stands in the list: by `rank`, then by id."""

    id: UUID
    kind: MemberKind
    rank: int


def price_bands(least: int | None, most: int | None) -> Sequence[str]:
    """Return the bands that cover a range of prices, and little beyond it; none for no range.

    A band is all prices of so many digits (`4.`), those that begin with a digit (`4.1`) or with
    two (`4.19`): documents name theirs, so that the index leaves out nearly all that is dearer or
    cheaper.
    """
    if least is None and most is None:
        return ()
    low, high = least or 0, MOST_MINOR if most is None else most
    return [
        band
        for digits in range(1, len(str(MOST_MINOR)) + 1)
        for band in _bands(digits, "", low, high)
    ]


def _bands(digits: int, begun: str, low: int, high: int) -> Iterator[str]:
    rest = digits - len(begun)
    first = int(begun.ljust(digits, "0")) if begun else (10 ** (digits - 1) if digits > 1 else 0)
    last = int(begun.ljust(digits, "9")) if begun else 10**digits - 1
    if last < low or first > high:
        return
    if (low <= first and last <= high) or len(begun) == _BAND_DIGITS or not rest:
        yield f"{digits}.{begun}"
        return
    for digit in "0123456789" if begun or digits == 1 else "123456789":
        yield from _bands(digits, begun + digit, low, high)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, in its own case."""
    return tuple(word[:LONGEST_WORD] for word in text.translate(_BLANKS).split())
