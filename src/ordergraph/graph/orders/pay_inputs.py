"""What clients send to pay an order."""

import strawberry

from ordergraph.commerce.orders.opening import PayRequest
from ordergraph.commerce.payments.sources import (
    CashSource,
    Completion,
    ExternalSource,
    Source,
    TokenSource,
)
from ordergraph.core.ids import Prefix
from ordergraph.core.problems import ErrorCode, FieldPath, Findings, Problem
from ordergraph.graph.enums import shown
from ordergraph.graph.ids import NOTHING, noted
from ordergraph.graph.money import DateTime, MoneyInput, read_instant, read_money
from ordergraph.graph.payments.types import ExternalKind
from ordergraph.graph.scopes import needs

TENDER = "payments.payment_intents.write"

shown(
    Completion,
    "What the amount of a source is meant to do.",
    {
        Completion.COMPLETE_ORDER: "Pay all that is due; another amount is refused.",
        Completion.PARTIAL_PAYMENT: "Pay a part; the order stays open for the rest.",
    },
)


@strawberry.input(description="Cash handed over.")
class CashInput:
    tendered: MoneyInput = strawberry.field(
        description="How much was handed over; what is above the amount due is change."
    )


@strawberry.input(description="Money that was collected elsewhere and is recorded here.")
class ExternalInput:
    kind: ExternalKind = strawberry.field(description="How it came.")
    reference: str = strawberry.field(description="What it is known by there, 1 to 255 characters.")
    received_at: DateTime | None = strawberry.field(
        default=None, description="When it came; not in the future."
    )


@strawberry.input(description="What pays: exactly one of its fields.")
class PaymentSourceInput:
    token: str | None = strawberry.field(
        default=None, description="A processor's token, for example tok_visa in a sandbox."
    )
    cash: CashInput | None = strawberry.field(
        default=None, directives=needs(TENDER), description="Cash over the counter."
    )
    external: ExternalInput | None = strawberry.field(
        default=None, directives=needs(TENDER), description="Money collected elsewhere."
    )

    amount: MoneyInput | None = strawberry.field(
        default=None,
        directives=needs(TENDER),
        description="How much it pays, at least 1; left out it pays all that is due.",
    )

    def read(self, findings: Findings, *path: str) -> Source | None:
        """Return the source as the business takes it; what is wrong is noted below `path`."""
        given = [each for each in (self.token, self.cash, self.external) if each is not None]
        if len(given) != 1:
            findings.add(
                ErrorCode.PAYMENT_SOURCE_INVALID,
                "A source is exactly one of token, cash and external.",
                *path,
            )
            return None
        amount = None
        if self.amount is not None:
            amount = read_money(self.amount, findings, *path, "amount", least=1)
        if self.token is not None:
            return TokenSource(self.token, amount)
        if self.cash is not None:
            tendered = read_money(self.cash.tendered, findings, *path, "cash", "tendered")
            return None if tendered is None else CashSource(tendered, amount)
        assert self.external is not None
        received_at = None
        if self.external.received_at is not None:
            where: FieldPath = (*path, "external", "receivedAt")
            try:
                received_at = read_instant(self.external.received_at, where)
            except Problem as problem:
                findings.note(problem)
        return ExternalSource(self.external.kind, self.external.reference, received_at, amount)


def read_sources(
    sources: list[PaymentSourceInput] | None, findings: Findings
) -> tuple[Source, ...]:
    """Return what pays as the business takes it; what is wrong is noted below `sources`."""
    read = [source.read(findings, "sources", str(at)) for at, source in enumerate(sources or ())]
    return tuple(source for source in read if source is not None)


@strawberry.input(
    description="How an order is paid: with one source for all that is due or a part of it."
)
class PayInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    sources: list[PaymentSourceInput] | None = strawberry.field(
        default=None, description="What pays; none where nothing is due."
    )
    completion: Completion | None = strawberry.field(
        default=None,
        directives=needs(TENDER),
        description="Whether the amount of the source has to be all that is due, as it has to be "
        "when this is left out.",
    )
    resume_attempt_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="An attempt to carry on with after its pending action; without sources.",
    )
    buyer_email: str | None = strawberry.field(default=None, description="Where receipts go.")
    expected_outstanding: MoneyInput | None = strawberry.field(
        default=None,
        description="The amount due that the buyer saw: another one is refused, not charged. "
        "Browsers must send it.",
    )
    expected_version: int | None = strawberry.field(
        default=None, description="Refuse if the order is at another version."
    )

    def read(self) -> PayRequest:
        """Return the request as the business takes it."""
        findings = Findings()
        order_id = noted(findings, Prefix.ORDER, self.order_id, "orderId") or NOTHING
        resumed = None
        if self.resume_attempt_id is not None:
            resumed = noted(
                findings, Prefix.PAYMENT_ATTEMPT, self.resume_attempt_id, "resumeAttemptId"
            )
        expected = None
        if self.expected_outstanding is not None:
            expected = read_money(self.expected_outstanding, findings, "expectedOutstanding")
        sources = read_sources(self.sources, findings)
        findings.settle()
        return PayRequest(
            order_id=order_id,
            sources=sources,
            completion=self.completion or Completion.COMPLETE_ORDER,
            resume_attempt_id=resumed,
            buyer_email=self.buyer_email,
            expected_outstanding=expected,
            expected_version=self.expected_version,
        )
