"""One Postgres data folder and the server process over it."""

import contextlib
import os
import shlex
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from ordergraph.runtime.db.binaries import Account, PostgresUnavailable, major_version

SOCKET_NAME = ".s.PGSQL.5432"
START_SECONDS = 60.0
MAX_CONNECTIONS = 200

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": str(MAX_CONNECTIONS),
    "shared_buffers": "128MB",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Only for throw-away data: a power cut may corrupt the folder.
_VOLATILE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "64MB",
    "min_wal_size": "32MB",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """The data folder, who owns it, the programs that serve it, and where its socket is.

    Not safe for concurrent use: the caller holds a lock around everything that changes state.
    """

    data: Path
    account: Account
    binaries: Path
    socket_folder: Path
    durable: bool

    def ensure_running(self) -> None:
        """Create the data when there is none, start the server when it does not run."""
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._check_version()
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise PostgresUnavailable(f"Postgres over {self.data} does not become ready.")
            if not self.is_running():
                self._launch(deadline)
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server, if it runs; open transactions are rolled back."""
        if self.is_running():
            self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop")

    def is_running(self) -> bool:
        """Tell whether a server process over this folder lives."""
        pid = _number_in(self.data / "postmaster.pid")
        if pid is None:
            return False
        try:
            process = psutil.Process(pid)
            return process.status() != psutil.STATUS_ZOMBIE and str(self.data) in process.cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False

    def _create(self) -> None:
        # Made beside and then renamed: a creation that is interrupted leaves no half folder.
        unfinished = self.data.with_name("data.part")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self.account.differs:
            os.chown(unfinished, self.account.uid, self.account.gid)
        locale = ["--locale=C.UTF-8"]
        if major_version(self.binaries) >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        sync = [] if self.durable else ["--no-sync"]
        self._run(
            *("initdb", "-D", str(unfinished), "-U", "postgres", "-A", "trust", "-E", "UTF8"),
            *(*locale, *sync),
        )
        try:
            unfinished.rename(self.data)
        except OSError as failed:
            raise PostgresUnavailable(
                f"{self.data} holds something that is not a Postgres data folder: move it away."
            ) from failed

    def _check_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        needed = str(major_version(self.binaries))
        if found != needed:
            raise PostgresUnavailable(
                f"The data folder {self.data} was made by Postgres {found}, and this installation "
                f"runs Postgres {needed}, which cannot read it. To keep the data, dump it with "
                f"the pg_dumpall of Postgres {found}, move the folder away, start again and load "
                "the dump with psql. To begin with an empty shop, move the folder away. To go on "
                f"with Postgres {found}, set DATABASE_URL to a server that runs it."
            )

    def _launch(self, deadline: float) -> None:
        self._clear_stale_locks()
        settings = _SETTINGS | ({} if self.durable else _VOLATILE)
        settings["unix_socket_directories"] = str(self.socket_folder)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = self.data / "server.log"
        while True:
            already = log.stat().st_size if log.exists() else 0
            try:
                self._run(
                    *("pg_ctl", "-D", str(self.data), "-w", "-t", str(int(START_SECONDS)), "-s"),
                    *("-l", str(log), "-o", shlex.join(options), "start"),
                )
                return
            except PostgresUnavailable as failed:
                reason = log.read_bytes()[already:].decode(errors="replace") if log.exists() else ""
                # Backends of a killed server need a moment to notice and to leave its memory.
                if "shared memory block" not in reason or time.monotonic() > deadline:
                    raise PostgresUnavailable(f"{failed}\n{reason}".strip()) from failed
                time.sleep(0.1)

    def _run(self, program: str, *arguments: str) -> None:
        other = self.account if self.account.differs else None
        done = subprocess.run(
            [str(self.binaries / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C"},
            cwd="/",
            start_new_session=True,
            user=other.uid if other else None,
            group=other.gid if other else None,
            extra_groups=[] if other else None,
        )
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()
            raise PostgresUnavailable(f"{program} failed over {self.data}: {said}")

    def _clear_stale_locks(self) -> None:
        """Remove the lock files of a dead server whose number now means something else.

        Postgres itself refuses to start when the number belongs to a zombie that nobody reaps, or
        to a stranger of the same account, as after the restart of a container.
        """
        for lock in (self.data / "postmaster.pid", self.socket_folder / f"{SOCKET_NAME}.lock"):
            pid = _number_in(lock)
            if pid is None or psutil.pid_exists(pid):
                lock.unlink(missing_ok=True)

    def _answers(self) -> bool:
        with contextlib.suppress(FileNotFoundError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            if len(lines) < 8 or lines[7].strip() != "ready":
                return False
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(self.socket_folder / SOCKET_NAME))
                return True
        return False


def _number_in(lock: Path) -> int | None:
    """Return the process number that a lock file begins with."""
    try:
        return int(lock.read_text().split()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
