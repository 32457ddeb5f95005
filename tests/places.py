"""Where the tests keep data: in memory where there is room for it.

Most of what a database of a test's own costs is its 300 files: on a busy disk they took a second,
in memory they take a twentieth of it. What the tests' own server keeps there is some 100 MB.
"""

import os
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3


def place() -> Path:
    """Return the folder for data: in memory if programs may run there, too, else the usual one."""
    if os.access(MEMORY, os.W_OK):
        found = os.statvfs(MEMORY)
        if found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC:
            return MEMORY
    return Path(tempfile.gettempdir())


def new_folder(prefix: str) -> Path:
    """Make a folder that the account of an embedded Postgres can reach; the caller removes it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place()))
    folder.chmod(0o755)
    return folder
