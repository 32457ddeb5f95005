"""Following the catalog."""

import strawberry


@strawberry.type
class CatalogSubscriptions:
    pass
