"""Changing the settings of a shop."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import strawberry
from strawberry import UNSET

from ordergraph.commerce.merchants import adjusting
from ordergraph.commerce.merchants.reads import own_environment
from ordergraph.commerce.merchants.rules import SearchLanguage
from ordergraph.core.drafts import TaxRounding
from ordergraph.core.money import Money
from ordergraph.core.tips import WantedTipOptions
from ordergraph.graph.addresses import AddressInput
from ordergraph.graph.context import Context
from ordergraph.graph.merchants.types import Settings
from ordergraph.graph.money import DecimalText, MoneyInput, Quantity
from ordergraph.graph.mutation import Payload, mutation
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.idempotency import Replay


@strawberry.input(description="The tips that a shop suggests.")
class TipOptionsInput:
    percents: list[DecimalText] = strawberry.field(
        description="Percentages of the goods after discounts, one to three, from 1 to 100."
    )
    default_percent: DecimalText | None = strawberry.field(
        default=None, description="Which of them is chosen to begin with."
    )
    amounts: list[MoneyInput] | None = strawberry.field(
        default=None, description="Amounts that small orders show instead, at most three."
    )
    amounts_below: MoneyInput | None = strawberry.field(
        default=None,
        description="What the goods of such an order come to less than, in the currency of the "
        "amounts; it comes with them.",
    )
    default_amount: MoneyInput | None = strawberry.field(
        default=None, description="Which of the amounts is chosen to begin with."
    )
    custom_tips: bool = strawberry.field(
        default=True, description="Whether buyers may leave another tip than these."
    )

    def read(self) -> WantedTipOptions:
        """Return the options as the business takes them, which judges them."""
        return WantedTipOptions(
            self.percents,
            self.default_percent,
            [_read(each) for each in self.amounts or ()],
            _read(self.amounts_below),
            _read(self.default_amount),
            self.custom_tips,
        )


@strawberry.input(
    description="Changes of the shop's settings; what is omitted stays as it is, and at least one "
    "has to be sent."
)
class UpdateSettingsInput:
    prices_include_tax: bool | None = strawberry.field(
        default=UNSET,
        description="Whether prices in the catalog include tax. Open orders follow with their next "
        "change.",
    )
    tax_rounding: TaxRounding | None = strawberry.field(
        default=UNSET,
        description="How taxes are rounded. Open orders follow with their next change.",
    )
    tax_enabled: bool | None = strawberry.field(
        default=UNSET, description="Whether anything is taxed at all."
    )
    tax_on_ad_hoc_lines: bool | None = strawberry.field(
        default=UNSET, description="Whether lines that are in no catalog are taxed."
    )
    merchant_address: AddressInput | None = strawberry.field(
        default=UNSET,
        description="Where the merchant is, for orders that name no place; null clears it.",
    )
    tax_fallback_to_merchant_address: bool | None = strawberry.field(
        default=UNSET,
        description="Whether orders without an address are taxed where the merchant is.",
    )
    require_tax_location: bool | None = strawberry.field(
        default=UNSET,
        description="Whether an order whose taxes depend on an unknown place cannot be paid.",
    )
    trust_external_tax_amounts: bool | None = strawberry.field(
        default=UNSET,
        description="Whether amounts of tax that callers state are taken as they are, however far "
        "they are from what the rates make.",
    )
    allow_negative_stock: bool | None = strawberry.field(
        default=UNSET,
        description="Whether counts, damage, theft and loss may take stock below zero.",
    )
    cart_lifetime_days: Quantity | None = strawberry.field(
        default=UNSET,
        description="For how many days a cart that nobody touches is kept, from 2 to 3650.",
    )
    max_coupons_per_order: Quantity | None = strawberry.field(
        default=UNSET,
        description="How many coupons an order takes at most, from 0 to 20; those that are on "
        "orders already stay.",
    )
    return_use_on_full_refund: bool | None = strawberry.field(
        default=UNSET,
        description="Whether a full refund gives the uses of the order's coupons back.",
    )
    restock_on_full_refund: bool | None = strawberry.field(
        default=UNSET,
        description="Whether all units go back on the shelf with a refund that leaves nothing.",
    )
    low_stock_threshold: Quantity | None = strawberry.field(
        default=UNSET,
        description="At so many units or fewer stock counts as low, a whole number from 0; null "
        "clears it.",
    )
    tip_limit: MoneyInput | None = strawberry.field(
        default=UNSET,
        description="Up to which amount tips are taken whatever the goods come to, on orders in "
        "its currency; null clears it.",
    )
    tip_options: TipOptionsInput | None = strawberry.field(
        default=UNSET,
        description="The tips that the shop suggests, replaced as a whole; null clears them.",
    )
    search_language: SearchLanguage | None = strawberry.field(
        default=UNSET,
        description="How words of the catalog are understood. Another one reaches searches within "
        "moments, in a large catalog within minutes.",
    )


@strawberry.type(description="What updateSettings answers.")
class UpdateSettingsPayload(Payload):
    settings: Settings | None = strawberry.field(
        default=None, description="All settings as they are now."
    )


async def update_settings(
    context: Context, actor: Actor, input: UpdateSettingsInput
) -> UpdateSettingsPayload:
    given = {each.name: getattr(input, each.name) for each in fields(input)}
    wanted = {name: _read(value) for name, value in given.items() if value is not UNSET}
    settings = await adjusting.update_settings(context.services.database, actor, wanted)
    return UpdateSettingsPayload(settings=settings)  # pyright: ignore[reportArgumentType]


def _read(value: Any) -> Any:
    match value:
        case MoneyInput():
            return Money(value.amount, value.currency)
        case AddressInput() | TipOptionsInput():
            return value.read()
        case _:
            return value


async def _present(context: Context, _replay: Replay) -> Mapping[str, Any]:
    environment = await own_environment(context.viewer)
    return {"settings": environment and environment.settings}


@strawberry.type
class MerchantMutations:
    update_settings = mutation(
        "settings.write", description="Change how the shop prices, sells and finds.", again=_present
    )(update_settings)
