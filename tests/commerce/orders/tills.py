"""A till beside the counter: whole orders previewed and checked out in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from ordergraph.commerce.orders import buying, drafting
from ordergraph.commerce.orders.buying import CheckedOut, Checkout
from ordergraph.commerce.orders.drafting import Draft, WantedDraft
from ordergraph.commerce.orders.picking import WantedLine
from ordergraph.commerce.orders.placing import NewOrder
from ordergraph.commerce.orders.service import Orders
from ordergraph.commerce.orders.tipping import NewTip
from ordergraph.commerce.payments.sources import Source, TokenSource
from ordergraph.core.money import Money
from ordergraph.core.problems import Findings
from ordergraph.runtime.actor import Actor
from tests.commerce.orders.counter import Counter, usd

TABLES = (
    "select table_name from information_schema.columns"
    " where table_schema = 'public' and column_name = 'environment_id' order by 1"
)


def drafted(
    *lines: WantedLine,
    codes: Sequence[str] = (),
    tips: Sequence[NewTip] = (),
    **more: Any,
) -> WantedDraft:
    """Describe an order in one piece."""
    return WantedDraft(NewOrder(line_items=lines, **more), tuple(codes), tips=tuple(tips))


async def preview(counter: Counter, wanted: WantedDraft, actor: Actor | None = None) -> Draft:
    """Price a draft, on the connection for reading."""
    viewer = counter.world.database.viewer(actor or counter.actor)
    return await drafting.preview_order(viewer, wanted, Findings())


async def check_out(
    counter: Counter,
    *lines: WantedLine,
    sources: Sequence[Source] | None = None,
    token: str = "tok_visa",
    expected: int | Money | None = None,
    actor: Actor | None = None,
    orders: Orders | None = None,
    **more: Any,
) -> CheckedOut:
    """Check an order out, with a card that works unless something else is named."""
    wanted = _wanted(lines, sources, token, expected, **more)
    return await buying.check_out(orders or counter.orders, actor or counter.actor, wanted)


async def rehearse(
    counter: Counter,
    *lines: WantedLine,
    sources: Sequence[Source] | None = None,
    token: str = "tok_visa",
    expected: int | Money | None = None,
    actor: Actor | None = None,
    **more: Any,
) -> Draft:
    """Do the same as a dry run."""
    wanted = _wanted(lines, sources, token, expected, **more)
    return await buying.rehearse(counter.orders, actor or counter.actor, wanted)


def _wanted(
    lines: Sequence[WantedLine],
    sources: Sequence[Source] | None,
    token: str,
    expected: int | Money | None,
    **more: Any,
) -> Checkout:
    paying = (TokenSource(token),) if sources is None else tuple(sources)
    total = usd(expected) if isinstance(expected, int) else expected
    return Checkout(drafted(*lines, **more), paying, total)


async def rows(counter: Counter) -> dict[str, int]:
    """Count the shop's rows in every table but the processor's own books."""
    async with counter.world.database.engine.connect() as connection:
        names = [name for (name,) in await connection.execute(text(TABLES))]
        counts = " union all ".join(
            f"select '{name}', count(*) from {name} where environment_id = :shop" for name in names
        )
        found = await connection.execute(text(counts), {"shop": counter.world.environment_id})
        return {name: count for name, count in found if not name.startswith("sandbox_")}


def changes(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Return by how many rows each table differs, where it does."""
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}
