"""How many connections each of several workers gets."""

import pytest

from ordergraph.cli.sharing import OTHERS, OWN, TooManyWorkers, pool_share
from ordergraph.runtime.db.cluster import MAX_CONNECTIONS
from ordergraph.runtime.settings import Settings


def settings(workers: int, database_url: str | None = None) -> Settings:
    return Settings(workers=workers, database_url=database_url)


@pytest.mark.parametrize("workers", range(1, 18))
def test_all_workers_and_one_more_fit_into_the_embedded_postgres(workers: int) -> None:
    share = pool_share(settings(workers))
    assert 1 <= share <= Settings().pool_size
    pools = share + max(1, share // 2)
    assert (workers + 1) * (pools + OWN) <= MAX_CONNECTIONS - OTHERS


def test_few_workers_have_the_pools_that_are_set_and_too_many_are_refused() -> None:
    assert pool_share(settings(2)) == Settings().pool_size
    with pytest.raises(TooManyWorkers, match="18 workers are too many for the 200 connections"):
        pool_share(settings(18))


def test_a_database_of_ones_own_is_trusted_to_have_enough() -> None:
    assert pool_share(settings(50, "postgresql://shop")) == Settings().pool_size
