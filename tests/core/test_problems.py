"""Collecting all that is wrong with one input (ERR-1)."""

import pytest

from ordergraph.core.problems import ErrorCode, Findings, Problem, Problems


def test_err_1_what_is_raised_inside_is_told_with_the_rest() -> None:
    findings = Findings()
    findings.add(ErrorCode.FIELD_REQUIRED, "name must not be empty.", "name")
    with findings.noting():
        raise Problem(ErrorCode.SLUG_ALREADY_EXISTS, "Taken.", ("slug",))
    with findings.noting():
        raise Problems(
            [
                Problem(ErrorCode.SKU_ALREADY_EXISTS, "Taken.", ("sku",)),
                Problem(ErrorCode.BARCODE_ALREADY_EXISTS, "Taken.", ("barcode",)),
            ]
        )
    with pytest.raises(Problems) as raised:
        findings.settle()
    assert [problem.field for problem in raised.value.problems] == [
        ("name",),
        ("slug",),
        ("sku",),
        ("barcode",),
    ]


def test_nothing_found_raises_nothing_and_one_problem_is_raised_alone() -> None:
    findings = Findings()
    with findings.noting():
        pass
    findings.settle()
    with findings.noting():
        raise Problem(ErrorCode.SKU_ALREADY_EXISTS, "Taken.", ("sku",))
    with pytest.raises(Problem) as raised:
        findings.settle()
    assert raised.value.code is ErrorCode.SKU_ALREADY_EXISTS


def test_what_is_no_refusal_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError), Findings().noting():
        raise ZeroDivisionError


def test_what_another_try_may_settle_is_no_finding() -> None:
    findings = Findings()
    with pytest.raises(Problem) as raised, findings.noting():
        raise Problem(ErrorCode.ORDER_CONFLICT, "Somebody stood in the way.")
    assert raised.value.code is ErrorCode.ORDER_CONFLICT
    assert findings.problems == []
