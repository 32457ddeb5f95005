"""What movements of an order's money post: every account, to the cent, in balance."""

from ordergraph.commerce.accounting import rules
from ordergraph.commerce.accounting.lifecycle import Account, PostingKind
from ordergraph.commerce.accounting.rules import NOTHING, Booked, Posting
from ordergraph.core.amounts import OrderAmounts
from ordergraph.core.ids import new_id
from ordergraph.core.sales import ChargeReversal, LineReversal, Reversal, TipReversal

PAYMENT, REFUND = new_id(), new_id()
# 10000 of goods with 90 of tax in them, 1000 off; a fee of 500 with 10 in it; 300 of tax on top.
SOLD = Booked(OrderAmounts(10_000, 1_000, 500, 400, 100, 200), included_in_charges=10)
REVERSAL = Reversal(
    returned=50,
    lines=(LineReversal(new_id(), 1, gross=5_000, discount=500, tax=145, included_tax=45),),
    charges=(ChargeReversal(new_id(), 250, tax=25, included_tax=5),),
    tips=(TipReversal(new_id(), 100),),
    flat_tax=30,
)


def entries(posting: Posting) -> dict[str, int]:
    return {account.value: posting.of(account) for account in Account if posting.of(account) != 0}


def test_led_1_every_movement_is_in_balance() -> None:
    postings = [
        rules.sale(NOTHING, SOLD),
        rules.payment(PAYMENT, 10_000),
        rules.refund(REFUND, REVERSAL),
        rules.refund_sent(REFUND, PAYMENT, REVERSAL.money),
        rules.refund_failed(REFUND, REVERSAL),
    ]
    assert [sum(entries(each).values()) for each in postings] == [0, 0, 0, 0, 0]
    assert sum(rules.balances(postings).values()) == 0


def test_led_2_a_sale_is_posted_without_the_tax_its_prices_include() -> None:
    posting = rules.sale(NOTHING, SOLD)
    assert posting.kind is PostingKind.SALE
    assert entries(posting) == {
        "RECEIVABLE": 10_000,
        "DISCOUNT": 1_000,
        "SALES": -9_910,
        "FEE": -490,
        "TAX": -400,
        "TIP": -200,
    }


def test_led_2_a_change_of_a_sale_is_posted_and_no_change_is_nothing() -> None:
    cheaper = Booked(OrderAmounts(10_000, 1_250, 500, 400, 100, 200), included_in_charges=10)
    assert entries(rules.sale(SOLD, cheaper)) == {"RECEIVABLE": -250, "DISCOUNT": 250}
    assert rules.sale(SOLD, SOLD).is_empty


def test_led_4_a_payment_is_in_hand_and_no_longer_due() -> None:
    posting = rules.payment(PAYMENT, 700)
    assert entries(posting) == {"RECEIVABLE": -700, "TENDER": 700}
    assert (posting.kind, posting.payment_id) == (PostingKind.PAYMENT, PAYMENT)


def test_led_5_a_refund_undoes_the_sale_and_owes_its_money() -> None:
    posting = rules.refund(REFUND, REVERSAL)
    assert REVERSAL.money == 50 + 4_500 + 100 + 250 + 20 + 100 + 30
    assert entries(posting) == {
        "RECEIVABLE": 50,
        "REFUND_LIABILITY": -5_050,
        "SALES": 4_955,
        "DISCOUNT": -500,
        "FEE": 245,
        "TAX": 200,
        "TIP": 100,
    }
    assert (posting.kind, posting.refund_id) == (PostingKind.REFUND, REFUND)


def test_led_5_money_of_a_refund_that_went_back_is_no_longer_owed() -> None:
    posting = rules.refund_sent(REFUND, PAYMENT, 5_050)
    assert entries(posting) == {"REFUND_LIABILITY": 5_050, "TENDER": -5_050}
    assert (posting.payment_id, posting.refund_id) == (PAYMENT, REFUND)


def test_led_5_a_refund_that_failed_is_as_if_it_had_never_been() -> None:
    failed = rules.refund_failed(REFUND, REVERSAL)
    assert failed.kind is PostingKind.REFUND_FAILED
    both = rules.balances([rules.refund(REFUND, REVERSAL), failed])
    assert set(both.values()) == {0}
