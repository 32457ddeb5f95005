"""What taxes are called and who levies them: kinds of tax, and the places they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class TaxType(StrEnum):
    """What kind of tax a rate is."""

    SALES_TAX = "SALES_TAX"
    USE_TAX = "USE_TAX"
    VAT = "VAT"
    GST = "GST"
    RETAIL_DELIVERY_FEE = "RETAIL_DELIVERY_FEE"


class JurisdictionLevel(StrEnum):
    """How large the place is that levies a tax; rates of our own table know three of them."""

    COUNTRY = "COUNTRY"
    STATE = "STATE"
    COUNTY = "COUNTY"
    CITY = "CITY"
    DISTRICT = "DISTRICT"
    POSTAL = "POSTAL"


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """The place that levies a tax; `code` tells it from all others, such as `US/CA/941`."""

    level: JurisdictionLevel
    code: str
    country: str | None = None
    region: str | None = None
    name: str | None = None

    @staticmethod
    def stored(value: Mapping[str, Any] | None) -> Jurisdiction | None:
        """Read a jurisdiction as an order keeps it."""
        if value is None:
            return None
        level = JurisdictionLevel(value["level"])
        return Jurisdiction(level, value["code"], value["country"], value["region"], value["name"])

    def as_stored(self) -> dict[str, Any]:
        """Return the jurisdiction as an order keeps it."""
        return {
            "level": self.level.value,
            "code": self.code,
            "country": self.country,
            "region": self.region,
            "name": self.name,
        }


def jurisdiction_at(
    country: str | None, region: str | None, postal_prefix: str | None
) -> Jurisdiction | None:
    """Return the jurisdiction of a place; None for everywhere (TAX-1)."""
    parts = [part for part in (country, region, postal_prefix) if part is not None]
    if not parts:
        return None
    level = JurisdictionLevel.COUNTRY if region is None else JurisdictionLevel.STATE
    if postal_prefix is not None:
        level = JurisdictionLevel.POSTAL
    return Jurisdiction(level, "/".join(parts), country, region)
