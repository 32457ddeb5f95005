"""Reading `Accept` and `Content-Type` as clients really send them."""

import pytest

from ordergraph.graph.transport.negotiation import (
    GRAPHQL_RESPONSE,
    JSON,
    accepted,
    carries_json,
)

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)
APOLLO = "application/graphql-response+json,application/json;q=0.9"
RELAY = "application/json"
SSE = "text/event-stream"


@pytest.mark.parametrize(
    ("header", "json", "events", "prefers_events"),
    [
        (None, JSON, True, False),
        ("*/*", JSON, True, False),
        (URQL, GRAPHQL_RESPONSE, True, False),
        (APOLLO, GRAPHQL_RESPONSE, False, False),
        (RELAY, JSON, False, False),
        (SSE, None, True, True),
        ("text/event-stream, application/json", JSON, True, False),
        ("text/event-stream, application/json;q=0.9", JSON, True, True),
        ("text/event-stream;q=0.1, */*;q=0.5", JSON, True, False),
        ("text/event-stream;q=0, */*", JSON, False, False),
        ("application/*;q=0.2, text/*", JSON, True, True),
        ("application/json;q=nonsense", None, False, False),
        ("text/html", None, False, False),
        (",;=,", None, False, False),
        ("", JSON, True, False),
    ],
)
def test_an_accept_header_is_read_by_its_weights(
    header: str | None, json: str | None, events: bool, prefers_events: bool
) -> None:
    found = accepted(header)
    assert (found.json, found.events, found.prefers_events) == (json, events, prefers_events)


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("application/json", True),
        ("application/json; charset=utf-8", True),
        ('application/json; charset="UTF-8"', True),
        ("application/json;odata=verbose", True),
        ("application/json; charset=latin1", False),
        ("application/jsonp", False),
        ("text/application/json", False),
        ("application/json, text/plain", False),
        ("application/graphql-response+json", False),
        (None, False),
    ],
)
def test_a_request_is_json_exactly(header: str | None, taken: bool) -> None:
    assert carries_json(header) is taken
