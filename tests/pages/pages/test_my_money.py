"""My money: what is where, what happened, what comes, and what needs the person."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from marketplace.campaigns.queries import happenings as campaign_happenings
from marketplace.identity.queries import PersonRow
from marketplace.kernel import clock
from marketplace.loans.queries import happenings as loan_happenings
from marketplace.pages import happenings
from tests.builders import campaigns, loans
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import a_person, an_actor, signed_in
from tests.builders.town import Town
from tests.page_client import Page, PageClient, words
from tests.statements import PAGE_MAX, listening


def _figures(page: Page) -> dict[str, str]:
    """Return the key figures: label → value."""
    found = {}
    for element in page.tree.iter("div"):
        if "figures__item" in (element.get("class") or ""):
            label, value = next(element.iter("dt")), next(element.iter("dd"))
            found[words(label)] = words(value)
    return found


def _timeline(page: Page) -> list[str]:
    return [
        words(element)
        for element in page.tree.iter("p")
        if element.get("class") == "timeline__title"
    ]


def _tasks(page: Page) -> list[str]:
    return [
        words(element)
        for element in page.tree.iter("span")
        if element.get("class") == "tasks__label"
    ]


def _of(app: Flask, person: PersonRow) -> PageClient:
    return signed_in(PageClient(app), person)


def test_a_newcomer_reads_what_will_stand_here(visitor: PageClient) -> None:
    page = signed_in(visitor, a_person()).get("/my/money")

    assert page.h1 == "My money"
    assert "No money here yet" in page.text
    assert page.links["Find a project"] == "/projects"
    assert _figures(page) == {}


def test_nobody_else_sees_it(visitor: PageClient) -> None:
    page = visitor.get("/my/money", status=303)

    assert page.location == "/sign-in?next=/my/money"


def test_a_lender_sees_available_reserved_invested_at_work_and_due(app: Flask, town: Town) -> None:
    page = _of(app, town.lender).get("/my/money")

    figures = _figures(page)
    # 1,000.00 lent in two notes; of two commitments 100.00 are paid and 70.00 came from the wallet.
    assert figures["Invested"] == "EUR 1,000.00"
    assert figures["Reserved"] == "EUR 170.00"
    # 300.00 topped up, less 70.00, and the first instalment of 87.45 came back.
    assert figures["Available"] == "EUR 317.45"
    assert figures["At work"] == "EUR 920.05"
    assert figures["Due to you next"] == "EUR 87.45"
    assert "EUR 87.45 came back" in page.text


def test_what_happened_stands_in_order_and_what_comes_behind_it(app: Flask, town: Town) -> None:
    told = _timeline(_of(app, town.lender).get("/my/money"))

    assert told[0].startswith("You committed to “A kiln for the pottery”")
    reserved = [words for words in told if "“A wheel for the pottery”" in words]
    assert len(reserved) == 4  # two paid, and two whose decision comes
    assert told.index("You topped up your wallet EUR 300.00") < told.index(reserved[0])
    assert told[-1].startswith("Funding of “A wheel for the pottery” ends")
    repaid = next(index for index, words in enumerate(told) if words.startswith("Repayment"))
    due = next(index for index, words in enumerate(told) if "instalments are due" in words)
    assert repaid < due


def test_who_must_pay_is_told_on_top(app: Flask, town: Town) -> None:
    lender = _tasks(_of(app, town.lender).get("/my/money"))
    backer = _tasks(_of(app, town.backer).get("/my/money"))
    borrower = _of(app, town.borrower).get("/my/money")

    assert [task.startswith("Pay your commitment to “A wheel") for task in lender] == [True]
    assert [task.startswith("Pay your pledge to “A lamp for every") for task in backer] == [True]
    assert any("Pay instalment 2 of “A kiln for the pottery”" in task for task in _tasks(borrower))
    assert any("Answer the offer for “A shelf for the pots”" in task for task in _tasks(borrower))
    assert _figures(borrower)["You pay next"] == "EUR 87.45"


def test_a_bill_that_is_late_says_so_and_leads_to_its_page(
    app: Flask, world: World, hand: clock.Hand
) -> None:
    borrower = a_person("Bea")
    cast = loans.Cast(borrower=borrower.as_actor())
    loan_id = loans.a_running_loan(world, hand, cast)
    loans.until_day(world, hand, loans.schedule(loan_id)[0].due_on + timedelta(days=3))
    visitor = _of(app, borrower)
    page = visitor.get("/my/money")

    task = next(words for words in _tasks(page) if "is late" in words)
    assert "Instalment 1 of “A kiln for the pottery” is late: pay it now" in task
    address = page.links["Instalment 1 of “A kiln for the pottery” is late: pay it now"]
    assert "late" in visitor.get(address).text


def test_a_sponsor_without_a_payout_account_is_asked_for_it(
    app: Flask, world: World, hand: clock.Hand
) -> None:
    sponsor = a_person("Sol")
    made = campaigns.a_live_campaign(sponsor.as_actor(), goal=campaigns.euros(100), days=5)
    campaigns.pledged(world, made, "100", backer=an_actor("Bo"))
    loans.pass_days(world, hand, 8)

    page = _of(app, sponsor).get("/my/money")

    assert any("Say where your payouts go" in task for task in _tasks(page))
    assert any("is paid out to you" in told for told in _timeline(page))


def test_a_backer_reads_what_a_campaign_decided(app: Flask, world: World, hand: clock.Hand) -> None:
    backer = a_person("Bo")
    a_top_up(campaigns.euros(100))  # the provider keeps its fees of what is given back
    missed = campaigns.a_live_campaign(an_actor("Sol"), days=5, title="Too far")
    campaigns.pledged(world, missed, "25", backer=backer.as_actor())
    visitor = _of(app, backer)
    before = visitor.get("/my/money")
    loans.pass_days(world, hand, 12)
    after = visitor.get("/my/money")

    assert _figures(before)["Reserved"] == "EUR 25.00"
    assert "“Too far” ends: your pledge goes to the sponsor or comes back" in before.text
    assert _timeline(after) == [
        "You pledged to “Too far” EUR 25.00",
        "Your pledge to “Too far” came back EUR 25.00",
    ]


@pytest.mark.parametrize("role", ["sponsor", "backer", "borrower", "lender", "newcomer"])
def test_it_stays_within_its_queries_for_everybody(app: Flask, town: Town, role: str) -> None:
    visitor = _of(app, town.people[role])

    with listening() as heard:
        visitor.get("/my/money")

    assert len(heard) <= PAGE_MAX, "\n".join(heard)


def test_every_kind_of_happening_has_a_sentence() -> None:
    sources = [
        *(campaign_happenings._HAPPENED, campaign_happenings._COMING),
        *(loan_happenings._HAPPENED, loan_happenings._COMING),
    ]
    literal = r"'((?:pledge|campaign|commitment|bill|loan)\.[a-z_]+|shares|instalments?)'"
    kinds = {kind for source in sources for kind in re.findall(literal, source)}
    composed = {"pledge.released", "pledge.refunded", "wallet.top_up", "wallet.withdrawal"}

    assert len(kinds) > 15
    assert (kinds | composed) - set(happenings.known_kinds()) == set()


def test_money_that_must_leave_soon_asks_for_its_owner(
    app: Flask, world: World, hand: clock.Hand
) -> None:
    saver = a_person("Sam Saver")
    loans.topped_up(world, saver.as_actor(), "50")
    hand.advance(days=60)
    assert _tasks(_of(app, saver).get("/my/money")) == []

    hand.advance(days=10)
    page = _of(app, saver).get("/my/money")

    assert "Lend or withdraw what is in your wallet" in _tasks(page)[0]
    assert "EUR 50.00 must leave the provider by 24 May 2026." in page.text


def test_only_what_must_leave_first_is_told_of_not_the_whole_wallet(
    app: Flask, world: World, hand: clock.Hand
) -> None:
    saver = a_person("Sam Saver")
    loans.topped_up(world, saver.as_actor(), "50")
    hand.advance(days=40)
    loans.topped_up(world, saver.as_actor(), "30")
    hand.advance(days=30)

    page = _of(app, saver).get("/my/money")

    assert "EUR 50.00 must leave the provider by 24 May 2026." in page.text
    assert "EUR 80.00 must leave" not in page.text
