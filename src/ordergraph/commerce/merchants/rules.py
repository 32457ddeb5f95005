"""What a merchant may set for an environment, with the values that hold until then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache
from typing import Any, Self

from ordergraph.core.addresses import Address
from ordergraph.core.drafts import TaxRounding
from ordergraph.core.money import Money
from ordergraph.core.settings import Amount, Choice, Flag, Place, Tips, Whole, kind_of, of_kind
from ordergraph.core.tips import TipOptions


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
    """How a shop prices, taxes and sells (domain 21); each field says its kind and its default.

    At so many units on hand or fewer stock counts as low; None is never (INV-19). Carts untouched
    for `cart_lifetime_days` are purged (ORD-28). Tips up to `tip_limit` are taken whatever the
    goods come to (PRC-66); None of `tip_options` suggests none (TIP-4).
    """

    prices_include_tax: bool = field(default=False, metadata=of_kind(Flag(), shown=True))
    tax_rounding: TaxRounding = field(
        default=TaxRounding.ORDER, metadata=of_kind(Choice(TaxRounding))
    )
    tax_enabled: bool = field(default=True, metadata=of_kind(Flag()))
    tax_on_ad_hoc_lines: bool = field(default=True, metadata=of_kind(Flag()))
    tax_fallback_to_merchant_address: bool = field(default=True, metadata=of_kind(Flag()))
    merchant_address: Address | None = field(default=None, metadata=of_kind(Place()))
    require_tax_location: bool = field(default=False, metadata=of_kind(Flag()))
    trust_external_tax_amounts: bool = field(default=False, metadata=of_kind(Flag()))
    allow_negative_stock: bool = field(default=False, metadata=of_kind(Flag()))
    low_stock_threshold: int | None = field(
        default=None, metadata=of_kind(Whole(0, 1_000_000_000, clearable=True))
    )
    tip_limit: Money | None = field(default=None, metadata=of_kind(Amount()))
    tip_options: TipOptions | None = field(default=None, metadata=of_kind(Tips(), shown=True))
    search_language: SearchLanguage = field(
        default=SearchLanguage.ENGLISH, metadata=of_kind(Choice(SearchLanguage))
    )
    cart_lifetime_days: int = field(default=30, metadata=of_kind(Whole(2, 3650)))
    max_coupons_per_order: int = field(default=20, metadata=of_kind(Whole(0, 20)))
    return_use_on_full_refund: bool = field(default=False, metadata=of_kind(Flag()))
    restock_on_full_refund: bool = field(default=True, metadata=of_kind(Flag()))

    @classmethod
    def stored(cls, values: Mapping[str, Any]) -> Self:
        """Read settings back; what is not stored has its default, what is unknown is skipped."""
        if not values:
            return cls()
        known: dict[str, Any] = {}
        for each in fields(cls):
            name = setting_name(each.name)
            if name in values:
                kept = values[name]
                known[each.name] = None if kept is None else kind_of(each).read(kept)
        return cls(**known)

    def as_stored(self) -> dict[str, Any]:
        """Return only what differs from the defaults, so that defaults can move with releases."""
        stored: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if value != each.default:
                kept = None if value is None else kind_of(each).stored(value)
                stored[setting_name(each.name)] = kept
        return stored


@cache
def setting_name(name: str) -> str:
    """Return the name that a setting is stored by and clients know: `taxRounding`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
