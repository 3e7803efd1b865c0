"""The finance desk's page of a running loan: a charge is let off by two officers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import public_id
from marketplace.loans.services import seeing_to
from tests.builders.identity import an_actor, signed_in
from tests.builders.served import Rules, a_served_loan, broken, go_to
from tests.builders.tables import table
from tests.page_client import PageClient


def test_one_officer_proposes_and_another_lets_the_charge_off(app: Flask, hand: clock.Hand) -> None:
    served = a_served_loan(hand, rules=Rules(late_fee_minor=500))
    go_to(hand, served.position().rows[0].due)
    hand.advance(days=3)
    maker, checker = (an_actor(name, role="finance_officer") for name in ("Mia", "Cho"))
    address = f"/staff/finance/loans/{public_id('ln', served.id)}"
    first, second = signed_in(PageClient(app), maker), signed_in(PageClient(app), checker)

    page = first.get(address)
    assert "Late fee" in page.text
    wrong = first.send(page, "/waivers", amount="5.00", reason=" ", status=422)
    assert wrong.errors == ["Write the reason."]
    first.send(page, "/waivers", amount="5.00", reason="The bank was shut.")
    own = first.get(address)
    assert not any("/agree" in form.action for form in own.forms)

    second.send(second.get(address), "/agree")

    assert served.position().arrears.charges.is_zero
    assert "Let off" in second.get(address).text
    assert broken() == []


def test_penalty_interest_of_many_days_is_one_line_and_let_off_as_one(
    app: Flask, hand: clock.Hand
) -> None:
    served = a_served_loan(hand, rules=Rules(penalty_bps_per_year=1825))
    go_to(hand, served.position().rows[0].due)
    hand.advance(days=12)
    maker, checker = (an_actor(name, role="finance_officer") for name in ("Mia", "Cho"))
    address = f"/staff/finance/loans/{public_id('ln', served.id)}"
    first, second = signed_in(PageClient(app), maker), signed_in(PageClient(app), checker)

    page = first.get(address)
    (line,) = table(page, "Charges")
    # 0.05 % a day for twelve days of 888.49, the worked figure of the policies
    assert (line["Days"], line["Amount"], line["Open"]) == ("12", "EUR 5.33", "EUR 5.33")
    assert "Penalty interest, instalment 1, 12 days" in page.text
    assert len(table(page, "Charges, day by day")) == 12
    first.send(page, "/waivers", amount="5.00", reason="The bank was shut.")
    twice = first.send(page, "/waivers", amount="0.33", reason="Again.", status=422)
    assert "Somebody has proposed this already; it waits for a second officer." in twice.text

    second.send(second.get(address), "/agree")

    assert str(served.position().arrears.charges) == "EUR 0.33"
    (line,) = table(second.get(address), "Charges")
    assert (line["Let off"], line["Open"]) == ("EUR 5.00", "EUR 0.33")
    assert broken() == []


def test_an_officer_sees_to_a_late_loan_and_its_borrower_may_read_what_was_done(
    app: Flask, hand: clock.Hand
) -> None:
    served = a_served_loan(hand)
    go_to(hand, served.position().rows[0].due)
    address = f"/staff/finance/loans/{public_id('ln', served.id)}"
    officer = signed_in(PageClient(app), an_actor("Mia", role="finance_officer"))
    assert "See to it" not in officer.get(address).text  # on time
    hand.advance(days=4)
    page = officer.get(address)
    again = clock.today() + timedelta(days=5)

    for note, day, said in (
        ("", again, "Write what was done, or what comes next."),
        ("Called.", clock.today(), "Choose a day from"),
        ("Called.", clock.today() + timedelta(days=32), "Choose a day from"),
    ):
        refused = officer.send(page, "/arrears", status=422, note=note, again_on=day.isoformat())
        assert said in refused.text
    officer.send(page, "/arrears", note="Sounded evasive.", again_on=again.isoformat())
    told = "You will pay on Friday."
    officer.send(page, "/arrears", note=told, again_on=again.isoformat(), tell="y")

    done = table(officer.get(address), "What officers did")
    assert [(one["Who"], one["Borrower"]) for one in done] == [
        ("Mia", "Reads it"), ("Mia", "Does not see it"),
    ]  # fmt: skip
    borrower = signed_in(PageClient(app), served.borrower)
    seen = borrower.get(f"/my/loans/{public_id('ln', served.id)}").text
    assert "You will pay on Friday." in seen
    assert "Sounded evasive." not in seen


def test_who_lends_in_a_late_loan_does_not_see_to_it(app: Flask, hand: clock.Hand) -> None:
    served = a_served_loan(hand)
    go_to(hand, served.position().rows[0].due)
    hand.advance(days=4)
    lender = Actor(served.lenders[0].known(), frozenset({"finance_officer"}))
    told = {"note": "Called.", "tell": False, "now": clock.now()}
    with pytest.raises(Refusal, match="arrears_own_case"):
        seeing_to.see_to(lender, served.id, again_on=clock.today() + timedelta(days=1), **told)  # type: ignore[arg-type]


def test_who_only_looks_may_not_propose(app: Flask, hand: clock.Hand) -> None:
    served = a_served_loan(hand)
    stranger = signed_in(PageClient(app), an_actor("Sam Stranger"))
    stranger.get(f"/staff/finance/loans/{public_id('ln', served.id)}", status=403)
