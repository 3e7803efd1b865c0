"""Money taken later, lived through day by day: a deadline with declines, and a year of autopay.

Every story ends with the invariants of the ledger and the reconciliation with the provider.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from flask import Flask

from marketplace.campaigns.services import promising
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.escrow.jobs import sweep
from marketplace.escrow.services import dispatching
from marketplace.infra.commands import command
from marketplace.infra.database import column, db, execute, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.ledger import queries as ledger
from marketplace.loans.services import mandates
from marketplace.settlement import campaign_closing, collecting, runner
from marketplace.simulator.teller import GOOD_CARD
from tests.builders import campaigns as build
from tests.builders import loans
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor

BROKE, EXPIRED, ASKS = "4000000000000341", "4000000000001067", "4000002760003184"


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with build.a_market(app, database_url) as world:
        a_top_up(build.euros(100))
        yield world


def days_pass(world: World, hand: clock.Hand, days: int) -> None:
    """Let days pass: settlement, errands and the provider's notices, as the timetable would."""
    for _ in range(days):
        hand.advance(days=1)
        runner.run(clock.now())
        sweep()
        world.deliver()


def mend(world: World, backer: Actor, pledge: UUID, card: str) -> None:
    page = promising.open_repair(backer, pledge, clock.now())
    dispatching.dispatch(page)
    world.pay(page, card)
    world.deliver()


def test_a_deadline_with_declines_repairs_and_a_backer_who_never_comes_back(
    world: World, hand: clock.Hand
) -> None:
    sponsor = an_actor("Sponsor Sol")
    loans.onboard(world, sponsor)
    made = build.a_live_campaign(
        sponsor,
        goal=build.euros(200),
        days=10,
        collection="deadline",
        tiers=[build.a_tier("25", 5)],
    )
    tier = build.reward_ids(made)[0]
    cards = {"good": GOOD_CARD, "broke": BROKE, "old": EXPIRED, "asks": ASKS, "lost": EXPIRED}
    people = {name: an_actor(f"Backer {name}") for name in [*cards, "gone"]}
    pledges = {
        name: build.promised(world, made, "60", card=card, backer=people[name], reward_id=tier)
        for name, card in cards.items()
    }
    days_pass(world, hand, 3)
    gone = build.promised(world, made, "500", backer=people["gone"])
    assert cancel_pledge(people["gone"], gone, clock.now()) is False
    assert build.campaign(made).raised_minor == 30_000

    days_pass(world, hand, 7)
    found = build.campaign(made)
    assert (found.state, found.held_minor, found.promised_minor) == ("collecting", 6_000, 24_000)
    mend(world, people["old"], pledges["old"], GOOD_CARD)
    mend(world, people["asks"], pledges["asks"], ASKS)
    days_pass(world, hand, 5)
    mend(world, people["broke"], pledges["broke"], GOOD_CARD)
    days_pass(world, hand, 4)

    found = build.campaign(made)
    assert (found.state, found.raised_minor, found.backers) == ("paid_out", 24_000, 4)
    assert build.state_of(pledges["lost"]) == "lapsed"
    assert build.state_of(gone) == "cancelled"
    assert found.net_minor == 22_800
    letters = build.subjects(build.address(people["lost"]))
    assert [one.partition("“")[0].strip() for one in letters] == [
        "Your card is saved for",
        "We could not charge your card for",
        *[""] * 3,  # “A lamp …” still waits
        "Your pledge to",
    ]
    assert ledger.balances_of("escrow:campaign", [made])[made].posted_minor == 0
    prove(world)


def test_too_many_declines_give_everybody_everything_back(world: World, hand: clock.Hand) -> None:
    made = build.a_live_campaign(goal=build.euros(200), days=5, collection="deadline")
    paid = build.promised(world, made, "150")
    failed = build.promised(world, made, "100", card=BROKE)

    days_pass(world, hand, 20)

    found = build.campaign(made)
    assert (found.state, found.refunded_minor) == ("refunded", 15_000)
    assert build.state_of(paid) == "refunded"
    assert build.state_of(failed) == "lapsed"
    prove(world)


def test_half_a_year_of_autopay_with_a_declined_card_in_between(
    world: World, hand: clock.Hand
) -> None:
    cast = loans.Cast()
    lena = an_actor("Lena Lender")
    asked = loans.a_request(months=6)
    loan_id = loans.a_running_loan(world, hand, cast, asked, parts=[(lena, "1000")])
    save(world, cast.borrower, loan_id, GOOD_CARD)
    days_pass(world, hand, 70)
    assert loans.loan(loan_id).repayments == 2

    mandates.switch_off(cast.borrower, loan_id, now=clock.now())
    save(world, cast.borrower, loan_id, BROKE)
    days_pass(world, hand, 35)
    assert loans.loan(loan_id).repayments == 2
    loans.pay_next_bill(world, cast, loan_id)
    mandates.switch_off(cast.borrower, loan_id, now=clock.now())
    save(world, cast.borrower, loan_id, GOOD_CARD)
    days_pass(world, hand, 100)

    assert loans.loan(loan_id).state == "paid_off"
    total = sum(row.total.minor for row in loans.schedule(loan_id))
    assert loans.in_wallet(lena) + loans.sent_out_of_wallet(lena) == total
    assert scalar("SELECT count(*) FROM loan_mandate WHERE ended_at IS NULL") == 0
    prove(world)


def save(world: World, borrower: Actor, loan_id: UUID, card: str) -> None:
    page = mandates.switch_on(borrower, loan_id, now=clock.now())
    dispatching.dispatch(page)
    world.save_card(page, card)
    world.deliver()


@pytest.mark.slow
def test_two_thousand_saved_cards_are_planned_in_one_stroke_and_again_in_none(
    world: World, hand: clock.Hand
) -> None:
    made = build.a_live_campaign(goal=build.euros(100), days=5, collection="deadline")
    build.promised(world, made, "10")
    many_promises(made, 1_999)
    hand.advance(days=5)

    began = clock.monotonic()
    lines = campaign_closing.close_campaign(made, clock.now())
    took = clock.monotonic() - began

    assert sum(line.kind == "pledge.charge" for line in lines) == 2_000
    assert scalar("SELECT count(*) FROM escrow_instruction WHERE kind = 'charge'") == 2_000
    assert scalar("SELECT count(DISTINCT charge_id) FROM pledge") == 2_000
    assert column("SELECT DISTINCT state FROM pledge") == ["charging"]
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'escrow.dispatch'"
    waiting = int(scalar(f"{jobs} AND status = 'todo'"))
    db.session.rollback()
    assert waiting == 1
    assert took < 12
    assert [line.kind for line in collecting.collect_due_campaigns(clock.now())] == [
        "campaign.collects"
    ]


@command
def many_promises(campaign_id: UUID, count: int) -> None:
    """Write what so many backers would have left behind: a saved card and a promise each."""
    ids = {"pledges": [uuid4() for _ in range(count)], "setups": [uuid4() for _ in range(count)]}
    execute(
        """
        INSERT INTO escrow_instruction (id, kind, purpose, subject_id, sequence, person_id,
            provider, amount_minor, currency, state, account_id, cause, description, created_at,
            finished_at, provider_ref, payment_ref, expires_at)
        SELECT fresh.setup, i.kind, i.purpose, fresh.pledge, 1, i.person_id, i.provider,
            i.amount_minor, i.currency, 'planned', i.account_id, 'pledge:' || fresh.pledge,
            i.description, i.created_at, NULL, 'set_' || fresh.setup, 'means_' || fresh.setup,
            i.expires_at
        FROM escrow_instruction i, unnest(%(setups)s::uuid[], %(pledges)s::uuid[])
            AS fresh (setup, pledge)
        WHERE i.kind = 'setup'
        """,
        ids,
    )
    execute(
        "UPDATE escrow_instruction SET state = 'succeeded', finished_at = created_at"
        " WHERE id = ANY(%(setups)s)",
        ids,
    )
    execute(
        """
        INSERT INTO pledge (id, campaign_id, backer_id, form_key, state, amount_minor, currency,
            anonymous, placed_at, expires_at, setup_id)
        SELECT fresh.pledge, p.campaign_id, p.backer_id, fresh.pledge::text, 'awaiting_payment',
            p.amount_minor, p.currency, false, p.placed_at, p.expires_at, fresh.setup
        FROM pledge p, unnest(%(setups)s::uuid[], %(pledges)s::uuid[]) AS fresh (setup, pledge)
        WHERE p.campaign_id = %(campaign)s AND p.state = 'promised'
        """,
        {**ids, "campaign": campaign_id},
    )
    execute(
        """
        INSERT INTO pledge_line (pledge_id, position, campaign_id, kind, unit_minor, currency)
        SELECT id, 1, campaign_id, 'bonus', amount_minor, currency FROM pledge
        WHERE id = ANY(%(pledges)s)
        """,
        ids,
    )
    execute(
        "UPDATE pledge SET state = 'promised', promised_at = placed_at WHERE id = ANY(%(pledges)s)",
        ids,
    )
