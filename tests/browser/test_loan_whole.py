"""Six people live one loan: late once, paid once at a bank, once in part, and off before its time.

Whatever it is asked on, every figure of theirs is held against the ledger's own accounts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload

from marketplace.kernel.ids import parse_public_id
from tests.browser.books import Books, amount_in, day_in, said, until_it_holds
from tests.browser.conftest import House
from tests.browser.people import PASSWORD, Visitor, letters_to
from tests.browser.steps import (
    Visit,
    a_member_of_staff,
    hand_in_papers,
    lend,
    pay_out,
    prove,
    sign,
    tell_who_asks,
    tick_all,
)
from tests.builders.vouchers import a_picture

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

TITLE = "A press for the cider barn"
STORY = (
    "The old press has cracked. A new one presses twice as much in a day, and three orchards of"
    " the valley have asked for it already: their harvest is pressed here from September on."
)
PAPERS = (
    "Identity document",
    "Accounts of the business",
    "Tax return",
    "Bank statements",
    "Offer or invoice for the purpose",
)
FEE, LATE_FEE = Decimal(150), Decimal(25)
PENALTY_A_YEAR = Decimal("0.09")


@dataclass
class Cast:
    """The people of the story; half of their browsers run no script."""

    house: House
    borrower: Visitor
    lea: Visitor
    lou: Visitor
    fay: Visitor
    finn: Visitor
    mine: str = ""

    @property
    def today(self) -> date:
        return datetime.fromisoformat(self.house.operator("clock", "show")[:10]).date()

    def wait_until(self, day: date) -> None:
        """Live the days until `day`."""
        self.house.operator("clock", "advance", f"{(day - self.today).days}d")

    def next_due(self) -> date:
        """The day the borrower reads as the next one to pay."""
        self.borrower.go(self.mine)
        return day_in(self.borrower.words, r"due on (\d+ \w+ \d{4})")


def agree(cast: Cast) -> None:
    """Hold the pages of borrower, lenders and officers against the ledger."""
    until_it_holds(lambda: _agree(cast))


def _agree(cast: Cast) -> None:
    books = Books(cast.house)
    cast.borrower.go(cast.mine)
    paid = amount_in(cast.borrower.words, "Paid so far")
    owed = {amount_in(cast.borrower.words, "Still owed")}
    cast.finn.go(f"/staff/finance/loans/{cast.mine.rpartition('/')[2]}")
    owed.add(amount_in(cast.finn.words, "Still owed"))
    assert owed == {books.total("loan:debt")}
    wallets, came = [], Decimal(0)
    for lender in (cast.lea, cast.lou):
        lender.go("/my/wallet")
        wallets.append(amount_in(lender.words, "Available"))
        claim, shares = _note(lender)
        assert claim.items() <= books.held("note:claim").items()
        came += shares
    in_books = books.held("person:wallet").values()
    assert sorted(filter(None, wallets)) == sorted(filter(None, in_books))
    # What the borrower paid is what lenders got and what the house kept: not a cent is elsewhere.
    assert paid + FEE == came + books.total("fees:platform")


def _note(lender: Visitor) -> tuple[dict[str, Decimal], Decimal]:
    """What the lender's note says is outstanding, and all it says came to the wallet."""
    lender.go("/my/notes")
    lender.follow(TITLE)
    ref = re.search(r"\bnt_\w+", lender.words)
    assert ref is not None, lender.words
    claim = {str(parse_public_id("nt", ref[0])): amount_in(lender.words, "Outstanding")}
    shares = lender.page.locator("table", has_text="To your wallet").first
    cells = [row.locator("th, td").all() for row in shares.locator("tbody tr").all()]
    return claim, sum((amount_in(row[6].inner_text(), "") for row in cells if row[6:]), Decimal(0))


def ask(borrower: Visitor) -> str:
    """Ask for EUR 7,000 in four groups, after asking for too little."""
    borrower.go("/borrow/apply")
    borrower.tick("Business loan, EUR")
    borrower.press("Begin the request")
    tell_who_asks(borrower)
    borrower.choose("Where does your income come from?", "Self-employed")
    borrower.fill("For how many years?", "4")
    borrower.fill("Monthly income after tax", "4200")
    borrower.fill("Rent or mortgage a month", "650")
    borrower.fill("Other loans and obligations a month", "250")
    borrower.press("Save and go on")
    borrower.fill("How much do you need?", "3000.00")
    borrower.fill("In how many instalments will you repay it?", "12")
    borrower.choose("What is it for?", "Tools and equipment")
    borrower.fill("In one line", TITLE)
    borrower.fill("What will you do with the money?", STORY)
    borrower.press("Save and go on")
    borrower.reads("Ask for an amount from EUR 5,000.00")
    borrower.fill("How much do you need?", "7000.00")
    borrower.press("Save and go on")
    hand_in_papers(borrower, PAPERS)
    borrower.follow("Go on to the check")
    borrower.press("Send the request for EUR 7,000.00")
    return borrower.path


def review(first: Visitor, second: Visitor) -> None:
    """Pass the request with its report; offer less than was asked for."""
    first.go("/staff/reviews/first")
    first.follow(TITLE)
    first.reloads_until("Grade by score")
    case = first.path
    tick_all(first)
    first.fill("Notes for the second reviewer", "Papers seen, consistent with what was stated.")
    first.press("Pass to the second review")
    first.go(case.replace("/first/", "/second/"))
    first.reads("Not open to you")
    second.go("/staff/reviews/second")
    second.follow(TITLE)
    second.reads("Papers seen, consistent with what was stated.")
    second.choose("Grade", "C")
    second.fill("Rate, percent a year", "9.0")
    second.fill("Amount offered", "6000.00")
    second.choose("Why it is not what was asked for", "So that the instalment fits your income")
    second.fill("Why not the grade of the score", "The papers say what the score cannot know.")
    second.page.locator("form input[type=checkbox]").first.check()
    second.press("Make the offer")


def take_the_offer(cast: Cast) -> str:
    """Accept what is less than was asked for; returns the listing's page."""
    borrower = cast.borrower
    borrower.go(cast.mine)
    borrower.reads("The offer is not what you asked for")
    borrower.reads("Late fee")
    borrower.press("Accept: EUR 6,000.00")
    borrower.set_up_payouts("Rosa Borrower")
    cast.lea.go("/loans")
    cast.lea.follow(TITLE)
    cast.lea.reads("Each payment is smaller than the one before")
    return cast.lea.path


def fund(cast: Cast, loan: str) -> None:
    """Lend by card and from the wallet; one thinks better of it, and then again."""
    lea, lou = cast.lea, cast.lou
    lou.go("/my/wallet/top-up")
    lou.fill("Amount", "2400.00")
    lou.press("Pay at the provider")
    lou.pay()
    lou.go("/my/wallet")
    lou.reloads_until("Available EUR 2,400.00")
    lea.go(f"{loan}/invest")
    lea.fill("Amount to lend", "3600.00")
    lea.tick("Pay at the escrow provider")
    lea.press("Check")
    lea.press("Lend EUR 3,600.00")
    lea.reads("Agree to the contract to lend. You have not been charged.")
    tick_all(lea)
    lea.press("Lend EUR 3,600.00")
    lea.pay()
    lou.go(f"{loan}/invest?amount=2400.01&source=wallet")
    lou.reads("EUR 2,400.00 is left to lend")
    lend(lou, loan, "2400.00", "Pay from my wallet")
    lou.press("Withdraw EUR 2,400.00")
    lou.reads("EUR 2,400.00 came back to you")
    lend(lou, loan, "2400.00", "Pay from my wallet")
    lou.reads("You may still think better of it")


def conclude(cast: Cast, stranger: Visitor, saved: Path) -> None:
    """Sign once nobody can withdraw any more; whoever has the file can check it."""
    cast.wait_until(cast.today + timedelta(days=6))
    cast.fay.go("/staff/finance/disbursements")
    cast.fay.follow(TITLE)
    cast.fay.reads("1 thing is missing")
    assert cast.fay.page.get_by_role("button", name="Propose to pay").count() == 0
    cast.borrower.go(f"{cast.mine}/contract")
    cast.borrower.fill("Your password", f"not {PASSWORD}")
    cast.borrower.press("Sign the contract")
    cast.borrower.reads("This is not your current password")
    sign(cast.borrower, cast.mine)
    with cast.borrower.page.expect_download() as download:
        cast.borrower.page.get_by_role("link", name="Save the signed contract").click()
    download.value.save_as(saved)
    stranger.go("/contracts/verify")
    stranger.page.locator("input[type=file]").set_input_files(saved)
    stranger.press("Check the file")
    stranger.reads("Valid: this is the contract that was signed")
    stranger.reads("4 of 4")
    pay_out(cast.fay, cast.finn, TITLE)
    cast.borrower.go(cast.mine)
    cast.borrower.reloads_until("Paid out to you")


def pay_the_bill(cast: Cast, amount: str = "") -> str:
    """Pay what is due, or so much of it, by card; returns what the bill said before."""
    borrower = cast.borrower
    borrower.go(cast.mine)
    borrower.follow("Pay EUR")
    before = borrower.words
    if amount:
        borrower.fill("Amount to pay", amount)
    borrower.press("Pay now")
    borrower.pay()
    borrower.reloads_until("Paid so far" if amount else "is paid")
    return before


def be_late(cast: Cast) -> None:
    """Let eleven days pass after a due day: what that costs is what the contract says."""
    cast.wait_until(cast.next_due() + timedelta(days=11))
    cast.borrower.go(cast.mine)
    late = cast.borrower.words
    assert "The loan is 11 days late" in late
    due = re.search(r"EUR ([\d,.]+\d) of instalments and EUR ([\d,.]+\d) of charges", late)
    assert due is not None, late
    overdue, charges = Decimal(due[1]), Decimal(due[2])
    penalty = (overdue * PENALTY_A_YEAR * 11 / 365).quantize(Decimal("0.01"))
    assert charges == LATE_FEE + penalty
    letters = letters_to(cast.house.mails, "rosa.borrower")
    assert "has not arrived" in letters
    assert "is still open since" in letters
    assert "One instalment became late" in letters_to(cast.house.mails, "fay-finance")
    assert "One of your loans is late" in letters_to(cast.house.mails, "lea.lender")
    cast.fay.go("/staff/finance/overdue")
    cast.fay.reads(said(overdue + charges))
    bill = pay_the_bill(cast)
    assert amount_in(bill, "All that is due") == overdue + charges
    cast.borrower.reads("Late fees and penalty interest")
    assert amount_in(cast.borrower.words, "This instalment") == overdue + charges


def pay_at_a_bank(cast: Cast) -> None:
    """Show a voucher, in vain with wrong days; officers find the money on the statement."""
    cast.wait_until(cast.next_due() - timedelta(days=5))
    cast.borrower.go(cast.mine)
    cast.borrower.follow("Pay EUR")
    due = amount_in(cast.borrower.words, "All that is due")
    cast.borrower.follow("I have paid at my bank")
    page, today = cast.borrower.path, cast.today
    for day, answer in (
        (today + timedelta(days=3), "cannot lie in the future"),
        (today - timedelta(days=300), "A repayment cannot have been made before"),
        (today, "Waits to be found on the statement"),
        (today, "A voucher with this reference was shown before"),
    ):
        show_a_voucher(cast.borrower, due, day)
        cast.borrower.reads(answer)
    cast.lou.go(page)
    cast.lou.reads("Page not found")
    bring_a_statement(cast.fay, due, today)
    cast.fay.go("/staff/finance/vouchers")
    cast.fay.page.locator("main table a").first.click()
    cast.fay.press("This is it")
    cast.fay.press("Both are the same payment: confirm")
    cast.borrower.go(page)
    cast.borrower.reloads_until("Counts for the loan")


def show_a_voucher(borrower: Visitor, amount: Decimal, day: date) -> None:
    scan = FilePayload(name="v.png", mimeType="image/png", buffer=a_picture("CIDER"))
    borrower.fill("Amount paid", str(amount))
    borrower.fill("Day you paid", day.isoformat())
    borrower.fill("Bank’s reference", "CIDER-0003")
    borrower.page.locator("input[type=file]").set_input_files(scan)
    borrower.press("Show the voucher")


def bring_a_statement(officer: Visitor, amount: Decimal, day: date) -> None:
    """Take in a statement on which the money stands without the voucher's reference."""
    head = "account;ref;booked_on;amount;currency;name;remittance"
    line = f"DE02120300000000202051;BANK0001;{day};{amount};EUR;Rosa Borrower;the press"
    table = FilePayload(name="day.csv", mimeType="text/csv", buffer=f"{head}\n{line}\n".encode())
    officer.go("/staff/finance/collections")
    officer.page.locator("input[type=file]").set_input_files(table)
    officer.press("Take it in")
    officer.reads("BANK0001")


def pay_early(cast: Cast, intent: str, amount: str = "") -> None:
    """Pay a part early, or everything off."""
    borrower = cast.borrower
    borrower.go(cast.mine)
    borrower.follow("Pay early, all or a part")
    borrower.tick(intent)
    if amount:
        borrower.fill("Amount, where you pay a part", amount)
    borrower.press("Work it out")
    quoted = amount_in(borrower.words, r"To pay on \d+ \w+ \d{4}")
    borrower.press(f"Pay {said(quoted)}")
    borrower.pay()


def test_six_people_live_a_loan_from_the_request_to_an_early_payoff(
    house: House, visit: Visit, tmp_path: Path
) -> None:
    cast = Cast(
        house,
        borrower=visit(script=False),
        lea=visit(),
        lou=visit(script=False),
        fay=a_member_of_staff(house, visit, "finance_officer", "Fay Finance"),
        finn=a_member_of_staff(house, visit, "finance_officer", "Finn Finance", script=False),
    )
    cast.borrower.sign_up("Rosa Borrower", house.mails)
    cast.lea.sign_up("Lea Lender", house.mails)
    cast.lou.sign_up("Lou Lender", house.mails)
    cast.mine = ask(cast.borrower)
    review(
        a_member_of_staff(house, visit, "first_reviewer"),
        a_member_of_staff(house, visit, "second_reviewer", script=False),
    )
    fund(cast, take_the_offer(cast))
    conclude(cast, visit(script=False), tmp_path / "contract.pdf")
    agree(cast)

    cast.wait_until(cast.next_due() - timedelta(days=6))
    pay_the_bill(cast)
    agree(cast)

    be_late(cast)
    agree(cast)

    pay_at_a_bank(cast)
    agree(cast)

    cast.wait_until(cast.next_due() - timedelta(days=3))
    pay_the_bill(cast, amount="100.00")
    agree(cast)
    pay_the_bill(cast)
    pay_early(cast, "Pay a part: the loan ends sooner", "1000.00")
    cast.borrower.go(cast.mine)
    cast.borrower.reloads_until("The schedule before, number 1")
    agree(cast)

    cast.wait_until(cast.next_due() + timedelta(days=0))
    pay_the_bill(cast)
    cast.wait_until(cast.today + timedelta(days=15))
    pay_early(cast, "Pay everything off")
    cast.borrower.go(cast.mine)
    cast.borrower.reloads_until("Paid off: nothing is owed any more")
    agree(cast)
    assert Books(house).total("loan:debt") == Books(house).total("note:claim") == 0
    prove(house)
