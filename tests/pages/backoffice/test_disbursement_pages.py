"""The disbursement desk as finance officers see it: checklist, maker, checker."""

from __future__ import annotations

from uuid import UUID

import pytest

from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.settlement import funding_closing
from tests.builders import contracts as papers
from tests.builders import loans
from tests.builders.applications import a_valuation, secure, valued
from tests.builders.campaigns import euros
from tests.builders.escrow import World
from tests.builders.identity import a_finance_officer, a_person, an_actor, an_admin, signed_in
from tests.builders.tables import download, table
from tests.page_client import Page, PageClient
from tests.statements import PAGE_MAX, listening

DESK = "/staff/finance/disbursements"


@pytest.fixture
def cast(market: World) -> loans.Cast:
    return loans.Cast()


@pytest.fixture
def ready(market: World, cast: loans.Cast) -> UUID:
    """A loan of which only the officers' word is missing."""
    loan_id = loans.a_listed_loan(cast)
    loans.onboard(market, cast.borrower)
    loans.lent(market, loan_id, "1000")
    papers.signed_by_borrower(loan_id)
    return loan_id


@pytest.fixture
def second(market: World) -> PageClient:
    """Another finance officer, in a browser of their own."""
    return signed_in(PageClient(market.app), a_finance_officer("Fin Finance"))


def at(loan_id: UUID) -> str:
    return f"{DESK}/{public_id('ln', loan_id)}"


def test_without_a_loan_to_pay_out_the_list_says_what_comes_here(
    market: World, officer: PageClient
) -> None:
    page = officer.get(DESK)

    assert "No loan waits to be paid out" in page.text


def test_the_list_says_what_each_loan_lacks_and_is_a_file_of_the_same(
    market: World, cast: loans.Cast, ready: UUID, officer: PageClient
) -> None:
    other = loans.a_listed_loan(loans.Cast(an_actor("Bo Borrower"), cast.first, cast.second))
    loans.lent(market, other, "1000")

    page = officer.get(DESK)

    rows = table(page, "Loans to be paid out")
    assert [(row["To be paid"], row["Stands"]) for row in rows] == [
        ("EUR 980.00", "Ready to be proposed"),
        ("EUR 980.00", "3 things missing"),
    ]
    assert "Contract signed by all" in rows[1]["Missing"]
    assert len(download(officer, f"{DESK}?format=csv")) == 3


def test_the_checklist_names_everything_with_what_shows_it(
    ready: UUID, officer: PageClient
) -> None:
    page = officer.get(at(ready))

    for words in (
        "First Fiona First, second Seth Second",
        "EUR 1,000.00 of EUR 1,000.00, by 1 lender",
        "Signed 2 Mar 2026",
        "account ending in 0001",
        "Borrower “Bea Borrower”, account of “Bea Borrower”",
        "EUR 1,000.00 less EUR 20.00 is EUR 980.00; EUR 980.00 is held for the borrower",
    ):
        assert words in page.text
    assert page.text.count("Missing") == 0


def test_what_is_missing_cannot_be_proposed_around(
    market: World, cast: loans.Cast, officer: PageClient
) -> None:
    loan_id = loans.a_listed_loan(cast)
    loans.lent(market, loan_id, "1000")

    page = officer.get(at(loan_id))
    answer = officer.post(at(loan_id), forged(page), status=422)

    assert "3 things are missing" in page.text
    assert "Propose to pay" not in page.text
    assert "The contract is not signed by everybody yet." in answer.text


def forged(page: Page) -> dict[str, str]:
    """What somebody would send who does not wait for the form."""
    token = next(
        str(form.fields["csrf_token"]) for form in page.forms if "csrf_token" in form.fields
    )
    return {"csrf_token": token, "shown": "0" * 64, "note": ""}


def test_one_proposes_and_another_approves(
    market: World, ready: UUID, officer: PageClient, second: PageClient
) -> None:
    proposed = officer.follow(officer.send(officer.get(at(ready)), at(ready), note="All seen."))
    own = officer.get(at(ready))
    theirs = second.get(at(ready))
    approved = second.follow(second.send(theirs, "/approve"))
    market.deliver()

    assert "Another finance officer must approve it." in proposed.text
    assert "Approve and pay" not in own.text
    assert "You proposed this: another officer must approve it." in own.text
    assert "All seen." in theirs.text
    assert "Nothing has changed since." in theirs.text
    assert "Approved. The provider is asked to pay." in approved.text
    assert loans.loan(ready).state in {"disbursing", "active"}


def test_the_second_officer_sees_what_changed_and_cannot_approve_it(
    market: World, ready: UUID, cast: loans.Cast, officer: PageClient, second: PageClient
) -> None:
    officer.send(officer.get(at(ready)), at(ready))
    theirs = second.get(at(ready))
    loans.onboard(market, cast.borrower, "1000000077")

    changed = second.get(at(ready))
    refused = second.send(theirs, "/approve", status=422)

    assert "Changed since it was proposed: it cannot be approved" in changed.text
    assert "0077" in changed.text
    assert "Something changed since this was proposed, so it is void." in refused.text
    assert loans.loan(ready).state == "funded"


def test_a_payee_that_changed_before_the_payout_is_tried_is_red_and_takes_both_officers_again(
    market: World, ready: UUID, cast: loans.Cast, officer: PageClient, second: PageClient
) -> None:
    loans.onboard(market, cast.borrower, "1000000002")  # an account that is closed
    officer.send(officer.get(at(ready)), at(ready))
    second.send(second.get(at(ready)), "/approve")
    market.deliver()
    assert (loans.loan(ready).state, loans.loan(ready).disburse_attempts) == ("funded", 1)
    loans.onboard(market, cast.borrower, "1000000077")

    assert not _is_asked_for(ready)
    (row,) = table(officer.get(DESK), "Loans to be paid out")
    assert row["Stands"] == "Changed: two officers again"
    page = officer.get(at(ready))
    assert "the approval is void, nothing was paid" in page.text
    assert "Account ending in: 0002 → 0077" in page.text
    assert "Flo Finance proposed and Fin Finance approved what stands on the left." in page.text

    officer.send(page, at(ready))
    again = second.get(at(ready))
    assert "the approval is void" not in again.text
    second.send(again, "/approve")
    market.deliver()
    assert loans.loan(ready).state in {"disbursing", "active"}


def _is_asked_for(loan_id: UUID) -> bool:
    """Whether trying once more asks the provider to pay."""
    funding_closing.disburse(loan_id, clock.now(), insisting=True)
    return loans.loan(loan_id).state != "funded"


def test_turning_it_down_asks_for_a_reason(
    ready: UUID, officer: PageClient, second: PageClient
) -> None:
    officer.send(officer.get(at(ready)), at(ready))

    without = second.send(second.get(at(ready)), "/refuse", reason="", status=422)
    done = second.follow(second.send(without, "/refuse", reason="Odd."))

    assert "Say why not, in a sentence." in without.text
    assert "Turned down." in done.text
    assert "Odd." in done.text


def test_an_administrator_looks_but_does_not_decide(market: World, ready: UUID) -> None:
    admin = signed_in(PageClient(market.app), an_admin())

    page = admin.get(at(ready))

    assert "Propose to pay" not in page.text
    assert admin.post(at(ready), forged(page), status=403).status == 403


def test_members_have_no_desk(market: World, ready: UUID) -> None:
    member = signed_in(PageClient(market.app), a_person())

    assert member.get(at(ready), status=403).status == 403


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize("address", ["ln_nonsense", "ln_" + "0" * 26, "cmp_" + "0" * 26])
def test_what_is_no_funded_loan_is_not_found(officer: PageClient, address: str) -> None:
    assert officer.get(f"{DESK}/{address}", status=404).status == 404


def test_collateral_is_written_down_by_one_and_looked_up_by_another(
    ready: UUID, officer: PageClient, second: PageClient
) -> None:
    secure(ready)
    valued(
        ready,
        an_actor("Fran First", role="first_reviewer"),
        a_valuation(ready, value=euros("2000")),
    )
    blocked = officer.get(at(ready))
    officer.send(
        blocked, "/collateral", office="Vehicle office", number="V-7", registered_on="2026-03-01"
    )
    wrong = second.send(second.get(at(ready)), "/check", check_number="V-8", status=422)
    right = second.follow(second.send(wrong, "/check", check_number="V-7"))

    assert "1 thing is missing" in blocked.text
    assert "This is not the number that was written down." in wrong.text
    assert "Vehicle office, V-7" in right.text
    assert "Propose to pay" in officer.get(at(ready)).text


def test_the_pages_ask_the_database_little(ready: UUID, officer: PageClient) -> None:
    for address in (DESK, at(ready)):
        with listening() as heard:
            officer.get(address)
        assert 0 < len(heard) <= PAGE_MAX, "\n".join([address, *heard])
