"""Searching the catalog."""

import strawberry


@strawberry.type
class SearchQueries:
    pass
