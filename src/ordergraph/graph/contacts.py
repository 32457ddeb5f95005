"""How long a browser sees who bought: address, phone and e-mail."""

from datetime import datetime, timedelta

from ordergraph.graph.context import Context

CONTACT_VISIBLE = timedelta(days=30)
"""How long after payment a buyer's secret still shows address, phone and e-mail."""


def is_contact_hidden(context: Context, paid_at: datetime | None) -> bool:
    """Tell whether a buyer's secret is too old to show who the buyer is."""
    if paid_at is None or not context.actor.is_buyer:
        return False
    return context.viewer.now >= paid_at + CONTACT_VISIBLE
