"""An answer that everybody who sends the same address may get: its bytes and its headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from ordergraph.graph.transport.asgi import Headers, Send, respond


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """The answer, without anything of the request or the caller in it."""

    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    """All that stand on a 304 too."""

    content_type: bytes
    etag: str
    seconds: int
    surrogate_keys: tuple[str, ...]

    async def send(self, send: Send, if_none_match: str | None, more: Headers) -> None:
        """Answer with it, or with 304 when the caller has it already."""
        headers = [*self.headers, *more]
        if if_none_match is not None and _matches(if_none_match, self.etag):
            return await respond(send, 304, headers)
        headers.append((b"content-type", self.content_type))
        await respond(send, 200, headers, self.body)


def shared_answer(
    body: bytes, media_type: str, seconds: int, surrogate_keys: Sequence[str]
) -> SharedAnswer:
    """Make an answer that caches keep for `seconds`, and as long again while they ask anew.

    Its tag tells bodies and media types apart, and nothing else.
    """
    etag = f'"{blake2b(body, key=media_type.encode(), digest_size=16).hexdigest()}"'
    policy = f"public, s-maxage={seconds}, stale-while-revalidate={seconds}"
    headers = (
        (b"cache-control", policy.encode()),
        (b"etag", etag.encode()),
        (b"surrogate-key", " ".join(surrogate_keys).encode()),
        (b"x-content-type-options", b"nosniff"),
    )
    content_type = f"{media_type}; charset=utf-8".encode()
    return SharedAnswer(body, headers, content_type, etag, seconds, tuple(surrogate_keys))


def _matches(if_none_match: str, etag: str) -> bool:
    """Compare as RFC 9110 does here: a tag that a proxy made weak is the same."""
    tags = (each.strip().removeprefix("W/") for each in if_none_match.split(","))
    return if_none_match.strip() == "*" or etag in tags
