"""An embedded Postgres: one data folder, one server, shared by every process that opens it."""

import contextlib
import fcntl
import hashlib
import os
import tempfile
import threading
import uuid
from collections.abc import Generator
from pathlib import Path
from typing import Self

from ordergraph.runtime.db import binaries
from ordergraph.runtime.db.binaries import Account, PostgresUnavailable
from ordergraph.runtime.db.cluster import SOCKET_NAME, Cluster

LONGEST_SOCKET_PATH = 103
WATCH_SECONDS = 0.5
RELOCATED = Path("/var/lib/ordergraph")
"""Where root keeps the data when the unprivileged account cannot reach the folder asked for."""


class EmbeddedPostgres:
    """A Postgres server over the folder `home`, started by the first user, stopped by the last.

    Every user holds a shared lock on a file in `home`: the kernel counts them, and forgets those
    that are killed. While started, a thread revives a server that dies. Blocking: call it before
    the event loop or in a thread. `durable=False` is for tests: a power cut may lose everything.
    """

    def __init__(self, home: Path, durable: bool = True) -> None:
        self.home = home.absolute()
        self.durable = durable
        self._cluster: Cluster | None = None
        self._using: int | None = None
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> str:
        """Make sure that the server runs and return the SQLAlchemy URL of its first database.

        Takes about 0.1 s, at first use 0.6 s. Raises `PostgresUnavailable` with what to do.
        """
        if self._using is None:
            self._make_home()
            with self._alone():
                self._cluster = self._settle()
                self._cluster.ensure_running()
                self._using = self._open("users.lock")
                fcntl.flock(self._using, fcntl.LOCK_SH)
            self._stopping.clear()
            keeper = threading.Thread(target=self._keep, name="postgres-keeper", daemon=True)
            keeper.start()
        assert self._cluster is not None
        return f"postgresql+asyncpg://postgres@/postgres?host={self._cluster.socket_folder}"

    def stop(self) -> bool:
        """Leave the server, stop it when nobody else uses it, and say whether it was stopped."""
        if self._using is None or self._cluster is None:
            return False
        self._stopping.set()
        with self._alone():
            os.close(self._using)
            self._using = None
            others = self._open("users.lock")
            try:
                fcntl.flock(others, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._cluster.stop()
                return True
            except BlockingIOError:
                return False
            finally:
                os.close(others)

    def _make_home(self) -> None:
        self.home.parent.mkdir(parents=True, exist_ok=True)
        # Whoever comes second finds the folder there and leaves its mode alone.
        with contextlib.suppress(FileExistsError):
            self.home.mkdir()
            self.home.chmod(0o755)

    @contextlib.contextmanager
    def _alone(self) -> Generator[None]:
        """Let one user at a time start or stop the server."""
        handle = self._open("start.lock")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _open(self, name: str) -> int:
        try:
            handle = os.open(self.home / name, os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError as denied:
            raise PostgresUnavailable(
                f"The data folder {self.home} belongs to another user: choose one of your own."
            ) from denied
        owner = self.home.stat()
        if owner.st_uid != os.geteuid():
            os.fchown(handle, owner.st_uid, owner.st_gid)
        return handle

    def _settle(self) -> Cluster:
        """Decide the places: the data, its account, the programs, the socket."""
        link = self.home / "data"
        data = link.resolve()
        account = binaries.choose_account(data if data.exists() else self.home)
        if not data.exists() and not account.can_reach(self.home):
            data = self._relocate(link)
        programs = binaries.find_binaries()
        if not account.can_reach(programs / "postgres"):
            copy = data.parent / f"postgres-{binaries.wheel_version()}"
            programs = binaries.copy_binaries(programs, copy)
        socket_folder = data
        if len(str(data / SOCKET_NAME)) > LONGEST_SOCKET_PATH:
            socket_folder = _short_folder(data, account)
        return Cluster(data, account, programs, socket_folder, self.durable)

    def _relocate(self, link: Path) -> Path:
        """Place the data where the unprivileged account can reach it, behind a link in `home`."""
        place = RELOCATED / uuid.uuid4().hex[:12]
        place.mkdir(parents=True, mode=0o755)
        link.unlink(missing_ok=True)
        link.symlink_to(place / "data")
        return place / "data"

    def _keep(self) -> None:
        """Start the server again whenever it dies while we use it."""
        assert self._cluster is not None
        while not self._stopping.wait(WATCH_SECONDS):
            if self._cluster.is_running():
                continue
            with contextlib.suppress(PostgresUnavailable, OSError), self._alone():
                if not self._stopping.is_set():
                    self._cluster.ensure_running()


def _short_folder(data: Path, account: Account) -> Path:
    """Return a folder for the socket whose path fits the 103 bytes that systems allow."""
    digest = hashlib.sha256(str(data).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"ordergraph-{digest}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if account.differs:
            os.chown(folder, account.uid, account.gid)
    if folder.is_symlink() or folder.stat().st_uid != account.uid:
        raise PostgresUnavailable(f"{folder} belongs to somebody else: remove it and try again.")
    return folder
