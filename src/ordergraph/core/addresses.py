"""Postal addresses: what they are made of and what makes one complete."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from ordergraph.core.problems import ErrorCode, Findings

_LONGEST_PART = 255


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `country` is ISO 3166-1 alpha-2, `region` a state or province."""

    line1: str
    city: str
    postal_code: str
    country: str
    region: str | None = None
    line2: str | None = None
    name: str | None = None

    @staticmethod
    def stored(value: dict[str, Any] | None) -> Address | None:
        """Read an address as the database keeps it."""
        return None if value is None else Address(**value)

    def as_stored(self) -> dict[str, Any]:
        """Return the address as the database keeps it."""
        return asdict(self)

    def check(self, findings: Findings, *field: str) -> None:
        """Note what is wrong with the address (domain 3.3)."""
        for name, text in (
            ("line1", self.line1),
            ("city", self.city),
            ("postalCode", self.postal_code),
        ):
            if not text.strip():
                findings.add(ErrorCode.FIELD_REQUIRED, f"{name} must not be empty.", *field, name)
        for name, text in (
            ("line1", self.line1),
            ("line2", self.line2),
            ("city", self.city),
            ("region", self.region),
            ("postalCode", self.postal_code),
            ("name", self.name),
        ):
            if text is not None and len(text) > _LONGEST_PART:
                findings.add(
                    ErrorCode.STRING_TOO_LONG, f"{name} has at most 255 characters.", *field, name
                )
        check_country(findings, self.country, *field, "country")


def check_country(findings: Findings, code: str, *field: str) -> None:
    """Note at `field` what cannot be a country code."""
    if not re.fullmatch("[A-Z]{2}", code):
        findings.add(
            ErrorCode.INVALID_FORMAT,
            "A country is two capital letters of ISO 3166-1, such as US.",
            *field,
        )
