"""`ordergraph catalog reindex`: everything that searches look at, written anew."""

from pathlib import Path

from ordergraph.cli.working import operator_of, tell, work_on_database
from ordergraph.commerce.search.reindexing import reindex
from ordergraph.core.ids import Prefix, decode
from ordergraph.runtime.db.database import Database


def reindex_catalog(*, environment: str, data_dir: Path | None) -> None:
    """Write the search documents of an environment anew and print of how many things."""
    environment_id = decode(Prefix.ENVIRONMENT, environment, ("environment",))

    async def work(database: Database) -> int:
        return await reindex(database, await operator_of(database, environment_id))

    tell({"environmentId": environment, "written": work_on_database(data_dir, work)})
