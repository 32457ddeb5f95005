"""Asking who one is, and what a shop needs to start."""

from enum import StrEnum

import strawberry

from ordergraph.commerce.merchants.reads import Environment, own_environment
from ordergraph.commerce.merchants.rules import EnvironmentMode
from ordergraph.core import ids
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import not_found
from ordergraph.graph.caching import CATALOG, Keeping, private
from ordergraph.graph.context import Context, Info
from ordergraph.graph.enums import shown
from ordergraph.graph.fields import query
from ordergraph.graph.merchants.types import Settings, TipOptions
from ordergraph.graph.money import CurrencyCode


class ViewerKind(StrEnum):
    """What sort of credential calls."""

    SECRET_KEY = "SECRET_KEY"
    PUBLISHABLE_KEY = "PUBLISHABLE_KEY"
    BUYER = "BUYER"
    SYSTEM = "SYSTEM"


shown(
    ViewerKind,
    "What sort of credential calls. Values may be added.",
    {
        ViewerKind.SECRET_KEY: "A secret key, on a server.",
        ViewerKind.PUBLISHABLE_KEY: "A publishable key, in a browser.",
        ViewerKind.BUYER: "A publishable key beside an order's secret.",
        ViewerKind.SYSTEM: "The server itself.",
    },
)
shown(
    EnvironmentMode,
    "Whether money is play money.",
    {
        EnvironmentMode.SANDBOX: "A sandbox: nothing is charged.",
        EnvironmentMode.LIVE: "Live: real money moves.",
    },
)


@strawberry.type(description="A business that sells.")
class Merchant:
    id: strawberry.ID = strawberry.field(description="The merchant's id.")
    name: str = strawberry.field(description="What the merchant is called.")


@strawberry.type(name="Environment", description="One of a merchant's separate worlds.")
class EnvironmentType:
    id: strawberry.ID = strawberry.field(description="The environment's id.")
    mode: EnvironmentMode = strawberry.field(description="Sandbox or live.")


@strawberry.type(description="Who calls.", directives=private())
class Viewer:
    kind: ViewerKind = strawberry.field(description="What sort of credential it is.")
    scopes: list[str] = strawberry.field(description="What it may do, in alphabetical order.")
    merchant: Merchant = strawberry.field(description="Whose it is.")
    environment: EnvironmentType = strawberry.field(description="Which world it opens.")
    livemode: bool = strawberry.field(description="Whether real money moves there.")


@strawberry.type(description="A way to pay that a shop offers.")
class PaymentOption:
    gateway: str = strawberry.field(description="The processor, for example sandbox.")
    publishable_key: str | None = strawberry.field(
        description="What the processor's own browser library needs, if anything."
    )


@strawberry.type(description="What a storefront needs to start.")
class Shop:
    name: str = strawberry.field(description="What the shop is called.")
    currency: CurrencyCode = strawberry.field(description="What it quotes in by default.")
    time_zone: str = strawberry.field(description="Where its days begin, as IANA names zones.")
    prices_include_tax: bool = strawberry.field(
        description="Whether prices in the catalog include tax."
    )
    tip_options: TipOptions | None = strawberry.field(
        description="The tips that the shop suggests; null for none. What they come to on an order "
        "stands in its tipSuggestions."
    )
    payment_options: list[PaymentOption] = strawberry.field(
        description="How buyers can pay, at most 10."
    )


@strawberry.type
class MerchantQueries:
    @query(description="Who calls: what this token is and may do.")
    async def viewer(self, info: Info) -> Viewer | None:
        actor = info.context.actor
        environment = await _environment(info.context)
        merchant = environment.merchant
        kind = ViewerKind(actor.kind.value)
        if kind is ViewerKind.PUBLISHABLE_KEY and actor.order_id is not None:
            kind = ViewerKind.BUYER
        return Viewer(
            kind=kind,
            scopes=sorted(actor.scopes),
            merchant=Merchant(
                id=strawberry.ID(ids.encode(Prefix.MERCHANT, merchant.id)), name=merchant.name
            ),
            environment=EnvironmentType(
                id=strawberry.ID(ids.encode(Prefix.ENVIRONMENT, environment.id)),
                mode=environment.mode,
            ),
            livemode=environment.livemode,
        )

    @query(description="What a storefront needs to start.", keeping=Keeping(CATALOG))
    async def shop(self, info: Info) -> Shop | None:
        environment = await _environment(info.context)
        merchant = environment.merchant
        return Shop(
            name=merchant.name,
            currency=CurrencyCode(merchant.currency),
            time_zone=merchant.time_zone,
            prices_include_tax=environment.settings.prices_include_tax,
            tip_options=environment.settings.tip_options,  # pyright: ignore[reportArgumentType]
            payment_options=[PaymentOption(gateway="sandbox", publishable_key=None)],
        )

    @query("settings.read", description="How the shop prices, sells and finds.")
    async def settings(self, info: Info) -> Settings | None:
        return (await _environment(info.context)).settings  # pyright: ignore[reportReturnType]


async def _environment(context: Context) -> Environment:
    environment = await own_environment(context.viewer)
    if environment is None:
        raise not_found("environment")
    return environment
