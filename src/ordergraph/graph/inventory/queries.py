"""Asking for locations and stock."""

import strawberry


@strawberry.type
class InventoryQueries:
    pass
