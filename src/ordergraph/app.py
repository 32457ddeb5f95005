"""The composition root: the only place where the concrete parts are chosen and joined."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import text

from ordergraph.commerce.access.authenticating import Authentication
from ordergraph.commerce.auditing.auditing import CHECKS
from ordergraph.commerce.auditing.reads import newest_audit
from ordergraph.commerce.auditing.recording import audit_and_record
from ordergraph.commerce.bundles.outdating import TOPIC, Outdating
from ordergraph.commerce.merchants.reads import environment_ids
from ordergraph.commerce.operations.finding import RegisteredTexts
from ordergraph.commerce.orders.bookkeeping import TAX_BOOKS, BooksHook, TaxBooks
from ordergraph.commerce.orders.numbering import Numbers
from ordergraph.commerce.orders.purging import purge_carts
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.orders.settling import settle_attempt
from ordergraph.commerce.payments.gateways.sandbox import SandboxGateway
from ordergraph.commerce.payments.reconciling import Reconciler
from ordergraph.commerce.refunds.reconciling import reconcile_refunds
from ordergraph.commerce.search.indexing import Indexing
from ordergraph.commerce.search.reindexing import REINDEX, Reindexer, reindex_unindexed
from ordergraph.commerce.taxes.provider import TaxProvider
from ordergraph.core.ids import new_id
from ordergraph.graph.limits import Limits
from ordergraph.graph.schema import build_schema
from ordergraph.graph.services import Services
from ordergraph.graph.transport.endpoint import GraphQLEndpoint
from ordergraph.graph.transport.shelf import Shelf
from ordergraph.graph.view import Identity, View
from ordergraph.runtime.actor import Actor
from ordergraph.runtime.clock import Clock, SystemClock
from ordergraph.runtime.db.database import Database
from ordergraph.runtime.db.transaction import TransactionHook
from ordergraph.runtime.events.broadcast import Broadcast, PostgresBroadcast
from ordergraph.runtime.events.cursors import CursorSeal
from ordergraph.runtime.events.following import LogFollowing
from ordergraph.runtime.events.log import EventLog
from ordergraph.runtime.events.outbox import Outbox
from ordergraph.runtime.events.pruning import prune_log
from ordergraph.runtime.events.sequencing import Sequencer
from ordergraph.runtime.idempotency import Idempotency, prune
from ordergraph.runtime.jobs.pruning import prune_jobs
from ordergraph.runtime.jobs.running import JobKind, Worker
from ordergraph.runtime.jobs.schedule import Periodic, daily, every_minutes, every_seconds, hourly
from ordergraph.runtime.purging import PURGE, PurgeHook
from ordergraph.runtime.secrets import server_secret
from ordergraph.runtime.settings import Settings
from ordergraph.web.explorer import FOLDER, Explorer
from ordergraph.web.health import Health
from ordergraph.web.metrics import AuditFigures, Metrics
from ordergraph.web.site import Site

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

JOBS_KEPT = timedelta(days=7)
"""How long the notes of finished jobs are kept."""


class Application:
    """One process of ordergraph: the API and the worker, as an ASGI application.

    The database is migrated before `start`. Nothing is answered before `start` has returned.
    """

    def __init__(
        self, settings: Settings, url: str, clock: Clock, taxes: TaxProvider | None = None
    ) -> None:
        self._settings = settings
        self._taxes = taxes
        self.broadcast = PostgresBroadcast(url)
        self.sequencer = Sequencer(url, self.broadcast)
        hooks = hooks_of(settings, self.sequencer.wake, self.broadcast)
        if taxes is not None and taxes.keeps_books:
            hooks.insert(0, BooksHook())
        self.database = Database(url, clock, hooks, settings.pool_size)
        self.gateway = SandboxGateway(url, clock, fault=settings.fault)
        self.authentication = Authentication(self.database)
        self._worker = Worker(url, self.broadcast, self._kinds(), self._periodic())

    async def start(self) -> None:
        """Join the parts and begin to work; no cursor is handed out before the log is in order."""
        await self.broadcast.start()
        await self.sequencer.start()
        engine = self.database.engine
        secret = await server_secret(engine, "orders and lists")
        seal = CursorSeal(await server_secret(engine, "cursors"))
        self.following = LogFollowing(EventLog(engine, seal), self.broadcast)
        await self.following.start()
        action_life = timedelta(minutes=self._settings.attempt_action_minutes)
        numbers = Numbers(self.database)
        self.orders = Orders(self.database, self.gateway, numbers, secret, action_life, self._taxes)
        settle = partial(settle_attempt, self.orders)
        self.reconciler = Reconciler(self.database, self.gateway, settle)
        self.services = Services(
            database=self.database,
            orders=self.orders,
            following=self.following,
            secret=secret,
            nudge=self.reconciler.nudge,
        )
        view = View(
            self.services,
            self.authentication,
            RegisteredTexts(self.database),
            introspection_in_live=self._settings.introspection_in_live,
            only_registered=self._settings.only_registered_operations,
        )
        endpoint: GraphQLEndpoint[Identity] = GraphQLEndpoint(
            build_schema(),
            view,
            limits_of(self._settings),
            self._settings.executor,
            self._shelf(),
        )
        self._site = Site(
            {
                "/graphql": endpoint,
                "/health/live": Health(),
                "/health/ready": Health(self._is_ready),
                "/metrics": Metrics(self._audited),
            }
        )
        self.reconciler.start()
        await reindex_unindexed(self.database)
        await self._worker.start()

    async def end_streams(self) -> None:
        """End every subscription with its cursor: clients go on where somebody serves."""
        await self.following.stop()

    async def stop(self) -> None:
        """End everything in the reverse order; what was under way is found by the next process."""
        await self._worker.stop()
        await self.reconciler.stop()
        await self.following.stop()
        await self.sequencer.stop()
        await self.broadcast.stop()
        await self.authentication.close()
        await self.gateway.close()
        await self.database.close()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request or socket."""
        await self._site(scope, receive, send)

    def open_explorer(self, token: str, query: str) -> None:
        """Serve the explorer at `/`, its requests carrying `token`: for the demo shop only."""
        explorer = Explorer(token=token, query=query)
        self._site.add({"/": explorer, FOLDER: explorer})

    async def _is_ready(self) -> bool:
        async with self.database.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return True

    async def _audited(self) -> AuditFigures | None:
        """Return what the newest audit found of each check, in all environments together."""
        newest = await newest_audit(self.database)
        if newest is None:
            return None
        counts = dict.fromkeys(CHECKS, 0)
        for checks in newest.found.values():
            for check, count in checks.items():
                counts[check] = counts.get(check, 0) + count
        return AuditFigures(int(newest.finished_at.timestamp()), counts)

    def _shelf(self) -> Shelf | None:
        if not self._settings.cache_mb:
            return None
        shelf = Shelf(self.database.clock, self._settings.cache_mb)
        self.broadcast.subscribe(TOPIC, shelf.drop, shelf.clear)
        return shelf

    def _kinds(self) -> list[JobKind]:
        kinds = [JobKind(REINDEX, Reindexer(self.database).handle)]
        if self._taxes is not None:
            kinds.append(JobKind(TAX_BOOKS, TaxBooks(self.database, self._taxes).handle))
        url = self._settings.purge_url
        return kinds if url is None else [*kinds, JobKind(PURGE, PurgeHook(str(url)).handle)]

    def _periodic(self) -> list[Periodic]:
        engine = self.database.engine
        keep = timedelta(days=self._settings.log_days)
        return [
            Periodic("reconcile refunds", every_seconds(5), self._reconcile_refunds),
            Periodic("purge carts", every_minutes(30), partial(_done, purge_carts, self.database)),
            Periodic("prune idempotency keys", every_minutes(30), self._prune_keys),
            Periodic("audit", hourly(17), partial(_done, audit_and_record, self.database)),
            Periodic("prune the log", daily(3), partial(_done, prune_log, engine, keep)),
            Periodic("prune jobs", daily(4), partial(_done, prune_jobs, engine, JOBS_KEPT)),
        ]

    async def _reconcile_refunds(self) -> None:
        await reconcile_refunds(self.orders)

    async def _prune_keys(self) -> None:
        nobody = Actor.system(new_id(), new_id(), "pruning")
        environments = await environment_ids(self.database.viewer(nobody))
        for environment_id, merchant_id in environments.items():
            actor = Actor.system(environment_id, merchant_id, "pruning")
            while True:
                async with self.database.transaction(actor) as tx:
                    if not await prune(tx):
                        break


async def _done(work: Callable[..., Awaitable[Any]], *arguments: Any) -> None:
    await work(*arguments)


def hooks_of(
    settings: Settings, wake: Callable[[], None], broadcast: Broadcast
) -> list[TransactionHook]:
    """Return what takes part in every transaction that writes for a merchant, whoever opens it.

    Caches are told of changes where there are caches to be told.
    """
    here, elsewhere = settings.cache_mb > 0, settings.purge_url is not None
    outdating = [Outdating(kept_here=here, kept_elsewhere=elsewhere)] if here or elsewhere else []
    return [Idempotency(), Indexing(), *outdating, Outbox(wake, broadcast)]


def limits_of(settings: Settings) -> Limits:
    """Return the limits of requests as the settings have them."""
    return Limits(
        body_bytes=settings.body_bytes,
        frame_bytes=settings.body_bytes,
        document_bytes=settings.document_bytes,
        tokens=settings.document_tokens,
        depth=settings.document_depth,
        introspection_depth=settings.introspection_depth,
        aliases=settings.document_aliases,
        root_mutations=settings.root_mutations,
        cost=settings.document_cost,
        queued_messages=settings.socket_queue_messages,
        queued_bytes=settings.socket_queue_bytes,
    )


def compose(
    settings: Settings, url: str, clock: Clock | None = None, taxes: TaxProvider | None = None
) -> Application:
    """Choose the parts for these settings and this database; without a tax provider the
    merchants' own rates tax."""
    return Application(settings, url, clock or SystemClock(), taxes)
