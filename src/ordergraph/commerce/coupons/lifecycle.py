"""What becomes of coupons: what is stored of their status, and what they amount to at a time."""

from datetime import datetime
from enum import StrEnum

from ordergraph.core.discounts import CouponStatus


class EffectiveStatus(StrEnum):
    """What a coupon amounts to: its stored status, its clock and its counter together (10.1)."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"
    EXPIRED = "EXPIRED"
    EXHAUSTED = "EXHAUSTED"
    DELETED = "DELETED"


SETTABLE = {
    EffectiveStatus.ACTIVE: CouponStatus.ACTIVE,
    EffectiveStatus.DISABLED: CouponStatus.DISABLED,
}
"""The statuses that a merchant switches between; deletion is final, the rest is computed."""


def effective_status(
    stored: CouponStatus,
    expires_at: datetime | None,
    max_uses: int | None,
    uses_count: int,
    now: datetime,
) -> EffectiveStatus:
    """Return a coupon's status at `now`, the first that holds in the order of DSC-3."""
    if stored is not CouponStatus.ACTIVE:
        return EffectiveStatus(stored.value)
    if expires_at is not None and now >= expires_at:
        return EffectiveStatus.EXPIRED
    if max_uses is not None and uses_count >= max_uses:
        return EffectiveStatus.EXHAUSTED
    return EffectiveStatus.ACTIVE
