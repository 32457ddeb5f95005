"""Reading JSON lines: each line is one product, with the members of CreateProductInput, or one
bundle, with those of CreateBundleInput: it is the one that has components."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast
from uuid import UUID

import orjson

from ordergraph.cli.json_objects import JsonObject, texts_within
from ordergraph.cli.records import BadLine, Record
from ordergraph.commerce.bundles.matching import GivenBundle, GivenComponent
from ordergraph.commerce.bundles.rules import BundleChanges, BundleStatus
from ordergraph.commerce.catalog.matching import code
from ordergraph.commerce.catalog.overlaying import GivenProduct, GivenVariant
from ordergraph.commerce.catalog.rules import (
    Image,
    ProductStatus,
    ProductType,
    SelectedOption,
    Seo,
    VariantStatus,
)
from ordergraph.commerce.catalog.shaping import NewOption
from ordergraph.core.drafts import TaxCategory
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, Problem
from ordergraph.core.sparse import OMITTED, Omitted

LONGEST_LINE = 4_000_000
"""No product takes more bytes than this."""

_COMPONENTS = "components"


def read_json_lines(lines: Iterable[bytes]) -> Iterator[Record]:
    """Yield the products and bundles of a file; empty lines are passed over."""
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix(b"\xef\xbb\xbf") if number == 1 else line.strip()
        if text:
            yield _record(number, text)


def _record(number: int, text: bytes) -> Record:
    def bad(message: str) -> Record:
        wrong = BadLine(number, None, ErrorCode.INVALID_FORMAT.value, message)
        return Record(number, "", unreadable=wrong)

    if len(text) > LONGEST_LINE:
        return bad(f"A line has at most {LONGEST_LINE} bytes.")
    try:
        value: object = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return bad(f"The line is not JSON: {error}.")
    if not text.startswith(b"{"):
        return bad("A line is one JSON object: a product or a bundle.")
    if "\\u0000" in text.decode(errors="replace") and any(
        "\0" in each for each in texts_within(value)
    ):
        return bad("Texts may not contain NUL.")
    given = _bundle(value) if _COMPONENTS in cast(Mapping[str, object], value) else _product(value)
    said = given.changes if isinstance(given, GivenBundle) else given
    name = said.slug if said.slug is not OMITTED else said.name
    return Record(number, name if isinstance(name, str) else "", given)


def _product(value: object) -> GivenProduct:
    problems: list[Problem] = []
    read = JsonObject(value, problems)
    alone, several = read.object("defaultVariant"), _listed(read, "variants")
    options = _listed(read, "options")
    if alone is not None and (several or options):
        message = "A product has either a defaultVariant alone, or options together with variants."
        problems.append(Problem(ErrorCode.INVALID_PRODUCT_SHAPE, message, ("defaultVariant",)))
    seo = read.object("seo")
    given = GivenProduct(
        slug=read.text("slug") or OMITTED,
        name=read.words("name"),
        product_type=read.one_of(ProductType, "productType"),
        status=read.one_of(ProductStatus, "status"),
        description=read.text("description"),
        seo_title=seo.text("title") if seo else OMITTED,
        seo_description=seo.text("description") if seo else OMITTED,
        images=_images(read),
        categories=read.texts("categories"),
        external_reference_id=read.text("externalReferenceId"),
        metadata=read.map("metadata"),
        public_metadata=read.map("publicMetadata"),
        modifier_set_id=read.id(Prefix.MODIFIER_SET, "modifierSetId"),
        options=[_option(each) for each in options],
        simple=alone is not None or not (several or options),
        problems=problems,
    )
    given.variants = [_variant(each, problems) for each in ([alone] if alone else several)]
    if seo:
        seo.finish()
    read.finish()
    return given


def _bundle(value: object) -> GivenBundle:
    problems: list[Problem] = []
    read = JsonObject(value, problems)
    parts, seo = _listed(read, _COMPONENTS), read.object("seo")
    changes = BundleChanges(
        name=read.words("name"),
        slug=read.text("slug") or OMITTED,
        status=read.one_of(BundleStatus, "status"),
        description=read.text("description"),
        seo=_seo(seo) if seo else OMITTED,
        images=_images(read),
        image_url=read.text("imageUrl") or OMITTED,
        unit_price=read.money("unitPrice"),
        compare_at_price=read.money("compareAtPrice"),
        taxable=read.boolean("taxable"),
        tax_category=read.one_of(TaxCategory, "taxCategory"),
        sku=read.text("sku"),
        barcode=read.text("barcode"),
        modifier_set_id=read.id(Prefix.MODIFIER_SET, "modifierSetId"),
        external_reference_id=read.text("externalReferenceId"),
        metadata=read.map("metadata"),
        public_metadata=read.map("publicMetadata"),
    )
    given = GivenBundle(
        changes, [_component(each, problems) for each in parts], read.texts("categories"), problems
    )
    read.finish()
    return given


def _seo(read: JsonObject) -> Seo:
    title, description = read.text("title"), read.text("description")
    read.finish()
    return Seo(None if title is OMITTED else title, None if description is OMITTED else description)


def _component(read: JsonObject, problems: list[Problem]) -> GivenComponent:
    before = len(problems)
    sku, id, quantity = (
        read.text("sku"),
        read.id(Prefix.VARIANT, "variantId"),
        read.whole("quantity"),
    )
    read.finish()
    named = code(sku), id if isinstance(id, UUID) else None
    path = (*read.path, "sku")
    if quantity is None:
        message = "quantity cannot be null."
        problems.append(Problem(ErrorCode.FIELD_REQUIRED, message, (*read.path, "quantity")))
    if all(named):
        message = "A component names its variant by its sku or by its variantId, not by both."
        problems.append(Problem(ErrorCode.CONFLICTING_FIELDS, message, path))
    elif not any(named) and len(problems) == before:
        message = "A component names its variant, by its sku or by its variantId."
        problems.append(Problem(ErrorCode.FIELD_REQUIRED, message, path))
    return GivenComponent(*named, quantity if isinstance(quantity, int) else 1)


def _listed(read: JsonObject, name: str) -> Sequence[JsonObject]:
    found = read.objects(name)
    return () if found is OMITTED else found


def _option(read: JsonObject) -> NewOption:
    name, values = read.words("name"), read.texts("values")
    read.finish()
    return NewOption("" if name is OMITTED else name, () if values is OMITTED else values)


def _images(read: JsonObject) -> list[Image] | Omitted:
    found = read.objects("images")
    return OMITTED if found is OMITTED else [_image(each) for each in found]


def _image(read: JsonObject) -> Image:
    url, alt_text = read.words("url"), read.text("altText")
    width, height = read.whole("width"), read.whole("height")
    read.finish()
    return Image(
        "" if url is OMITTED else url,
        None if alt_text is OMITTED else alt_text,
        None if width is OMITTED else width,
        None if height is OMITTED else height,
    )


def _variant(read: JsonObject, problems: list[Problem]) -> GivenVariant:
    chosen = read.objects("selectedOptions")
    price = read.money("unitPrice")
    if price is None:
        path = (*read.path, "unitPrice")
        problems.append(Problem(ErrorCode.FIELD_REQUIRED, "A variant has a price.", path))
    quantity = read.whole("initialQuantityAvailable")
    given = GivenVariant(
        selected_options=OMITTED if chosen is OMITTED else [_selected(each) for each in chosen],
        unit_price=OMITTED if price is None else price,
        compare_at_price=read.money("compareAtPrice"),
        name=read.text("name"),
        sku=read.text("sku"),
        barcode=read.text("barcode"),
        taxable=read.boolean("taxable"),
        tax_category=read.one_of(TaxCategory, "taxCategory"),
        status=read.one_of(VariantStatus, "status"),
        enforce_inventory_limit=read.boolean("enforceInventoryLimit"),
        quantity=OMITTED if quantity is None else quantity,
        external_reference_id=read.text("externalReferenceId"),
        metadata=read.map("metadata"),
        public_metadata=read.map("publicMetadata"),
        images=_images(read),
        modifier_set_id=read.id(Prefix.MODIFIER_SET, "modifierSetId"),
    )
    read.finish()
    return given


def _selected(read: JsonObject) -> SelectedOption:
    name, value = read.words("name"), read.words("value")
    read.finish()
    return SelectedOption("" if name is OMITTED else name, "" if value is OMITTED else value)
