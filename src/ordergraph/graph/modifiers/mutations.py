"""Changing modifier sets."""

import strawberry


@strawberry.type
class ModifierMutations:
    pass
