"""The limits of texts: web addresses, and the slugs that names make."""

import pytest

from ordergraph.core.problems import ErrorCode, Findings
from ordergraph.core.texts import LONGEST_URL, check_text, check_url, slug_of


@pytest.mark.parametrize(
    "url",
    [
        "https://img.example/1.png",
        "HTTP://img.example",
        "http://localhost:8000/a?b=c#d",
        "https://bücher.example/ä.png",
        "https://img.example/" + "x" * (LONGEST_URL - 20),
    ],
)
def test_a_web_address_is_taken_trimmed(url: str) -> None:
    findings = Findings()
    assert (check_url(findings, f" {url} ", "imageUrl"), findings.problems) == (url, [])


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_an_empty_web_address_is_none(empty: str | None) -> None:
    findings = Findings()
    assert (check_url(findings, empty, "imageUrl"), findings.problems) == (None, [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("img.example/1.png", ErrorCode.INVALID_FORMAT),
        ("ftp://img.example/1.png", ErrorCode.INVALID_FORMAT),
        ("javascript:alert(1)", ErrorCode.INVALID_FORMAT),
        ("data:image/png;base64,AAAA", ErrorCode.INVALID_FORMAT),
        ("https:///1.png", ErrorCode.INVALID_FORMAT),
        ("https://img.example/a b.png", ErrorCode.INVALID_FORMAT),
        ("https://img.example/" + "x" * (LONGEST_URL - 19), ErrorCode.STRING_TOO_LONG),
    ],
)
def test_what_is_no_web_address_is_noted(text: str, code: ErrorCode) -> None:
    findings = Findings()
    check_url(findings, text, "images", "0", "url")
    assert [(each.code, each.field) for each in findings.problems] == [
        (code, ("images", "0", "url"))
    ]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Crème Brûlée", "creme-brulee"),
        ("  Tea & Coffee!  ", "tea-coffee"),
        ("Straße", "strasse"),
        ("茶", "茶"),
        ("!!!", "item"),
        ("x" * 150, "x" * 100),
    ],
)
def test_a_name_makes_a_slug(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_an_entry_of_a_list_is_called_after_its_list() -> None:
    findings = Findings()
    check_text(findings, " ", 5, "categories", "0", least=1)
    check_text(findings, "too long", 5, "variants", "3", "name")
    assert [(each.message, each.field) for each in findings.problems] == [
        ("An entry of categories must not be empty.", ("categories", "0")),
        ("name has at most 5 characters.", ("variants", "3", "name")),
    ]
