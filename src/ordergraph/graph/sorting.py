"""The direction of a list."""

from enum import Enum

import strawberry


@strawberry.enum(description="Which end of a list comes first.")
class SortDirection(Enum):
    ASC = strawberry.enum_value(
        "ASC", description="Smallest, oldest or first of the alphabet first."
    )
    DESC = strawberry.enum_value(
        "DESC", description="Largest, newest or last of the alphabet first."
    )
