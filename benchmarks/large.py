"""What the scenarios of a large catalog share: 100,000 products, imported by the real command."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from benchmarks.bench import Bench, Options
from benchmarks.data import found_shop
from benchmarks.driving import LoadClient
from benchmarks.filling import fill_shop
from benchmarks.importing import Imported, import_products
from benchmarks.servers import Postgres, start_ours

PRODUCTS = 100_000
"""Of three variants each."""

PRODUCTS_BEFORE = 10_000
"""So many are imported into another shop first, to compare the memory."""

THINGS = 25_000
"""So many bundles and categories there are, for a thousand pages of them."""


@dataclass(slots=True)
class Large(Bench):
    """A bench over the large catalog, and what its imports took."""

    imports: Sequence[Imported]


@contextmanager
def open_large(options: Options) -> Generator[Large]:
    """Import the catalogs and start the servers over them; there is no limit to compare with."""
    with ExitStack() as stack:
        postgres = stack.enter_context(Postgres(durable=not options.quick))
        shop = found_shop(postgres)
        imports = [
            import_products(postgres, found_shop(postgres), options.so_many(PRODUCTS_BEFORE)),
            import_products(postgres, shop, options.so_many(PRODUCTS)),
        ]
        fill_shop(postgres, shop, options.so_many(THINGS))
        postgres.analyze()
        ours = stack.enter_context(start_ours(postgres))
        load = stack.enter_context(LoadClient())
        yield Large(options, postgres, ours, [ours], load, shop, imports)
