"""Bugs of real shops, each shown not to be ours, and each shown to be noticed if it were.

Other shops have met these bugs, in threads that anybody can read. A scenario does what brought each
of them out, on a real database, through the same calls that our API makes, or in pure arithmetic
where the bug is one. It passes; and it must fail once the guard is taken away that keeps the bug
out: a lock, a check, a constraint. A scenario that nobody has seen fail shows nothing.

How a bug is added, in the module of its kind beside this one:

1. Write the scenario: a coroutine that takes a counter and is named by what holds. Whatever goes
   wrong has to end in an AssertionError, so turn outcomes into codes (`code_of`) and wait for every
   task before the first assertion. A race is not left to chance: `after_waiting` lets calls go when
   all of them stand before the same row; then many more may run at once.
2. Write the breakage: a coroutine that takes the counter and pytest's monkeypatch and is named by
   what it does to us. It takes away the one guard and nothing else: `rewritten` changes the text
   of a statement, `dropped` takes a constraint off a table, `setattr` puts the mistake of the other
   shop in the place of our function.
3. Put both into the module's `BUGS`, with the number and the thread. A bug with several guards has
   a row for each.

Then two tests run: one with our code as it is, one with the breakage, which fails if nothing is
noticed. Look once at what was noticed (`pytest -rP`): it has to be the bug, not an accident.
"""

import pytest

from tests.bugs import coupons, pricing, racing, refunds, stock
from tests.bugs.bugs import Bug
from tests.commerce.orders.counter import Counter

BUGS: tuple[Bug, ...] = (*stock.BUGS, *coupons.BUGS, *refunds.BUGS, *pricing.BUGS, *racing.BUGS)
ONCE = {bug.kept_out: bug for bug in BUGS}.values()


@pytest.mark.parametrize("bug", ONCE, ids=lambda bug: bug.kept_out)
async def test_a_bug_is_kept_out(counter: Counter, bug: Bug) -> None:
    await bug.scenario(counter)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.noticed)
async def test_a_bug_would_be_noticed(
    ruin: Counter, bug: Bug, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bug.breakage(ruin, monkeypatch)
    with pytest.raises(AssertionError) as noticed:
        await bug.scenario(ruin)
    print(noticed.traceback[-1], noticed.value)  # noqa: T201
