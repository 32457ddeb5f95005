"""What the endpoint asks of the application behind it: who calls, from where, with what context."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

I = TypeVar("I")  # noqa: E741


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where credentials may stand: in the headers, named in lower case, or a socket's parameters.

    The parameters come from `connection_init` as they were sent: values may be of any JSON type.
    The key is that of the address of a GET request.
    """

    headers: Mapping[str, str]
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Origins:
    """The browser origins that a credential may be used from; `allowed` None means any."""

    allowed: frozenset[str] | None = None

    def admit(self, origin: str) -> bool:
        """Tell whether pages of `origin` may use the credential."""
        return self.allowed is None or origin in self.allowed


class RequestContext(Protocol):
    """What resolvers get as `info.context`; `extensions` goes into the answer."""

    extensions: dict[str, Any]


class Application(Protocol[I]):
    """The application behind the endpoint. `I` is its own idea of a caller."""

    async def authenticate(self, credentials: Credentials, request_id: str) -> I:
        """Return who calls, or raise a `Problem`: `UNAUTHENTICATED` is 401, on a socket 4403."""
        ...

    async def still_valid(self, identities: Sequence[I]) -> Sequence[bool]:
        """Tell of each whether its credential still opens: asked every few seconds."""
        ...

    def credential(self, identity: I) -> Hashable:
        """Return what stands for the credential: callers with an equal one end together."""
        ...

    def audience(self, identity: I) -> Hashable:
        """Return all that decides what the caller sees: equal audiences get equal answers."""
        ...

    def origins(self, identity: I) -> Origins | None:
        """Return where browsers may use the credential; None for one that no browser may hold."""
        ...

    def is_live(self, identity: I) -> bool:
        """Tell whether the caller is in live, where errors make no suggestions."""
        ...

    def may_introspect(self, identity: I) -> bool:
        """Tell whether the caller may ask for the schema."""
        ...

    def only_registered(self, identity: I) -> bool:
        """Tell whether the caller may run registered documents only."""
        ...

    async def registered(self, identity: I, sha256: bytes) -> str:
        """Return the document that is registered by a hash, or raise a `Problem`.

        `PERSISTED_QUERY_NOT_FOUND` where there are others, `PERSISTED_QUERY_NOT_SUPPORTED` where
        there is none at all.
        """
        ...

    def is_shareable(self, identity: I) -> bool:
        """Tell whether all is in the address that decides what the caller sees: no header is."""
        ...

    def surrogate_keys(self, context: Any) -> Sequence[str]:
        """Return the keys of what an answer shows, by which caches forget it."""
        ...

    def context(self, identity: I, request_id: str, idempotency_key: str | None) -> RequestContext:
        """Return the context of one operation; the key is that of the header (IDM-12)."""
        ...
