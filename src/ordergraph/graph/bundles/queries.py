"""Asking for bundles."""

import strawberry


@strawberry.type
class BundleQueries:
    pass
