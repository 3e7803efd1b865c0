"""A loan is given up on its page by two officers, and stands on the list of those."""

from __future__ import annotations

from flask import Flask

from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders.identity import an_actor, signed_in
from tests.builders.served import a_served_loan, broken, go_to
from tests.builders.tables import table
from tests.page_client import PageClient

LIST = "/staff/finance/write-offs"


def test_two_officers_give_a_loan_up_and_its_lender_reads_what_is_lost_and_recovered(
    app: Flask, hand: clock.Hand
) -> None:
    served = a_served_loan(hand)
    go_to(hand, served.position().rows[0].due)
    hand.advance(days=90)
    maker, checker = (an_actor(name, role="finance_officer") for name in ("Mia", "Cho"))
    first, second = signed_in(PageClient(app), maker), signed_in(PageClient(app), checker)
    lender = signed_in(PageClient(app), served.lenders[0])
    address = f"/staff/finance/loans/{public_id('ln', served.id)}"
    assert "No loan is written off" in first.get(LIST).text

    page = first.get(address)
    wrong = first.send(
        page, "/write-off", status=422, write_off_reason="not_paid", write_off_note=" "
    )
    early, missing = wrong.errors
    assert early.endswith("once it is more than 90 days late. It is 90 days late now.")
    assert missing == "Say what was tried and how you know. The second officer reads it."
    hand.advance(days=1)
    note = "Letters come back."
    first.send(first.get(address), "/write-off", write_off_reason="not_paid", write_off_note=note)
    page = first.get(address)
    assert "Proposed by Mia: Letters come back." in page.text
    assert "/agree" not in page.text
    (row,) = table(second.get("/staff/finance/approvals"), "Waits for your decision")
    assert (row["What"], row["Amount"]) == ("Loan to write off", "EUR 10,000.00")
    second.send(second.get(address), "/agree")

    served.pay("1000.00")
    served.share()
    back = served.paid[-1].principal_minor / 100
    (row,) = table(second.get(LIST), "Loans written off")
    assert (row["Was outstanding"], row["Recovered so far"]) == (
        "EUR 10,000.00", f"EUR {back:,.2f}",
    )  # fmt: skip
    assert "Written off on" in second.get(address).text
    portfolio = lender.get("/my/portfolio").text
    assert "Losses" in portfolio
    assert "EUR 5,000.00" in portfolio
    (note_row,) = table(lender.get("/my/portfolio"), "Notes")
    assert (note_row["State"], note_row["Outstanding"]) == ("Written off", "EUR 0.00")
    (note_row,) = table(lender.get("/my/notes"), "Notes")
    assert note_row["State"] == "Written off"
    borrower = signed_in(PageClient(app), served.borrower)
    own = borrower.get(f"/my/loans/{public_id('ln', served.id)}")
    assert "You owe it all the same" in own.text
    assert "penalty interest" not in own.text  # this loan has none
    statement = lender.get("/my/statements")
    assert "Written off, less what was recovered" in statement.text
    assert broken() == []
