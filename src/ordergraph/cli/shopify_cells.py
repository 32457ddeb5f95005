"""Reading the cells of a product CSV: each says what it says, or what is wrong is noted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from ordergraph.core.currencies import DIGITS
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, FieldPath, Problem
from ordergraph.core.sparse import OMITTED, Omitted

E = TypeVar("E", bound=StrEnum)

BOOLEANS = {"true": True, "false": False}
_PRICE = re.compile(r"\d{1,15}(\.\d*)?|\.\d+")
_WHOLE = re.compile(r"-?\d{1,12}")


@dataclass(slots=True, kw_only=True)
class Cells:
    """What reads cells; prices are of `currency`."""

    currency: str
    problems: list[Problem] = field(default_factory=list[Problem])

    def note(self, code: ErrorCode, message: str, *path: str) -> None:
        """Note what is wrong, with where it stands in the product."""
        self.problems.append(Problem(code, message, path))

    def clearable(self, cells: Mapping[str, str], name: str) -> str | Omitted | None:
        """Return a text, None where its cell is empty, `OMITTED` where there is no such column."""
        cell = cells.get(name)
        return OMITTED if cell is None else (cell if cell.strip() else None)

    def price(self, cell: str, *path: str) -> Money | None:
        """Return a price of the currency's digits, exactly; an empty cell is None."""
        said = cell.strip()
        if not said:
            return None
        digits = DIGITS[self.currency]
        minor = Decimal(said).scaleb(digits) if _PRICE.fullmatch(said) else None
        if minor is None:
            message = "A price is a number such as 19.99, without a sign or separators."
            self.note(ErrorCode.INVALID_FORMAT, message, *path)
        elif minor != minor.to_integral_value():
            message = f"A price in {self.currency} has at most {digits} digits behind its point."
            self.note(ErrorCode.INVALID_FORMAT, message, *path)
        else:
            return Money(int(minor), self.currency)
        return Money(0, self.currency)

    def boolean(self, cells: Mapping[str, str], name: str, path: FieldPath) -> bool | Omitted:
        """Return true or false; an empty cell says nothing."""
        said = cells.get(name, "").strip().casefold()
        if said and said not in BOOLEANS:
            self.note(ErrorCode.INVALID_FIELD, "This is TRUE or FALSE.", *path, name)
        return BOOLEANS.get(said, OMITTED)

    def one_of(
        self, kind: type[E], cells: Mapping[str, str], name: str, path: FieldPath
    ) -> E | Omitted:
        """Return a member of an enumeration; an empty cell says nothing."""
        said = cells.get(name, "").strip().upper()
        if not said:
            return OMITTED
        if said in kind.__members__:
            return kind(said)
        self.note(ErrorCode.INVALID_ENUM, f"This is one of {', '.join(kind)}.", *path)
        return OMITTED

    def policy(self, cells: Mapping[str, str], path: FieldPath, *, tracked: bool) -> bool | Omitted:
        """Tell whether sales stop at zero; where nothing is said, they do when stock is tracked."""
        said = cells.get("policy", "").strip().casefold()
        if said in ("deny", "continue"):
            return said == "deny"
        if said:
            message = "What happens without stock is deny or continue."
            self.note(ErrorCode.INVALID_ENUM, message, *path, "enforceInventoryLimit")
        return True if tracked and "policy" in cells else OMITTED

    def quantity(
        self, cells: Mapping[str, str], path: FieldPath, tracker: str | None
    ) -> int | Omitted:
        """Return the units counted; they are nothing where the stock is not tracked."""
        said = cells.get("quantity", "").strip()
        if not said or (tracker is not None and not tracker.strip()):
            return OMITTED
        if not _WHOLE.fullmatch(said):
            self.note(
                ErrorCode.INVALID_FIELD,
                "A quantity is a whole number.",
                *path,
                "initialQuantityAvailable",
            )
            return OMITTED
        return int(said)
