"""What one request carries to its resolvers: caller, services, loaders, extras of the answer."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

import strawberry
from aiodataloader import DataLoader

from ordergraph.graph.services import Services
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.db.database import Viewer
from ordergraph.runtime.db.transaction import Reader

T = TypeVar("T")
Batch = Callable[[Reader, Sequence[UUID]], Awaitable[Mapping[UUID, T]]]


class Context:
    """One request. Loaders live as long as it, so nothing is shared between callers.

    `extensions` goes into the answer's own `extensions`.
    """

    __slots__ = (
        "_loaders",
        "actor",
        "extensions",
        "idempotency_header",
        "request_id",
        "services",
        "viewer",
    )

    def __init__(
        self,
        services: Services,
        actor: Actor,
        request_id: str,
        idempotency_header: str | None = None,
    ) -> None:
        self.services = services
        self.actor = actor
        self.viewer: Viewer = services.database.viewer(actor)
        self.request_id = request_id
        self.idempotency_header = idempotency_header
        self.extensions: dict[str, Any] = {}
        self._loaders: dict[Any, DataLoader[UUID, Any]] = {}

    async def load(self, batch: Batch[T], id: UUID) -> T | None:
        """Return one object; all that are asked for in the same tick travel in one statement."""
        return await self._loader(batch).load(id)

    def prime(self, batch: Batch[T], known: Mapping[UUID, T]) -> None:
        """Give a loader what is in hand already, so that it is not read again."""
        loader = self._loader(batch)
        for id, value in known.items():
            loader.prime(id, value)

    def forget(self) -> None:
        """Drop what was loaded, so that what follows reads the present state."""
        self._loaders.clear()

    def _loader(self, batch: Batch[Any]) -> DataLoader[UUID, Any]:
        loader = self._loaders.get(batch)
        if loader is None:
            loader = self._loaders[batch] = DataLoader(self._batched(batch))
        return loader

    def _batched(self, batch: Batch[Any]) -> Callable[[list[UUID]], Coroutine[Any, Any, list[Any]]]:
        async def fetch(ids: list[UUID]) -> list[Any]:
            found = await batch(self.viewer, ids)
            return [found.get(id) for id in ids]

        return fetch


Info = strawberry.Info[Context, None]
