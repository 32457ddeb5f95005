"""The command `ordergraph`: what it can do, and how it says that something cannot be done.

Commands import what they need when they run, so that help and errors come at once.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer

from ordergraph.cli.refusing import refusing

P = ParamSpec("P")
T = TypeVar("T")

app = typer.Typer(
    help="A self-hostable commerce API server: the order is the source of truth.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
merchant = typer.Typer(help="Merchants of this server.", no_args_is_help=True)
key = typer.Typer(help="Keys that open a merchant's environment.", no_args_is_help=True)
operations = typer.Typer(
    help="Operations that callers may name by their hash.", no_args_is_help=True
)
schema = typer.Typer(help="The GraphQL schema.", no_args_is_help=True)
catalog = typer.Typer(help="Whole catalogs from files and to files.", no_args_is_help=True)
db = typer.Typer(help="The database and its migrations.", no_args_is_help=True)
app.add_typer(merchant, name="merchant")
app.add_typer(key, name="key")
app.add_typer(operations, name="operations")
app.add_typer(schema, name="schema")
app.add_typer(catalog, name="catalog")
app.add_typer(db, name="db")

DataDir = Annotated[
    Path | None,
    typer.Option(
        help="Where the embedded Postgres and demo.json live. "
        "[env: ORDERGRAPH_DATA_DIR; default: .ordergraph]",
        show_default=False,
    ),
]
EnvironmentId = Annotated[str, typer.Option(help="The environment's id: env_...")]


def main() -> None:
    """Run the command line."""
    app()


def telling(command: Callable[P, T]) -> Callable[P, T]:
    """Let a command say what cannot be done in one line instead of a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with refusing():
            return command(*args, **kwargs)

    return run


@app.command()
@telling
def serve(
    host: Annotated[str | None, typer.Option(help="[default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="0 takes a free one. [default: 8000]")] = None,
    data_dir: DataDir = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Open a coffee shop to try things on, once.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(help="How many processes answer; SIGHUP renews several. [default: 1]"),
    ] = None,
) -> None:
    """Serve the API and do the background work until SIGTERM or Ctrl-C."""
    from ordergraph.cli.serve import serve as run

    run(host=host, port=port, data_dir=data_dir, demo=demo, workers=workers)


@app.command("audit")
@telling
def audit(
    environment: Annotated[
        str | None, typer.Option(help="Only this environment: env_... [default: all]")
    ] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Price every order again too: this takes long.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Check that all figures agree, name what does not, and change nothing; exit 1 if any."""
    from ordergraph.cli.auditing import audit_database as run

    run(environment=environment, deep=deep, as_json=as_json, data_dir=data_dir)


@app.command("verify-proof")
@telling
def verify_proof(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A proof, or an answer of the API that has any in it; - reads from stdin.",
        ),
    ],
    explain: Annotated[
        bool, typer.Option("--explain", help="Print every step of the calculation.")
    ] = False,
) -> None:
    """Recompute what Order.proof answered from that file alone: exit 0 if it holds, 1 if not, 2
    if there is no proof to check."""
    from ordergraph.cli.proofs import verify_proof as run

    run(file=file, explain=explain)


@merchant.command("create")
@telling
def create_merchant(
    name: Annotated[str, typer.Option(help="What the business is called.")],
    currency: Annotated[str, typer.Option(help="What the shop quotes in.")] = "USD",
    time_zone: Annotated[str, typer.Option(help="Where its days begin.")] = "UTC",
    data_dir: DataDir = None,
) -> None:
    """Make a merchant with a sandbox and a live environment, and print their keys once."""
    from ordergraph.cli.merchants import create_merchant as run

    run(name=name, currency=currency, time_zone=time_zone, data_dir=data_dir)


@key.command("create")
@telling
def create_key(
    environment: EnvironmentId,
    kind: Annotated[str, typer.Option(help="secret or publishable")] = "secret",
    scopes: Annotated[
        str | None, typer.Option(help="Scopes separated by commas; all without it.")
    ] = None,
    name: Annotated[str, typer.Option(help="What people call the key.")] = "",
    data_dir: DataDir = None,
) -> None:
    """Issue a key and print its token, which is told this once."""
    from ordergraph.cli.keys import create_key as run

    run(environment=environment, kind=kind, scopes=scopes, name=name, data_dir=data_dir)


@key.command("revoke")
@telling
def revoke_key(
    id: Annotated[str, typer.Argument(help="The key's id: key_...")],
    environment: EnvironmentId,
    data_dir: DataDir = None,
) -> None:
    """Revoke a key for ever; running servers feel it within 5 seconds."""
    from ordergraph.cli.keys import revoke_key as run

    run(id=id, environment=environment, data_dir=data_dir)


@operations.command("add")
@telling
def add_operations(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="A document (.graphql), Apollo's persisted query manifest, or a JSON map from "
            "SHA-256 to document as Relay and graphql-codegen write it; - reads one from stdin.",
        ),
    ],
    environment: EnvironmentId,
    data_dir: DataDir = None,
) -> None:
    """Register documents by their SHA-256, all or none; doing it again changes nothing."""
    from ordergraph.cli.operations import add_operations as run

    run(files=files, environment=environment, data_dir=data_dir)


@operations.command("list")
@telling
def list_operations(environment: EnvironmentId, data_dir: DataDir = None) -> None:
    """Print what is registered, the oldest first."""
    from ordergraph.cli.operations import list_operations as run

    run(environment=environment, data_dir=data_dir)


@operations.command("remove")
@telling
def remove_operations(
    hashes: Annotated[list[str], typer.Argument(metavar="HASH...", help="As add printed it.")],
    environment: EnvironmentId,
    data_dir: DataDir = None,
) -> None:
    """Take documents out; running servers refuse them within a minute."""
    from ordergraph.cli.operations import remove_operations as run

    run(hashes=hashes, environment=environment, data_dir=data_dir)


FileFormat = Annotated[
    str | None,
    typer.Option(help="csv or jsonl. [default: by the file's name, else csv]"),
]


@catalog.command("import")
@telling
def import_catalog(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="Shopify's product CSV, or JSON lines: each a product, or a bundle where it has "
            "components, and then behind the products that it is made of; - reads from stdin.",
        ),
    ],
    environment: EnvironmentId,
    format: FileFormat = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Judge every line and write nothing.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make and change products and bundles; doing it again changes nothing. Bad lines go to
    stderr."""
    from ordergraph.cli.catalog import import_catalog as run

    run(file=file, environment=environment, format=format, dry_run=dry_run, data_dir=data_dir)


@catalog.command("export")
@telling
def export_catalog(
    environment: EnvironmentId,
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="Where to; - is stdout.", show_default=False)
    ] = "-",
    format: FileFormat = None,
    data_dir: DataDir = None,
) -> None:
    """Write all products that are not deleted, so that an import makes them again: as JSON lines
    bundles too, behind the products; as CSV products alone."""
    from ordergraph.cli.catalog import export_catalog as run

    run(file=file, environment=environment, format=format, data_dir=data_dir)


@catalog.command("reindex")
@telling
def reindex_catalog(environment: EnvironmentId, data_dir: DataDir = None) -> None:
    """Write all that searches look at anew; the server may go on meanwhile."""
    from ordergraph.cli.catalog_reindexing import reindex_catalog as run

    run(environment=environment, data_dir=data_dir)


@schema.command("export")
def export_schema() -> None:
    """Print the GraphQL schema."""
    from ordergraph.cli.schema import export_schema as run

    run()


@db.command("upgrade")
@telling
def upgrade(data_dir: DataDir = None) -> None:
    """Bring the database to the tables of this version, as serve does when it starts."""
    from ordergraph.cli.db import upgrade as run

    run(data_dir=data_dir)


@db.command("check")
@telling
def check(data_dir: DataDir = None) -> None:
    """Fail when the migrations make other tables than the code declares."""
    from ordergraph.cli.db import check as run

    run(data_dir=data_dir)


@db.command("revision")
@telling
def revision(
    message: Annotated[str, typer.Argument(help="What the migration does.")],
    data_dir: DataDir = None,
) -> None:
    """Write a migration from the difference between the tables and the migrations."""
    from ordergraph.cli.db import revision as run

    run(message=message, data_dir=data_dir)
