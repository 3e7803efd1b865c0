"""Who is told what by mail, with amount and date in the subject."""

from __future__ import annotations

import re
from datetime import timedelta

from marketplace.infra.database import column, db
from marketplace.kernel import clock
from marketplace.loans.services import wallet
from tests.builders import loans as build
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor


def test_a_borrower_hears_of_every_step(world: World, hand: clock.Hand, cast: build.Cast) -> None:
    loan_id = build.a_running_loan(world, hand, cast)
    first, second = build.schedule(loan_id)[:2]
    build.until_day(world, hand, first.due_on)
    build.pay_next_bill(world, cast, loan_id)
    build.until_day(world, hand, second.due_on + timedelta(days=1))

    assert build.letters_to(cast.borrower) == {
        "We have your loan request for EUR 1,000.00",
        "Your offer: EUR 1,000.00 at 9.00 %",
        "Your loan request is open to lenders",
        "Your loan of EUR 1,000.00 is fully funded",
        "Sign the contract of “A kiln for the pottery” by 16 Mar 2026",
        "The contract of “A kiln for the pottery” is signed",
        "EUR 980.00 was paid out to you",
        f"EUR 87.45 is due on {first.due_on:%-d %b %Y}",
        "Due today: EUR 87.45",
        "We received EUR 87.45",
        f"EUR 87.45 is due on {second.due_on:%-d %b %Y}",
        f"EUR 87.45 was due on {second.due_on:%-d %b %Y} and has not arrived",
    }


def test_no_line_of_a_letter_ends_within_an_amount(
    world: World, hand: clock.Hand, cast: build.Cast
) -> None:
    build.a_running_loan(world, hand, cast)

    bodies = [str(text) for text in column("SELECT body_text FROM mail_message", ())]
    db.session.rollback()

    assert any("EUR 980.00 was transferred" in " ".join(text.split()) for text in bodies)
    assert not [text for text in bodies if re.search(r"\b[A-Z]{3}\s*\n\s*[0-9]", text)]
    assert not [text for text in bodies if "\u00a0" in text]


def test_a_borrower_reads_why_not(world: World, cast: build.Cast) -> None:
    build.declined(build.a_submitted(cast.borrower), cast.first)
    world.work()

    assert "We cannot offer you this loan" in build.letters_to(cast.borrower)


def test_a_lender_hears_of_money_held_and_money_returned(
    world: World, hand: clock.Hand, cast: build.Cast
) -> None:
    a_top_up(build.euros(50))
    lena = an_actor("Lena Lender")
    loan_id = build.a_listed_loan(cast)
    build.lent(world, loan_id, "250", lena)
    build.pass_days(world, hand, 17)

    assert build.letters_to(lena) == {
        "EUR 250.00 is reserved for “A kiln for the pottery”",
        "EUR 250.00 came back to you",
    }
    assert "Your loan request was not fully funded" in build.letters_to(cast.borrower)


def test_whoever_withdraws_hears_when_it_has_left(world: World, hand: clock.Hand) -> None:
    lou = an_actor("Lou Lender")
    build.topped_up(world, lou, "120")
    build.onboard(world, lou)
    build.pass_days(world, hand, 3)
    wallet.withdraw(lou, amount=build.euros("100"), form_key="f1", now=clock.now())
    before = build.letters_to(lou)
    build.pass_days(world, hand, 3)

    assert before == set()
    assert build.letters_to(lou) == {"EUR 100.00 is on its way to your bank"}
