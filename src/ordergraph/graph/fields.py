"""Root and scoped fields: each is declared with its policy and refuses whoever lacks it."""

import functools
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from inspect import signature
from typing import Any

import strawberry

from ordergraph.graph.caching import Keeping, kept_for
from ordergraph.graph.scopes import needs, require


def query(
    *scopes: str, description: str, keeping: Keeping | None = None
) -> Callable[[Callable[..., Any]], Any]:
    """Declare a root query field; a caller with none of `scopes` gets null and FORBIDDEN.

    With `keeping` caches may keep what it answers to callers who all see the same.
    """
    return _field(scopes, description) if keeping is None else _kept(scopes, description, keeping)


def scoped(*scopes: str, description: str) -> Callable[[Callable[..., Any]], Any]:
    """Declare a nullable field of a type with a policy of its own (KEY-4)."""
    return _field(scopes, description)


def _field(scopes: tuple[str, ...], description: str) -> Callable[[Callable[..., Any]], Any]:
    def declare(resolver: Callable[..., Any]) -> Any:
        asked = _brief(scopes, resolver) if _is_brief(resolver) else _full(scopes, resolver)
        return strawberry.field(resolver=asked, description=description, directives=needs(*scopes))

    return declare


# No coroutine around the resolver's own: what it raises or returns is the field's.
def _full(scopes: tuple[str, ...], resolver: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(resolver)
    def asked(*args: Any, **kwargs: Any) -> Any:
        _check(scopes, kwargs["info"])
        return resolver(*args, **kwargs)

    return asked


def _is_brief(resolver: Callable[..., Any]) -> bool:
    return tuple(signature(resolver).parameters) == ("self", "root", "info")


def _brief(scopes: tuple[str, ...], resolver: Callable[..., Any]) -> Callable[..., Any]:
    """Ask before a field without arguments, of which a page has one for each of its rows."""

    @functools.wraps(resolver)
    def asked(self: Any, root: Any, info: Any) -> Any:
        actor = info.context.actor
        if scopes and actor.scopes.isdisjoint(scopes):
            _check(scopes, info)
        return resolver(self, root, info)

    return asked


def _kept(
    scopes: tuple[str, ...], description: str, keeping: Keeping
) -> Callable[[Callable[..., Any]], Any]:
    def declare(resolver: Callable[..., Any]) -> Any:
        @functools.wraps(resolver)
        def asked(*args: Any, **kwargs: Any) -> Any:
            info = kwargs["info"]
            _check(scopes, info)
            value, shown = resolver(*args, **kwargs), info.context.shown
            return value if shown is None else shown.note(keeping, value)

        policy = [*needs(*scopes), *kept_for(keeping.seconds)]
        return strawberry.field(resolver=asked, description=description, directives=policy)

    return declare


def _check(scopes: tuple[str, ...], info: Any) -> None:
    actor = info.context.actor
    if scopes and actor.scopes.isdisjoint(scopes):
        require(actor, scopes, f"The field {info.field_name}")


def subscription(*scopes: str, description: str) -> Callable[[Callable[..., Any]], Any]:
    """Declare a root subscription field; a caller with none of `scopes` gets FORBIDDEN."""

    def declare(resolver: Callable[..., Any]) -> Any:
        @functools.wraps(resolver)
        async def follow(*args: Any, **kwargs: Any) -> AsyncGenerator[Any]:
            _check(scopes, kwargs["info"])
            async with aclosing(resolver(*args, **kwargs)) as events:
                async for event in events:
                    yield event

        return strawberry.subscription(
            resolver=follow, description=description, directives=needs(*scopes)
        )

    return declare
