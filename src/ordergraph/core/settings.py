"""Kinds of settings: how a value of each is judged, kept and read back."""

from __future__ import annotations

from dataclasses import Field, dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, cast

from ordergraph.core.addresses import Address
from ordergraph.core.counts import whole_number
from ordergraph.core.currencies import check_money
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.core.tips import TipOptions


class Kind(Protocol):
    """What sort of value a setting takes; null only clears a `clearable` one."""

    @property
    def clearable(self) -> bool:
        """Tell whether null is a value of the setting."""
        ...

    def check(self, findings: Findings, value: Any, name: str) -> Any:
        """Return a value that was sent as it will be kept; note what is wrong with it at `name`."""
        ...

    def stored(self, value: Any) -> Any:
        """Return the value as JSON keeps it."""
        ...

    def read(self, kept: Any) -> Any:
        """Return the value that JSON kept."""
        ...


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    clearable: bool = False

    def check(self, findings: Findings, value: Any, name: str) -> Any:
        return value

    def stored(self, value: Any) -> Any:
        return value

    def read(self, kept: Any) -> Any:
        return kept


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of an enum."""

    values: type[StrEnum]
    clearable: bool = False

    def check(self, findings: Findings, value: Any, name: str) -> Any:
        return value

    def stored(self, value: Any) -> Any:
        return value.value

    def read(self, kept: Any) -> Any:
        return self.values(kept)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `least` to `most`."""

    least: int
    most: int
    clearable: bool = False

    def check(self, findings: Findings, value: Any, name: str) -> Any:
        number = None
        if isinstance(value, int | Decimal):
            number = whole_number(value, self.least, self.most)
        if number is None:
            findings.add(
                ErrorCode.INVALID_FIELD,
                f"{name} is a whole number from {self.least:,} to {self.most:,}.",
                name,
            )
        return number

    def stored(self, value: Any) -> Any:
        return value

    def read(self, kept: Any) -> Any:
        return kept


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money, at least `least` minor units of its currency."""

    least: int = 0
    clearable: bool = True

    def check(self, findings: Findings, value: Any, name: str) -> Any:
        return check_money(findings, value, name, least=self.least)

    def stored(self, value: Any) -> Any:
        return {"amount": value.minor, "currency": value.currency}

    def read(self, kept: Any) -> Any:
        return Money(kept["amount"], kept["currency"])


@dataclass(frozen=True, slots=True)
class Place:
    """A postal address."""

    clearable: bool = True

    def check(self, findings: Findings, value: Any, name: str) -> Any:
        value.check(findings, name)
        return value

    def stored(self, value: Any) -> Any:
        return value.as_stored()

    def read(self, kept: Any) -> Any:
        return Address.stored(kept)


@dataclass(frozen=True, slots=True)
class Tips:
    """Tips to suggest."""

    clearable: bool = True

    def check(self, findings: Findings, value: Any, name: str) -> Any:
        return value.judged(findings, name)

    def stored(self, value: Any) -> Any:
        return value.as_stored()

    def read(self, kept: Any) -> Any:
        return TipOptions.stored(kept)


def of_kind(kind: Kind, *, shown: bool = False) -> dict[str, Any]:
    """Return the metadata of a dataclass field that makes it a setting of a kind.

    `shown` says that public answers tell it, so that a change outdates every kept one.
    """
    return {"kind": kind, "shown": shown}


def kind_of(declared: Field[Any]) -> Kind:
    """Return the kind that a field was declared with."""
    return cast(Kind, declared.metadata["kind"])
