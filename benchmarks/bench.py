"""What the scenarios share: a Postgres, the servers over it, a shop, and the load client."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.data import Shop, baskets, found_shop, purchase, stock_shelf
from benchmarks.driving import LoadClient
from benchmarks.jobs import Job
from benchmarks.servers import Postgres, Server, start_limit, start_ours


@dataclass(frozen=True, slots=True)
class Options:
    """How much is done; `quick` is for finding out whether it runs at all."""

    seconds: float = 10.0
    slices: int = 10
    quick: bool = False
    also: Sequence[tuple[str, Path]] = field(default_factory=list[tuple[str, Path]])

    def so_many(self, wanted: int) -> int:
        """Return how many there are of something: a twentieth of it when it has to be quick."""
        return max(1, wanted // 20) if self.quick else wanted


@dataclass(slots=True)
class Bench:
    """Everything that a scenario needs that compares servers."""

    options: Options
    postgres: Postgres
    ours: Server
    servers: list[Server]
    load: LoadClient
    shop: Shop


@contextmanager
def open_bench(options: Options) -> Generator[Bench]:
    """Start the servers over a shop of 200 products and 200 orders, half of them paid."""
    with ExitStack() as stack:
        postgres = stack.enter_context(Postgres(durable=not options.quick))
        ours = stack.enter_context(start_ours(postgres))
        load = stack.enter_context(LoadClient())
        shop = found_shop(postgres)
        stock_shelf(ours, shop, max(20, options.so_many(200)))
        _sell(ours, load, shop, options.so_many(200))
        postgres.analyze()
        others = [
            stack.enter_context(start_ours(postgres, name, source)) for name, source in options.also
        ]
        tokens = dict.fromkeys((shop.secret_key, shop.publishable_key), shop.environment_id)
        limit = stack.enter_context(start_limit(postgres, tokens))
        bench = Bench(options, postgres, ours, [ours, *others, limit], load, shop)
        try:
            yield bench
        except RuntimeError:
            print(*(f"{each.name} said: {each.said()[-3000:]}" for each in bench.servers), sep="\n")
            raise


def _sell(server: Server, load: LoadClient, shop: Shop, orders: int) -> None:
    """Make orders of two lines with a coupon; the first half is paid too."""
    steps, values = purchase(server, shop), baskets(shop)
    half = max(1, orders // 2)
    for kept in (steps, steps[:2]):
        job = Job(server.port, kept, 4, times=half, values=values, keep=["ORDER"])
        shop.order_ids += [each["ORDER"] for each in load.run(job).kept]
