"""One of several workers: `python -m ordergraph.cli.supervised CONTROL LISTENER`, two open files.

Like the parent it is light: while it loads the rest, the parent may still start the database.
"""

import gc
import os
import socket
import sys

from ordergraph.cli.control import Control
from ordergraph.cli.databases import settings_with
from ordergraph.cli.leaving import Leaving
from ordergraph.cli.refusing import refusing


def serve(control_file: int, listener_file: int) -> None:
    """Serve what the parent assigns, until it asks to leave or is gone."""
    gc.disable()
    # A hangup means the parent: it renews its workers then.
    leaving = Leaving(hangup=False)
    control = Control(socket.socket(fileno=control_file))
    listener = socket.socket(fileno=listener_file)
    import structlog

    from ordergraph.cli.serving import run

    structlog.contextvars.bind_contextvars(pid=os.getpid())
    assignment = control.assignment()
    if assignment is not None:
        settings = settings_with(
            host=assignment.host, data_dir=assignment.data_dir, pool_size=assignment.pool_size
        )
        run(
            settings,
            assignment.url,
            listener,
            leaving,
            demo=assignment.demo,
            first=assignment.first,
            control=control,
        )


if __name__ == "__main__":
    with refusing():
        serve(int(sys.argv[1]), int(sys.argv[2]))
