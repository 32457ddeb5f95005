"""From credentials to a caller: who asks, what they may reach, and the context of one operation."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from ordergraph.commerce.access.authenticating import Authentication
from ordergraph.commerce.access.problems import Unauthenticated
from ordergraph.commerce.access.reads import ApiKey
from ordergraph.commerce.access.rules import KeyKind, presented_token
from ordergraph.commerce.operations.finding import RegisteredTexts
from ordergraph.commerce.orders.placing import secret_digest
from ordergraph.commerce.orders.reads import order_id_by_secret, order_ids_by_secrets
from ordergraph.graph.caching import Shown
from ordergraph.graph.context import Context
from ordergraph.graph.services import Services
from ordergraph.graph.transport.application import Credentials, Origins
from ordergraph.runtime.actor import Actor

_SECRET_HEADER = "ordergraph-order-secret"  # the name of a header
_LONGEST_SECRET = 200


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller: a key, and the one order that a buyer's secret opens beside it."""

    token: str
    key: ApiKey
    order_secret: str | None = None
    order_id: UUID | None = None
    in_address: bool = False
    """Whether the key stands in the address alone, and no header says more of the caller."""


class View:
    """What the endpoint asks of this application."""

    def __init__(
        self,
        services: Services,
        authentication: Authentication,
        texts: RegisteredTexts,
        *,
        introspection_in_live: bool,
        only_registered: bool = False,
    ) -> None:
        self._services = services
        self._authentication = authentication
        self._texts = texts
        self._introspection_in_live = introspection_in_live
        self._only_registered = only_registered

    async def authenticate(self, credentials: Credentials, request_id: str) -> Identity:
        """Return who calls, by headers or by a socket's parameters (KEY-2).

        A missing or wrong order secret opens no order and is no error: such an order does not
        exist for the caller.
        """
        headers, parameters = credentials.headers, credentials.parameters
        bearer = _text(parameters.get("Authorization") or parameters.get("authorization"))
        bearer = bearer or headers.get("authorization")
        api_key = _text(parameters.get("X-API-Key")) or headers.get("x-api-key")
        token = presented_token(bearer, api_key, credentials.key)
        key = await self._authentication.authenticate(token)
        secret = _text(parameters.get("orderSecret")) or headers.get(_SECRET_HEADER)
        if secret is None:
            return Identity(token, key, in_address=not (bearer or api_key))
        if key.kind is KeyKind.SECRET or len(secret) > _LONGEST_SECRET:
            return Identity(token, key)
        return Identity(token, key, secret, await self._opened(key, secret))

    async def still_valid(self, identities: Sequence[Identity]) -> Sequence[bool]:
        """Tell of each whether key, scopes and order secret still open what they opened.

        All secrets of an environment are looked up with one statement.
        """
        presented = {(each.token, each.key.scopes) for each in identities}
        good = {each for each in presented if await self._is_good(*each)}
        opened: dict[UUID, Mapping[bytes, UUID]] = {}
        buyers = [each for each in identities if each.order_id is not None]
        for environment_id in {each.key.environment_id for each in buyers}:
            here = [each for each in buyers if each.key.environment_id == environment_id]
            viewer = self._services.database.viewer(here[0].key.actor())
            digests = [secret_digest(each.order_secret or "") for each in here]
            opened[environment_id] = await order_ids_by_secrets(viewer, digests)
        return [
            (each.token, each.key.scopes) in good
            and (each.order_id is None or each.order_id == _found(opened, each))
            for each in identities
        ]

    async def _is_good(self, token: str, scopes: frozenset[str]) -> bool:
        """Tell whether a token still opens, with the scopes that it opened with."""
        try:
            return (await self._authentication.authenticate(token)).scopes == scopes
        except Unauthenticated:
            return False

    def credential(self, identity: Identity) -> Hashable:
        """Return the key with what it opened, and the order's secret beside it."""
        return identity.token, identity.key.scopes, identity.order_secret, identity.order_id

    def audience(self, identity: Identity) -> Hashable:
        """Return all of an actor that decides what it sees: who it is in person does not."""
        return self._actor(identity, "").audience()

    def origins(self, identity: Identity) -> Origins | None:
        """Return where browsers may use the key; None for a secret key."""
        if identity.key.kind is KeyKind.SECRET:
            return None
        return Origins(identity.key.allowed_origins)

    def is_live(self, identity: Identity) -> bool:
        """Tell whether the key belongs to a live environment."""
        return identity.key.livemode

    def may_introspect(self, identity: Identity) -> bool:
        """Tell whether the key may ask for the schema: in live only where a setting says so."""
        return self._introspection_in_live or not identity.key.livemode

    def only_registered(self, identity: Identity) -> bool:
        """Tell whether only registered documents run: for all callers or for none."""
        return self._only_registered

    async def registered(self, identity: Identity, sha256: bytes) -> str:
        """Return the document that is registered by a hash in the caller's environment."""
        return await self._texts.find(identity.key.environment_id, sha256)

    def is_shareable(self, identity: Identity) -> bool:
        """Tell whether a publishable key is all that the caller sent, and it in the address."""
        return identity.in_address and identity.key.kind is KeyKind.PUBLISHABLE

    def surrogate_keys(self, context: Context) -> Sequence[str]:
        """Return the keys of the products that an answer shows, and of their environment."""
        return () if context.shown is None else context.shown.keys(context.actor.environment_id)

    def context(self, identity: Identity, request_id: str, idempotency_key: str | None) -> Context:
        """Return the context of one operation."""
        actor = self._actor(identity, request_id)
        shown = Shown() if identity.in_address else None
        return Context(self._services, actor, request_id, idempotency_key, shown)

    def _actor(self, identity: Identity, request_id: str) -> Actor:
        actor = identity.key.actor(request_id)
        if identity.order_id is not None:
            actor.order_id = identity.order_id
            actor.principal = f"order:{identity.order_id}"
        return actor

    async def _opened(self, key: ApiKey, secret: str) -> UUID | None:
        viewer = self._services.database.viewer(key.actor())
        return await order_id_by_secret(viewer, secret_digest(secret))


def _found(opened: Mapping[UUID, Mapping[bytes, UUID]], identity: Identity) -> UUID | None:
    return opened[identity.key.environment_id].get(secret_digest(identity.order_secret or ""))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
