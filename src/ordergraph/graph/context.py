"""What one request carries to its resolvers: caller, services, loaders, extras of the answer."""

from asyncio import Future
from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import strawberry

from ordergraph.graph.caching import Shown
from ordergraph.graph.loading import Batch, Loader
from ordergraph.graph.services import Services
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Viewer

T = TypeVar("T")
_NOWHERE: Final = object()


class Context:
    """One request. Loaders live as long as it, so nothing is shared between callers.

    `extensions` goes into the answer's own `extensions`. `shown` notes what an answer shows that
    caches may keep; None for all others.
    """

    __slots__ = (
        "_known",
        "_loaders",
        "actor",
        "extensions",
        "idempotency_header",
        "request_id",
        "services",
        "shown",
        "viewer",
    )

    def __init__(
        self,
        services: Services,
        actor: Actor,
        request_id: str,
        idempotency_header: str | None = None,
        shown: Shown | None = None,
    ) -> None:
        self.services = services
        self.actor = actor
        self.viewer: Viewer = services.database.viewer(actor)
        self.request_id = request_id
        self.idempotency_header = idempotency_header
        self.shown = shown
        self.extensions: dict[str, Any] = {}
        self._known: dict[Any, dict[UUID, Any]] = {}
        self._loaders: dict[Any, Loader] = {}

    async def load(self, batch: Batch[T], id: UUID) -> T | None:
        """Return one object; all that are asked for in the same tick travel in one statement."""
        found = self.take(batch, id)
        return await cast("Future[T | None]", found) if isinstance(found, Future) else found

    def take(self, batch: Batch[T], id: UUID) -> T | Future[T | None] | None:
        """Return what is in hand already as it is, and only what has to be read as a future.

        For resolvers that are no coroutines: a field of which nothing is waited for costs a look
        into a dictionary.
        """
        known = self._known.get(batch)
        if known is not None:
            found = known.get(id, _NOWHERE)
            if found is not _NOWHERE:
                return found
        loader = self._loaders.get(batch)
        if loader is None:
            loader = self._loaders[batch] = Loader(batch, self.viewer)
        return loader.load(id)

    def prime(self, batch: Batch[T], known: Mapping[UUID, T]) -> None:
        """Give what is in hand already, so that it is not read again."""
        held = self._known.get(batch)
        if held is None:
            self._known[batch] = dict(known)
        else:
            for id, value in known.items():
                held.setdefault(id, value)

    def forget(self) -> None:
        """Drop what was loaded, so that what follows reads the present state."""
        self._known.clear()
        self._loaders.clear()


Info = strawberry.Info[Context, None]
