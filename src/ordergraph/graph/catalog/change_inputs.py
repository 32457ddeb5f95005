"""What clients send to change products and variants, and how it is read."""

from collections.abc import Sequence
from uuid import UUID

import strawberry
from strawberry import UNSET

from ordergraph.commerce.catalog import rules
from ordergraph.commerce.catalog.changing import ProductChanges, VariantChanges
from ordergraph.core.ids import Prefix
from ordergraph.core.money import Money
from ordergraph.core.problems import Findings
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.graph.catalog.enums import ProductStatus, ProductType, VariantStatus
from ordergraph.graph.catalog.mutations import CreateVariantInput, SelectedOptionInput
from ordergraph.graph.catalog.types import ImageInput, SeoInput
from ordergraph.graph.ids import noted
from ordergraph.graph.money import Metadata, MoneyInput, Quantity
from ordergraph.graph.sparse import sent
from ordergraph.graph.taxes.types import TaxCategory

_VERSION = "The version that was read: another one is VERSION_CONFLICT."
_KEYS = "Keys to set; a key with null is deleted, {} clears all."


@strawberry.input(
    description="Changes to a product: what is omitted stays as it is, null clears what can be "
    "cleared."
)
class UpdateProductInput:
    id: strawberry.ID = strawberry.field(description="The product.")
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    name: str | None = strawberry.field(
        default=UNSET,
        description="What it is called, not to be cleared; its slug stays as it is.",
    )
    product_type: ProductType | None = strawberry.field(
        default=UNSET, description="What kind of thing it is; not to be cleared."
    )
    status: ProductStatus | None = strawberry.field(
        default=UNSET, description="ACTIVE or INACTIVE."
    )
    description: str | None = strawberry.field(
        default=UNSET, description="What is to be said about it, at most 5000 characters."
    )
    image_url: str | None = strawberry.field(
        default=UNSET,
        description="The web address of its first picture, the others stay; null removes all.",
    )
    images: list[ImageInput] | None = strawberry.field(
        default=UNSET, description="All its pictures in their order, at most 20; not with imageUrl."
    )
    slug: str | None = strawberry.field(
        default=UNSET,
        description="Its name in web addresses; the old one keeps leading to it. Null makes one "
        "from the name.",
    )
    seo: SeoInput | None = strawberry.field(
        default=UNSET, description="All that search engines are told of it."
    )
    default_variant_id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="The one of its variants that is meant when none is named; to be cleared only "
        "where it has options.",
    )
    modifier_set_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The modifier set that buyers of its variants choose from."
    )
    external_reference_id: str | None = strawberry.field(
        default=UNSET, description="The caller's own name for this product."
    )
    metadata: Metadata | None = strawberry.field(default=UNSET, description=_KEYS)
    public_metadata: Metadata | None = strawberry.field(
        default=UNSET, description="The same for the keys that everybody may read."
    )

    def read(self, findings: Findings) -> ProductChanges:
        """Return what is to change; malformed ids are noted in `findings`."""
        seo = sent(self.seo)
        return ProductChanges(
            name=sent(self.name),
            product_type=sent(self.product_type),
            status=sent(self.status),
            description=sent(self.description),
            image_url=sent(self.image_url),
            images=_images(sent(self.images)),
            slug=sent(self.slug),
            seo=seo.read() if isinstance(seo, SeoInput) else seo,
            default_variant_id=_id(
                findings,
                Prefix.VARIANT,
                None if self.default_variant_id == "" else sent(self.default_variant_id),
                "defaultVariantId",
            ),
            modifier_set_id=_id(
                findings, Prefix.MODIFIER_SET, sent(self.modifier_set_id), "modifierSetId"
            ),
            external_reference_id=sent(self.external_reference_id),
            metadata=sent(self.metadata),
            public_metadata=sent(self.public_metadata),
        )


@strawberry.input(description="A product that is deleted for good.")
class DeleteProductInput:
    id: strawberry.ID = strawberry.field(description="The product.")
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)


@strawberry.input(description="All categories of a product.")
class ReplaceProductCategoriesInput:
    product_id: strawberry.ID = strawberry.field(description="The product.")
    categories: list[str] = strawberry.field(
        description="Labels of 1 to 100 characters, at most 50; a category that does not exist "
        "is made."
    )
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)


@strawberry.input(
    description="A new variant of a product with options. A value that an option does not have "
    "yet is appended to it."
)
class AddVariantInput(CreateVariantInput):
    product_id: strawberry.ID = strawberry.field(description="The product.")
    expected_version: int | None = strawberry.field(
        default=None,
        description="The product's version that was read: another one is VERSION_CONFLICT.",
    )


@strawberry.input(
    description="Changes to a variant: what is omitted stays as it is, null clears what can be "
    "cleared."
)
class UpdateVariantInput:
    id: strawberry.ID = strawberry.field(description="The variant.")
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    name: str | None = strawberry.field(
        default=UNSET, description="A name of its own, at most 255 characters."
    )
    sku: str | None = strawberry.field(
        default=UNSET,
        description="The stock keeping unit: at most 100 characters, unique among all that can be "
        "sold, upper and lower case distinguished.",
    )
    barcode: str | None = strawberry.field(
        default=UNSET,
        description="What a scanner reads: at most 100 characters, unique among all that can be "
        "sold.",
    )
    unit_price: MoneyInput | None = strawberry.field(
        default=UNSET,
        description="The price of one unit, from 0, in the currency it has; not to be cleared.",
    )
    compare_at_price: MoneyInput | None = strawberry.field(
        default=UNSET, description="The price that this one is compared with, as before a sale."
    )
    selected_options: list[SelectedOptionInput] | None = strawberry.field(
        default=UNSET,
        description="Exactly one value of each of the product's options, together a choice that "
        "no other variant has. A new value is appended to its option.",
    )
    images: list[ImageInput] | None = strawberry.field(
        default=UNSET,
        description="All its own pictures in their order, at most 20; none shows the product's.",
    )
    taxable: bool | None = strawberry.field(default=UNSET, description="Whether tax is due on it.")
    tax_category: TaxCategory | None = strawberry.field(
        default=UNSET,
        description="What kind of thing it is, for tax rates that depend on it.",
    )
    status: VariantStatus | None = strawberry.field(
        default=UNSET, description="ACTIVE or INACTIVE."
    )
    position: int | None = strawberry.field(
        default=UNSET,
        description="Where it stands among its product's variants, from 0; others make room.",
    )
    track_inventory: bool | None = strawberry.field(
        default=UNSET,
        description="Whether its stock is tracked. Switched off, what lies there is written off.",
    )
    enforce_inventory_limit: bool | None = strawberry.field(
        default=UNSET,
        description="Whether no more can be sold than there is; matters where stock is tracked.",
    )
    low_stock_threshold: Quantity | None = strawberry.field(
        default=UNSET,
        description="At how many units or fewer stock is low; null for the shop's own threshold.",
    )
    modifier_set_id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="The modifier set that its buyers choose from; null for the product's.",
    )
    external_reference_id: str | None = strawberry.field(
        default=UNSET, description="The caller's own name for this variant."
    )
    metadata: Metadata | None = strawberry.field(default=UNSET, description=_KEYS)
    public_metadata: Metadata | None = strawberry.field(
        default=UNSET, description="The same for the keys that everybody may read."
    )

    def read(self, findings: Findings) -> VariantChanges:
        """Return what is to change; malformed ids are noted in `findings`."""
        return VariantChanges(
            name=sent(self.name),
            sku=sent(self.sku),
            barcode=sent(self.barcode),
            unit_price=_money(sent(self.unit_price)),
            compare_at_price=_money(sent(self.compare_at_price)),
            selected_options=_selection(sent(self.selected_options)),
            images=_images(sent(self.images)),
            taxable=sent(self.taxable),
            tax_category=sent(self.tax_category),
            status=sent(self.status),
            position=sent(self.position),
            track_inventory=sent(self.track_inventory),
            enforce_inventory_limit=sent(self.enforce_inventory_limit),
            low_stock_threshold=sent(self.low_stock_threshold),
            modifier_set_id=_id(
                findings, Prefix.MODIFIER_SET, sent(self.modifier_set_id), "modifierSetId"
            ),
            external_reference_id=sent(self.external_reference_id),
            metadata=sent(self.metadata),
            public_metadata=sent(self.public_metadata),
        )


@strawberry.input(description="A variant that is deleted for good.")
class DeleteVariantInput:
    id: strawberry.ID = strawberry.field(description="The variant.")
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)


def _id(
    findings: Findings, prefix: Prefix, text: strawberry.ID | Omitted | None, field: str
) -> UUID | Omitted | None:
    """Read an id that null clears; a malformed one is noted."""
    if text is OMITTED or text is None:
        return text
    return noted(findings, prefix, text, field) or OMITTED


def _images(
    images: Sequence[ImageInput] | Omitted | None,
) -> Sequence[rules.Image] | Omitted | None:
    if images is OMITTED or images is None:
        return images
    return [each.read() for each in images]


def _money(value: MoneyInput | Omitted | None) -> Money | Omitted | None:
    return Money(value.amount, value.currency) if isinstance(value, MoneyInput) else value


def _selection(
    selected: Sequence[SelectedOptionInput] | Omitted | None,
) -> Sequence[rules.SelectedOption] | Omitted | None:
    if selected is OMITTED or selected is None:
        return selected
    return [rules.SelectedOption(each.name, each.value) for each in selected]
