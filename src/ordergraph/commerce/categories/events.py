"""What is told of categories: their own changes; what is in them is told of products."""

from uuid import UUID

from ordergraph.core.events import Event

CATEGORY_CHANGED = "category.CHANGED"
CATEGORY_DELETED = "category.DELETED"


def category_changed(category_id: UUID, *, is_new: bool = False) -> Event:
    """Build the event of a category that is new, or whose name, slug, position or picture changed.

    What is in a new one is told of beside it.
    """
    return Event(CATEGORY_CHANGED, category_id, {"isNew": True} if is_new else {})


def category_deleted(category_id: UUID) -> Event:
    """Build the event of a category that is gone."""
    return Event(CATEGORY_DELETED, category_id, {})
