"""`ordergraph serve`: migrates, answers and works until it is asked to leave.

This module is light: the database starts while the rest of the program is still being loaded.
"""

import gc
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from ordergraph.cli.databases import DatabaseServer, settings_with
from ordergraph.cli.leaving import Leaving
from ordergraph.cli.listening import listen
from ordergraph.runtime.settings import Settings


def serve(
    *,
    host: str | None,
    port: int | None,
    data_dir: Path | None,
    demo: bool,
    workers: int | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; then finish what is open and stop what was started.

    With several workers this process answers nothing: it holds the database and the listening
    socket, replaces workers that die, and renews them one by one at SIGHUP.
    """
    # Nothing that loading makes is garbage: looking for some would take a tenth of the time.
    gc.disable()
    settings = settings_with(host=host, port=port, data_dir=data_dir, workers=workers)
    alone = settings.workers == 1
    leaving = Leaving(hangup=alone)
    # Taken first: a second server on the same port is told so before it touches anything.
    with closing(listen(settings.host, settings.port)) as listener:
        server = DatabaseServer(settings)
        try:
            if alone:
                _serve_alone(settings, server, listener, leaving, demo=demo)
            else:
                _supervise(settings, server, listener, leaving, demo=demo)
        finally:
            server.stop()


def _serve_alone(
    settings: Settings,
    server: DatabaseServer,
    listener: socket.socket,
    leaving: Leaving,
    *,
    demo: bool,
) -> None:
    with ThreadPoolExecutor(1, "database") as beside:
        starting = beside.submit(server.start)
        from ordergraph.cli.serving import run

        url = starting.result()
    run(settings, url, listener, leaving, demo=demo)


def _supervise(
    settings: Settings,
    server: DatabaseServer,
    listener: socket.socket,
    leaving: Leaving,
    *,
    demo: bool,
) -> None:
    from ordergraph.cli.supervising import supervise

    gc.enable()
    supervise(settings, server, listener, leaving, demo=demo)
