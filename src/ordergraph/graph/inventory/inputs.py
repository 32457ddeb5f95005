"""What clients send to change stock and locations, and how it is read."""

from uuid import UUID

import strawberry
from strawberry import UNSET

from ordergraph.commerce.inventory.adjusting import Adjustment
from ordergraph.commerce.inventory.counting import Count
from ordergraph.commerce.inventory.locating import LocationChanges
from ordergraph.commerce.inventory.rules import InventoryChangeReason as Reason
from ordergraph.commerce.inventory.transferring import Transfer
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import Findings
from ordergraph.graph.ids import NOTHING, noted
from ordergraph.graph.inventory.enums import InventoryChangeReason
from ordergraph.graph.money import Quantity
from ordergraph.graph.sparse import sent

_NOTE = "A note of at most 500 characters, kept in the history."
_REFERENCE = "The caller's own word for it, at most 255 characters, kept in the history."
_LOCATION = "Where; without it at the default location."


@strawberry.input(description="A change of a variant's stock.")
class AdjustInventoryInput:
    variant_id: strawberry.ID = strawberry.field(description="The variant.")
    quantity_delta: Quantity = strawberry.field(
        description="Units that came, or went when negative: a whole number other than 0."
    )
    change_reason: InventoryChangeReason = strawberry.field(
        default=Reason.MANUAL_ADJUSTMENT, description="Why the stock changes; not TRANSFER."
    )
    note: str | None = strawberry.field(default=None, description=_NOTE)
    reference: str | None = strawberry.field(default=None, description=_REFERENCE)
    location_id: strawberry.ID | None = strawberry.field(default=None, description=_LOCATION)

    def read(self, findings: Findings) -> Adjustment:
        """Return what is to be changed; malformed ids are noted in `findings`."""
        return Adjustment(
            variant_id=_needed(findings, Prefix.VARIANT, self.variant_id, "variantId"),
            delta=self.quantity_delta,
            reason=self.change_reason,
            note=self.note,
            reference=self.reference,
            location_id=_location(findings, self.location_id),
        )


@strawberry.input(description="What was counted of a variant at a location.")
class CountInventoryInput:
    variant_id: strawberry.ID = strawberry.field(description="The variant.")
    quantity: Quantity = strawberry.field(
        description="Units that lie there, those held for running payments included: a whole "
        "number from 0."
    )
    expected_quantity: int | None = strawberry.field(
        default=None,
        description="The quantity that was read before: another one is INVENTORY_CHANGED and "
        "nothing is changed.",
    )
    location_id: strawberry.ID | None = strawberry.field(default=None, description=_LOCATION)
    note: str | None = strawberry.field(default=None, description=_NOTE)
    reference: str | None = strawberry.field(default=None, description=_REFERENCE)

    def read(self, findings: Findings) -> Count:
        """Return what was counted; malformed ids are noted in `findings`."""
        return Count(
            variant_id=_needed(findings, Prefix.VARIANT, self.variant_id, "variantId"),
            quantity=self.quantity,
            expected=self.expected_quantity,
            note=self.note,
            reference=self.reference,
            location_id=_location(findings, self.location_id),
        )


@strawberry.input(description="Units of a variant that go from one location to another.")
class TransferInventoryInput:
    variant_id: strawberry.ID = strawberry.field(description="The variant.")
    from_location_id: strawberry.ID = strawberry.field(description="Where they are taken.")
    to_location_id: strawberry.ID = strawberry.field(description="Where they are put.")
    quantity: Quantity = strawberry.field(description="The units: a whole number from 1.")
    note: str | None = strawberry.field(default=None, description=_NOTE)
    reference: str | None = strawberry.field(default=None, description=_REFERENCE)

    def read(self, findings: Findings) -> Transfer:
        """Return what goes where; malformed ids are noted in `findings`."""
        return Transfer(
            variant_id=_needed(findings, Prefix.VARIANT, self.variant_id, "variantId"),
            from_location_id=_needed(
                findings, Prefix.LOCATION, self.from_location_id, "fromLocationId"
            ),
            to_location_id=_needed(findings, Prefix.LOCATION, self.to_location_id, "toLocationId"),
            quantity=self.quantity,
            note=self.note,
            reference=self.reference,
        )


@strawberry.input(description="A new location.")
class CreateLocationInput:
    name: str = strawberry.field(description="What it is called, at most 255 characters.")


@strawberry.input(description="Changes to a location: what is omitted stays as it is.")
class UpdateLocationInput:
    id: strawberry.ID = strawberry.field(description="The location.")
    expected_version: int | None = strawberry.field(
        default=None, description="The version that was read: another one is VERSION_CONFLICT."
    )
    name: str | None = strawberry.field(
        default=UNSET, description="What it is called; not to be cleared."
    )
    is_default: bool | None = strawberry.field(
        default=UNSET,
        description="True makes it the default one in the place of another; the default one stays "
        "so until then.",
    )

    def read(self) -> LocationChanges:
        """Return what is set of the location."""
        return LocationChanges(name=sent(self.name), is_default=sent(self.is_default))


@strawberry.input(description="A location that is deleted for good.")
class DeleteLocationInput:
    id: strawberry.ID = strawberry.field(description="The location.")


def _needed(findings: Findings, prefix: Prefix, text: str, field: str) -> UUID:
    return noted(findings, prefix, text, field) or NOTHING


def _location(findings: Findings, text: str | None) -> UUID | None:
    return None if text is None else _needed(findings, Prefix.LOCATION, text, "locationId")
