"""Which browser pages may read an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ordergraph.core.problems import ErrorCode
from ordergraph.graph.transport.application import Origins
from ordergraph.graph.transport.asgi import Headers
from ordergraph.graph.transport.refusals import refuse

_OURS = re.compile(r"ordergraph-[a-z0-9-]{1,40}")
_EXPOSED = (b"access-control-expose-headers", b"X-Request-Id, Retry-After")
_VARY = (b"vary", b"Origin")


def preflight(headers: Mapping[str, str]) -> Headers:
    """Return the headers that answer a browser's question before its request.

    It carries no credential, so any page may ask; the request itself is judged by its key. Ours
    are named one by one, because the wildcard of the header's syntax does not cover prefixes.
    """
    wanted = headers.get("access-control-request-headers", "").lower()[:1_000].split(",")
    ours = sorted({name for each in wanted if _OURS.fullmatch(name := each.strip())})
    named = ", ".join(("Authorization", "Content-Type", "Idempotency-Key", *ours))
    return [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (b"access-control-allow-headers", named.encode()),
        (b"access-control-max-age", b"7200"),
    ]


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Tell whether a page that we serve ourselves is asking, or no page at all."""
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")


def judge_origin(headers: Mapping[str, str], origins: Origins | None) -> Headers:
    """Return the headers for a page's request with a known credential, or refuse the page.

    A key that no browser may hold is answered without any, so that no page can read the answer.
    Credentials of the browser itself, such as cookies, are never allowed: there are none.
    """
    origin = headers.get("origin")
    if origin is None or origins is None:
        return []
    if not origins.admit(origin) and not is_same_origin(headers):
        raise refuse(403, ErrorCode.FORBIDDEN, "This key may not be used from this origin.")
    return readable(origin if origins.allowed is not None else "*")


def readable_by_caches(headers: Mapping[str, str], origins: Origins | None) -> Headers:
    """Return the headers of an answer that caches keep, also for pages that ask them later.

    A page that may not use the key is refused, as by `judge_origin`.
    """
    judge_origin(headers, origins)
    if origins is None or origins.allowed is None:
        return [(b"vary", b"Accept"), (b"access-control-allow-origin", b"*")]
    allowed = [(b"vary", b"Accept, Origin")]
    if "origin" in headers:
        origin = headers["origin"].encode("latin-1", "replace")
        allowed.append((b"access-control-allow-origin", origin))
    return allowed


def readable(origin: str) -> Headers:
    """Return the headers that let pages of an origin, or of any with `*`, read the answer."""
    if origin == "*":
        return [(b"access-control-allow-origin", b"*"), _EXPOSED]
    return [(b"access-control-allow-origin", origin.encode("latin-1", "replace")), _EXPOSED, _VARY]
