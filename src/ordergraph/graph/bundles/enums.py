"""The enums of bundles as clients see them."""

from ordergraph.commerce.bundles.listing import BundleSortField
from ordergraph.commerce.bundles.rules import BundleStatus
from ordergraph.graph.enums import shown

__all__ = ["BundleSortField", "BundleStatus"]

shown(
    BundleStatus,
    "Whether a bundle can be sold.",
    {
        BundleStatus.ACTIVE: "It can be sold while its components can.",
        BundleStatus.INACTIVE: "It cannot be sold for now; browsers do not see it.",
        BundleStatus.DELETED: "It is gone for good.",
    },
)
shown(
    BundleSortField,
    "What bundles are ordered by.",
    {
        BundleSortField.NAME: "Their name, whatever its case.",
        BundleSortField.CREATED_AT: "When they were created.",
        BundleSortField.UPDATED_AT: "When they last changed.",
    },
)
