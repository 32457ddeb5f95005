"""Following the catalog: what registers need to keep their own copy of it up to date."""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from ordergraph.commerce.bundles import events as bundles
from ordergraph.commerce.bundles.reads import bundles_by_ids
from ordergraph.commerce.catalog import events as products
from ordergraph.commerce.catalog import reads
from ordergraph.commerce.categories import events as categories
from ordergraph.commerce.categories.reads import categories_by_ids
from ordergraph.commerce.inventory import events as inventory
from ordergraph.commerce.modifiers import events as modifiers
from ordergraph.commerce.modifiers.reads import sets_by_ids
from ordergraph.core.ids import Prefix, encode, split
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.graph.catalog.types import Product, ProductVariant
from ordergraph.graph.categories.types import Category
from ordergraph.graph.context import Info
from ordergraph.graph.enums import shown
from ordergraph.graph.fields import subscription
from ordergraph.graph.following import Resume, every_event
from ordergraph.graph.loading import Batch
from ordergraph.graph.modifiers.types import ModifierSet
from ordergraph.graph.money import DateTime
from ordergraph.runtime.events.log import LogEvent

if TYPE_CHECKING:
    from ordergraph.graph.bundles.types import Bundle


class CatalogEventType(StrEnum):
    """What happened in the catalog, or to stock."""

    PRODUCT_CREATED = "PRODUCT_CREATED"
    PRODUCT_UPDATED = "PRODUCT_UPDATED"
    PRODUCT_DELETED = "PRODUCT_DELETED"
    BUNDLE_CREATED = "BUNDLE_CREATED"
    BUNDLE_UPDATED = "BUNDLE_UPDATED"
    BUNDLE_DELETED = "BUNDLE_DELETED"
    CATEGORY_CHANGED = "CATEGORY_CHANGED"
    CATEGORY_DELETED = "CATEGORY_DELETED"
    MODIFIERS_CHANGED = "MODIFIERS_CHANGED"
    INVENTORY_CHANGED = "INVENTORY_CHANGED"
    INVENTORY_LOW = "INVENTORY_LOW"


shown(
    CatalogEventType,
    "What happened in the catalog, or to stock. Types may be added.",
    {
        CatalogEventType.PRODUCT_CREATED: "A product was created.",
        CatalogEventType.PRODUCT_UPDATED: "A product or one of its variants changed.",
        CatalogEventType.PRODUCT_DELETED: "A product was deleted, with its variants.",
        CatalogEventType.BUNDLE_CREATED: "A bundle was created.",
        CatalogEventType.BUNDLE_UPDATED: "A bundle or one of its components changed.",
        CatalogEventType.BUNDLE_DELETED: "A bundle was deleted.",
        CatalogEventType.CATEGORY_CHANGED: "A category's name, slug, position or picture changed.",
        CatalogEventType.CATEGORY_DELETED: "A category was deleted.",
        CatalogEventType.MODIFIERS_CHANGED: "A modifier set was made, changed or retired.",
        CatalogEventType.INVENTORY_CHANGED: "The units of a variant on the shelf changed.",
        CatalogEventType.INVENTORY_LOW: "A variant's stock fell to its threshold or below it.",
    },
)

_TYPES = {
    f"{products.PREFIX}CREATED": CatalogEventType.PRODUCT_CREATED,
    f"{products.PREFIX}UPDATED": CatalogEventType.PRODUCT_UPDATED,
    f"{products.PREFIX}DELETED": CatalogEventType.PRODUCT_DELETED,
    f"{bundles.PREFIX}CREATED": CatalogEventType.BUNDLE_CREATED,
    f"{bundles.PREFIX}UPDATED": CatalogEventType.BUNDLE_UPDATED,
    f"{bundles.PREFIX}DELETED": CatalogEventType.BUNDLE_DELETED,
    categories.CATEGORY_CHANGED: CatalogEventType.CATEGORY_CHANGED,
    categories.CATEGORY_DELETED: CatalogEventType.CATEGORY_DELETED,
    modifiers.MODIFIER_SET_CHANGED: CatalogEventType.MODIFIERS_CHANGED,
    inventory.INVENTORY_CHANGED: CatalogEventType.INVENTORY_CHANGED,
    inventory.INVENTORY_LOW: CatalogEventType.INVENTORY_LOW,
}
"""The events of the log that are told here, by their types there."""

_SUBJECTS: Mapping[Prefix, tuple[str, Batch[Any]]] = {
    Prefix.PRODUCT: ("PRODUCT_", reads.products_by_ids),
    Prefix.BUNDLE: ("BUNDLE_", bundles_by_ids),
    Prefix.CATEGORY: ("CATEGORY_", categories_by_ids),
    Prefix.MODIFIER_SET: ("MODIFIERS_", sets_by_ids),
    Prefix.VARIANT: ("INVENTORY_", reads.variants_for_sale),
}
"""What events are about: how their types begin, and how such things are read."""

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
        description="The id of the product, bundle, category, modifier set or variant that the "
        "event is about; it is told also of what is gone by now."
    )
    def subject_id(self, root: strawberry.Parent[Told]) -> strawberry.ID:
        kind = next(each for each, (begins, _) in _SUBJECTS.items() if root.type.startswith(begins))
        return strawberry.ID(encode(kind, root.subject_id))

    @strawberry.field(
        description="The product that the event is about, as it is now, deleted ones included; "
        "null for other events."
    )
    def product(self, root: strawberry.Parent[Told], info: Info) -> Product | None:
        return _subject(info, root, Prefix.PRODUCT)

    @strawberry.field(
        description="The variant whose stock the event is about, as it is now; null for others."
    )
    def variant(self, root: strawberry.Parent[Told], info: Info) -> ProductVariant | None:
        return _subject(info, root, Prefix.VARIANT)

    @strawberry.field(
        description="The bundle that the event is about, as it is now, deleted ones included; "
        "null for other events."
    )
    def bundle(
        self, root: strawberry.Parent[Told], info: Info
    ) -> Annotated["Bundle", strawberry.lazy("ordergraph.graph.bundles.types")] | None:
        return _subject(info, root, Prefix.BUNDLE)

    @strawberry.field(
        description="The category that the event is about, as it is now; null for other events, "
        "and once it is deleted: `subjectId` tells which one it was."
    )
    def category(self, root: strawberry.Parent[Told], info: Info) -> Category | None:
        return _subject(info, root, Prefix.CATEGORY)

    @strawberry.field(
        description="The modifier set that the event is about, as it is now; null for others."
    )
    def modifier_set(self, root: strawberry.Parent[Told], info: Info) -> ModifierSet | None:
        return _subject(info, root, Prefix.MODIFIER_SET)


def _subject(info: Info, told: Told, prefix: Prefix) -> Any:
    begins, batch = _SUBJECTS[prefix]
    return info.context.take(batch, told.subject_id) if told.type.startswith(begins) else None


@strawberry.input(description="Which events a subscriber gets; every condition must hold.")
class CatalogEventFilter:
    type: list[CatalogEventType] | None = strawberry.field(
        default=None, description="The event is of one of these types."
    )
    id: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="The event is about one of these: products, bundles, categories, modifier "
        "sets, or the variants of stock events; at most 250.",
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
                _subject_id(text, ("filter", "id", str(at))) for at, text in enumerate(wanted.id)
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


def _subject_id(text: str, path: tuple[str, ...]) -> UUID:
    prefix, id = split(text, path)
    if prefix not in _SUBJECTS:
        raise Problem(ErrorCode.INVALID_ID, "No event of the catalog is about such a thing.", path)
    return id
