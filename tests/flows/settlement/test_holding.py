"""What is held and until when: alarms, officers' decisions, and the last day of everything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from marketplace.campaigns.services import moderating
from marketplace.escrow import gateway
from marketplace.escrow.jobs import sweep
from marketplace.escrow.services import dispatching
from marketplace.infra.database import column, db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal
from marketplace.ledger import queries as ledger
from marketplace.settlement import choosing, runner
from marketplace.settlement.lines import Line
from marketplace.settlement.queries import alarms, holding
from marketplace.settlement.queries.holding import Held
from marketplace.settlement.queries.kinds import HeldAs
from tests.builders import campaigns, loans
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor
from tests.conftest import START

REFUND_FAILS = "4000 0000 0000 5126"
CALM_UNTIL = START.date() + timedelta(days=83 - 14 - 2)  # two days before the first alarm


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with campaigns.a_market(app, database_url) as world:
        a_top_up(campaigns.euros(200))  # the provider keeps its fees of what is given back
        yield world


@pytest.fixture
def saver(world: World) -> Actor:
    """Somebody with 50.00 in a wallet, and no bank the provider knows."""
    saver = an_actor("Sam Saver")
    loans.topped_up(world, saver, "50")
    return saver


def officer(name: str = "Fay Officer") -> Actor:
    return an_actor(name, role="finance_officer")


def live(world: World, hand: clock.Hand, days: int) -> list[Line]:
    """Let days pass: in weeks while no money is old enough for an alarm, then one by one."""
    lines: list[Line] = []
    until = clock.today() + timedelta(days=days)
    while (left := (until - clock.today()).days) > 0:
        calm = (CALM_UNTIL - clock.today()).days
        hand.advance(days=max(1, min(7, left, calm)))
        lines += runner.run(clock.now())["holding"]
        sweep()
        world.deliver()
    return lines


def held(kind: HeldAs) -> list[Held]:
    found = holding.held([kind])
    db.session.rollback()
    return found


def a_waiting_payout(world: World, hand: clock.Hand, sponsor: Actor) -> Held:
    """A funded campaign whose sponsor has no payout account, two weeks before the last day."""
    made = campaigns.a_live_campaign(sponsor, goal=campaigns.euros(100), days=5)
    campaigns.pledged(world, made, "100.01")
    live(world, hand, 70)
    return held(HeldAs.PAYOUT)[0]


class TestWallets:
    def test_money_goes_to_the_bank_the_provider_knows(
        self, world: World, hand: clock.Hand, saver: Actor
    ) -> None:
        loans.onboard(world, saver)

        live(world, hand, 83)

        assert loans.in_wallet(saver) == 0
        assert [order.kind for order in loans.wallet_orders(saver)] == ["withdrawal", "top_up"]
        assert "EUR 50.00 is on its way to your bank" in loans.letters_to(saver)
        prove(world)

    def test_without_a_bank_it_goes_back_to_the_payments_it_came_from_the_newest_first(
        self, world: World, hand: clock.Hand, saver: Actor
    ) -> None:
        hand.advance(days=2)
        loans.topped_up(world, saver, "30")

        lines = live(world, hand, 81)

        gone = [line for line in lines if line.kind == "holding.refund"]
        assert [str(line.amount) for line in gone] == ["EUR 30.00", "EUR 50.00"]
        assert loans.in_wallet(saver) == 0
        prove(world)

    def test_what_no_card_takes_back_waits_for_its_owner_and_then_leaves_at_once(
        self, world: World, hand: clock.Hand
    ) -> None:
        backer = an_actor("Bea Backer")
        made = campaigns.a_live_campaign(goal=campaigns.euros(1000), days=5)
        placed = campaigns.place(made, "40.00", backer=backer)
        dispatching.dispatch(placed.checkout_id)
        world.pay(placed.checkout_id, REFUND_FAILS)
        world.deliver()
        live(world, hand, 83)
        assert loans.in_wallet(backer) == 0
        assert [str(each.amount) for each in alarms.stranded(backer.known())] == ["EUR 40.00"]
        assert [one.days_left(clock.today()) for one in held(HeldAs.STRANDED)] == [0]

        loans.onboard(world, backer)
        live(world, hand, 1)

        assert alarms.stranded(backer.known()) == []
        assert loans.sent_out_of_wallet(backer) == 40_00
        prove(world)

    def test_fresh_money_stays(self, world: World, hand: clock.Hand, saver: Actor) -> None:
        hand.advance(days=40)
        loans.topped_up(world, saver, "30")

        live(world, hand, 43)

        assert loans.in_wallet(saver) == 30_00
        prove(world)


class TestAlarms:
    def test_officers_get_one_letter_a_look_and_the_owner_is_told_what_happens(
        self, world: World, hand: clock.Hand, saver: Actor
    ) -> None:
        fay = officer()
        loans.topped_up(world, an_actor("Another Saver"), "20")

        live(world, hand, 69)

        last = f"{clock.today() + timedelta(days=14):%-d %b %Y}"
        assert "2 amounts of money must leave soon" in loans.letters_to(fay)
        digest = campaigns.last_letter(campaigns.address(fay))
        assert f"Wallet: EUR 50.00, until {last} (per_" in " ".join(digest.split())
        assert f"Money in your wallet must leave by {last}" in loans.letters_to(saver)
        letter = campaigns.last_letter(campaigns.address(saver))
        assert f"EUR 50.00 in your wallet must have left by {last}" in " ".join(letter.split())

    def test_looking_twice_on_one_day_tells_nobody_twice(
        self, world: World, hand: clock.Hand, saver: Actor
    ) -> None:
        assert len(live(world, hand, 69)) == 1
        hand.advance(hours=3)

        assert runner.run(clock.now())["holding"] == []
        assert runner.rehearse(clock.now())["holding"] == []

    def test_a_sponsor_who_can_be_paid_is_not_asked_for_a_payout_account(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        loans.onboard(world, sponsor, loans.CLOSED_BANK)

        a_waiting_payout(world, hand, sponsor)

        assert not [each for each in loans.letters_to(sponsor) if "waits for you until" in each]

    def test_a_sponsor_without_a_payout_account_is(self, world: World, hand: clock.Hand) -> None:
        sponsor = an_actor("Sponsor Sol")

        waiting = a_waiting_payout(world, hand, sponsor)

        last = f"{waiting.leave_by:%-d %b %Y}"
        assert f"EUR 95.01 waits for you until {last}" in loans.letters_to(sponsor)


class TestLastDay:
    def test_a_dry_run_shows_what_goes_back_and_changes_nothing(
        self, world: World, hand: clock.Hand
    ) -> None:
        a_waiting_payout(world, hand, an_actor("Sponsor Sol"))
        ahead = clock.now() + timedelta(days=14)

        shown = runner.rehearse(ahead)["holding"]

        assert [line.kind for line in shown if line.kind != "holding.alarm"] == [
            "holding.undone",
            "pledge.refund",
        ]
        assert len(held(HeldAs.PAYOUT)) == 1

    def test_an_undone_release_gives_everything_back_and_our_fee_with_it(
        self, world: World, hand: clock.Hand
    ) -> None:
        fees = ledger.total("fees:platform", "EUR")
        db.session.rollback()
        sponsor = an_actor("Sponsor Sol")
        waiting = a_waiting_payout(world, hand, sponsor)

        live(world, hand, 13)

        made = campaigns.campaign(waiting.subject_id)
        assert made.state == "refunded"
        assert ledger.total("fees:platform", "EUR") == fees
        assert "“A lamp for every window” could not be paid out in time" in loans.letters_to(
            sponsor
        )
        prove(world)

    def test_a_sponsor_who_sets_up_payouts_on_the_last_but_one_day_is_paid(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        waiting = a_waiting_payout(world, hand, sponsor)
        live(world, hand, 12)
        loans.onboard(world, sponsor)

        live(world, hand, 2)

        assert campaigns.campaign(waiting.subject_id).state == "paid_out"
        assert held(HeldAs.PAYOUT) == []
        prove(world)


class TestDecisions:
    def test_one_officer_proposes_another_agrees_and_it_is_done(
        self, world: World, hand: clock.Hand
    ) -> None:
        waiting = a_waiting_payout(world, hand, an_actor("Sponsor Sol"))
        fay, finn = officer(), officer("Finn Officer")
        made = choosing.propose(
            fay, waiting, choice="give_back", reason="Gone abroad.", now=clock.now()
        )
        with pytest.raises(Refusal) as same:
            choosing.agree(fay, made, clock.now())
        assert same.value.code == "same_person"

        lines = choosing.agree(finn, made, clock.now())
        live(world, hand, 1)

        assert [line.kind for line in lines] == ["holding.undone", "pledge.refund"]
        assert campaigns.campaign(waiting.subject_id).state == "refunded"
        with pytest.raises(Refusal) as twice:
            choosing.agree(finn, made, clock.now())
        assert twice.value.code == "remedy_decided"
        prove(world)

    def test_a_refused_proposal_changes_nothing_and_another_can_be_made(
        self, world: World, hand: clock.Hand, saver: Actor
    ) -> None:
        live(world, hand, 70)
        wallet = held(HeldAs.WALLET)[0]
        fay = officer()
        made = choosing.propose(
            fay, wallet, choice="give_back", reason="Asked to.", now=clock.now()
        )
        with pytest.raises(Refusal) as waits:
            choosing.propose(fay, wallet, choice="give_back", reason="Again.", now=clock.now())
        assert waits.value.code == "remedy_proposed"

        choosing.refuse(fay, made, clock.now())

        assert loans.in_wallet(saver) == 50_00
        again = choosing.propose(fay, wallet, choice="give_back", reason="Again.", now=clock.now())
        assert again != made

    @pytest.mark.parametrize(
        ("days", "asked", "code"),
        [
            (68, {"choice": "give_back", "reason": "Asked to."}, "holding_too_early"),
            (70, {"choice": "pay_on", "reason": "Asked to."}, "holding_choice_missing"),
            (70, {"choice": "give_back", "reason": "  "}, "remedy_reason_missing"),
        ],
    )
    @pytest.mark.usefixtures("saver")
    def test_what_cannot_be_decided_is_refused(
        self, world: World, hand: clock.Hand, days: int, asked: dict[str, str], code: str
    ) -> None:
        live(world, hand, days)
        wallet = held(HeldAs.WALLET)[0]

        with pytest.raises(Refusal) as refused:
            choosing.propose(officer(), wallet, **asked, now=clock.now())

        assert refused.value.code == code

    def test_nobody_but_finance_officers_decides(
        self, world: World, hand: clock.Hand, saver: Actor
    ) -> None:
        live(world, hand, 70)
        wallet = held(HeldAs.WALLET)[0]

        with pytest.raises(NotAllowed):
            choosing.propose(saver, wallet, choice="give_back", reason="Mine.", now=clock.now())

    def test_what_has_left_meanwhile_is_not_touched(self, world: World, hand: clock.Hand) -> None:
        sponsor = an_actor("Sponsor Sol")
        waiting = a_waiting_payout(world, hand, sponsor)
        made = choosing.propose(
            officer(), waiting, choice="give_back", reason="Gone abroad.", now=clock.now()
        )
        loans.onboard(world, sponsor)
        live(world, hand, 1)

        assert choosing.agree(officer("Finn Officer"), made, clock.now()) == []
        assert campaigns.campaign(waiting.subject_id).state == "paid_out"


class TestCommand:
    def test_it_lists_what_is_held_and_is_content_while_nothing_is_late(
        self, app: Flask, world: World, saver: Actor
    ) -> None:
        done = app.test_cli_runner().invoke(args=["escrow", "holding", "--json"])

        assert done.exit_code == 0
        assert json.loads(done.output) == [
            {
                "kind": "wallet",
                "subject": held(HeldAs.WALLET)[0].ref,
                "person": held(HeldAs.WALLET)[0].ref,
                "amount_minor": 5000,
                "leaving_minor": 5000,
                "currency": "EUR",
                "payments": 1,
                "paid_on": "2026-03-02",
                "leave_by": "2026-05-24",
                "days_left": 83,
            }
        ]

    @pytest.mark.parametrize("days", ["999999999", "-999999999", "3000000"])
    def test_days_no_calendar_has_are_refused_with_a_sentence(self, app: Flask, days: str) -> None:
        done = app.test_cli_runner().invoke(args=["escrow", "holding", "--days", days])

        assert done.exit_code == 2
        assert f"{days} is not in the range" in done.output

    def test_it_fails_once_something_is_past_its_day(
        self, app: Flask, world: World, hand: clock.Hand, saver: Actor
    ) -> None:
        hand.advance(days=84)  # and no settlement ran

        done = app.test_cli_runner().invoke(args=["escrow", "holding"])

        assert done.exit_code == 1
        assert "1 held, 1 past their day." in done.output
        within = app.test_cli_runner().invoke(args=["escrow", "holding", "--days", "-2"])
        assert within.exit_code == 0


class TestCaps:
    @pytest.fixture(autouse=True)
    def _short(self, world: World) -> None:
        """The provider may hold money for 60 days: 33 are left for collecting."""
        gateway.current().terms = replace(gateway.current().terms, holding_limit_days=60)

    def test_a_campaign_is_no_longer_than_its_money_may_be_held(self) -> None:
        campaigns.a_live_campaign(days=33)

        with pytest.raises(Refusal) as refused:
            campaigns.a_draft(days=34)

        assert refused.value.code == "deadline_past_holding"
        assert refused.value.facts == {"days": 33}

    def test_a_campaign_submitted_under_better_terms_is_not_approved(self) -> None:
        sponsor, moderator = an_actor("Sponsor Sol"), an_actor("Mo", role="moderator")
        gateway.current().terms = replace(gateway.current().terms, holding_limit_days=90)
        made = campaigns.submitted(campaigns.a_draft(sponsor, days=50), sponsor)
        gateway.current().terms = replace(gateway.current().terms, holding_limit_days=60)

        with pytest.raises(Refusal) as refused:
            moderating.approve(moderator, made, clock.now())

        assert refused.value.code == "deadline_too_far_to_approve"

    def test_a_loan_is_listed_for_no_longer(self) -> None:
        gateway.current().terms = replace(gateway.current().terms, holding_limit_days=30)

        listed = loans.loan(loans.a_listed_loan())

        assert listed.funding_until is not None
        assert listed.funding_until - clock.now() == timedelta(days=3)


def test_one_thing_held_is_found_by_what_it_is_about(world: World, saver: Actor) -> None:
    found = holding.one(HeldAs.WALLET, saver.known(), "EUR")

    assert found.amount == campaigns.euros(50)
    with pytest.raises(NotFound):
        holding.one(HeldAs.WALLET, saver.known(), "USD")
    with pytest.raises(NotFound):
        holding.one(HeldAs.PAYOUT, saver.known(), "EUR")


def test_what_must_leave_first_is_what_is_as_old_as_the_oldest(
    world: World, hand: clock.Hand, saver: Actor
) -> None:
    made = campaigns.a_live_campaign(an_actor("Sol"), goal=campaigns.euros(100), days=40)
    campaigns.pledged(world, made, "20")
    campaigns.pledged(world, made, "5")
    hand.advance(days=10)
    campaigns.pledged(world, made, "7")
    loans.topped_up(world, saver, "30")

    found = [(each.kind, each.amount_minor, each.leaving_minor) for each in holding.held()]

    assert sorted(found) == [("campaign", 3200, 2500), ("wallet", 8000, 5000)]
    spans = holding.spans(clock.today() + timedelta(days=60), (14,))
    assert [(each.days, each.amount_minor) for each in spans] == [(14, 7500), (None, 3700)]


def test_a_list_goes_on_where_its_last_page_ended(world: World) -> None:
    for name in ("Ann", "Ben", "Cyd"):
        loans.topped_up(world, an_actor(name), "10")
    whole = holding.held()

    pages = [holding.held(limit=1, after=after) for after in (None, whole[0].cursor)]

    assert len(whole) == 3
    assert [page[0] for page in pages] == whole[:2]
    spans = holding.spans(clock.today(), (3, 14))
    assert [(each.days, each.amount_minor) for each in spans] == [(None, 3000)]
    assert column("SELECT count(*) FROM holding_alarm") == [0]
