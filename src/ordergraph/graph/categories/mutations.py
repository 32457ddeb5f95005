"""Changing categories."""

import strawberry


@strawberry.type
class CategoryMutations:
    pass
