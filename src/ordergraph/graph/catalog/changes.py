"""Changing products and their variants."""

import strawberry


@strawberry.type
class ProductMutations:
    pass
