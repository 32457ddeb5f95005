"""From a request to an operation that may run, on every transport alike."""

from __future__ import annotations

from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.graph.execution.engine import Engine, Prepared
from ordergraph.graph.transport.application import Application, I
from ordergraph.graph.transport.requests import GraphQLRequest, hash_of

_UNKNOWN = (ErrorCode.PERSISTED_QUERY_NOT_FOUND, ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED)


async def prepare(
    engine: Engine, application: Application[I], identity: I, request: GraphQLRequest
) -> Prepared:
    """Return a caller's operation ready to run, or raise the `Problem` or `InvalidDocument` it has.

    A document that comes whole is looked up only where nothing else than registered ones may run.
    """
    text, registered = request.query, False
    if text is None:
        assert request.sha256 is not None  # a request has one or the other
        text, registered = await application.registered(identity, request.sha256), True
    elif application.only_registered(identity):
        await _require_registered(application, identity, text)
        registered = True
    return engine.prepare(
        text,
        request.operation_name,
        request.variables,
        live=application.is_live(identity),
        may_introspect=application.may_introspect(identity),
        registered=registered,
    )


async def _require_registered(application: Application[I], identity: I, text: str) -> None:
    try:
        await application.registered(identity, hash_of(text))
    except Problem as problem:
        if problem.code not in _UNKNOWN:
            raise
        raise Problem(
            ErrorCode.OPERATION_NOT_REGISTERED,
            "Only registered operations run here, and this document is none of them.",
            ("query",),
        ) from None
