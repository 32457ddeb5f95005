"""The parent of several workers: starts them, replaces those that die, renews them at SIGHUP."""

import asyncio
import os
import signal
import socket
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any

import structlog

from ordergraph.cli.child import Child
from ordergraph.cli.control import Assignment
from ordergraph.cli.databases import DatabaseServer
from ordergraph.cli.leaving import Leaving
from ordergraph.cli.listening import address_of
from ordergraph.cli.sharing import pool_share
from ordergraph.runtime.settings import Settings
from ordergraph.runtime.telemetry import configure_logs

PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 30.0
"""Before a worker is replaced that died young: none, then this, then ever more."""
YOUNG_SECONDS = 60.0
MOST_FAILURES = 7
"""How often in a row a worker may fail to start before nothing is served any more."""

_log = structlog.get_logger(__name__)


class WorkerFails(RuntimeError):
    """Workers cannot be started; what each had to say it has said itself."""

    def __init__(self, code: int) -> None:
        super().__init__(
            f"A worker could not start (exit code {code}): see above what it said. The server ends."
        )


def supervise(
    settings: Settings,
    server: DatabaseServer,
    listener: socket.socket,
    leaving: Leaving,
    *,
    demo: bool,
) -> None:
    """Serve on `listener` with several workers until `leaving` is asked."""
    configure_logs(json_lines=settings.log_json, level=settings.log_level)
    structlog.contextvars.bind_contextvars(pid=os.getpid())
    asyncio.run(Supervisor(settings, server, listener, demo=demo).run(leaving))


class Supervisor:
    """Keeps as many workers as the settings want, all on one socket and one database."""

    def __init__(
        self, settings: Settings, server: DatabaseServer, listener: socket.socket, *, demo: bool
    ) -> None:
        self._settings = settings
        self._server = server
        self._listener = listener
        self._demo = demo
        self._pool_size = pool_share(settings)
        self._url = ""
        self._children: set[Child] = set()
        self._renewal = asyncio.Event()

    async def run(self, leaving: Leaving) -> None:
        """Serve until `leaving` is asked; raises `WorkerFails` when workers cannot be started."""
        loop = asyncio.get_running_loop()
        serving = asyncio.ensure_future(self._serve())
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, serving.cancel)
        loop.add_signal_handler(signal.SIGHUP, self._renewal.set)
        if leaving.asked:
            serving.cancel()
        try:
            with suppress(asyncio.CancelledError):
                await serving
        finally:
            await asyncio.gather(*(child.stop() for child in self._children))
            _log.info("stopped")

    async def _serve(self) -> None:
        # They load while the database starts.
        launched = [await self._launch() for _ in range(self._settings.workers)]
        places = [_Place(child) for child in launched]
        self._url = await asyncio.to_thread(self._server.start)
        await _together(self._open(place.child, first=place is places[0]) for place in places)
        address = address_of(self._listener, self._settings.host)
        _log.info("serving", url=f"{address}/graphql", workers=len(places))
        await _together([*map(self._keep, places), self._renew_when_asked(places)])

    async def _keep(self, place: "_Place") -> None:
        """Replace the worker of a place whenever it dies: at once, then less and less eagerly."""
        loop = asyncio.get_running_loop()
        deaths = 0
        while True:
            since, child = loop.time(), place.child
            code = await child.ended()
            self._children.discard(child)
            async with place.changing:
                if place.child is child:
                    _log.error("a worker died", worker=child.pid, code=code)
                    deaths = deaths + 1 if loop.time() - since < YOUNG_SECONDS else 0
                    place.child = await self._replacement(deaths)

    async def _replacement(self, deaths: int) -> Child:
        last = WorkerFails(0)
        for failure in range(deaths, deaths + MOST_FAILURES):
            await asyncio.sleep(min(PAUSE_SECONDS * (2**failure - 1), LONGEST_PAUSE_SECONDS))
            try:
                return await self._open(await self._launch())
            except WorkerFails as error:
                last = error
        raise last

    async def _renew_when_asked(self, places: "list[_Place]") -> None:
        """Replace all workers, one by one: each serves before the one of its place retires."""
        while True:
            await self._renewal.wait()
            self._renewal.clear()
            _log.info("renewing the workers")
            try:
                for place in places:
                    await self._renew(place)
            except WorkerFails:
                _log.error("a new worker could not start: those that are old go on")
            else:
                _log.info("the workers are new")

    async def _renew(self, place: "_Place") -> None:
        async with place.changing:
            old = place.child
            place.child = await self._open(await self._launch())
        await old.retire()

    async def _launch(self) -> Child:
        child = await Child.launch(self._listener)
        self._children.add(child)
        return child

    async def _open(self, child: Child, *, first: bool = False) -> Child:
        """Have a child serve, and return it when it does."""
        assignment = Assignment(
            url=self._url,
            host=self._settings.host,
            data_dir=str(self._settings.data_dir),
            pool_size=self._pool_size,
            demo=self._demo,
            first=first,
        )
        if await child.serves(assignment):
            return child
        code = await child.ended()
        self._children.discard(child)
        raise WorkerFails(code)


class _Place:
    """Where one worker stands; `changing` is held while another takes its place."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.changing = asyncio.Lock()


async def _together(works: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Do several things at once; the first that fails ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
