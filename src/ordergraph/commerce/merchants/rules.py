"""What a merchant may set for an environment, with the values that hold until then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

from ordergraph.core.drafts import TaxRounding


class EnvironmentMode(StrEnum):
    """Whether money is play money; a credential belongs to one mode for ever (ENV-2)."""

    SANDBOX = "SANDBOX"
    LIVE = "LIVE"


class SearchLanguage(StrEnum):
    """How words of the catalog are understood: by English grammar, or as they stand."""

    ENGLISH = "ENGLISH"
    SIMPLE = "SIMPLE"


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """How a shop prices, taxes and sells (domain 21).

    At so many units on hand or fewer stock counts as low; None is never (INV-19).
    """

    prices_include_tax: bool = False
    tax_rounding: TaxRounding = TaxRounding.ORDER
    allow_negative_stock: bool = False
    low_stock_threshold: int | None = None
    search_language: SearchLanguage = SearchLanguage.ENGLISH

    @classmethod
    def stored(cls, values: Mapping[str, Any]) -> Self:
        """Read settings back; what is not stored has its default, what is unknown is skipped."""
        known = {field.name: values[setting_name(field.name)] for field in _stored_fields(values)}
        if "tax_rounding" in known:
            known["tax_rounding"] = TaxRounding(known["tax_rounding"])
        if "search_language" in known:
            known["search_language"] = SearchLanguage(known["search_language"])
        return cls(**known)

    def as_stored(self) -> dict[str, Any]:
        """Return only what differs from the defaults, so that defaults can move with releases."""
        stored: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                stored[setting_name(field.name)] = (
                    value.value if isinstance(value, StrEnum) else value
                )
        return stored


def _stored_fields(values: Mapping[str, Any]) -> list[Any]:
    return [field for field in fields(ShopSettings) if setting_name(field.name) in values]


def setting_name(name: str) -> str:
    """Return the name that a setting is stored by and clients know: `taxRounding`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
