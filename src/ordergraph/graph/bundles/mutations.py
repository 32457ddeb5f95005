"""Changing bundles."""

import strawberry


@strawberry.type
class BundleMutations:
    pass
