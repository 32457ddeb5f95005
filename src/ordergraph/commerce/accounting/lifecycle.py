"""The accounts of an order, and what moves money between them."""

from enum import StrEnum


class Account(StrEnum):
    """Where money of an order stands; debits are positive, credits negative."""

    RECEIVABLE = "RECEIVABLE"
    TENDER = "TENDER"
    REFUND_LIABILITY = "REFUND_LIABILITY"
    SALES = "SALES"
    DISCOUNT = "DISCOUNT"
    TAX = "TAX"
    TIP = "TIP"
    FEE = "FEE"


class PostingKind(StrEnum):
    """Why entries were made: what a placed order comes to has changed, or money moved."""

    SALE = "SALE"
    VOID = "VOID"
    PAYMENT = "PAYMENT"
    REFUND = "REFUND"
    REFUND_SENT = "REFUND_SENT"
    REFUND_FAILED = "REFUND_FAILED"
