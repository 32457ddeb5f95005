"""The limits of names, notes, e-mail addresses, phone numbers and metadata (domain 3.3, 3.4)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from ordergraph.core.problems import ErrorCode, Findings, Problem

LONGEST_NAME = 255
LONGEST_EMAIL = 254
LONGEST_SEARCH = 200
LONGEST_SLUG = 100
LONGEST_URL = 2_048
MOST_KEYS = 50
LONGEST_KEY = 40
LONGEST_VALUE = 500
_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN = re.compile(r"[\W_]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_URL = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)


def check_text(
    findings: Findings, text: str | None, most: int, *field: str, least: int = 0
) -> str | None:
    """Return `text` trimmed; noted at `field` when it is too long or shorter than `least`."""
    if text is None:
        return None
    trimmed = text.strip()
    if len(trimmed) < least:
        findings.add(ErrorCode.FIELD_REQUIRED, f"{_called(field)} must not be empty.", *field)
    if len(trimmed) > most:
        findings.add(
            ErrorCode.STRING_TOO_LONG, f"{_called(field)} has at most {most} characters.", *field
        )
    return trimmed


def _called(field: Sequence[str]) -> str:
    """Return how sentences call a field: an entry of a list, whose path ends with its place, after
    its list."""
    return f"An entry of {field[-2]}" if field[-1].isdecimal() and field[1:] else field[-1]


def search_text(text: str | None, *field: str) -> str | None:
    """Return what a list is searched for, trimmed; None for nothing (PAG-6).

    Raises `STRING_TOO_LONG` at `field` above 200 characters.
    """
    wanted = (text or "").strip()
    if len(wanted) > LONGEST_SEARCH:
        raise Problem(
            ErrorCode.STRING_TOO_LONG,
            f"{field[-1]} has at most {LONGEST_SEARCH} characters.",
            field,
        )
    return wanted or None


def slug_of(name: str) -> str:
    """Return a name as it stands in addresses: its letters and digits in lower case, a hyphen for
    anything between them, accents of Latin letters left out (`Crème Brûlée` is `creme-brulee`)."""
    plain = "".join(
        each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each)
    )
    words = _BETWEEN.sub("-", unicodedata.normalize("NFKC", plain).casefold()).strip("-")
    return words[:LONGEST_SLUG].strip("-") or "item"


def check_url(findings: Findings, text: str | None, *field: str) -> str | None:
    """Return a web address trimmed, None for an empty one; what is none is noted at `field`."""
    url = check_text(findings, text, LONGEST_URL, *field) or None
    if url is not None and not _URL.fullmatch(url):
        findings.add(
            ErrorCode.INVALID_FORMAT, "This is not a web address of http or https.", *field
        )
    return url


def check_email(findings: Findings, text: str | None, *field: str) -> str | None:
    """Return an e-mail address as given, trimmed; noted at `field` when it cannot be one."""
    if text is None:
        return None
    email = text.strip()
    if not 3 <= len(email) <= LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        findings.add(ErrorCode.INVALID_FORMAT, "This is not an e-mail address.", *field)
    return email


def check_phone(findings: Findings, text: str | None, *field: str) -> str | None:
    """Return a phone number as given, trimmed; noted at `field` unless E.164 could assign it."""
    if text is None:
        return None
    phone = text.strip()
    if not (_PHONE.fullmatch(phone) and _is_possible(phone)):
        findings.add(
            ErrorCode.INVALID_FORMAT, "This is not a phone number such as +12025550100.", *field
        )
    return phone


def _is_possible(phone: str) -> bool:
    """Tell whether the country exists and its numbers can be this long, assigned or not."""
    # Imported at the first number: it takes as long as a tenth of all that is ours.
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return False


def merge_metadata(
    findings: Findings,
    present: Mapping[str, str],
    changes: Mapping[str, Any] | None,
    *field: str,
) -> dict[str, str]:
    """Return metadata after an update (META-2 to META-5).

    Keys merge; a key with null or an empty string is deleted; an empty map or None clears all.
    The limit of 50 keys holds for the result. What is wrong is noted at `field`.
    """
    if not changes:
        return {}
    merged = dict(present)
    for key, value in changes.items():
        if not _KEY.fullmatch(key):
            findings.add(
                ErrorCode.METADATA_LIMIT_EXCEEDED,
                "A metadata key has 1 to 40 characters of A-Z a-z 0-9 _ . : -",
                *field,
                key[:LONGEST_KEY],
            )
        elif value is None or value == "":
            merged.pop(key, None)
        elif not isinstance(value, str) or len(value) > LONGEST_VALUE:
            findings.add(
                ErrorCode.METADATA_LIMIT_EXCEEDED,
                f"A metadata value is a string of at most {LONGEST_VALUE} characters.",
                *field,
                key,
            )
        else:
            merged[key] = value
    if len(merged) > MOST_KEYS:
        findings.add(
            ErrorCode.METADATA_LIMIT_EXCEEDED, f"Metadata has at most {MOST_KEYS} keys.", *field
        )
    return merged
