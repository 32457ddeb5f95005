"""What clients send to make and change bundles, and how it is read."""

from collections.abc import Sequence
from uuid import UUID

import strawberry
from strawberry import UNSET

from ordergraph.commerce.bundles import rules
from ordergraph.commerce.bundles.rules import BundleChanges, NewComponent
from ordergraph.core.drafts import TaxCategory as Category
from ordergraph.core.ids import Prefix
from ordergraph.core.money import Money
from ordergraph.core.problems import Findings
from ordergraph.core.sparse import OMITTED, Omitted
from ordergraph.graph.bundles.enums import BundleStatus
from ordergraph.graph.catalog.types import ImageInput, SeoInput
from ordergraph.graph.ids import noted
from ordergraph.graph.money import Metadata, MoneyInput, Quantity
from ordergraph.graph.sparse import sent
from ordergraph.graph.taxes.types import TaxCategory

_VERSION = "The version that was read: another one is VERSION_CONFLICT."


@strawberry.input(description="A variant that a bundle is to have.")
class BundleComponentInput:
    variant_id: strawberry.ID = strawberry.field(
        description="The variant; each stands in a bundle once, with a price in its currency."
    )
    quantity: Quantity = strawberry.field(
        default=1, description="Units of it in one bundle: a whole number from 1."
    )


@strawberry.input(description="A new bundle.")
class CreateBundleInput:
    name: str = strawberry.field(description="What it is called, at most 255 characters.")
    unit_price: MoneyInput = strawberry.field(
        description="The price of one bundle, from 0; its components' prices have its currency."
    )
    components: list[BundleComponentInput] | None = strawberry.field(
        default=None,
        description="Its variants in their order, at most 100; without any it cannot be sold yet.",
    )
    categories: list[str] | None = strawberry.field(
        default=None,
        description="Labels of the categories that it is in, at most 50 of 1 to 100 characters; "
        "a category that does not exist is made.",
    )
    status: BundleStatus = strawberry.field(
        default=rules.BundleStatus.ACTIVE, description="ACTIVE or INACTIVE."
    )
    description: str | None = strawberry.field(
        default=None, description="What is to be said about it, at most 5000 characters."
    )
    slug: str | None = strawberry.field(
        default=None,
        description="Its name in web addresses, at most 100 characters, unique among products and "
        "bundles; without one it is made of the name.",
    )
    seo: SeoInput | None = strawberry.field(
        default=None, description="What search engines are told of it."
    )
    images: list[ImageInput] | None = strawberry.field(
        default=None, description="Its pictures in their order, at most 20."
    )
    image_url: str | None = strawberry.field(
        default=None,
        description="The web address of its picture, http or https: short for one entry of images.",
    )
    compare_at_price: MoneyInput | None = strawberry.field(
        default=None,
        description="A price to compare with, such as the one before a sale, from 0 and in the "
        "currency of the price.",
    )
    taxable: bool = strawberry.field(default=True, description="Whether tax is due on it.")
    tax_category: TaxCategory = strawberry.field(
        default=Category.GENERAL,
        description="What kind of thing it is, for tax rates that depend on it.",
    )
    sku: str | None = strawberry.field(
        default=None,
        description="The stock keeping unit: at most 100 characters, unique among all that can be "
        "sold, upper and lower case distinguished.",
    )
    barcode: str | None = strawberry.field(
        default=None, description="What a scanner reads, at most 100 characters."
    )
    modifier_set_id: strawberry.ID | None = strawberry.field(
        default=None, description="The modifier set that its buyers choose from."
    )
    external_reference_id: str | None = strawberry.field(
        default=None, description="The caller's own name for this bundle."
    )
    metadata: Metadata | None = strawberry.field(
        default=None, description="The merchant's own keys and values."
    )
    public_metadata: Metadata | None = strawberry.field(
        default=None, description="The merchant's own keys and values that everybody may read."
    )


@strawberry.input(
    description="Changes to a bundle: what is omitted stays as it is, null clears what can be "
    "cleared. Components and categories have mutations of their own."
)
class UpdateBundleInput:
    id: strawberry.ID = strawberry.field(description="The bundle.")
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    name: str | None = strawberry.field(default=UNSET, description="The name; not to be cleared.")
    status: BundleStatus | None = strawberry.field(default=UNSET, description="ACTIVE or INACTIVE.")
    description: str | None = strawberry.field(
        default=UNSET, description="What is to be said about it, at most 5000 characters."
    )
    slug: str | None = strawberry.field(
        default=UNSET,
        description="Its name in web addresses; null or an empty one makes it of the present "
        "name. The one before keeps leading to it.",
    )
    seo: SeoInput | None = strawberry.field(
        default=UNSET, description="All that search engines are told of it from now on."
    )
    images: list[ImageInput] | None = strawberry.field(
        default=UNSET, description="All its pictures from now on, at most 20."
    )
    image_url: str | None = strawberry.field(
        default=UNSET,
        description="The web address of its picture: short for one entry of images. That of the "
        "first picture it has changes nothing.",
    )
    unit_price: MoneyInput | None = strawberry.field(
        default=UNSET, description="The price of one bundle, in the currency of its components."
    )
    compare_at_price: MoneyInput | None = strawberry.field(
        default=UNSET, description="A price to compare with, in the currency of the price."
    )
    taxable: bool | None = strawberry.field(default=UNSET, description="Whether tax is due on it.")
    tax_category: TaxCategory | None = strawberry.field(
        default=UNSET, description="What kind of thing it is, for tax rates that depend on it."
    )
    sku: str | None = strawberry.field(
        default=UNSET, description="The stock keeping unit, unique among all that can be sold."
    )
    barcode: str | None = strawberry.field(
        default=UNSET, description="What a scanner reads, unique among all that can be sold."
    )
    modifier_set_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The modifier set that its buyers choose from; null for none."
    )
    external_reference_id: str | None = strawberry.field(
        default=UNSET, description="The caller's own name for this bundle."
    )
    metadata: Metadata | None = strawberry.field(
        default=UNSET, description="Keys to set; a key with null is deleted, {} clears all."
    )
    public_metadata: Metadata | None = strawberry.field(
        default=UNSET,
        description="Keys to set that everybody may read; a key with null is deleted, {} clears "
        "all.",
    )


@strawberry.input(description="A bundle that is deleted for good.")
class DeleteBundleInput:
    id: strawberry.ID = strawberry.field(description="The bundle.")
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)


@strawberry.input(description="The categories that a bundle is in from now on, and no others.")
class ReplaceBundleCategoriesInput:
    bundle_id: strawberry.ID = strawberry.field(description="The bundle.")
    categories: list[str] = strawberry.field(
        description="Labels, at most 50 of 1 to 100 characters; none for no category."
    )
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)


@strawberry.input(description="Variants that a bundle is to have besides those that it has.")
class AddBundleComponentsInput:
    bundle_id: strawberry.ID = strawberry.field(description="The bundle.")
    components: list[BundleComponentInput] = strawberry.field(
        description="The variants in their order; a bundle has at most 100."
    )
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)


@strawberry.input(description="A change of one component of a bundle; what is omitted stays.")
class UpdateBundleComponentInput:
    bundle_id: strawberry.ID = strawberry.field(description="The bundle.")
    component_id: strawberry.ID = strawberry.field(description="The component.")
    quantity: Quantity | None = strawberry.field(
        default=UNSET, description="Units of the variant in one bundle: a whole number from 1."
    )
    position: Quantity | None = strawberry.field(
        default=UNSET,
        description="Where it is to stand, from 0; the others move up or down. Anything behind "
        "the last is the last.",
    )
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)


@strawberry.input(description="A component that a bundle is to lose.")
class RemoveBundleComponentInput:
    bundle_id: strawberry.ID = strawberry.field(description="The bundle.")
    component_id: strawberry.ID = strawberry.field(description="The component.")
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)


def read_changes(input: CreateBundleInput | UpdateBundleInput, findings: Findings) -> BundleChanges:
    """Return what is set of a bundle; a malformed id is noted in `findings`."""
    seo, images, image_url = sent(input.seo), sent(input.images), sent(input.image_url)
    if isinstance(input, CreateBundleInput):
        # Of a new bundle there is nothing to clear: what is empty was not sent.
        images, image_url = images or OMITTED, image_url or OMITTED
    return BundleChanges(
        name=sent(input.name),
        slug=sent(input.slug),
        status=sent(input.status),
        description=sent(input.description),
        seo=seo.read() if isinstance(seo, SeoInput) else seo,
        images=[each.read() for each in images] if isinstance(images, list) else images,
        image_url=image_url,
        unit_price=_money(sent(input.unit_price)),
        compare_at_price=_money(sent(input.compare_at_price)),
        taxable=sent(input.taxable),
        tax_category=sent(input.tax_category),
        sku=sent(input.sku),
        barcode=sent(input.barcode),
        modifier_set_id=_modifier_set(findings, sent(input.modifier_set_id)),
        external_reference_id=sent(input.external_reference_id),
        metadata=sent(input.metadata),
        public_metadata=sent(input.public_metadata),
    )


def read_components(
    components: Sequence[BundleComponentInput], findings: Findings
) -> Sequence[NewComponent]:
    """Return the variants that a bundle is to have; malformed ids are noted in `findings`."""
    return [
        NewComponent(
            noted(findings, Prefix.VARIANT, each.variant_id, "components", index, "variantId"),
            each.quantity,
        )
        for index, each in enumerate(components)
    ]


def _money(value: MoneyInput | Omitted | None) -> Money | Omitted | None:
    return Money(value.amount, value.currency) if isinstance(value, MoneyInput) else value


def _modifier_set(findings: Findings, id: strawberry.ID | Omitted | None) -> UUID | Omitted | None:
    if id is OMITTED or id is None:
        return id
    return noted(findings, Prefix.MODIFIER_SET, id, "modifierSetId")
