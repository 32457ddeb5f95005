"""The rules of the house hold in every module; each check is shown to bite on a broken sample."""

from collections.abc import Callable, Iterator

import pytest

from tests.architecture import checks
from tests.architecture.sources import Source, sources

Check = Callable[[Source], Iterator[str]]

PAYING = "commerce/orders/paying.py"

BITES: list[tuple[Check, str, str]] = [
    (
        checks.calls_the_network_in_a_transaction,
        PAYING,
        "async def pay(self, actor):\n"
        "    async with self.db.transaction(actor) as tx:\n"
        "        if True:\n"
        "            await self.gateway.charge(1)\n",
    ),
    (
        checks.calls_the_network_in_a_transaction,
        PAYING,
        "async def pay(db, http, actor):\n"
        "    async with lock, db.transaction(actor) as tx:\n"
        "        answer = (await http.client().post('/')).json()\n",
    ),
    (
        checks.calls_the_network_in_a_transaction,
        PAYING,
        "async def settle(tx, gateways):\n    await gateways[0].charge(1)\n",
    ),
    (
        checks.calls_the_network_in_a_transaction,
        PAYING,
        "async def settle(work: 'Transaction', stripe):\n    stripe.capture()\n",
    ),
    (checks.mixes_boundaries, PAYING, "async def pay(tx, actor): ...\n"),
    (checks.mixes_boundaries, PAYING, "def look(*, by: Actor, on: 'Viewer'): ...\n"),
    (checks.mixes_boundaries, PAYING, "class Pay:\n    async def run(self, tx, reader): ...\n"),
    (checks.has_a_name_that_says_nothing, "commerce/orders/helpers.py", ""),
    (checks.has_a_name_that_says_nothing, "runtime/utils/text.py", ""),
    (checks.is_too_long, PAYING, "x = 1\n" * 401),
    (checks.lacks_a_docstring, PAYING, "x = 1\n"),
    (checks.uses_floats, "core/money.py", "half = 0.5\n"),
    (checks.uses_floats, PAYING, "amount = float(1)\n"),
    (checks.uses_floats, PAYING, "def pay(amount: float): ...\n"),
    (checks.asks_for_the_time, PAYING, "import datetime\nx = datetime.datetime.now()\n"),
    (checks.asks_for_the_time, PAYING, "from datetime import datetime\nx = datetime.utcnow()\n"),
    (checks.asks_for_the_time, PAYING, "import time\nx = time.time()\n"),
    (checks.asks_for_the_time, PAYING, "from time import time\n"),
    (checks.asks_for_the_time, PAYING, "from datetime import date\nask = date.today\n"),
    (checks.asks_for_the_time, "commerce/orders/tables.py", "made_at = column(func.now())\n"),
    (checks.is_no_room_furniture, "commerce/orders/processor.py", ""),
    (checks.is_no_room_furniture, "commerce/orders/ledger.py", ""),
    (checks.is_no_room_furniture, "commerce/orders.py", ""),
    (checks.ends_a_transaction, PAYING, "async def pay(tx):\n    await tx.commit()\n"),
    (checks.ends_a_transaction, "graph/view.py", "connection.rollback()\n"),
    (
        checks.imports_for_types_only,
        PAYING,
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import ordergraph.graph\n",
    ),
]

SPARES: list[tuple[Check, str, str]] = [
    (
        checks.calls_the_network_in_a_transaction,
        PAYING,
        "async def pay(self, actor):\n"
        "    async with self.db.transaction(actor) as tx:\n"
        "        attempt = ledger.open_attempt(tx)\n"
        "    return await self.gateway.charge(attempt)\n",
    ),
    (checks.mixes_boundaries, PAYING, "def _settle(tx, actor): ...\n"),
    (checks.mixes_boundaries, PAYING, "async def pay(database, actor, order_id): ...\n"),
    (checks.mixes_boundaries, "graph/mutation.py", "def run(actor, viewer): ...\n"),
    (checks.is_too_long, PAYING, "x = 1\n" * 400),
    (checks.uses_floats, "runtime/clock.py", "pause = 0.5\n"),
    (checks.uses_floats, PAYING, "text = 'float 0.5'\n"),
    (checks.asks_for_the_time, "runtime/clock.py", "x = datetime.now(UTC)\n"),
    (checks.asks_for_the_time, PAYING, "import time\nx = time.monotonic(), self.clock.now()\n"),
    (checks.is_no_room_furniture, "commerce/orders/paying.py", ""),
    (checks.is_no_room_furniture, "commerce/payments/gateways/sandbox.py", ""),
    (checks.is_no_room_furniture, "commerce/__init__.py", ""),
    (checks.ends_a_transaction, "runtime/db/transaction.py", "self._connection.commit()\n"),
    (
        checks.imports_for_types_only,
        "graph/orders/types.py",
        "if TYPE_CHECKING:\n    import ordergraph.graph.customers\n",
    ),
    (checks.imports_for_types_only, PAYING, "if TYPE_CHECKING:\n    import alembic\n"),
]

ALL = sorted({check for check, _, _ in BITES}, key=lambda check: check.__name__)


def named(check: Check) -> str:
    return check.__name__


@pytest.mark.parametrize("check", ALL, ids=named)
def test_no_module_breaks_a_rule_of_the_house(check: Check) -> None:
    assert [found for source in sources() for found in check(source)] == []


@pytest.mark.parametrize(("check", "path", "text"), BITES)
def test_a_broken_sample_is_caught(check: Check, path: str, text: str) -> None:
    assert list(check(Source(path, text)))


@pytest.mark.parametrize(("check", "path", "text"), SPARES)
def test_a_sound_sample_is_left_alone(check: Check, path: str, text: str) -> None:
    assert list(check(Source(path, text))) == []
