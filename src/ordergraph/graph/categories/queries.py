"""Asking for categories."""

import strawberry


@strawberry.type
class CategoryQueries:
    pass
