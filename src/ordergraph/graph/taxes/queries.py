"""Asking for tax rates."""

from typing import Annotated

import strawberry

from ordergraph.commerce.taxes import reads
from ordergraph.core.ids import Prefix, decode
from ordergraph.graph.context import Info
from ordergraph.graph.fields import query
from ordergraph.graph.paging import After, Connection, First, connect
from ordergraph.graph.taxes.types import TaxRate


@strawberry.type
class TaxQueries:
    @query("settings.read", description="One tax rate that is in force, or null.")
    async def tax_rate(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The tax rate.")],
    ) -> TaxRate | None:
        return await info.context.load(  # pyright: ignore[reportReturnType]
            reads.tax_rates_by_ids, decode(Prefix.TAX_RATE, id, ("id",))
        )

    @query("settings.read", description="The tax rates that are in force, newest first.")
    async def tax_rates(
        self, info: Info, first: First = None, after: After = None
    ) -> Connection[TaxRate] | None:
        viewer = info.context.viewer
        return await connect(
            info.context,
            "taxRates",
            first,
            after,
            fetch=lambda page: reads.tax_rate_page(viewer, page),
            count=lambda: reads.tax_rate_count(viewer),
            key=reads.sort_key,
            descending=True,
        )
