"""Postal addresses in the graph."""

import strawberry

from ordergraph.core import addresses


@strawberry.type(description="A postal address.")
class Address:
    name: str | None = strawberry.field(description="Who receives there.")
    line1: str = strawberry.field(description="Street and number.")
    line2: str | None = strawberry.field(description="Floor, flat or company.")
    city: str = strawberry.field(description="City or town.")
    region: str | None = strawberry.field(description="State, province or county.")
    postal_code: str = strawberry.field(description="Postal or ZIP code.")
    country: str = strawberry.field(description="Two letters of ISO 3166-1, for example US.")


@strawberry.input(description="A postal address.")
class AddressInput:
    line1: str = strawberry.field(description="Street and number.")
    city: str = strawberry.field(description="City or town.")
    postal_code: str = strawberry.field(description="Postal or ZIP code.")
    country: str = strawberry.field(description="Two letters of ISO 3166-1, for example US.")
    region: str | None = strawberry.field(
        default=None, description="State, province or county; taxes may depend on it."
    )
    line2: str | None = strawberry.field(default=None, description="Floor, flat or company.")
    name: str | None = strawberry.field(default=None, description="Who receives there.")

    def read(self) -> addresses.Address:
        """Return the address as the business knows it, unchecked."""
        return addresses.Address(
            line1=self.line1,
            city=self.city,
            postal_code=self.postal_code,
            country=self.country,
            region=self.region,
            line2=self.line2,
            name=self.name,
        )
