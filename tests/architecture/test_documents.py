"""The documents and the code say the same: rules, error codes, id prefixes, the schema."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ordergraph.core.ids import Prefix
from ordergraph.core.problems import RETRYABLE, ErrorCode
from ordergraph.graph.schema import build_schema
from tests.architecture.sources import ROOT

RULES = (ROOT / "docs" / "rules.md").read_text()
WRITTEN = re.findall(r"^- \*\*([A-Z]{3,4}-\d+)\*\* ", RULES, re.MULTILINE)
FAMILIES = {rule.partition("-")[0] for rule in WRITTEN}
STANDARDS = {"UTF", "SHA", "ISO", "RFC", "CRC", "OSI", "CVE", "SKU"}
NO_RULES = Path("tests/architecture/test_documents.py")


def cited(text: str) -> Iterator[str]:
    """Yield the rules that a text cites, also in the names of tests (`test_prc_21_...`)."""
    for family, number in re.findall(r"\b([A-Z]{3,4})-(\d+)\b", text):
        if family not in STANDARDS:
            yield f"{family}-{number}"
    for family, number in re.findall(r"\bdef test_([a-z]{3,4})_(\d+)_", text):
        if family.upper() in FAMILIES:
            yield f"{family.upper()}-{number}"


def citing_files() -> list[Path]:
    folders = ("src", "tests", "migrations", "benchmarks", "docs")
    kinds = {".py", ".md", ".graphql", ".mjs"}
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in kinds
        and "node_modules" not in path.parts
        and path.relative_to(ROOT) != NO_RULES
    ]


def test_every_rule_is_written_once() -> None:
    assert len(WRITTEN) > 300
    assert sorted({rule for rule in WRITTEN if WRITTEN.count(rule) > 1}) == []


def test_every_rule_that_is_cited_is_written() -> None:
    files = citing_files()
    assert len(files) > 50
    missing = [
        f"{path.relative_to(ROOT)} cites {rule}"
        for path in files
        for rule in cited(path.read_text())
        if rule not in WRITTEN
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("as PAY-7 and META-1 have it", ["PAY-7", "META-1"]),
        ("UTF-8, SHA-256, ISO 4217", []),
        ("def test_prc_21_a_percentage() -> None:", ["PRC-21"]),
        ("def test_two_3_things() -> None:", []),
        ("by the rule ZZZ-1", ["ZZZ-1"]),
    ],
)
def test_citations_are_found(text: str, rules: list[str]) -> None:
    assert list(cited(text)) == rules


def test_err_4_every_error_code_stands_in_the_catalogue_with_whether_it_passes() -> None:
    rows = re.findall(r"^\| ([A-Z].*?) \| .*? \| (.*?) \|$", section(28), re.MULTILINE)
    passes = {
        code: answer.startswith("yes")
        for codes, answer in rows
        for code in re.findall(r"\b[A-Z][A-Z_]+[A-Z]\b", re.sub(r"\(.*?\)", "", codes))
    }
    assert {code.value: code in RETRYABLE for code in ErrorCode} == {
        code.value: passes.get(code.value) for code in ErrorCode
    }


def test_id_1_every_prefix_stands_in_the_table() -> None:
    table = set(re.findall(r"`([a-z]+)`", section(3).split("### 3.2")[0]))
    assert {prefix.value for prefix in Prefix} - table == set()


def section(number: int) -> str:
    """Return one section of the rules."""
    return RULES.split(f"\n## {number} ", 1)[1].split("\n## ", 1)[0]


def test_schema_graphql_is_what_the_server_serves() -> None:
    committed = (ROOT / "schema.graphql").read_text()
    assert committed == f"{build_schema()}\n", "read the difference of: make schema"
