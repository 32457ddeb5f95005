"""Each rule of money is held by a test that carries its number in its name."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.architecture.sources import ROOT, functions
from tests.architecture.test_documents import WRITTEN

SECTIONS = frozenset({"MON", "PRC", "AMT", "ORD", "ACT", "DSC", "TAX", "TIP", "CHG", "REF"})

NOT_BUILT = {
    "ORD-23": "There are no disputes yet.",
    "ORD-41": "There are no checkout sessions yet.",
}
"""Rules of what does not exist, which nothing can test, and why; all others have a test."""


def rules_of_money() -> list[str]:
    return [rule for rule in WRITTEN if rule.partition("-")[0] in SECTIONS]


def named_in(text: str) -> set[str]:
    """Return the rules that tests of a module are named by (`test_prc_21_...`)."""
    named = [
        re.match(r"test_([a-z]{3})_(\d+)_\w", each.name) for each in functions(ast.parse(text))
    ]
    return {f"{found[1].upper()}-{found[2]}" for found in named if found is not None}


@cache
def rules_with_tests() -> frozenset[str]:
    modules = sorted(Path(ROOT, "tests").rglob("test_*.py"))
    assert len(modules) > 200
    return frozenset(rule for module in modules for rule in named_in(module.read_text()))


def test_every_rule_of_money_has_a_test_that_is_named_by_it() -> None:
    found, rules = rules_with_tests(), rules_of_money()
    assert len(rules) > 120
    assert {rule.partition("-")[0] for rule in rules} == SECTIONS
    assert [rule for rule in rules if rule not in found and rule not in NOT_BUILT] == []


def test_what_is_said_not_to_be_built_is_a_rule_without_a_test() -> None:
    assert set(NOT_BUILT) <= set(rules_of_money())
    assert set(NOT_BUILT) & rules_with_tests() == set()


def test_names_of_tests_are_read_as_code() -> None:
    text = (
        "# def test_mon_1_a_comment() -> None: ...\n"
        "@pytest.mark.parametrize('n', [1])\n"
        "def test_prc_21_a_percentage(n: int) -> None: ...\n"
        "class Machine:\n"
        "    async def test_ref_7_an_amount(self) -> None: ...\n"
        "def helper_tip_1_of() -> None: ...\n"
        "def test_tip_1() -> None: ...\n"
    )
    assert named_in(text) == {"PRC-21", "REF-7"}
