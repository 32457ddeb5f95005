"""Logs: their two forms, request ids, and what must never stand in them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from ordergraph.runtime.telemetry import configure_logs, logged_as, request_id

TOKEN = "og_live_sk_" + "0123456789abcdef" * 4 + "00000000"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_json_line_says_what_when_and_in_which_request(stream: io.StringIO) -> None:
    configure_logs(json_lines=True, stream=stream)
    with logged_as(request_id="req_1"):
        structlog.get_logger("shop").info("order paid", total=5578)
    structlog.get_logger("shop").info("idle")
    paid, idle = lines(stream)
    assert str(paid.pop("timestamp")).endswith("Z")
    assert paid == {
        "message": "order paid",
        "total": 5578,
        "level": "info",
        "logger": "shop",
        "request_id": "req_1",
    }
    assert "request_id" not in idle


def test_libraries_are_logged_the_same_way_and_chatter_is_left_out(stream: io.StringIO) -> None:
    configure_logs(json_lines=True, stream=stream)
    logging.getLogger("uvicorn.access").info("GET /")
    logging.getLogger("uvicorn.error").warning("slow by %s s", 3)
    (line,) = lines(stream)
    assert (line["message"], line["level"], line["logger"]) == (
        "slow by 3 s",
        "warning",
        "uvicorn.error",
    )


def test_the_level_holds(stream: io.StringIO) -> None:
    configure_logs(json_lines=True, level="warning", stream=stream)
    structlog.get_logger("shop").info("order paid")
    assert lines(stream) == []


@pytest.mark.parametrize("json_lines", [True, False])
def test_no_token_reaches_a_log_not_even_in_a_traceback(
    stream: io.StringIO, json_lines: bool
) -> None:
    configure_logs(json_lines=json_lines, stream=stream)
    log = structlog.get_logger("shop")
    log.info(f"called with {TOKEN}", header=f"Bearer {TOKEN}", parts=[TOKEN], by={"key": TOKEN})
    try:
        raise ValueError(TOKEN)
    except ValueError:
        log.exception("failed")
    written = stream.getvalue()
    assert "og_live_sk_..." in written
    assert "0123456789abcdef" not in written
    assert "Traceback" in written


def test_req_1_a_callers_request_id_is_kept_if_it_can_be_sent_back() -> None:
    assert request_id("from-the-till-17") == "from-the-till-17"
    for unfit in (None, "", "two words", "line\nbreak", "x" * 129, "ü"):
        made = request_id(unfit)
        assert made.startswith("req_")
        assert len(made) == 30
