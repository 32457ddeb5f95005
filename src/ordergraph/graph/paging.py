"""Relay connections over keyset pages, with sealed cursors (PAG-2)."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
import strawberry

from ordergraph.core.paging import (
    COUNT_LIMIT,
    DEFAULT_PAGE,
    LARGEST_PAGE,
    Page,
    PageRequest,
    Position,
    SortValue,
)
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.graph.context import Context
from ordergraph.graph.loading import by_then
from ordergraph.runtime.db.transaction import Reader

T = TypeVar("T")
First = Annotated[
    int | None, strawberry.argument(description="How many entries: 1 to 100, by default 20.")
]
After = Annotated[
    str | None, strawberry.argument(description="The cursor of the last entry already seen.")
]
FilterBy = strawberry.argument(description="Which entries the list has.")
SortBy = strawberry.argument(description="How the list is ordered.")
_LONGEST_CURSOR = 1_000
_SEAL = 12
_KEPT = 1_000
"""For how many lists, told apart by their filters, the key is kept that seals their cursors."""


Seal = Callable[[Any], str]
"""Writes the cursor of an entry."""


def _start(root: Any) -> str | None:
    return root.seal(root.items[0]) if root.items else None


def _end(root: Any) -> str | None:
    return root.seal(root.items[-1]) if root.items else None


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more follows after this page.")
    has_previous_page: bool = strawberry.field(
        description="Always false: lists are paged forward only."
    )
    start_cursor: str | None = strawberry.field(
        resolver=_start, description="The cursor of the first edge."
    )
    end_cursor: str | None = strawberry.field(
        resolver=_end,
        description="The cursor of the last edge: send it as `after` for the next page.",
    )
    items: strawberry.Private[Sequence[Any]]
    seal: strawberry.Private[Seal]


@strawberry.type(description="One entry of a page.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Points at this entry; opaque.")
    node: T = strawberry.field(description="The entry itself.")


def _edges(root: Any) -> list[Any]:
    return [Edge(cursor=root.page_info.seal(item), node=item) for item in root.nodes]


@strawberry.type(description="One page of a list that may be long.")
class Connection(Generic[T]):
    """Cursors are sealed when they are asked for, because most callers want few or none."""

    edges: list[Edge[T]] = strawberry.field(
        resolver=_edges, description="The entries with their cursors."
    )
    nodes: list[T] = strawberry.field(description="The entries alone.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(
        description="How many entries the whole list has, counted only when asked for and only "
        "to 10,000."
    )
    async def total_count(self) -> int:
        return min(await self.count(), COUNT_LIMIT)

    @strawberry.field(description="Whether `totalCount` is exact: false beyond 10,000.")
    async def total_count_is_exact(self) -> bool:
        return await self.count() <= COUNT_LIMIT


Fetch = Callable[[PageRequest], Awaitable[Page[T]]]


async def connect(
    context: Context,
    listing: str,
    first: int | None,
    after: str | None,
    *,
    fetch: Fetch[T],
    count: Callable[[], Awaitable[int]],
    key: Callable[[T], tuple[SortValue, UUID]],
    filters: Any = None,
    descending: bool = False,
) -> Any:
    """Return one page of `listing` as a connection (PAG-1, PAG-2).

    `listing` names the list and its sort field; with `filters` and the direction it binds the
    cursor, so that one of another list, sort or filter is `INVALID_CURSOR`. `key` gives the sort
    value and id of a row. `count` counts the whole list and is only called when asked for.
    """
    limit = DEFAULT_PAGE if first is None else first
    if not 1 <= limit <= LARGEST_PAGE:
        raise Problem(
            ErrorCode.INVALID_PAGE_SIZE, f"first must be between 1 and {LARGEST_PAGE}.", ("first",)
        )
    cursors = _Cursors(context, listing, filters, descending, key)
    place = None if after is None else cursors.open(after)
    page = await fetch(PageRequest(limit, place, descending))
    items = list(page.items)
    return Connection(
        nodes=items,
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=False,
            items=items,
            seal=cursors.seal,
        ),
        count=_once(count),
    )


ReadPages = Callable[..., Awaitable[Mapping[UUID, Page[T]]]]
"""Reads the same page below many owners: of a reader, their ids, the page, and an instant if the
list is to be as it was then."""


@dataclass(frozen=True)
class _Pages(Generic[T]):
    """The same page below many owners, as a batch that a loader takes: equal ones share it."""

    read: ReadPages[T]
    page: PageRequest
    until: datetime | None

    async def __call__(self, reader: Reader, ids: Sequence[UUID]) -> Mapping[UUID, Page[T]]:
        then = () if self.until is None else (self.until,)
        return await self.read(reader, ids, self.page, *then)


async def connect_below(
    context: Context,
    listing: str,
    owner: UUID,
    first: int | None,
    after: str | None,
    *,
    pages: ReadPages[T],
    counts: Callable[..., Awaitable[Mapping[UUID, int]]],
    key: Callable[[T], tuple[SortValue, UUID]],
    descending: bool = False,
    until: datetime | None = None,
) -> Any:
    """Return one page of the list that `owner` has, as a connection; `until` shows its past.

    The lists of all owners that are asked for in the same tick travel in one statement.
    """

    async def fetch(page: PageRequest) -> Page[T]:
        return await context.load(_Pages(pages, page, until), owner) or Page([], has_next=False)

    async def count() -> int:
        return await context.load(by_then(counts, counts, until), owner) or 0

    return await connect(
        context,
        listing,
        first,
        after,
        fetch=fetch,
        count=count,
        key=key,
        filters=owner if until is None else (owner, until),
        descending=descending,
    )


def _once(count: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[int]]:
    """Make both fields that need the count wait for the same one."""
    running: list[asyncio.Future[int]] = []

    async def counted() -> int:
        if not running:
            running.append(asyncio.ensure_future(count()))
        return await running[0]

    return counted


class _Cursors(Generic[T]):
    """Writes and reads the cursors of one list, signed for its environment, sort and filters."""

    __slots__ = ("_binding", "_context", "_key", "_place")

    def __init__(
        self,
        context: Context,
        listing: str,
        filters: Any,
        descending: bool,
        place: Callable[[T], tuple[SortValue, UUID]],
    ) -> None:
        self._context = context
        self._binding = listing, filters, descending
        self._place = place
        self._key: bytes | None = None

    def seal(self, item: T) -> str:
        value, id = self._place(item)
        written = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        kind = "t" if isinstance(value, datetime) else "v"
        body = orjson.dumps([kind, written, id.hex])
        return base64.urlsafe_b64encode(self._mark(body) + body).decode().rstrip("=")

    def _mark(self, body: bytes) -> bytes:
        if self._key is None:
            context = self._context
            self._key = _key(context.services.secret, context.actor.environment_id, *self._binding)
        return hmac.digest(self._key, body, hashlib.sha256)[:_SEAL]

    def open(self, cursor: str) -> Position:
        try:
            if len(cursor) > _LONGEST_CURSOR:
                raise ValueError
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            raw = base64.b64decode(padded, altchars=b"-_", validate=True)
            mark, body = raw[:_SEAL], raw[_SEAL:]
            if not hmac.compare_digest(mark, self._mark(body)):
                raise ValueError
        except ValueError:
            raise Problem(
                ErrorCode.INVALID_CURSOR,
                "This cursor does not belong to this list with this sort and these filters.",
                ("after",),
            ) from None
        kind, value, id = orjson.loads(body)
        return Position(datetime.fromisoformat(value) if kind == "t" else value, UUID(id))


@lru_cache(_KEPT)
def _key(
    secret: bytes, environment_id: UUID, listing: str, filters: Any, descending: bool
) -> bytes:
    seed = f"cursor:{environment_id}:{listing}:{descending}:{filters!r}".encode()
    return hmac.digest(secret, seed, hashlib.sha256)


def listed(ids: Sequence[Any]) -> tuple[Any, ...]:
    """Return filter values in one order, so that equal filters bind equal cursors."""
    return tuple(sorted(ids))
