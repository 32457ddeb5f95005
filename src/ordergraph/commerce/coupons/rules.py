"""What a coupon is made of, and what can be set of it (domain 10.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ordergraph.commerce.coupons.lifecycle import EffectiveStatus, effective_status
from ordergraph.core.discounts import CouponStatus
from ordergraph.core.ids import Prefix
from ordergraph.core.money import Money
from ordergraph.core.sparse import OMITTED, Omitted


@dataclass(slots=True)
class Coupon:
    """A coupon as merchants see it, as of `read_at`; it takes off a percentage or an amount."""

    id: UUID
    name: str
    description: str | None
    code: str | None
    percent_off: Decimal | None
    amount_off: Money | None
    max_uses: int | None
    uses_count: int
    max_uses_per_customer: int | None
    starts_at: datetime | None
    expires_at: datetime | None
    minimum_purchase: Money | None
    limit_variant_ids: tuple[UUID, ...]
    limit_product_ids: tuple[UUID, ...]
    limit_bundle_ids: tuple[UUID, ...]
    limit_category_ids: tuple[UUID, ...]
    first_order_only: bool
    stackable: bool
    stored_status: CouponStatus
    metadata: dict[str, str]
    version: int
    created_at: datetime
    updated_at: datetime
    read_at: datetime

    @property
    def status(self) -> EffectiveStatus:
        """What the coupon amounts to at `read_at`; never stored by a job."""
        return effective_status(
            self.stored_status, self.expires_at, self.max_uses, self.uses_count, self.read_at
        )


@dataclass(frozen=True, slots=True)
class LimitItem:
    """A product, variant or bundle that a coupon is limited to, and where the input names it."""

    kind: Prefix
    id: UUID
    position: int


@dataclass(frozen=True, slots=True)
class LimitCategory:
    """A category that a coupon is limited to, by its label or its id, and where it is named."""

    label: str | None
    id: UUID | None
    position: int


@dataclass(frozen=True, slots=True)
class CouponChanges:
    """What is set of a coupon: what is omitted stays, None clears (UPD-1, UPD-2).

    Numbers and the percentage come as they were sent and are judged here. Setting a percentage
    takes the place of an amount and the other way round.
    """

    name: str | Omitted | None = OMITTED
    description: str | Omitted | None = OMITTED
    code: str | Omitted | None = OMITTED
    percent_off: str | Omitted | None = OMITTED
    amount_off: Money | Omitted | None = OMITTED
    max_uses: int | Decimal | Omitted | None = OMITTED
    max_uses_per_customer: int | Decimal | Omitted | None = OMITTED
    starts_at: datetime | Omitted | None = OMITTED
    expires_at: datetime | Omitted | None = OMITTED
    minimum_purchase: Money | Omitted | None = OMITTED
    limit_to: Sequence[LimitItem] | Omitted | None = OMITTED
    limit_categories: Sequence[LimitCategory] | Omitted | None = OMITTED
    first_order_only: bool | Omitted | None = OMITTED
    stackable: bool | Omitted | None = OMITTED
    status: EffectiveStatus | Omitted | None = OMITTED
    metadata: Mapping[str, Any] | Omitted | None = OMITTED


def normal_code(code: str) -> str:
    """Write a code as it is stored and compared: trimmed and in upper case (DSC-2)."""
    return code.strip().upper()


def name_key(name: str) -> str:
    """Write a name as lists are ordered by it, whatever its case."""
    return name.lower()
