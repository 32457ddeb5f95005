"""Asking for modifier sets."""

import strawberry


@strawberry.type
class ModifierQueries:
    pass
