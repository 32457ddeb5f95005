"""Running the application behind a listening socket."""

import gc
import socket

import structlog
import uvicorn
import uvloop

from ordergraph.app import Application, compose
from ordergraph.cli.demo import open_demo, write_demo
from ordergraph.cli.demo_shelf import WELCOME
from ordergraph.cli.leaving import Leaving
from ordergraph.cli.listening import address_of
from ordergraph.runtime.db.migrating import upgrade
from ordergraph.runtime.settings import Settings
from ordergraph.runtime.telemetry import configure_logs

GRACE_SECONDS = 5
"""How long open requests may take to finish when the server is asked to leave."""

_log = structlog.get_logger(__name__)


def run(
    settings: Settings, url: str, listener: socket.socket, leaving: Leaving, *, demo: bool
) -> None:
    """Answer on `listener` and work, over the database of `url`, until `leaving` is asked."""
    configure_logs(json_lines=settings.log_json, level=settings.log_level)
    if not leaving.asked:
        uvloop.run(_run(settings, url, listener, leaving, demo=demo))


async def _run(
    settings: Settings, url: str, listener: socket.socket, leaving: Leaving, *, demo: bool
) -> None:
    await upgrade(url)
    application = compose(settings, url)
    await application.start()
    try:
        address = address_of(listener, settings.host)
        if demo:
            shop = await open_demo(application.database)
            path = write_demo(settings.data_dir, f"{address}/graphql", shop)
            application.open_explorer(shop.secret_key, WELCOME)
            _log.info("the demo shop is open", explorer=address, keys=str(path))
        server = uvicorn.Server(_configuration(settings, application))
        leaving.tell(lambda: setattr(server, "should_exit", True))
        gc.freeze()
        gc.enable()
        _log.info("serving", url=f"{address}/graphql")
        await server.serve(sockets=[listener])
    finally:
        await application.stop()
        _log.info("stopped")


def _configuration(settings: Settings, application: Application) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=settings.body_bytes,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
