"""What a client is told of an error, and what is not."""

from typing import Any

import pytest
import structlog

from tests.graph.transport.conftest import Client, codes


async def told(client: Client, document: str) -> tuple[Any, list[Any]]:
    with structlog.testing.capture_logs() as logs:
        answer = await client.post({"query": document}, x_request_id="req-1")
    return answer.json(), [entry for entry in logs if entry["log_level"] == "error"]


@pytest.mark.parametrize("field", ["crash", "crashLater", "tooBig"])
async def test_a_foreign_exception_is_masked_with_the_request_id_and_logged_once(
    client: Client, field: str
) -> None:
    answer, logs = await told(client, f"{{ {field} hello }}")
    assert answer["data"] == {field: None, "hello": "Hello, world!"}
    assert answer["errors"] == [
        {
            "message": "Something went wrong on our side. "
            "The request id helps us to find out what.",
            "locations": [{"line": 1, "column": 3}],
            "path": [field],
            "extensions": {"code": "INTERNAL_ERROR", "requestId": "req-1"},
        }
    ]
    assert [(entry["request_id"], entry["path"]) for entry in logs] == [("req-1", [field])]


async def test_a_null_where_none_may_be_is_our_fault_too(client: Client) -> None:
    answer, logs = await told(client, "{ missing }")
    assert (answer["data"], codes(answer), len(logs)) == (None, ["INTERNAL_ERROR"], 1)


async def test_our_own_refusals_are_not_swallowed(client: Client) -> None:
    answer, logs = await told(client, "{ problem problems thing { secret } }")
    assert [(error["path"], error["extensions"]) for error in answer["errors"]] == [
        (["problem"], {"code": "INVALID_PAGE_SIZE", "field": ["first"], "requestId": "req-1"}),
        (["problems"], {"code": "INVALID_FIELD", "field": ["a"], "requestId": "req-1"}),
        (["problems"], {"code": "INVALID_FORMAT", "field": ["b", "0"], "requestId": "req-1"}),
        (
            ["thing", "secret"],
            {"code": "FORBIDDEN", "missingScopes": ["things.secrets"], "requestId": "req-1"},
        ),
    ]
    assert answer["data"]["thing"] == {"secret": None}
    assert logs == []


async def test_an_error_of_many_fields_is_logged_once_for_each_cause(client: Client) -> None:
    answer, logs = await told(client, "{ a: crash b: crash problem }")
    assert sorted(codes(answer)) == ["INTERNAL_ERROR", "INTERNAL_ERROR", "INVALID_PAGE_SIZE"]
    assert len(logs) == 2
