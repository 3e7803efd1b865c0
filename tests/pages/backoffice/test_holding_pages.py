"""What is held and by when it must leave, as finance officers see and decide it."""

from __future__ import annotations

import pytest

from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from marketplace.settlement import runner
from tests.builders import campaigns, loans
from tests.builders.escrow import World
from tests.builders.identity import a_finance_officer, an_actor, an_admin, signed_in
from tests.builders.tables import download, table
from tests.page_client import PageClient

HOLDING = "/staff/finance/holding"


@pytest.fixture
def saver(market: World) -> Actor:
    saver = an_actor("Sam Saver")
    loans.topped_up(market, saver, "50")
    return saver


@pytest.fixture
def made(market: World, saver: Actor, hand: clock.Hand) -> None:
    """A wallet from the first day, a campaign's pledges from the fortieth."""
    hand.advance(days=40)
    made = campaigns.a_live_campaign(an_actor("Sol Sponsor"), goal=campaigns.euros(500), days=50)
    campaigns.pledged(market, made, "25")
    campaigns.pledged(market, made, "75")


@pytest.mark.usefixtures("made")
def test_what_must_leave_first_comes_first_with_its_day_and_what_happens_then(
    officer: PageClient,
) -> None:
    rows = table(officer.get(HOLDING), "What is held")

    assert [(row["Days left"], row["Held as"], row["Held in all"]) for row in rows] == [
        ("43 days", "Wallet", "EUR 50.00"),
        ("83 days", "Pledges of a campaign", "EUR 100.00"),
    ]
    assert rows[0]["Last day"] == "24 May 2026"
    assert "On 24 May 2026 it goes to the owner’s bank" in rows[0]["What happens next"]
    assert rows[1]["Payments"] == "2"


def test_what_must_leave_first_is_told_beside_all_that_is_held(
    market: World, saver: Actor, officer: PageClient, hand: clock.Hand
) -> None:
    hand.advance(days=40)
    loans.topped_up(market, saver, "30")
    hand.advance(days=30)

    [row] = table(officer.get(HOLDING), "What is held")
    page = officer.get(f"{HOLDING}/wallet/{public_id('per', saver.known())}/EUR")

    assert (row["Must leave then"], row["Held in all"]) == ("EUR 50.00", "EUR 80.00")
    assert "Must leave then EUR 50.00" in page.text
    assert "EUR 50.00 of EUR 80.00 must leave within two weeks" in officer.get(HOLDING).text


@pytest.mark.usefixtures("made")
def test_the_list_is_narrowed_by_days_by_kind_and_by_currency(
    officer: PageClient, hand: clock.Hand
) -> None:
    hand.advance(days=31)

    def held_as(question: str) -> list[str]:
        page = officer.get(f"{HOLDING}?{question}")
        return [row["Held as"] for row in table(page, "What is held")]

    assert held_as("within=14") == ["Wallet"]
    assert held_as("kind=campaign") == ["Pledges of a campaign"]
    assert held_as("currency=EUR") == ["Wallet", "Pledges of a campaign"]
    assert "Nothing is held like that" in officer.get(f"{HOLDING}?currency=USD").text
    assert "Nothing is held like that" in officer.get(f"{HOLDING}?within=late").text
    assert "EUR 50.00 of EUR 150.00 must leave within two weeks" in officer.get(HOLDING).text


@pytest.mark.usefixtures("made")
def test_the_list_can_be_downloaded(officer: PageClient) -> None:
    head, *lines = download(officer, f"{HOLDING}?format=csv")

    assert head[-1] == "Reference"
    assert [line[-1][:4] for line in lines] == ["per_", "cmp_"]


@pytest.mark.usefixtures("made")
def test_the_cockpit_warns_two_weeks_before_and_is_red_when_it_is_too_late(
    officer: PageClient, hand: clock.Hand
) -> None:
    cockpit = "/staff/finance"
    assert "Nothing must leave the provider within two weeks" in officer.get(cockpit).text
    hand.advance(days=30)
    assert "Must leave within two weeks: EUR 50.00" in officer.get(cockpit).text
    hand.advance(days=14)
    assert "Held for longer than it may be: EUR 50.00" in officer.get(cockpit).text


class TestDeciding:
    @pytest.fixture
    def href(self, saver: Actor, hand: clock.Hand) -> str:
        hand.advance(days=70)
        runner.run(clock.now())
        return f"{HOLDING}/wallet/{public_id('per', saver.known())}/EUR"

    def test_one_proposes_and_another_agrees(
        self, officer: PageClient, href: str, saver: Actor, market: World
    ) -> None:
        page = officer.send(
            officer.get(href), href, choice="give_back", reason="The owner wrote to us."
        )
        assert "Proposed. Another officer must agree." in officer.follow(page).text
        assert "another officer must agree. You can take it back." in officer.get(href).text

        second = signed_in(PageClient(market.app), a_finance_officer("Finn"))
        seen = second.get(href)
        assert "The owner wrote to us." in seen.text
        second.send(seen, "/agree")
        market.deliver()

        assert loans.in_wallet(saver) == 0
        assert loans.sent_out_of_wallet(saver) == 50_00

    def test_who_proposed_may_take_it_back(
        self, officer: PageClient, href: str, saver: Actor
    ) -> None:
        officer.send(officer.get(href), href, choice="give_back", reason="A guess.")

        officer.send(officer.get(href), "/refuse")

        assert "Turned down" in officer.get(href).text
        assert loans.in_wallet(saver) == 50_00

    def test_who_agrees_agrees_to_the_proposal_that_was_read_and_to_no_later_one(
        self, officer: PageClient, href: str, saver: Actor, market: World
    ) -> None:
        officer.send(officer.get(href), href, choice="give_back", reason="The first reason.")
        second = signed_in(PageClient(market.app), a_finance_officer("Finn"))
        seen = second.get(href)
        officer.send(officer.get(href), "/refuse")
        officer.send(officer.get(href), href, choice="give_back", reason="Another reason.")

        stale = second.send(seen, "/agree", status=422)

        assert stale.errors == ["This was decided already. Nothing has been done twice."]
        assert "Another reason." in stale.text
        assert loans.in_wallet(saver) == 50_00

    def test_who_agrees_when_nothing_waits_any_more_is_told_so(
        self, officer: PageClient, href: str, market: World
    ) -> None:
        officer.send(officer.get(href), href, choice="give_back", reason="A guess.")
        second = signed_in(PageClient(market.app), a_finance_officer("Finn"))
        seen = second.get(href)
        officer.send(officer.get(href), "/refuse")

        stale = second.send(seen, "/agree", status=422)

        assert stale.errors == ["This was decided already. Nothing has been done twice."]
        assert "Propose it" in stale.markup

    def test_a_reason_that_is_too_long_is_called_too_long(
        self, officer: PageClient, href: str
    ) -> None:
        page = officer.send(
            officer.get(href), href, choice="give_back", reason="y" * 2_001, status=422
        )

        assert page.errors == ["Use 2000 characters or fewer."]

    def test_who_was_told_and_when_is_shown(self, officer: PageClient, href: str) -> None:
        page = officer.get(href)

        assert "Told 14 days before the last day" in page.text
        assert "Who can act Sam Saver" in page.text

    def test_nothing_chosen_is_said_beside_the_choice(self, officer: PageClient, href: str) -> None:
        page = officer.send(officer.get(href), href, reason="Because.", status=422)

        assert page.errors == ["Choose what shall be done with it."]

    def test_an_administrator_sees_it_and_decides_nothing(self, market: World, href: str) -> None:
        admin = signed_in(PageClient(market.app), an_admin())

        page = admin.get(href)
        assert "Propose it" not in page.text
        admin.post(href, {"csrf_token": page.form().fields["csrf_token"]}, status=403)


@pytest.mark.parametrize("path", ["/wallet/per_x/EUR", "/nothing/per_x/EUR", "/wallet/per_x/XXX"])
def test_what_is_not_held_is_not_found(officer: PageClient, path: str) -> None:
    officer.get(HOLDING + path, status=404)
