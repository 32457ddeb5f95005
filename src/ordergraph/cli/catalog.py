"""`ordergraph catalog`: whole catalogs from files and to files."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO
from uuid import UUID

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from ordergraph.cli.catalog_files import Format, Source, created, format_of, opened
from ordergraph.cli.catalog_importing import Bring, Told, bring_records
from ordergraph.cli.catalog_rehearsing import Rehearsal
from ordergraph.cli.jsonlines_writing import JsonLinesWriter
from ordergraph.cli.records import BadLine
from ordergraph.cli.shopify_writing import ShopifyWriter
from ordergraph.cli.working import operator_of, tell, work_on_database, work_with_servers
from ordergraph.commerce.bundles.exporting import bundle_count, exported_bundles
from ordergraph.commerce.bundles.importing import import_bundles
from ordergraph.commerce.catalog.exporting import (
    exported_products,
    metadata_keys,
    product_count,
)
from ordergraph.commerce.catalog.importing import import_products
from ordergraph.commerce.catalog.surveying import surveyed
from ordergraph.commerce.merchants.reads import own_environment
from ordergraph.core.ids import Prefix, decode
from ordergraph.core.problems import not_found
from ordergraph.runtime.db.database import Database, Viewer


def import_catalog(
    *, file: str, environment: str, format: str | None, dry_run: bool, data_dir: Path | None
) -> None:
    """Import a file, print what became of it, and end with code 1 where some lines were bad."""
    environment_id = decode(Prefix.ENVIRONMENT, environment, ("environment",))
    kind = format_of(file, format)

    async def work(database: Database) -> Told:
        gc.freeze()  # what is loaded by now stays: it need not be looked through again and again
        with opened(file, kind) as source:
            return await _import(database, environment_id, source, dry_run=dry_run)

    told = work_with_servers(data_dir, work)
    tell({"file": file, "format": kind.value, "dryRun": dry_run, **told.summary()})
    if told.bad_lines:
        raise SystemExit(1)


async def _import(
    database: Database, environment_id: UUID, source: Source, *, dry_run: bool
) -> Told:
    actor = await operator_of(database, environment_id)
    environment = await own_environment(database.viewer(actor))
    if environment is None:
        raise not_found("environment", "environment")
    records = source.records(environment.merchant.currency)
    with (
        closing(Rehearsal(database, actor)) as rehearsal,
        _progress("Judging" if dry_run else "Importing", source.size) as (progress, task),
    ):
        bring = (
            Bring(rehearsal.products, rehearsal.bundles)
            if dry_run
            else Bring(
                surveyed(database, partial(import_products, database, actor)),
                surveyed(database, partial(import_bundles, database, actor)),
            )
        )

        def advance(told: Told) -> None:
            done = _counts(told.products.total(), told.bundles.total())
            progress.update(task, completed=source.read_bytes(), done=done)

        return await bring_records(
            records, bring, partial(_complain, progress.console, source.name), advance
        )


def export_catalog(
    *, file: str, environment: str, format: str | None, data_dir: Path | None
) -> None:
    """Write all products, and where the format has them all bundles behind these, into a file and
    print how many they were, or write them to stdout."""
    environment_id = decode(Prefix.ENVIRONMENT, environment, ("environment",))
    kind = format_of(file, format)

    async def work(database: Database) -> dict[str, int]:
        actor = await operator_of(database, environment_id)
        with created(file) as output:
            return await _export(database.viewer(actor), output, kind)

    written = work_on_database(data_dir, work)
    if file != "-":
        tell({"file": file, "format": kind.value, **written})


async def _export(viewer: Viewer, output: TextIO, kind: Format) -> dict[str, int]:
    if kind is Format.CSV:
        written = await _write_products(viewer, ShopifyWriter(output, await metadata_keys(viewer)))
        return {"products": written}
    writer = JsonLinesWriter(output)
    return {
        "products": await _write_products(viewer, writer),
        "bundles": await _write_bundles(viewer, writer),
    }


async def _write_products(viewer: Viewer, writer: JsonLinesWriter | ShopifyWriter) -> int:
    written = 0
    with _progress("Exporting", await product_count(viewer)) as (progress, task):
        async for page in exported_products(viewer):
            for present in page:
                writer.write(present)
            written += len(page)
            progress.update(task, completed=written, done=_counts(written))
    return written


async def _write_bundles(viewer: Viewer, writer: JsonLinesWriter) -> int:
    written = 0
    with _progress("Exporting", await bundle_count(viewer)) as (progress, task):
        async for page in exported_bundles(viewer):
            for present in page:
                writer.write_bundle(present)
            written += len(page)
            progress.update(task, completed=written, done=f"{written} bundles")
    return written


def _counts(products: int, bundles: int = 0) -> str:
    return f"{products} products" + (f", {bundles} bundles" if bundles else "")


@contextmanager
def _progress(doing: str, size: int | None) -> Generator[tuple[Progress, TaskID]]:
    """Show on the terminal how far the work got; nothing where there is no terminal."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[done]}"),
        TimeRemainingColumn(),
    )
    shown = console.is_terminal
    with Progress(*columns, console=console, disable=not shown, transient=True) as progress:
        yield progress, progress.add_task(doing, total=size, done="")


def _complain(console: Console, file: str, bad: BadLine, label: str) -> None:
    """Say what is wrong with a line as compilers do: file, line, what it is of, sentence."""
    parts = (f"{file}:{bad.line}", label and f"[{label}]", bad.column, bad.message)
    console.print(f"{': '.join(each for each in parts if each)} ({bad.code})", markup=False)
