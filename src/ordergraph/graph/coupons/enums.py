"""The enums of coupons as clients see them."""

from ordergraph.commerce.coupons.lifecycle import EffectiveStatus
from ordergraph.commerce.coupons.reads import CouponSortField
from ordergraph.graph.enums import shown

__all__ = ["CouponSortField", "EffectiveStatus"]

shown(
    EffectiveStatus,
    "Whether a coupon can be used. Values may be added.",
    {
        EffectiveStatus.ACTIVE: "It can be used, once it has started.",
        EffectiveStatus.DISABLED: "The merchant switched it off.",
        EffectiveStatus.EXPIRED: "Its time is over.",
        EffectiveStatus.EXHAUSTED: "All its uses are taken.",
        EffectiveStatus.DELETED: "It is gone for good.",
    },
    name="CouponStatus",
)
shown(
    CouponSortField,
    "What coupons are ordered by.",
    {
        CouponSortField.CREATED_AT: "When they were made.",
        CouponSortField.UPDATED_AT: "When they last changed.",
        CouponSortField.EXPIRES_AT: "When they expire; those that never do come last.",
        CouponSortField.NAME: "Their name, whatever its case.",
    },
)
