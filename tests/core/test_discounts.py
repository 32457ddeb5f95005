"""Whether a coupon may be used on an order, and which lines it acts on."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from ordergraph.core.discounts import (
    AttachedCoupon,
    CouponContext,
    CouponLine,
    CouponStatus,
    CouponTerms,
    discount_draft,
    eligible_lines,
    qualify,
    requalify,
)
from ordergraph.core.drafts import DiscountDraft, DiscountScope
from ordergraph.core.money import Money
from ordergraph.core.problems import ErrorCode, LimitProblem
from tests.core.orders import NOON, uid

BEANS = CouponLine(uid(1), 3998, variant_id=uid(101), product_id=uid(201))
MUG = CouponLine(uid(2), 2400, variant_id=uid(102), product_id=uid(202))
AD_HOC = CouponLine(uid(3), 500)
COUPON = CouponTerms(uid(11), "SAVE20", "Save 20", percent=Decimal(20))
CONTEXT = CouponContext(NOON, "USD", (BEANS, MUG, AD_HOC))
MINUTE = timedelta(minutes=1)


def refusal(terms: CouponTerms, context: CouponContext = CONTEXT) -> ErrorCode | None:
    problem = qualify(terms, context)
    return None if problem is None else problem.code


def test_a_plain_coupon_qualifies() -> None:
    assert qualify(COUPON, CONTEXT) is None
    assert requalify(COUPON, CONTEXT) is None


HOPELESS_TERMS = replace(
    COUPON,
    percent=None,
    amount=Money(500, "EUR"),
    max_uses=5,
    uses_count=5,
    max_uses_per_customer=1,
    starts_at=NOON + MINUTE,
    expires_at=NOON - MINUTE,
    minimum=Money(10**6, "USD"),
    limit_variant_ids=frozenset({uid(999)}),
    status=CouponStatus.DELETED,
)
HOPELESS_CONTEXT = replace(
    CONTEXT,
    attached=(AttachedCoupon(COUPON.id, stackable=False),),
    max_coupons=1,
    customer_uses=1,
)


def test_dsc_3_the_checks_are_made_in_order_and_the_first_failure_wins() -> None:
    terms, context = HOPELESS_TERMS, HOPELESS_CONTEXT
    seen = [refusal(terms, context)]
    for mended in (
        {"status": CouponStatus.DISABLED},
        {"status": CouponStatus.ACTIVE},
        {"starts_at": NOON},
        {"expires_at": NOON + MINUTE},
        {"max_uses": 6},
        {"max_uses_per_customer": 2},
        {"amount": Money(500, "USD")},
    ):
        terms = replace(terms, **mended)
        seen.append(refusal(terms, context))
    context = replace(context, attached=(AttachedCoupon(uid(12), stackable=False),))
    seen.append(refusal(terms, context))
    context = replace(context, max_coupons=2)
    seen.append(refusal(terms, context))
    context = replace(context, attached=())
    seen.append(refusal(terms, context))
    terms = replace(terms, limit_variant_ids=frozenset())
    seen.append(refusal(terms, context))
    terms = replace(terms, minimum=Money(6898, "USD"))
    seen.append(refusal(terms, context))
    assert seen == [
        ErrorCode.COUPON_NOT_FOUND,
        ErrorCode.COUPON_INACTIVE,
        ErrorCode.COUPON_NOT_STARTED,
        ErrorCode.COUPON_EXPIRED,
        ErrorCode.COUPON_EXHAUSTED,
        ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED,
        ErrorCode.CURRENCY_MISMATCH,
        ErrorCode.COUPON_ALREADY_APPLIED,
        ErrorCode.MAX_COUPONS_REACHED,
        ErrorCode.COUPON_NOT_STACKABLE,
        ErrorCode.COUPON_NOT_APPLICABLE,
        ErrorCode.COUPON_MINIMUM_NOT_MET,
        None,
    ]


CHECKS: list[tuple[dict[str, Any], dict[str, Any], ErrorCode]] = [
    ({"status": CouponStatus.DELETED}, {}, ErrorCode.COUPON_NOT_FOUND),
    ({"status": CouponStatus.DISABLED}, {}, ErrorCode.COUPON_INACTIVE),
    ({"starts_at": NOON + MINUTE}, {}, ErrorCode.COUPON_NOT_STARTED),
    ({"expires_at": NOON}, {}, ErrorCode.COUPON_EXPIRED),
    ({"max_uses": 5, "uses_count": 5}, {}, ErrorCode.COUPON_EXHAUSTED),
    (
        {"max_uses_per_customer": 1},
        {"customer_uses": 1},
        ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED,
    ),
    ({"minimum": Money(1, "EUR")}, {}, ErrorCode.CURRENCY_MISMATCH),
    ({}, {"attached": (COUPON.id,)}, ErrorCode.COUPON_ALREADY_APPLIED),
    ({}, {"max_coupons": 0}, ErrorCode.MAX_COUPONS_REACHED),
    ({}, {"attached": (uid(12),)}, ErrorCode.COUPON_NOT_STACKABLE),
    ({"limit_bundle_ids": frozenset({uid(999)})}, {}, ErrorCode.COUPON_NOT_APPLICABLE),
    ({"minimum": Money(6899, "USD")}, {}, ErrorCode.COUPON_MINIMUM_NOT_MET),
]
"""What fails each check of DSC-3, in their order: of the coupon, of its order, and the code."""


def failing(*at: int) -> tuple[CouponTerms, CouponContext]:
    """Make a coupon and an order that fail these checks; the earlier wins where two are one."""
    terms: dict[str, Any] = {}
    order: dict[str, Any] = {}
    attached: dict[UUID, None] = {}
    for each in at:
        of_terms, of_order, _ = CHECKS[each]
        terms = {**of_terms, **terms}
        order = {**of_order, **order}
        attached |= dict.fromkeys(of_order.get("attached", ()))
    order["attached"] = tuple(AttachedCoupon(id, stackable=False) for id in attached)
    return replace(COUPON, **terms), replace(CONTEXT, **order)


@pytest.mark.parametrize("first", range(len(CHECKS)))
def test_dsc_3_a_check_that_fails_alone_or_before_others_is_the_one_that_is_told(
    first: int,
) -> None:
    assert refusal(*failing(first)) is CHECKS[first][2]
    for later in range(first + 1, len(CHECKS)):
        assert refusal(*failing(first, later)) is CHECKS[first][2]
    assert refusal(*failing(*range(first, len(CHECKS)))) is CHECKS[first][2]


def test_a_coupon_is_valid_from_its_start_until_just_before_its_end() -> None:
    terms = replace(COUPON, starts_at=NOON, expires_at=NOON + MINUTE)
    assert refusal(terms) is None
    assert refusal(terms, replace(CONTEXT, now=NOON + MINUTE)) is ErrorCode.COUPON_EXPIRED


def test_the_currency_of_the_minimum_counts_too() -> None:
    assert refusal(replace(COUPON, minimum=Money(1, "EUR"))) is ErrorCode.CURRENCY_MISMATCH


def test_the_customer_limit_waits_until_the_customer_is_known() -> None:
    terms = replace(COUPON, max_uses_per_customer=1)
    assert refusal(terms) is None
    assert refusal(terms, replace(CONTEXT, customer_uses=0)) is None
    assert (
        refusal(terms, replace(CONTEXT, customer_uses=1)) is ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED
    )


def test_a_coupon_for_first_orders_is_refused_after_an_earlier_one() -> None:
    terms = replace(COUPON, first_order_only=True)
    assert refusal(terms) is None
    assert refusal(terms, replace(CONTEXT, earlier_paid_orders=0)) is None
    assert (
        refusal(terms, replace(CONTEXT, earlier_paid_orders=1))
        is ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED
    )


@pytest.mark.parametrize(
    ("stackable", "others", "code"),
    [
        (True, (), None),
        (False, (), None),
        (True, (True, True), None),
        (True, (True, False), ErrorCode.COUPON_NOT_STACKABLE),
        (False, (True,), ErrorCode.COUPON_NOT_STACKABLE),
    ],
)
def test_dsc_4_coupons_coexist_only_if_all_are_stackable(
    stackable: bool, others: tuple[bool, ...], code: ErrorCode | None
) -> None:
    attached = tuple(AttachedCoupon(uid(50 + i), other) for i, other in enumerate(others))
    terms = replace(COUPON, stackable=stackable)
    assert refusal(terms, replace(CONTEXT, attached=attached)) is code


@pytest.mark.parametrize(("minimum", "met"), [(2400, True), (2401, False)])
def test_dsc_5_the_minimum_is_compared_with_the_eligible_lines_and_equality_passes(
    minimum: int, met: bool
) -> None:
    terms = replace(COUPON, minimum=Money(minimum, "USD"), limit_product_ids=frozenset({uid(202)}))
    problem = qualify(terms, CONTEXT)
    assert (problem is None) is met
    if problem is not None:
        assert isinstance(problem, LimitProblem)
        assert problem.limit == Money(minimum, "USD")


@pytest.mark.parametrize(
    ("variants", "products", "target", "eligible"),
    [
        (set(), set(), None, (BEANS, MUG, AD_HOC)),
        ({101}, set(), None, (BEANS,)),
        (set(), {202}, None, (MUG,)),
        ({101}, {202}, None, (BEANS, MUG)),
        ({999}, set(), None, ()),
        (set(), set(), {2, 3}, (MUG, AD_HOC)),
        ({101}, {202}, {2, 3}, (MUG,)),
    ],
)
def test_dsc_6_a_coupon_acts_on_its_variants_and_products_and_the_lines_aimed_at(
    variants: set[int], products: set[int], target: set[int] | None, eligible: tuple[CouponLine]
) -> None:
    terms = replace(
        COUPON,
        limit_variant_ids=frozenset(map(uid, variants)),
        limit_product_ids=frozenset(map(uid, products)),
    )
    aimed = None if target is None else frozenset(map(uid, target))
    assert eligible_lines(terms, CONTEXT.lines, aimed) == eligible
    context = replace(CONTEXT, target_line_ids=aimed)
    assert refusal(terms, context) is (None if eligible else ErrorCode.COUPON_NOT_APPLICABLE)


@pytest.mark.parametrize(
    ("bundles", "categories", "eligible"),
    [
        ({301}, set(), (1,)),
        (set(), {401}, (1, 2)),
        (set(), {402}, (2,)),
        ({301}, {402}, (1, 2)),
        ({399}, {499}, ()),
    ],
)
def test_dsc_6_a_coupon_acts_on_its_bundles_and_on_what_was_in_its_categories(
    bundles: set[int], categories: set[int], eligible: tuple[int, ...]
) -> None:
    terms = replace(
        COUPON,
        limit_bundle_ids=frozenset(map(uid, bundles)),
        limit_category_ids=frozenset(map(uid, categories)),
    )
    lines = (
        CouponLine(uid(1), 3998, bundle_id=uid(301), category_ids=[uid(401)]),
        CouponLine(uid(2), 2400, product_id=uid(202), category_ids=[uid(402), uid(401)]),
        CouponLine(uid(3), 500),
    )
    assert [line.id for line in eligible_lines(terms, lines)] == list(map(uid, eligible))
    drafted = discount_draft(terms, uid(21), NOON, lines)
    assert (drafted.scope, drafted.line_ids) == (
        DiscountScope.LINE_ITEM,
        frozenset(map(uid, eligible)),
    )


def test_dsc_7_a_use_that_the_order_itself_holds_does_not_stand_in_its_way() -> None:
    terms = replace(COUPON, max_uses=1, uses_count=1, max_uses_per_customer=1)
    context = replace(CONTEXT, customer_uses=0)
    assert refusal(terms, context) is ErrorCode.COUPON_EXHAUSTED
    held = replace(context, holds_use=True)
    assert requalify(terms, held) is None
    others = replace(terms, uses_count=2, max_uses=2)
    assert refusal(others, replace(held, customer_uses=1)) is (
        ErrorCode.COUPON_CUSTOMER_LIMIT_REACHED
    )
    assert refusal(replace(others, max_uses=1), held) is ErrorCode.COUPON_EXHAUSTED


def test_ord_30_a_coupon_that_is_on_the_order_is_not_compared_with_itself_or_others() -> None:
    crowded = replace(
        CONTEXT,
        attached=(AttachedCoupon(COUPON.id, False), AttachedCoupon(uid(12), False)),
        max_coupons=1,
    )
    assert requalify(COUPON, crowded) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": CouponStatus.DELETED}, ErrorCode.COUPON_NOT_FOUND),
        ({"status": CouponStatus.DISABLED}, ErrorCode.COUPON_INACTIVE),
        ({"expires_at": NOON}, ErrorCode.COUPON_EXPIRED),
        ({"max_uses": 1, "uses_count": 1}, ErrorCode.COUPON_EXHAUSTED),
        ({"minimum": Money(6899, "USD")}, ErrorCode.COUPON_MINIMUM_NOT_MET),
        ({"limit_variant_ids": frozenset({uid(9)})}, ErrorCode.COUPON_NOT_APPLICABLE),
    ],
)
def test_ord_30_a_coupon_that_no_longer_qualifies_says_why(
    changes: dict[str, object], code: ErrorCode
) -> None:
    problem = requalify(replace(COUPON, **changes), CONTEXT)
    assert problem is not None
    assert problem.code is code


def test_a_coupon_for_the_whole_order_becomes_a_discount_of_order_scope() -> None:
    draft = discount_draft(COUPON, uid(21), NOON, CONTEXT.lines)
    assert draft == DiscountDraft(uid(21), DiscountScope.ORDER, NOON, percent=Decimal(20))


def test_a_limited_coupon_becomes_a_discount_of_line_scope() -> None:
    terms = replace(
        COUPON,
        percent=None,
        amount=Money(500, "USD"),
        limit_product_ids=frozenset({uid(202)}),
    )
    assert discount_draft(terms, uid(21), NOON, CONTEXT.lines) == DiscountDraft(
        uid(21), DiscountScope.LINE_ITEM, NOON, amount=500, line_ids=frozenset({uid(2)})
    )


def test_dsc_1_a_coupon_aimed_at_lines_becomes_a_discount_of_line_scope() -> None:
    draft = discount_draft(COUPON, uid(21), NOON, CONTEXT.lines, frozenset({uid(3)}))
    assert (draft.scope, draft.line_ids) == (DiscountScope.LINE_ITEM, frozenset({uid(3)}))
