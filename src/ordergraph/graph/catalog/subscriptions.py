"""Following the catalog: what registers need to keep their own copy of it up to date."""

from collections.abc import AsyncGenerator
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import strawberry

from ordergraph.commerce.catalog import events as products
from ordergraph.commerce.catalog import reads
from ordergraph.commerce.inventory import events as inventory
from ordergraph.core.ids import Prefix, split
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.graph.catalog.types import Product, ProductVariant
from ordergraph.graph.context import Info
from ordergraph.graph.enums import shown
from ordergraph.graph.fields import subscription
from ordergraph.graph.following import Resume, every_event
from ordergraph.graph.money import DateTime
from ordergraph.runtime.events.log import LogEvent


class CatalogEventType(StrEnum):
    """What happened in the catalog, or to stock."""

    PRODUCT_CREATED = "PRODUCT_CREATED"
    PRODUCT_UPDATED = "PRODUCT_UPDATED"
    PRODUCT_DELETED = "PRODUCT_DELETED"
    INVENTORY_CHANGED = "INVENTORY_CHANGED"
    INVENTORY_LOW = "INVENTORY_LOW"


shown(
    CatalogEventType,
    "What happened in the catalog, or to stock. Types may be added.",
    {
        CatalogEventType.PRODUCT_CREATED: "A product was created.",
        CatalogEventType.PRODUCT_UPDATED: "A product or one of its variants changed.",
        CatalogEventType.PRODUCT_DELETED: "A product was deleted, with its variants.",
        CatalogEventType.INVENTORY_CHANGED: "The units of a variant on the shelf changed.",
        CatalogEventType.INVENTORY_LOW: "A variant's stock fell to its threshold or below it.",
    },
)

_TYPES = {
    f"{products.PREFIX}CREATED": CatalogEventType.PRODUCT_CREATED,
    f"{products.PREFIX}UPDATED": CatalogEventType.PRODUCT_UPDATED,
    f"{products.PREFIX}DELETED": CatalogEventType.PRODUCT_DELETED,
    inventory.INVENTORY_CHANGED: CatalogEventType.INVENTORY_CHANGED,
    inventory.INVENTORY_LOW: CatalogEventType.INVENTORY_LOW,
}
"""The events of the log that are told here, by their types there."""

_OF_PRODUCTS = frozenset(
    {
        CatalogEventType.PRODUCT_CREATED,
        CatalogEventType.PRODUCT_UPDATED,
        CatalogEventType.PRODUCT_DELETED,
    }
)
_OF_VARIANTS = frozenset({CatalogEventType.INVENTORY_CHANGED, CatalogEventType.INVENTORY_LOW})
_MOST_IDS = 250


class Told:
    """One event as it is shown; what it is about is read when asked for."""

    __slots__ = ("cursor", "occurred_at", "quantity_available", "subject_id", "type")

    def __init__(
        self,
        cursor: str,
        type: CatalogEventType,
        occurred_at: datetime,
        subject_id: UUID,
        quantity_available: int | None,
    ) -> None:
        self.cursor = cursor
        self.type = type
        self.occurred_at = occurred_at
        self.subject_id = subject_id
        self.quantity_available = quantity_available


@strawberry.type(description="Something that happened in the catalog, or to stock.")
class CatalogEvent:
    cursor: str = strawberry.field(description="Send it as `after` to go on behind this event.")
    type: CatalogEventType = strawberry.field(description="What happened.")
    occurred_at: DateTime = strawberry.field(description="When it happened.")
    quantity_available: int | None = strawberry.field(
        description="Of INVENTORY_CHANGED: units left after it that no running payment held."
    )

    @strawberry.field(
        description="The product that the event is about, as it is now, deleted ones included; "
        "null for other events."
    )
    async def product(self, root: strawberry.Parent[Told], info: Info) -> Product | None:
        if root.type not in _OF_PRODUCTS:
            return None
        return await info.context.load(reads.products_by_ids, root.subject_id)  # pyright: ignore[reportReturnType]

    @strawberry.field(
        description="The variant whose stock the event is about, as it is now; null for others."
    )
    async def variant(self, root: strawberry.Parent[Told], info: Info) -> ProductVariant | None:
        if root.type not in _OF_VARIANTS:
            return None
        return await info.context.load(reads.variants_for_sale, root.subject_id)  # pyright: ignore[reportReturnType]


@strawberry.input(description="Which events a subscriber gets; every condition must hold.")
class CatalogEventFilter:
    type: list[CatalogEventType] | None = strawberry.field(
        default=None, description="The event is of one of these types."
    )
    id: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="The event is about one of these: the product of product events, the variant "
        "of stock events; at most 250.",
    )


@strawberry.type
class CatalogSubscriptions:
    @subscription(
        "commerce.catalog.read",
        "commerce.products.read",
        description="Every change of the catalog and of stock, for registers that keep a copy of "
        "both. Without `after` live only: subscribe first, then read the lists, and nothing is "
        "missed. With it what came later is replayed first, in order, without a gap or a repeat. "
        "A websocket that does not take its events is closed with 4410: subscribe again after the "
        "last cursor you got.",
    )
    async def catalog_events(
        self,
        info: Info,
        after: Resume = None,
        filter: Annotated[
            CatalogEventFilter | None, strawberry.argument(description="Which events are wanted.")
        ] = None,
    ) -> AsyncGenerator[CatalogEvent]:
        shows = _Wanted(filter or CatalogEventFilter()).shown
        async for told in every_event(info.context, after, shows):
            yield told


class _Wanted:
    """The filter of one subscriber, decided from the event alone."""

    def __init__(self, wanted: CatalogEventFilter) -> None:
        self._types = None if wanted.type is None else frozenset(wanted.type)
        self._ids: frozenset[UUID] | None = None
        if wanted.id is not None:
            if len(wanted.id) > _MOST_IDS:
                raise Problem(
                    ErrorCode.TOO_MANY_ITEMS, f"At most {_MOST_IDS} ids.", ("filter", "id")
                )
            self._ids = frozenset(
                _subject(text, ("filter", "id", str(at))) for at, text in enumerate(wanted.id)
            )

    def shown(self, event: LogEvent) -> Told | None:
        """Return what is told of an event, if it is wanted."""
        type = _TYPES.get(event.type)
        if type is None or (self._types is not None and type not in self._types):
            return None
        if self._ids is not None and event.subject_id not in self._ids:
            return None
        left: int | None = None
        if type is CatalogEventType.INVENTORY_CHANGED:
            left = event.payload["onHand"] - event.payload["held"]
        return Told(event.cursor, type, event.occurred_at, event.subject_id, left)


def _subject(text: str, path: tuple[str, ...]) -> UUID:
    prefix, id = split(text, path)
    if prefix not in (Prefix.PRODUCT, Prefix.VARIANT):
        raise Problem(ErrorCode.INVALID_ID, "No event of the catalog is about such a thing.", path)
    return id
