"""Running the application behind a listening socket."""

import asyncio
import gc
import socket
from contextlib import suppress

import structlog
import uvicorn
import uvloop

from ordergraph.app import Application, compose
from ordergraph.cli.control import SERVING, WELL, WELL_SECONDS, Control
from ordergraph.cli.demo import open_demo, write_demo
from ordergraph.cli.demo_shelf import WELCOME
from ordergraph.cli.draining import Connection, Server
from ordergraph.cli.leaving import Leaving
from ordergraph.cli.listening import BACKLOG, KERNEL_DROPS, address_of
from ordergraph.runtime.db.migrating import upgrade
from ordergraph.runtime.settings import Settings
from ordergraph.runtime.telemetry import configure_logs

PING_SECONDS = 45
"""How often a silent websocket is pinged: proxies cut off what is silent for a minute."""

GRACE_SECONDS = 5
"""How long open requests may take to finish when the server is asked to leave."""

_log = structlog.get_logger(__name__)


def run(
    settings: Settings,
    url: str,
    listener: socket.socket,
    leaving: Leaving,
    *,
    demo: bool,
    first: bool = True,
    control: Control | None = None,
) -> None:
    """Answer on `listener` and work, over the database of `url`, until `leaving` is asked.

    With `control` it is one of several workers and tells its parent how it does; of these the
    `first` one speaks about the demo shop.
    """
    configure_logs(json_lines=settings.log_json, level=settings.log_level)
    serving = _Serving(settings, url, listener, leaving, control)
    if not leaving.asked:
        uvloop.run(serving.run(demo=demo, first=first))


class _Serving:
    def __init__(
        self,
        settings: Settings,
        url: str,
        listener: socket.socket,
        leaving: Leaving,
        control: Control | None,
    ) -> None:
        self._settings = settings
        self._url = url
        self._listener = listener
        self._leaving = leaving
        self._control = control
        self._address = address_of(listener, settings.host)

    async def run(self, *, demo: bool, first: bool) -> None:
        """Begin, serve and end."""
        following = asyncio.ensure_future(self._follow_the_parent())
        await upgrade(self._url)
        application = compose(self._settings, self._url)
        await application.start()
        try:
            if demo:
                await self._open_demo(application, tell=first)
            server = Server(self._configuration(application), application.end_streams)
            self._leaving.tell(lambda: self._leave(server))
            gc.freeze()
            gc.enable()
            self._tell()
            await server.serve(sockets=[self._listener])
        finally:
            await application.stop()
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            _log.info("stopped")

    def _leave(self, server: Server) -> None:
        server.gently = self._leaving.gently
        server.should_exit = True

    async def _follow_the_parent(self) -> None:
        if self._control is not None:
            await self._control.follow(self._leaving)

    async def _open_demo(self, application: Application, *, tell: bool) -> None:
        shop = await open_demo(application.database)
        application.open_explorer(shop.secret_key, WELCOME)
        if tell:
            path = write_demo(self._settings.data_dir, f"{self._address}/graphql", shop)
            _log.info("the demo shop is open", explorer=self._address, keys=str(path))

    def _tell(self) -> None:
        """Say that requests are answered from here on; of several workers the parent does."""
        if self._control is None:
            _log.info("serving", url=f"{self._address}/graphql")
        else:
            self._control.say(SERVING)

    async def _be_well(self) -> None:
        if self._control is not None:
            self._control.say(WELL)

    def _configuration(self, application: Application) -> uvicorn.Config:
        return uvicorn.Config(
            application,
            http=Connection,
            ws="websockets-sansio",
            ws_max_size=self._settings.body_bytes,
            ws_ping_interval=PING_SECONDS,
            # Who does not even acknowledge a ping is dropped by the kernel, see `listen`.
            ws_ping_timeout=None if KERNEL_DROPS else PING_SECONDS,
            ws_per_message_deflate=self._settings.socket_compression,
            backlog=BACKLOG,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # nothing here asks for a client's address
            timeout_graceful_shutdown=GRACE_SECONDS,
            callback_notify=self._be_well,
            timeout_notify=WELL_SECONDS,
        )
