"""Which database a command works on: that of DATABASE_URL, else the embedded one.

Light to import, so that a database can start while the rest of the program is still loading.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from ordergraph.runtime.settings import Settings


def settings_with(**given: Any) -> Settings:
    """Return the settings, with what the command line gave before the environment's."""
    return Settings(**{name: value for name, value in given.items() if value is not None})


class DatabaseServer:
    """A running database for a command; an embedded one stops when nobody else uses it."""

    def __init__(self, settings: Settings) -> None:
        self._given = settings.database_url
        if self._given is None:
            from ordergraph.runtime.db.embedded import EmbeddedPostgres

            self._embedded = EmbeddedPostgres(settings.data_dir / "postgres")

    def start(self) -> str:
        """Make sure that it runs and return its URL; this blocks and may run in a thread."""
        if self._given is None:
            return self._embedded.start()
        from ordergraph.runtime.db.driver import engine_url

        return engine_url(self._given)

    def stop(self) -> None:
        """Leave the database to others."""
        if self._given is None:
            self._embedded.stop()


@contextmanager
def database_server(settings: Settings) -> Generator[str]:
    """Lend the URL of a running database."""
    server = DatabaseServer(settings)
    try:
        yield server.start()
    finally:
        server.stop()
