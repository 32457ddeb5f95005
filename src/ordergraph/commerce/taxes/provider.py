"""The port to a tax provider elsewhere: what is asked of it, and what it answers (TAX-5)."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from ordergraph.core.drafts import TaxCategory
from ordergraph.core.jurisdictions import Jurisdiction, TaxType
from ordergraph.core.money import Money
from ordergraph.core.taxes import TaxLocation


@dataclass(frozen=True, slots=True)
class TaxItem:
    """A line or charge to be taxed: what it comes to after discounts, in minor units."""

    category: TaxCategory
    amount: int


@dataclass(frozen=True, slots=True)
class TaxRequest:
    """All that the taxes of an order depend on; equal requests have equal answers.

    Items have no ids: an order that is only being made gets new ones with each try.
    """

    currency: str
    location: TaxLocation
    items: tuple[TaxItem, ...]


@dataclass(frozen=True, slots=True)
class ProvidedTax:
    """One tax on the items with these numbers, None being all; without a percentage it is flat.

    `amount`, in minor units, is what it comes to; without one our own rounding makes it of the
    percentage.
    """

    name: str
    percent: Decimal | None = None
    amount: int | None = None
    inclusive: bool = False
    type: TaxType = TaxType.SALES_TAX
    jurisdiction: Jurisdiction | None = None
    items: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class TaxRecord:
    """What came of an order's taxes by now: all of it, and what refunds reversed of it."""

    order_id: UUID
    tax: Money
    reversed: Money


class TaxUnavailable(Exception):
    """The provider cannot say now what is to be taxed."""


class TaxProvider(Protocol):
    """Somebody elsewhere who knows the taxes; the merchant's own rates need none of this.

    It is never called inside a database transaction, and each call ends within `timeout`.
    """

    @property
    def timeout(self) -> timedelta: ...

    @property
    def keeps_books(self) -> bool:
        """Tell whether it wants to hear what was sold and refunded."""
        ...

    async def calculate(self, environment_id: UUID, request: TaxRequest) -> tuple[ProvidedTax, ...]:
        """Say what taxes apply, or raise `TaxUnavailable`."""
        ...

    async def commit_taxes(self, environment_id: UUID, record: TaxRecord) -> None:
        """Note that an order was paid; told again, it is the same order."""
        ...

    async def reverse_taxes(self, environment_id: UUID, record: TaxRecord) -> None:
        """Note how much of an order's tax is reversed by now; the newest word counts."""
        ...
