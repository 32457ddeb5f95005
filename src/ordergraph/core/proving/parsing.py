"""Making an order to prove, and its steps, of a document again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from ordergraph.core.amounts import NetAmounts, OrderAmounts
from ordergraph.core.breakdowns import Breakdown
from ordergraph.core.drafts import (
    Allocation,
    ChargeBasis,
    ChargeDraft,
    DiscountDraft,
    DiscountScope,
    FlatTax,
    LineDraft,
    ModifierDraft,
    OrderDraft,
    TaxCategory,
    TaxComponent,
    TaxRounding,
    TipDraft,
)
from ordergraph.core.ids import Prefix
from ordergraph.core.jurisdictions import Jurisdiction, TaxType
from ordergraph.core.proving.reading import Place
from ordergraph.core.proving.steps import About, Input, Share, Step
from ordergraph.core.proving.subjects import (
    FORMAT,
    Identity,
    ProvenOrder,
    ProvenPayment,
    ProvenRefund,
    UnreadableProof,
)
from ordergraph.core.sales import ChargeReversal, LineReversal, Reversal, TipReversal

_MEMBERS = (
    "format",
    "order",
    "inputs",
    "steps",
    "amounts",
    "figures",
    "money",
    "net",
    "consistent",
    "differences",
    "digest",
)
_NO_BREAKDOWN = Breakdown("", (), (), (), (), (), OrderAmounts())
_NO_NET = NetAmounts(0, 0, 0, 0, 0, 0, 0, 0, 0)


def read_proof(document: Any) -> tuple[ProvenOrder, list[Step]]:
    """Return the order that a document proves, without the figures that it claims, and its steps.

    Raises `UnreadableProof`.
    """
    top = Place(document)
    if not isinstance(document, dict) or document.get("format") != FORMAT:  # pyright: ignore
        raise UnreadableProof(f"This is no proof: its format is not {FORMAT}.")
    parts = top.members(_MEMBERS)
    _claims(parts)
    identity, currency = _identity(parts["order"])
    names: dict[UUID, str] = {}
    draft = _draft(parts["inputs"], currency, names)
    money = parts["money"].members(("everPaid", "payments", "refunds"))
    proven = ProvenOrder(
        identity,
        draft,
        _NO_BREAKDOWN,
        0,
        _NO_NET,
        money["everPaid"].flag(),
        tuple(_payment(each) for each in money["payments"].items()),
        tuple(_refund(each) for each in money["refunds"].items()),
        names,
    )
    return proven, [_step(each) for each in parts["steps"].items()]


def _claims(parts: Mapping[str, Place]) -> None:
    """Check that what is compared later can be looked at."""
    parts["amounts"].object()
    parts["net"].object()
    kinds = ("lines", "discounts", "taxes", "flatTaxes", "charges", "tips")
    for kind in parts["figures"].members(kinds).values():
        for each in kind.items():
            Place(each.object().get("id"), f"{each.pointer}/id").text()
    parts["consistent"].flag()
    for each in parts["differences"].items():
        each.text()
    parts["digest"].text()


def _identity(place: Place) -> tuple[Identity, str]:
    read = place.members(("id", "number", "version", "currency", "status", "computedAt"))
    identity = Identity(
        read["id"].id(Prefix.ORDER),
        read["number"].optional(Place.text),
        read["version"].integer(),
        read["status"].text(),
        read["computedAt"].instant(),
    )
    return identity, read["currency"].text()


def _draft(place: Place, currency: str, names: dict[UUID, str]) -> OrderDraft:
    read = place.members(
        (
            "lines",
            "discounts",
            "taxes",
            "flatTaxes",
            "charges",
            "tips",
            "taxRounding",
            "tipLimit",
        )
    )
    return OrderDraft(
        currency,
        tuple(_line(each, names) for each in read["lines"].items()),
        tuple(_discount(each, names) for each in read["discounts"].items()),
        tuple(_tax(each) for each in read["taxes"].items()),
        tuple(_flat_tax(each) for each in read["flatTaxes"].items()),
        tuple(_charge(each, names) for each in read["charges"].items()),
        tuple(_tip(each, names) for each in read["tips"].items()),
        read["taxRounding"].member_of(TaxRounding),
        read["tipLimit"].natural(),
    )


def _named(id: UUID, place: Place, names: dict[UUID, str]) -> UUID:
    name = place.optional(Place.text)
    if name is not None:
        names[id] = name
    return id


def _line(place: Place, names: dict[UUID, str]) -> LineDraft:
    members = ("id", "name", "position", "quantity", "unitPrice", "modifiers", "taxable")
    read = place.members((*members, "taxCategory"))
    return LineDraft(
        _named(read["id"].id(Prefix.LINE_ITEM), read["name"], names),
        read["position"].natural(),
        read["quantity"].natural(),
        read["unitPrice"].natural(),
        tuple(_modifier(each) for each in read["modifiers"].items()),
        read["taxable"].flag(),
        read["taxCategory"].member_of(TaxCategory),
    )


def _modifier(place: Place) -> ModifierDraft:
    read = place.members(("delta", "quantity", "taxable"))
    taxable = read["taxable"].optional(Place.flag)
    return ModifierDraft(read["delta"].integer(), read["quantity"].natural(), taxable)


def _discount(place: Place, names: dict[UUID, str]) -> DiscountDraft:
    members = ("id", "name", "scope", "percent", "amount", "allocation", "appliedAt")
    read = place.members((*members, "eligibleLines"))
    eligible = read["eligibleLines"]
    lines = (
        frozenset(each.id(Prefix.LINE_ITEM) for each in eligible.items())
        if (eligible.value is not None)
        else None
    )
    percent, amount = _one_of(place, read["percent"], read["amount"])
    allocation = read["allocation"].optional(lambda each: each.member_of(Allocation))
    if (percent is None) is (allocation is None):
        raise read["allocation"].refuse("EACH or ACROSS with an amount, null with a percentage")
    return DiscountDraft(
        id=_named(read["id"].id(Prefix.APPLIED_DISCOUNT), read["name"], names),
        scope=read["scope"].member_of(DiscountScope),
        applied_at=read["appliedAt"].instant(),
        percent=percent,
        amount=amount,
        allocation=allocation,
        line_ids=lines,
    )


def _one_of(place: Place, percent: Place, amount: Place) -> tuple[Any, int | None]:
    if (percent.value is None) is (amount.value is None):
        raise place.refuse("either a percentage or an amount")
    return percent.optional(Place.percent), amount.optional(Place.natural)


def _tax(place: Place) -> TaxComponent:
    members = ("id", "name", "type", "jurisdiction", "percent", "inclusive", "appliesTo", "stated")
    read = place.members(members)
    reached = read["appliesTo"]
    items = None
    if reached.value is not None:
        items = frozenset(each.id(Prefix.LINE_ITEM, Prefix.CHARGE) for each in reached.items())
    return TaxComponent(
        read["id"].id(Prefix.TAX_BREAKDOWN),
        read["name"].text(),
        read["percent"].percent(),
        read["inclusive"].flag(),
        items,
        read["type"].member_of(TaxType),
        read["jurisdiction"].optional(_jurisdiction),
        read["stated"].optional(Place.natural),
    )


def _jurisdiction(place: Place) -> Jurisdiction:
    place.members(("level", "code", "country", "region", "name"))
    try:
        read = Jurisdiction.stored(place.value)
    except (TypeError, ValueError):
        read = None
    if read is None:
        raise place.refuse("a jurisdiction")
    return read


def _flat_tax(place: Place) -> FlatTax:
    read = place.members(("id", "name", "amount"))
    return FlatTax(
        read["id"].id(Prefix.TAX_BREAKDOWN), read["name"].text(), read["amount"].natural()
    )


def _charge(place: Place, names: dict[UUID, str]) -> ChargeDraft:
    members = ("id", "name", "amount", "percent", "basis", "taxable", "taxCategory")
    read = place.members(members)
    percent, amount = _one_of(place, read["percent"], read["amount"])
    return ChargeDraft(
        _named(read["id"].id(Prefix.CHARGE), read["name"], names),
        amount,
        percent,
        read["basis"].member_of(ChargeBasis),
        read["taxable"].flag(),
        read["taxCategory"].member_of(TaxCategory),
    )


def _tip(place: Place, names: dict[UUID, str]) -> TipDraft:
    read = place.members(("id", "name", "amount", "percent"))
    percent, amount = _one_of(place, read["percent"], read["amount"])
    return TipDraft(_named(read["id"].id(Prefix.TIP), read["name"], names), amount, percent)


def _payment(place: Place) -> ProvenPayment:
    read = place.members(("id", "amount"))
    return ProvenPayment(read["id"].id(Prefix.PAYMENT), read["amount"].natural())


def _refund(place: Place) -> ProvenRefund:
    read = place.members(("id", "status", "amount", "counted", "reversal", "takenBack"))
    return ProvenRefund(
        read["id"].id(Prefix.REFUND),
        read["status"].text(),
        read["amount"].natural(),
        read["counted"].integer(),
        _reversal(read["reversal"]),
        _reversal(read["takenBack"]),
    )


def _reversal(place: Place) -> Reversal:
    read = place.members(("returned", "lines", "charges", "tips", "flatTax"))
    return Reversal(
        read["returned"].natural(),
        tuple(_line_reversal(each) for each in read["lines"].items()),
        tuple(_charge_reversal(each) for each in read["charges"].items()),
        tuple(_tip_reversal(each) for each in read["tips"].items()),
        read["flatTax"].natural(),
    )


def _line_reversal(place: Place) -> LineReversal:
    figures = ("quantity", "gross", "discount", "tax", "includedTax")
    read = place.members(("id", *figures))
    return LineReversal(
        read["id"].id(Prefix.LINE_ITEM), *(read[each].natural() for each in figures)
    )


def _charge_reversal(place: Place) -> ChargeReversal:
    figures = ("amount", "tax", "includedTax")
    read = place.members(("id", *figures))
    return ChargeReversal(read["id"].id(Prefix.CHARGE), *(read[each].natural() for each in figures))


def _tip_reversal(place: Place) -> TipReversal:
    read = place.members(("id", "amount"))
    return TipReversal(read["id"].id(Prefix.TIP), read["amount"].natural())


def _step(place: Place) -> Step:
    members = ("number", "rule", "figure", "about", "operation", "inputs", "exact", "rounding")
    read = place.members((*members, "result"), ("shares",))
    about = read["about"].members(("kind", "id", "name", "item"))
    return Step(
        read["number"].integer(),
        read["rule"].text(),
        read["figure"].text(),
        About(
            about["kind"].text(),
            about["id"].optional(Place.text),
            about["name"].optional(Place.text),
            about["item"].optional(Place.text),
        ),
        read["operation"].text(),
        tuple(_input(each) for each in read["inputs"].items()),
        read["exact"].text(),
        read["rounding"].text(),
        read["result"].integer(),
        tuple(_shares(read["shares"])) if "shares" in read else None,
    )


def _input(place: Place) -> Input:
    read = place.members(("name", "value", "from"), ("minus",))
    minus = read["minus"].flag() if "minus" in read else False
    return Input(read["name"].text(), read["value"].number(), read["from"].text(), minus)


def _shares(place: Place) -> Iterator[Share]:
    for each in place.items():
        optional = ("floor", "remainder", "extra", "quantity", "asked", "left")
        read = each.members(("of", "weight", "share"), optional)

        def whole(name: str, read: Any = read) -> int | None:
            return read[name].integer() if name in read else None

        yield Share(
            read["of"].text(),
            _input(read["weight"]),
            read["share"].integer(),
            whole("floor"),
            read["remainder"].text() if "remainder" in read else None,
            whole("extra"),
            _input(read["quantity"]) if "quantity" in read else None,
            whole("asked"),
            whole("left"),
        )
