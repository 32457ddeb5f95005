"""The steps of a proof, told anew from its inputs and its money as the page on proofs says."""

from tests.proofs.reckoning import Json, among
from tests.proofs.steps import Steps, at, less, subject


class Pricing:
    """What is told of the price: goods, discounts, charges, taxes, tips, and the total."""

    def __init__(self, inputs: Json) -> None:
        self.inputs = inputs
        self.steps = Steps()
        self.order = subject("order")
        self.lines = {line["id"]: subject("line", line) for line in inputs["lines"]}
        self.fees = {fee["id"]: subject("charge", fee) for fee in inputs["charges"]}
        self.items: dict[str, Json] = {}
        self.borne: dict[str, list[tuple[str, Json]]] = {}
        self._goods()
        self._discounts()
        self._charges()
        if inputs["taxes"]:
            self._bases()
        flat = [
            self.steps.given("PRC-33", "tax", subject("flatTax", tax), at(place, tax, "amount"))
            for place, tax in self._each("flatTaxes")
        ]
        self._taxes()
        self._bear(flat)
        self._tips()
        self._total()

    def _each(self, part: str) -> list[tuple[str, Json]]:
        return [(f"/inputs/{part}/{i}", entry) for i, entry in enumerate(self.inputs[part])]

    def _goods(self) -> None:
        self.gross: dict[str, Json] = {}
        self.quantity: dict[str, Json] = {}
        for place, line in self._each("lines"):
            cells = [at(place, line, "quantity"), at(place, line, "unitPrice")]
            for index, modifier in enumerate(line["modifiers"]):
                spot = f"{place}/modifiers/{index}"
                cells += [at(spot, modifier, "delta"), at(spot, modifier, "quantity")]
            who = line["id"]
            self.gross[who] = self.steps.line("PRC-10", "gross", self.lines[who], cells)
            self.quantity[who] = cells[0]
        self.left: dict[str, Json] = dict(self.gross)
        self.off: dict[str, list[Json]] = {who: [] for who in self.gross}
        self.subtotal = self.steps.sum("PRC-12", "subtotal", self.order, [*self.gross.values()])

    def _discounts(self) -> None:
        for place, discount in self._each("discounts"):
            lines = among(discount, "eligibleLines", self.gross)
            shares, left = self._discount(place, discount, lines)
            for line, share, rest in zip(lines, shares, left, strict=True):
                self.off[line].append(share)
                self.left[line] = rest
        self.net: dict[str, Json] = {}
        discounts: list[Json] = []
        for line, gross in self.gross.items():
            about, cells = self.lines[line], [gross]
            if self.off[line]:
                off = self.steps.sum("PRC-24", "discount", about, self.off[line])
                discounts.append(off)
                cells += less([off])
            self.net[line] = self.steps.sum("PRC-24", "net", about, cells)
        self.discount = self.steps.sum("PRC-24", "discount", self.order, discounts)
        cells = [self.subtotal, *less([self.discount])]
        self.goods = self.steps.sum("PRC-24", "goods", self.order, cells)

    def _discount(
        self, place: str, discount: Json, lines: list[str]
    ) -> tuple[list[Json], list[Json]]:
        steps, about = self.steps, subject("discount", discount)
        rest = [self.left[line] for line in lines]
        to = list(zip(lines, rest, strict=True))
        if discount["percent"] is None and discount["allocation"] == "EACH":
            counts = [self.quantity[line] for line in lines]
            cell = at(place, discount, "amount")
            steps.units("PRC-25", "amount", about, [cell, *counts])
            each = list(zip(lines, rest, counts, strict=True))
            return steps.each("PRC-23", "applied", about, cell, each)[1:]
        remaining = steps.sum("PRC-20", "remaining", about, rest)
        if discount["percent"] is None:
            amount = steps.given("PRC-25", "amount", about, at(place, discount, "amount"))
            amount = steps.least("PRC-22", "capped", about, [amount, remaining])
        else:
            part = at(place, discount, "percent")
            amount = steps.percent("PRC-21", "amount", about, part, remaining)
        return steps.allocate("PRC-3", "applied", about, amount, to, left=True)[1:]

    def _charges(self) -> None:
        self.amounts: dict[str, Json] = {}
        for place, fee in self._each("charges"):
            about = self.fees[fee["id"]]
            if fee["percent"] is None:
                told = self.steps.given("PRC-60", "amount", about, at(place, fee, "amount"))
            else:
                before = fee["basis"] == "SUBTOTAL_PRE_DISCOUNT"
                basis = self.subtotal if before else self.goods
                part = at(place, fee, "percent")
                told = self.steps.percent("PRC-60", "amount", about, part, basis)
            self.amounts[fee["id"]] = told
        self.charge = self.steps.sum("AMT-7", "charge", self.order, [*self.amounts.values()])

    def _bases(self) -> None:
        """Tell what may be taxed of each line and charge."""
        for place, line in self._each("lines"):
            says = [modifier["taxable"] for modifier in line["modifiers"]]
            if line["taxable"] or True in says:
                about, who = self.lines[line["id"]], line["id"]
                if all(say is None or say == line["taxable"] for say in says):
                    told = self.steps.given("PRC-30", "taxable", about, self.net[who])
                else:
                    told = self._part(place, line)
                self.items[who] = told
        for fee in self.inputs["charges"]:
            if fee["taxable"]:
                who = fee["id"]
                amount = self.amounts[who]
                self.items[who] = self.steps.given("PRC-30", "taxable", self.fees[who], amount)

    def _part(self, place: str, line: Json) -> Json:
        """Tell which part of a line is taxed if its modifiers are not all taxed alike (MOD-6)."""
        steps, about, gross = self.steps, self.lines[line["id"]], self.gross[line["id"]]
        cells = [at(place, line, "quantity")]
        if line["taxable"]:
            cells.append(at(place, line, "unitPrice"))
        for index, modifier in enumerate(line["modifiers"]):
            says = modifier["taxable"]
            if line["taxable"] if says is None else says:
                spot = f"{place}/modifiers/{index}"
                cells += [at(spot, modifier, "delta"), at(spot, modifier, "quantity")]
        counted = steps.line("MOD-6", "taxableCounted", about, cells)
        taxed = steps.within("MOD-6", "taxableGross", about, counted, gross)
        untaxed = steps.sum("MOD-6", "untaxableGross", about, [gross, *less([taxed])])
        to = [("taxable", taxed), ("untaxable", untaxed)]
        _, shares, _ = steps.allocate("PRC-3", "shares", about, self.net[line["id"]], to)
        return steps.given("MOD-6", "taxable", about, shares[0])

    def _taxes(self) -> None:
        taxes = self._each("taxes")
        self.reach = {tax["id"]: among(tax, "appliesTo", self.items) for _, tax in taxes}
        self.borne = {tax["id"]: [] for _, tax in taxes}
        self.taxed: dict[str, Json] = {}
        for place, tax in taxes:
            if not tax["inclusive"] and tax["stated"] is None:
                self._on_top(place, tax)
        self._inside()
        for place, tax in taxes:
            about = subject("tax", tax)
            if tax["stated"] is not None:
                self._taxable(tax, about)
                told = self.steps.given("TAX-4", "tax", about, at(place, tax, "stated"))
                self._share(tax, about, told, self.reach[tax["id"]])
            elif tax["inclusive"]:
                self._taxable(tax, about)
                self.steps.sum("PRC-32", "tax", about, [cell for _, cell in self.borne[tax["id"]]])

    def _taxable(self, tax: Json, about: Json) -> Json:
        bases = [self.items[item] for item in self.reach[tax["id"]]]
        return self.steps.sum("PRC-31", "taxable", about, bases)

    def _share(self, tax: Json, about: Json, told: Json, items: list[str]) -> None:
        """Tell how a tax is shared out over items by their bases."""
        to = [(item, self.items[item]) for item in items]
        _, shares, _ = self.steps.allocate("PRC-3", "shares", about, told, to)
        self.borne[tax["id"]] += zip(items, shares, strict=True)

    def _on_top(self, place: str, tax: Json) -> None:
        about, items = subject("tax", tax), self.reach[tax["id"]]
        taxable, part = self._taxable(tax, about), at(place, tax, "percent")
        if self.inputs["taxRounding"] == "ORDER":
            told = self.steps.percent("PRC-31", "tax", about, part, taxable)
            self._share(tax, about, told, items)
            return
        for item in items:
            on = {**about, "item": item}
            share = self.steps.percent("PRC-31", "share", on, part, self.items[item])
            self.borne[tax["id"]].append((item, share))
        self.steps.sum("PRC-32", "tax", about, [cell for _, cell in self.borne[tax["id"]]])

    def _inside(self) -> None:
        """Tell the taxes inside prices, for each group of items with the same ones (PRC-41)."""
        inside = [each for each in self._each("taxes") if each[1]["inclusive"]]
        by_line = self.inputs["taxRounding"] == "LINE"
        groups: list[tuple[list[tuple[str, Json]], list[str]]] = []
        for item in self.items:
            taxes = [(place, tax) for place, tax in inside if item in self.reach[tax["id"]]]
            found = next((items for those, items in groups if those == taxes), None)
            if taxes and (by_line or found is None):
                groups.append((taxes, [item]))
            elif taxes and found is not None:
                found.append(item)
        for taxes, items in groups:
            about = subject("includedTaxes", item=items[0])
            rates = [at(place, tax, "percent") for place, tax in taxes]
            bases = [self.items[item] for item in items]
            base = self.steps.sum("PRC-41", "base", about, bases)
            told = self.steps.included("PRC-41", "includedTax", about, base, rates)
            to = [(tax["id"], cell) for (_, tax), cell in zip(taxes, rates, strict=True)]
            _, parts, _ = self.steps.allocate("PRC-41", "parts", about, told, to)
            for (_, tax), part in zip(taxes, parts, strict=True):
                if tax["stated"] is None:
                    self._share(tax, subject("tax", tax), part, items)

    def _bear(self, flat: list[Json]) -> None:
        """Tell what each item bears, and all of them together."""
        taxes: list[Json] = []
        included: list[Json] = []
        for item in self.items:
            about = self.lines.get(item) or self.fees[item]
            reached = [tax for tax in self.inputs["taxes"] if item in self.reach[tax["id"]]]
            if reached:
                taxes.append(self.steps.sum("PRC-32", "tax", about, self._shares(item, reached)))
            inside = [tax for tax in reached if tax["inclusive"]]
            if inside:
                cells = self._shares(item, inside)
                included.append(self.steps.sum("PRC-42", "includedTax", about, cells))
        self.tax = self.steps.sum("PRC-32", "tax", self.order, [*taxes, *flat])
        self.included = self.steps.sum("PRC-42", "includedTax", self.order, included)

    def _shares(self, item: str, taxes: list[Json]) -> list[Json]:
        return [cell for tax in taxes for of, cell in self.borne[tax["id"]] if of == item]

    def _tips(self) -> None:
        tips: list[Json] = []
        for place, tip in self._each("tips"):
            about = subject("tip", tip)
            if tip["percent"] is None:
                told = self.steps.given("TIP-1", "amount", about, at(place, tip, "amount"))
            else:
                part = at(place, tip, "percent")
                told = self.steps.percent("PRC-65", "amount", about, part, self.goods)
            tips.append(told)
        self.tip = self.steps.sum("AMT-7", "tip", self.order, tips)
        if tips:
            cells = [at("/inputs", self.inputs, "tipLimit"), self.goods]
            self.steps.greatest("PRC-66", "mostTip", self.order, cells)

    def _total(self) -> None:
        cells = [self.subtotal, *less([self.discount]), self.charge, self.tax]
        cells += [*less([self.included]), self.tip]
        self.total = self.steps.sum("AMT-7", "total", self.order, cells)
