"""Judging what is set of a coupon: each field, then all of them together (domain 10.1)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from ordergraph.commerce.categories.rules import MOST_CATEGORIES
from ordergraph.commerce.coupons.lifecycle import SETTABLE
from ordergraph.commerce.coupons.rules import (
    Coupon,
    CouponChanges,
    LimitItem,
    normal_code,
)
from ordergraph.core.amounts import check_amount
from ordergraph.core.currencies import require_currency
from ordergraph.core.discounts import CouponStatus
from ordergraph.core.ids import Prefix
from ordergraph.core.money import Money
from ordergraph.core.percents import parse_percent
from ordergraph.core.problems import ErrorCode, Findings, Problem
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.core.texts import LONGEST_NAME, check_text, merge_metadata

T = TypeVar("T")

LONGEST_CODE = 64
LONGEST_DESCRIPTION = 5_000
MOST_LIMIT_ITEMS = 250
LIMITING = (Prefix.VARIANT, Prefix.PRODUCT, Prefix.BUNDLE)
"""Kinds of things that a coupon can be limited to."""

MOST_USES = 1_000_000_000
_CODE = re.compile(r"[A-Za-z0-9_-]+")


def changed(coupon: Coupon, wanted: CouponChanges, findings: Findings) -> Coupon:
    """Return the coupon with the changes made; what is not allowed is noted in `findings`.

    The result means something only if nothing was noted. Whether the items of a limit exist is
    not known here.
    """
    percent_off, amount_off = _value(coupon, wanted, findings)
    result = replace(
        coupon,
        name=_name(coupon, wanted, findings),
        description=_description(coupon, wanted, findings),
        code=_code(coupon, wanted, findings),
        percent_off=percent_off,
        amount_off=amount_off,
        max_uses=_count(coupon.max_uses, wanted.max_uses, findings, "maxUses"),
        max_uses_per_customer=_count(
            coupon.max_uses_per_customer,
            wanted.max_uses_per_customer,
            findings,
            "maxUsesPerCustomer",
        ),
        starts_at=_kept(coupon.starts_at, wanted.starts_at),
        expires_at=_kept(coupon.expires_at, wanted.expires_at),
        minimum_purchase=_minimum(coupon, wanted, findings),
        first_order_only=_switch(
            coupon.first_order_only, wanted.first_order_only, findings, "firstOrderOnly"
        ),
        stackable=_switch(coupon.stackable, wanted.stackable, findings, "stackable"),
        stored_status=_status(coupon, wanted, findings),
        metadata=_metadata(coupon, wanted, findings),
    )
    if wanted.limit_to is not OMITTED:
        _limit(result, wanted.limit_to or (), findings)
    if wanted.limit_categories is not OMITTED:
        _check_categories(len(wanted.limit_categories or ()), findings)
    _check_together(result, findings)
    return result


def _kept(present: T, wanted: T | Omitted) -> T:
    return present if wanted is OMITTED else wanted


def _name(coupon: Coupon, wanted: CouponChanges, findings: Findings) -> str:
    if wanted.name is OMITTED:
        return coupon.name
    return check_text(findings, wanted.name or "", LONGEST_NAME, "name", least=1) or ""


def _description(coupon: Coupon, wanted: CouponChanges, findings: Findings) -> str | None:
    if wanted.description is OMITTED:
        return coupon.description
    return check_text(findings, wanted.description, LONGEST_DESCRIPTION, "description") or None


def _code(coupon: Coupon, wanted: CouponChanges, findings: Findings) -> str | None:
    if wanted.code is OMITTED or wanted.code is None:
        return _kept(coupon.code, wanted.code)
    code = check_text(findings, wanted.code, LONGEST_CODE, "code") or ""
    if not _CODE.fullmatch(code):
        findings.add(
            ErrorCode.INVALID_FORMAT, "A code is made of A-Z a-z 0-9 _ and - only.", "code"
        )
    return normal_code(code)


def _value(
    coupon: Coupon, wanted: CouponChanges, findings: Findings
) -> tuple[Decimal | None, Money | None]:
    """Return the percentage and the amount, exactly one of them (10.1)."""
    percent, amount = wanted.percent_off, wanted.amount_off
    if isinstance(percent, str) and isinstance(amount, Money):
        _refuse_value(findings, "A coupon takes off a percentage or an amount, not both.")
        return None, None
    if isinstance(percent, str):
        return _percent(percent, findings), None
    if isinstance(amount, Money):
        return None, _money(amount, 1, findings, "amountOff")
    kept = _kept(coupon.percent_off, percent), _kept(coupon.amount_off, amount)
    if kept == (None, None):
        _refuse_value(findings, "A coupon takes off either a percentage or an amount.")
    return kept


def _refuse_value(findings: Findings, message: str) -> None:
    findings.add(ErrorCode.INVALID_COUPON_VALUE, message, "percentOff")


def _percent(text: str, findings: Findings) -> Decimal | None:
    try:
        return parse_percent(text, field=("percentOff",))
    except Problem as problem:
        if problem.code is ErrorCode.INVALID_FIELD:
            _refuse_value(findings, problem.message)
        else:
            findings.note(problem)
        return None


def _minimum(coupon: Coupon, wanted: CouponChanges, findings: Findings) -> Money | None:
    if isinstance(wanted.minimum_purchase, Money):
        return _money(wanted.minimum_purchase, 0, findings, "minimumPurchase")
    return _kept(coupon.minimum_purchase, wanted.minimum_purchase)


def _money(money: Money, least: int, findings: Findings, field: str) -> Money | None:
    try:
        require_currency(money.currency, (field, "currency"))
        check_amount(money.minor, least, (field, "amount"))
    except Problem as problem:
        findings.note(problem)
        return None
    return money


def _count(
    present: int | None, wanted: int | Decimal | Omitted | None, findings: Findings, field: str
) -> int | None:
    if wanted is OMITTED or wanted is None:
        return _kept(present, wanted)
    if isinstance(wanted, int) and 1 <= wanted <= MOST_USES:
        return wanted
    findings.add(
        ErrorCode.INVALID_FIELD, f"{field} is a whole number between 1 and {MOST_USES}.", field
    )
    return None


def _switch(present: bool, wanted: bool | Omitted | None, findings: Findings, field: str) -> bool:
    if wanted is None:
        findings.add(ErrorCode.FIELD_REQUIRED, f"{field} is true or false, never null.", field)
        return present
    return _kept(present, wanted)


def _status(coupon: Coupon, wanted: CouponChanges, findings: Findings) -> CouponStatus:
    if wanted.status is OMITTED:
        return coupon.stored_status
    if wanted.status is None or wanted.status not in SETTABLE:
        findings.add(
            ErrorCode.INVALID_ENUM,
            "A coupon is set to ACTIVE or DISABLED; its other statuses follow by themselves.",
            "status",
        )
        return coupon.stored_status
    return SETTABLE[wanted.status]


def _metadata(coupon: Coupon, wanted: CouponChanges, findings: Findings) -> dict[str, str]:
    if wanted.metadata is OMITTED:
        return coupon.metadata
    return merge_metadata(findings, coupon.metadata, wanted.metadata, "metadata")


def _limit(coupon: Coupon, items: Sequence[LimitItem], findings: Findings) -> None:
    """Put a limit to items in the place of the one before (UPD-6); none means no limit."""
    if len(items) > MOST_LIMIT_ITEMS:
        findings.add(
            ErrorCode.TOO_MANY_ITEMS,
            f"A coupon is limited to at most {MOST_LIMIT_ITEMS} products, variants and bundles.",
            "limitToItemIds",
        )
    by_kind: dict[Prefix, dict[UUID, None]] = {kind: {} for kind in LIMITING}
    for item in items:
        by_kind[item.kind][item.id] = None
    coupon.limit_variant_ids = tuple(by_kind[Prefix.VARIANT])
    coupon.limit_product_ids = tuple(by_kind[Prefix.PRODUCT])
    coupon.limit_bundle_ids = tuple(by_kind[Prefix.BUNDLE])


def _check_categories(count: int, findings: Findings) -> None:
    if count > MOST_CATEGORIES:
        findings.add(
            ErrorCode.TOO_MANY_ITEMS,
            f"A coupon is limited to at most {MOST_CATEGORIES} categories.",
            "limitToCategories",
        )


def _check_together(coupon: Coupon, findings: Findings) -> None:
    """Check what depends on more than one field, or on the uses so far."""
    starts_at, expires_at = coupon.starts_at, coupon.expires_at
    if starts_at is not None and expires_at is not None and expires_at <= starts_at:
        findings.add(ErrorCode.INVALID_DATE_RANGE, "A coupon expires after it starts.", "expiresAt")
    amount, minimum = coupon.amount_off, coupon.minimum_purchase
    if amount is not None and minimum is not None and amount.currency != minimum.currency:
        findings.add(
            ErrorCode.CURRENCY_MISMATCH,
            "The amount off and the minimum purchase are in one currency.",
            "minimumPurchase",
            "currency",
        )
    if coupon.max_uses is not None and coupon.max_uses < coupon.uses_count:
        findings.add(
            ErrorCode.INVALID_FIELD,
            f"The coupon has been used {coupon.uses_count} times already.",
            "maxUses",
        )
