"""Asking for locations."""

from typing import Annotated

import strawberry

from ordergraph.commerce.inventory import reads
from ordergraph.core.ids import Prefix, decode
from ordergraph.graph.context import Info
from ordergraph.graph.fields import query
from ordergraph.graph.inventory.types import READ_LOCATIONS, Location
from ordergraph.graph.paging import After, Connection, First, connect


@strawberry.type
class InventoryQueries:
    @query(*READ_LOCATIONS, description="One location, or null. A deleted one is found as such.")
    async def location(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The location.")],
    ) -> Location | None:
        return await info.context.load(  # pyright: ignore[reportReturnType]
            reads.locations_by_ids, decode(Prefix.LOCATION, id, ("id",))
        )

    @query(*READ_LOCATIONS, description="The locations where stock can lie, the oldest first.")
    async def locations(
        self, info: Info, first: First = None, after: After = None
    ) -> Connection[Location] | None:
        viewer = info.context.viewer
        return await connect(
            info.context,
            "locations",
            first,
            after,
            fetch=lambda page: reads.location_page(viewer, page),
            count=lambda: reads.location_count(viewer),
            key=lambda location: (location.created_at, location.id),
        )
