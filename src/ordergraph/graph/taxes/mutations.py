"""Changing tax rates."""

from datetime import datetime

import strawberry

from ordergraph.commerce.taxes import maintaining
from ordergraph.core.ids import Prefix, decode
from ordergraph.graph.context import Context
from ordergraph.graph.money import DateTime, read_instant
from ordergraph.graph.mutation import Payload, mutation
from ordergraph.graph.taxes.types import CreateTaxRateInput, DeleteTaxRateInput, TaxRate
from ordergraph.runtime.actor import Actor


@strawberry.type(description="What createTaxRate answers.")
class CreateTaxRatePayload(Payload):
    tax_rate: TaxRate | None = strawberry.field(default=None, description="The new tax rate.")


@strawberry.type(description="What deleteTaxRate answers.")
class DeleteTaxRatePayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of the tax rate that is out of force."
    )


async def create_tax_rate(
    context: Context, actor: Actor, input: CreateTaxRateInput
) -> CreateTaxRatePayload:
    rate = await maintaining.create_tax_rate(
        context.services.database,
        actor,
        maintaining.NewTaxRate(
            name=input.name,
            percent=input.percent,
            inclusive=input.inclusive,
            country=input.country,
            region=input.region,
            postal_prefix=input.postal_prefix,
            tax_category=input.tax_category,
            tax_categories=input.tax_categories or (),
            type=input.type,
            active_from=_instant(input.active_from, "activeFrom"),
            active_to=_instant(input.active_to, "activeTo"),
        ),
    )
    return CreateTaxRatePayload(tax_rate=rate)  # pyright: ignore[reportArgumentType]


def _instant(text: DateTime | None, field: str) -> datetime | None:
    return None if text is None else read_instant(text, (field,))


async def delete_tax_rate(
    context: Context, actor: Actor, input: DeleteTaxRateInput
) -> DeleteTaxRatePayload:
    id = decode(Prefix.TAX_RATE, input.id, ("id",))
    await maintaining.delete_tax_rate(context.services.database, actor, id)
    return DeleteTaxRatePayload(deleted_id=input.id)


@strawberry.type
class TaxMutations:
    create_tax_rate = mutation(
        "settings.write",
        description="Make a tax rate; without a place it applies everywhere in the environment.",
    )(create_tax_rate)
    delete_tax_rate = mutation(
        "settings.write",
        description="Take a tax rate out of force; the taxes of paid orders stay as they are.",
    )(delete_tax_rate)
