"""`ordergraph serve`: one process that migrates, answers and works until it is asked to leave.

This module is light: the database starts while the rest of the program is still being loaded.
"""

import gc
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from ordergraph.cli.databases import DatabaseServer, settings_with
from ordergraph.cli.leaving import Leaving
from ordergraph.cli.listening import listen


def serve(*, host: str | None, port: int | None, data_dir: Path | None, demo: bool) -> None:
    """Serve until SIGTERM or SIGINT; then finish what is open and stop what was started."""
    # Nothing that loading makes is garbage: looking for some would take a tenth of the time.
    gc.disable()
    settings = settings_with(host=host, port=port, data_dir=data_dir)
    leaving = Leaving()
    # Taken first: a second server on the same port is told so before it touches anything.
    with closing(listen(settings.host, settings.port)) as listener:
        server = DatabaseServer(settings)
        try:
            with ThreadPoolExecutor(1, "database") as beside:
                starting = beside.submit(server.start)
                from ordergraph.cli.serving import run

                url = starting.result()
            run(settings, url, listener, leaving, demo=demo)
        finally:
            server.stop()
