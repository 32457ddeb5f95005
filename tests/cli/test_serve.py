"""The server as an operator meets it: started, asked, killed and started again."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.places import new_folder

ORDERGRAPH = Path(sys.executable).with_name("ordergraph")
COUNT = '{"query": "{ products(first: 1) { totalCount } viewer { livemode } }"}'

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder that the account of an embedded Postgres can reach."""
    folder = new_folder("og-serve-")
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture
def start(data_dir: Path) -> Iterator[Start]:
    """Starts servers over one data folder, with the embedded Postgres, and kills what is left."""
    servers: list[subprocess.Popen[str]] = []
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}

    def serve(*words: str) -> "subprocess.Popen[str]":
        server = subprocess.Popen(
            [ORDERGRAPH, "serve", "--data-dir", data_dir, *(words or ("--demo", "--port", "0"))],
            env={**environment, "ORDERGRAPH_LOG_JSON": "true"},
            stderr=subprocess.PIPE,
            text=True,
        )
        servers.append(server)
        return server

    yield serve
    for server in servers:
        if server.poll() is None:
            server.send_signal(signal.SIGTERM)
            server.wait(90)
        if server.stderr:
            server.stderr.close()


def logged(server: "subprocess.Popen[str]", message: str) -> dict[str, Any]:
    """Read the server's log up to the line that says `message`."""
    assert server.stderr is not None
    for line in server.stderr:
        if line.startswith("{") and (said := json.loads(line)).get("message") == message:
            return said
    raise AssertionError(f"the server ended without saying {message!r}")


def demo(data_dir: Path) -> dict[str, str]:
    return json.loads((data_dir / "demo.json").read_text())


def ask(url: str, key: str) -> Any:
    request = urllib.request.Request(
        url,
        COUNT.encode(),
        {"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def runs(data_dir: Path) -> bool:
    return (data_dir / "postgres" / "data" / "postmaster.pid").exists()


def stop(server: "subprocess.Popen[str]", number: int = signal.SIGTERM) -> int:
    server.send_signal(number)
    return server.wait(90)


def test_the_demo_is_served_again_with_the_same_keys_and_leaves_nothing_running(
    start: Start, data_dir: Path
) -> None:
    server = start()
    address = logged(server, "serving")["url"]
    first = demo(data_dir)
    assert first["url"] == address
    assert set(first) == {"url", "secretKey", "publishableKey", "merchantId", "environmentId"}
    answered = {"data": {"products": {"totalCount": 8}, "viewer": {"livemode": False}}}
    assert ask(first["url"], first["secretKey"]) == answered
    assert "<title>ordergraph" in read(first["url"].removesuffix("graphql"))
    assert stop(server) == 0
    assert not runs(data_dir)

    server = start()
    logged(server, "serving")
    again = demo(data_dir)
    assert ask(again["url"], again["secretKey"]) == answered
    assert {**again, "url": ""} == {**first, "url": ""}
    assert stop(server, signal.SIGINT) == 0
    assert not runs(data_dir)


def test_a_killed_server_is_started_again_over_the_same_data(start: Start, data_dir: Path) -> None:
    server = start()
    logged(server, "serving")
    assert stop(server, signal.SIGKILL) == -signal.SIGKILL
    assert runs(data_dir)

    server = start()
    logged(server, "serving")
    shop = demo(data_dir)
    assert ask(shop["url"], shop["secretKey"])["data"]["products"]["totalCount"] == 8
    # A terminal that is closed ends what was started in it.
    assert stop(server, signal.SIGHUP) == 0
    assert not runs(data_dir)


def test_two_servers_share_a_folder_and_commands_work_meanwhile(
    start: Start, data_dir: Path
) -> None:
    one = start()
    logged(one, "serving")
    first = demo(data_dir)
    two = start()
    logged(two, "serving")
    second = demo(data_dir)
    assert first["url"] != second["url"]
    assert first["secretKey"] == second["secretKey"]

    made = subprocess.run(
        [
            *(ORDERGRAPH, "key", "create", "--data-dir", data_dir),
            *("--environment", first["environmentId"]),
            *("--scopes", "commerce.catalog.read,commerce.products.read"),
        ],
        env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        capture_output=True,
        text=True,
        check=True,
    )
    token = json.loads(made.stdout)["token"]
    assert ask(second["url"], token)["data"]["products"]["totalCount"] == 8

    assert stop(one) == 0
    assert runs(data_dir)
    assert ask(second["url"], second["secretKey"])["data"]["products"]["totalCount"] == 8
    assert stop(two) == 0
    assert not runs(data_dir)


@pytest.mark.parametrize(("workers", "seconds"), [("1", 0.6), ("1", 1.4), ("2", 0.6)])
def test_a_server_asked_to_leave_while_it_starts_leaves_nothing_running(
    start: Start, data_dir: Path, workers: str, seconds: float
) -> None:
    server = start("--demo", "--port", "0", "--workers", workers)
    time.sleep(seconds)
    assert stop(server) in (0, -signal.SIGTERM)
    assert not runs(data_dir)


def test_a_port_in_use_is_said_in_one_line_and_nothing_is_started(
    start: Start, data_dir: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = start("--port", str(port))
        assert server.wait(90) == 1
        assert server.stderr is not None
        assert server.stderr.read() == (
            f"ordergraph: Cannot listen on 127.0.0.1:{port} (Address already in use): "
            "choose another with --port, or --port 0 for a free one.\n"
        )
    assert not data_dir.exists()
