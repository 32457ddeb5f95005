"""The enums of the catalog as clients see them."""

from ordergraph.commerce.catalog.listing import ProductSortField
from ordergraph.commerce.catalog.rules import ProductStatus, ProductType, VariantStatus
from ordergraph.graph.enums import shown

__all__ = ["ProductSortField", "ProductStatus", "ProductType", "VariantStatus"]

shown(
    ProductType,
    "What kind of thing a product is. Kinds may be added.",
    {
        ProductType.PHYSICAL: "Goods that are handed over or sent.",
        ProductType.SERVICE: "Work that is done.",
        ProductType.FEE: "A fee.",
        ProductType.DIGITAL: "Something that is downloaded or unlocked.",
    },
)
shown(
    ProductStatus,
    "Whether a product can be sold.",
    {
        ProductStatus.ACTIVE: "It can be sold.",
        ProductStatus.INACTIVE: "It cannot be sold for now; browsers do not see it.",
        ProductStatus.DELETED: "It is gone for good.",
    },
)
shown(
    VariantStatus,
    "Whether a variant can be sold.",
    {
        VariantStatus.ACTIVE: "It can be sold while its product can.",
        VariantStatus.INACTIVE: "It cannot be sold for now; browsers do not see it.",
        VariantStatus.DELETED: "It is gone for good.",
    },
)
shown(
    ProductSortField,
    "What products are ordered by.",
    {
        ProductSortField.NAME: "Their name, whatever its case.",
        ProductSortField.CREATED_AT: "When they were created.",
        ProductSortField.UPDATED_AT: "When they last changed.",
        ProductSortField.PRICE: "The lowest price of their active variants, in minor units "
        "whatever their currency.",
    },
)
