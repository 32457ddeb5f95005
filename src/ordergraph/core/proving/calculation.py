"""The steps from what an order was priced on to what it comes to (domain 5.2 to 5.9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from ordergraph.core.discounting import allocation_of
from ordergraph.core.drafts import (
    Allocation,
    ChargeBasis,
    ChargeDraft,
    DiscountDraft,
    LineDraft,
    OrderDraft,
    TaxRounding,
    TipDraft,
)
from ordergraph.core.ids import Prefix, encode
from ordergraph.core.percents import percent_text
from ordergraph.core.proving.steps import About, Input, Parcel, Steps
from ordergraph.core.proving.taxation import TaxableItem, tax_steps

ORDER = About("order")
FIGURES = ("subtotal", "discount", "charge", "tax", "includedTax", "tip", "total")
"""The figures of an order, in the order in which the total is made of them."""


class Calculation:
    """Writes the steps of a draft whose lines, discounts and taxes stand in their order.

    `figures` has what the order comes to, by name, as inputs of later steps.
    """

    def __init__(self, draft: OrderDraft, names: Mapping[UUID, str], steps: Steps) -> None:
        self._draft = draft
        self._names = names
        self._steps = steps
        self._left: dict[UUID, Input] = {}
        self._taken: dict[UUID, list[Input]] = {}
        self._nets: dict[UUID, Input] = {}
        self.figures: dict[str, Input] = {}

    def write(self) -> None:
        """Write all steps up to the total."""
        self._gross()
        for index, discount in enumerate(self._draft.discounts):
            self._discount(index, discount)
        self._net()
        charges = self._charges()
        self._taxes(charges)
        self._tips()
        self._total()

    def _gross(self) -> None:
        for index, line in enumerate(self._draft.lines):
            inputs = [
                source(f"lines/{index}", "quantity", line.quantity),
                source(f"lines/{index}", "unitPrice", line.unit_price),
            ]
            inputs += modifiers(index, line, lambda _: True)
            self._left[line.id] = self._steps.add(
                "PRC-10", "gross", self._line(line), "line", inputs
            )
        grosses = [self._left[line.id].called("gross") for line in self._draft.lines]
        self.figures["subtotal"] = self._steps.add("PRC-12", "subtotal", ORDER, "sum", grosses)

    def _discount(self, index: int, discount: DiscountDraft) -> None:
        """Take a discount off what the ones before it left (PRC-20)."""
        about = self._about("discount", Prefix.APPLIED_DISCOUNT, discount.id)
        lines = [
            (number, line)
            for number, line in enumerate(self._draft.lines)
            if discount.line_ids is None or line.id in discount.line_ids
        ]
        parcels = [
            Parcel(
                line_id(line),
                self._left[line.id],
                source(f"lines/{number}", "quantity", line.quantity),
            )
            for number, line in lines
        ]
        if discount.percent is None and allocation_of(discount) is Allocation.EACH:
            shares = self._each(index, discount, about, parcels)
        else:
            shares = self._across(index, discount, about, parcels)
        left = self._steps.left()
        for (_, line), share, rest in zip(lines, shares, left, strict=True):
            self._taken.setdefault(line.id, []).append(share)
            self._left[line.id] = rest

    def _each(
        self, index: int, discount: DiscountDraft, about: About, parcels: Sequence[Parcel]
    ) -> Sequence[Input]:
        amount = source(f"discounts/{index}", "amount", discount.amount or 0)
        quantities = [parcel.quantity for parcel in parcels if parcel.quantity is not None]
        self._steps.add("PRC-25", "amount", about, "units", [amount, *quantities])
        _, shares = self._steps.share(
            "PRC-23", "applied", about, "each", [amount], parcels, taken_off=True
        )
        return shares

    def _across(
        self, index: int, discount: DiscountDraft, about: About, parcels: Sequence[Parcel]
    ) -> Sequence[Input]:
        parcels = [parcel._replace(quantity=None) for parcel in parcels]
        remaining = self._steps.add(
            "PRC-20", "remaining", about, "sum", [parcel.weight for parcel in parcels]
        )
        if discount.percent is not None:
            percent = source(f"discounts/{index}", "percent", percent_text(discount.percent))
            taken = self._steps.add("PRC-21", "amount", about, "percent", [percent, remaining])
        else:
            amount = source(f"discounts/{index}", "amount", discount.amount or 0)
            nominal = self._steps.add("PRC-25", "amount", about, "given", [amount])
            taken = self._steps.add("PRC-22", "capped", about, "least", [nominal, remaining])
        _, shares = self._steps.share(
            "PRC-3", "applied", about, "allocate", [taken], parcels, taken_off=True
        )
        return shares

    def _net(self) -> None:
        discounts: list[Input] = []
        for index, line in enumerate(self._draft.lines):
            gross = Input("gross", self._steps.steps[index].result, f"/steps/{index}/result")
            parts = [gross]
            if line.id in self._taken:
                about = self._line(line)
                taken = self._steps.add("PRC-24", "discount", about, "sum", self._taken[line.id])
                discounts.append(taken)
                parts.append(taken.called("discount", minus=True))
            self._nets[line.id] = self._steps.add("PRC-24", "net", self._line(line), "sum", parts)
        subtotal = self.figures["subtotal"]
        discount = self._steps.add("PRC-24", "discount", ORDER, "sum", discounts)
        self.figures["discount"] = discount
        self.figures["goods"] = self._steps.add(
            "PRC-24", "goods", ORDER, "sum", [subtotal, discount.called("discount", minus=True)]
        )

    def _charges(self) -> Mapping[UUID, Input]:
        amounts: dict[UUID, Input] = {}
        for index, charge in enumerate(self._draft.charges):
            about = self._about("charge", Prefix.CHARGE, charge.id)
            place, rule = f"charges/{index}", "PRC-60"
            if charge.percent is None:
                given = source(place, "amount", charge.amount or 0)
                amounts[charge.id] = self._steps.add(rule, "amount", about, "given", [given])
            else:
                percent = source(place, "percent", percent_text(charge.percent))
                inputs = [percent, self._basis(charge)]
                amounts[charge.id] = self._steps.add(rule, "amount", about, "percent", inputs)
        self.figures["charge"] = self._steps.add(
            "AMT-7", "charge", ORDER, "sum", list(amounts.values())
        )
        return amounts

    def _basis(self, charge: ChargeDraft) -> Input:
        before = charge.basis is ChargeBasis.SUBTOTAL_PRE_DISCOUNT
        return self.figures["subtotal" if before else "goods"]

    def _taxes(self, charges: Mapping[UUID, Input]) -> None:
        """Find what may be taxed, tax it, and add up what each line and charge bears."""
        items: list[TaxableItem] = []
        if self._draft.taxes:
            for index, line in enumerate(self._draft.lines):
                if line.has_taxable:
                    items.append(TaxableItem(line.id, self._line(line), self._base(index, line)))
            for charge in self._draft.charges:
                if charge.taxable:
                    about = self._about("charge", Prefix.CHARGE, charge.id)
                    base = self._steps.add(
                        "PRC-30", "taxable", about, "given", [charges[charge.id]]
                    )
                    items.append(TaxableItem(charge.id, about, base))
        flat = [
            self._steps.add(
                "PRC-33",
                "tax",
                About("flatTax", encode(Prefix.TAX_BREAKDOWN, tax.id), tax.name),
                "given",
                [source(f"flatTaxes/{index}", "amount", tax.amount)],
            )
            for index, tax in enumerate(self._draft.flat_taxes)
        ]
        by_line = self._draft.tax_rounding is TaxRounding.LINE
        borne, included = tax_steps(self._steps, self._draft.taxes, items, by_line=by_line)
        self.figures["tax"] = self._steps.add("PRC-32", "tax", ORDER, "sum", [*borne, *flat])
        self.figures["includedTax"] = self._steps.add(
            "PRC-42", "includedTax", ORDER, "sum", included
        )

    def _base(self, index: int, line: LineDraft) -> Input:
        """Return how much of a line's net may be taxed (PRC-30, MOD-6)."""
        about, net = self._line(line), self._nets[line.id]
        if all(each.taxable in (None, line.taxable) for each in line.modifiers):
            return self._steps.add("PRC-30", "taxable", about, "given", [net])
        inputs = [source(f"lines/{index}", "quantity", line.quantity)]
        if line.taxable:
            inputs.append(source(f"lines/{index}", "unitPrice", line.unit_price))
        inputs += modifiers(index, line, lambda own: line.taxable if own is None else own)
        counted = self._steps.add("MOD-6", "taxableCounted", about, "line", inputs)
        gross = Input("gross", self._steps.steps[index].result, f"/steps/{index}/result")
        part = self._steps.add("MOD-6", "taxableGross", about, "within", [counted, gross])
        rest = self._steps.add(
            "MOD-6",
            "untaxableGross",
            about,
            "sum",
            [gross, part.called("taxableGross", minus=True)],
        )
        parcels = [Parcel("taxable", part), Parcel("untaxable", rest)]
        _, (base, _) = self._steps.share("PRC-3", "shares", about, "allocate", [net], parcels)
        return self._steps.add("MOD-6", "taxable", about, "given", [base])

    def _tips(self) -> None:
        goods = self.figures["goods"]
        amounts = [self._tip(index, tip, goods) for index, tip in enumerate(self._draft.tips)]
        self.figures["tip"] = self._steps.add("AMT-7", "tip", ORDER, "sum", amounts)
        if self._draft.tips:
            limit = source("", "tipLimit", self._draft.tip_limit or 0)
            self._steps.add("PRC-66", "mostTip", ORDER, "greatest", [limit, goods])

    def _tip(self, index: int, tip: TipDraft, goods: Input) -> Input:
        about = self._about("tip", Prefix.TIP, tip.id)
        if tip.percent is None:
            given = source(f"tips/{index}", "amount", tip.amount or 0)
            return self._steps.add("TIP-1", "amount", about, "given", [given])
        percent = source(f"tips/{index}", "percent", percent_text(tip.percent))
        return self._steps.add("PRC-65", "amount", about, "percent", [percent, goods])

    def _total(self) -> None:
        taken_off = ("discount", "includedTax")
        parts = [self.figures[name].called(name, minus=name in taken_off) for name in FIGURES[:-1]]
        self.figures["total"] = self._steps.add("AMT-7", "total", ORDER, "sum", parts)

    def _line(self, line: LineDraft) -> About:
        return About("line", line_id(line), self._names.get(line.id))

    def _about(self, kind: str, prefix: Prefix, id: UUID) -> About:
        return About(kind, encode(prefix, id), self._names.get(id))


def line_id(line: LineDraft) -> str:
    """Return the id of a line as proofs write it."""
    return encode(Prefix.LINE_ITEM, line.id)


def source(part: str, name: str, value: int | str) -> Input:
    """Return a number of the inputs, with its place."""
    return Input(name, value, f"/inputs/{part}/{name}" if part else f"/inputs/{name}")


def modifiers(index: int, line: LineDraft, counts: Callable[[bool | None], bool]) -> list[Input]:
    """Return delta and count of each modifier of a line that `counts`."""
    found: list[Input] = []
    for number, each in enumerate(line.modifiers):
        if counts(each.taxable):
            place = f"lines/{index}/modifiers/{number}"
            found.append(source(place, "delta", each.unit_delta))
            found.append(source(place, "quantity", each.quantity))
    return found
