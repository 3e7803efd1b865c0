"""Where is my money now: the same answers on every page of money, in every state it can be in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from marketplace.loans.services import wallet
from marketplace.settlement import runner
from tests.builders import campaigns, loans
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor, signed_in
from tests.page_client import Page, PageClient, words

HOLDER = "Harbour Escrow (simulator)"
Browse = Callable[[Actor, str], dict[str, str]]


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with campaigns.a_market(app, database_url) as world:
        a_top_up(campaigns.euros(200))  # the provider keeps its fees of what is given back
        yield world


@pytest.fixture
def look(world: World) -> Browse:
    """Read the answers on a page, as the person whose money it is."""

    def read(person: Actor, path: str) -> dict[str, str]:
        return answers(signed_in(PageClient(world.app), person).get(path))

    return read


def answers(page: Page) -> dict[str, str]:
    """The answers of the page, and the ways in which it could still change."""
    for element in page.tree.iter("dl"):
        found = {words(row[0]): words(row[1]) for row in element if len(row) > 1}
        if "Where it is" in found:
            text = page.text
            start = text.find("What could still change it")
            return found | {"changes": text[start:] if start >= 0 else ""}
    raise AssertionError(f"{page.path} does not say where the money is")


def of_pledge(pledge_id: UUID) -> str:
    return f"/pledges/{public_id('pl', pledge_id)}"


def of_commitment(commitment_id: UUID) -> str:
    return f"/commitments/{public_id('cmt', commitment_id)}"


class TestPledge:
    @pytest.fixture
    def backer(self, world: World) -> Actor:
        del world
        return an_actor("Backer Bo")

    def test_one_not_paid_is_still_with_its_backer(self, look: Browse, backer: Actor) -> None:
        placed = campaigns.place(campaigns.a_live_campaign(), backer=backer)

        seen = look(backer, of_pledge(placed.pledge_id))

        assert seen["Where it is"] == "With you. Nothing has been charged"
        assert seen["When"].startswith("2 Mar 2026, 09:30")
        assert seen["changes"] == ""

    def test_a_saved_card_is_charged_only_at_the_deadline(
        self, world: World, look: Browse, backer: Actor
    ) -> None:
        made = campaigns.a_live_campaign(days=5, collection="deadline")
        pledge = campaigns.promised(world, made, "40", backer=backer)

        seen = look(backer, of_pledge(pledge))

        assert seen["Where it is"] == "With you. Nothing has been charged"
        assert seen["What happens next"].startswith("Your card is charged if the goal is promised")
        assert seen["When"].startswith("7 Mar 2026, 09:00")
        assert "You can take the pledge back until 7 Mar 2026." in seen["changes"]

    def test_a_paid_one_is_held_until_the_decision_and_has_its_last_day(
        self, world: World, look: Browse, backer: Actor
    ) -> None:
        made = campaigns.a_live_campaign(days=30)
        pledge = campaigns.pledged(world, made, "25", backer=backer)

        seen = look(backer, of_pledge(pledge))

        assert seen["Amount"] == "EUR 25.00"
        assert seen["Where it is"] == f"Held by {HOLDER}"
        assert seen["Provider’s number"].startswith("ch_")
        assert seen["Leaves by"] == "24 May 2026 at the latest"
        assert seen["When"].startswith("1 Apr 2026, 09:00")
        for way in (
            "You can take the pledge back until 1 Apr 2026.",
            "If the goal is missed, all of it comes back to you.",
            "If nothing is decided by 24 May 2026, all of it comes back to you.",
            "You can dispute the payment with your bank",
        ):
            assert way in seen["changes"]

    def test_a_released_one_waits_for_its_sponsor_and_then_is_with_them(
        self, world: World, look: Browse, backer: Actor, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = campaigns.a_live_campaign(sponsor, goal=campaigns.euros(100), days=5)
        pledge = campaigns.pledged(world, made, "100", backer=backer)
        hand.advance(days=6)
        runner.run(clock.now())

        waiting = look(backer, of_pledge(pledge))
        assert waiting["Where it is"] == f"Released to the sponsor, and still held by {HOLDER}"
        assert "If the sponsor cannot be paid by then" in waiting["changes"]
        mine = look(sponsor, f"/my/campaigns/{public_id('cmp', made)}")
        assert mine["Amount"] == "EUR 95.00"
        assert mine["What happens next"] == "It is sent to you as soon as you have set up payouts"
        assert "every backer gets everything back" in mine["changes"]

        loans.onboard(world, sponsor)
        campaigns.arrive(world, hand)
        assert look(backer, of_pledge(pledge))["Where it is"] == "With the sponsor"
        paid = look(sponsor, f"/my/campaigns/{public_id('cmp', made)}")
        assert paid["Where it is"] == f"With you: {HOLDER} has sent it to your bank"
        assert paid["Provider’s number"].startswith("tr_")
        assert "Your bank may not take it: then it comes back" in paid["changes"]

    def test_a_refund_is_on_its_way_then_back_and_may_return(
        self, world: World, look: Browse, backer: Actor, hand: clock.Hand
    ) -> None:
        made = campaigns.a_live_campaign(days=5)
        pledge = campaigns.pledged(world, made, "25", backer=backer)
        hand.advance(days=6)
        runner.run(clock.now())

        going = look(backer, of_pledge(pledge))
        assert going["Where it is"] == f"Held by {HOLDER}"
        assert going["What happens next"].startswith("It is sent back to the card")

        campaigns.arrive(world, hand)
        back = look(backer, of_pledge(pledge))
        assert back["Where it is"] == "Back on the card or account you paid with"
        assert "then it is in your wallet here" in back["changes"]


class TestLender:
    @pytest.fixture
    def lena(self, world: World) -> Actor:
        del world
        return an_actor("Lena Lender")

    def test_a_reserved_part_says_when_it_comes_back_at_the_latest(
        self, world: World, look: Browse, lena: Actor
    ) -> None:
        part = loans.lent(world, loans.a_listed_loan(), "400", lena)

        seen = look(lena, of_commitment(part))

        assert seen["Where it is"] == f"Held by {HOLDER}"
        assert seen["Leaves by"] == "24 May 2026 at the latest"
        assert "If the loan is not full by then" in seen["changes"]

    def test_one_from_the_wallet_is_as_old_as_its_money(
        self, world: World, look: Browse, lena: Actor, hand: clock.Hand
    ) -> None:
        loans.topped_up(world, lena, "100")
        hand.advance(days=10)
        placed = loans.commit(loans.a_listed_loan(), "100", lena, source="wallet")

        seen = look(lena, of_commitment(placed.commitment_id))

        assert seen["Leaves by"] == "24 May 2026 at the latest"
        assert "dispute" not in seen["changes"]

    def test_a_full_loan_waits_for_its_borrower_and_a_note_is_with_them(
        self, world: World, look: Browse, lena: Actor, hand: clock.Hand
    ) -> None:
        cast = loans.Cast()
        loan_id = loans.a_listed_loan(cast)
        part = loans.lent(world, loan_id, "1000", lena)
        waiting = look(lena, of_commitment(part))
        assert waiting["Where it is"] == f"Lent, and still held by {HOLDER}"
        assert "If they do not sign, or cannot be paid by then" in waiting["changes"]

        loans.onboard(world, cast.borrower)
        loans.settle_until(world, hand, loan_id, "active")
        note = look(lena, f"/my/notes/{loans.notes(lena)[0].ref}")
        assert note["Where it is"] == "With the borrower: it is lent"
        assert note["Amount"] == "EUR 1,000.00"
        assert "The borrower may pay late, or never" in note["changes"]
        assert look(lena, of_commitment(part))["Where it is"] == "With the borrower: it is lent"

    def test_a_withdrawal_is_set_aside_and_then_at_the_bank(
        self, world: World, look: Browse, lena: Actor, hand: clock.Hand
    ) -> None:
        top_up = loans.topped_up(world, lena, "100")
        loans.onboard(world, lena)
        into = look(lena, f"/my/wallet/orders/{public_id('ord', top_up)}")
        assert into["Where it is"] == f"In your wallet, held by {HOLDER}"
        assert into["Leaves by"] == "24 May 2026 at the latest"

        order = wallet.withdraw(lena, amount=campaigns.euros(60), form_key="one", now=clock.now())
        path = f"/my/wallet/orders/{public_id('ord', order)}"
        assert look(lena, path)["Where it is"].startswith("Set aside in your wallet")
        loans.pass_days(world, hand, 4)
        out = look(lena, path)
        assert out["Where it is"] == f"With you: {HOLDER} has sent it to your bank"
        assert "then it is in your wallet again" in out["changes"]

    def test_a_part_that_was_not_needed_is_back_on_the_card(
        self, world: World, look: Browse, lena: Actor, hand: clock.Hand
    ) -> None:
        part = loans.lent(world, loans.a_listed_loan(), "400", lena)

        loans.pass_days(world, hand, 40)

        assert look(lena, of_commitment(part))["Where it is"] == (
            "Back on the card or account you paid with"
        )
        assert clock.today() > loans.commitment(part, lena).created_at.date() + timedelta(days=30)
