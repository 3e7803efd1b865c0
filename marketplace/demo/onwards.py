"""Moving the business clock: whole days are lived one after the other, not skipped.

The people of the demo world go on with their lives: backers pledge, borrowers pay as is their
habit. Who signs in as one of the demo's first people acts alone: nobody pays their bills.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.queries import listing
from marketplace.campaigns.queries.listing import Listed
from marketplace.campaigns.services import pledging
from marketplace.demo import script
from marketplace.demo.loan_acts import pays
from marketplace.demo.stage import Stage, provider_here
from marketplace.identity import queries as identity
from marketplace.infra import business_clock
from marketplace.infra.database import column, db
from marketplace.infra.settings import Settings
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.loans.queries import borrower as borrowers
from marketplace.loans.services import paying

_DAY: Final = timedelta(days=1)
_AMOUNTS: Final = (10, 15, 25, 40, 60, 90)
_PLAYED_BY_VISITORS: Final = "borrower@demo.example"

_PAYERS: Final = """
    SELECT l.id FROM loan l JOIN person p ON p.id = l.borrower_id
    WHERE l.state = 'active' AND p.email LIKE 'borrower%%@demo.example' AND p.email <> %s
    ORDER BY l.id
"""
_CROWD: Final = "SELECT id FROM person WHERE email LIKE 'backer_%%@demo.example' ORDER BY id"


def advance(settings: Settings, dsn: str, step: timedelta) -> None:
    """Move the business clock by `step`, doing each day what that day brings."""
    with provider_here(settings, dsn) as teller:
        left = step
        while left > timedelta(0):
            part = min(left, _DAY)
            business_clock.advance(int(part.total_seconds()))
            left -= part
            with clock.frozen(clock.wall() + timedelta(seconds=_offset())) as hand:
                dice = random.Random(hand().date().toordinal())
                _live_a_day(Stage(hand, dice, teller))


def _live_a_day(stage: Stage) -> None:
    stage.end_day()
    for campaign in listing.featured(100, ending_after=stage.now):
        for _number in range(stage.dice.choice((0, 0, 1, 1, 2))):
            _pledge(stage, campaign)
    _pay_bills(stage)
    stage.end_day()


def _pledge(stage: Stage, campaign: Listed) -> None:
    crowd = column(_CROWD)
    if not crowd:
        return
    scale = Money.of("1", campaign.currency).minor
    amount = Money(stage.dice.choice(_AMOUNTS) * scale, campaign.currency)
    try:
        placed = pledging.place_pledge(
            _actor(stage.dice.choice(crowd)),
            campaign.id,
            amount=amount,
            reward_id=None,
            anonymous=False,
            form_key=f"life-{campaign.id}-{stage.now.isoformat()}-{stage.dice.random()}",
            now=stage.now,
        )
    except Refusal:
        return
    stage.pay(placed.checkout_id)


def _pay_bills(stage: Stage) -> None:
    habits = {entry.title: entry.habit for entry in script.borrowings()}
    for loan_id in column(_PAYERS, (_PLAYED_BY_VISITORS,)):
        for bill_id in _bills_to_pay(stage, loan_id, habits):
            borrower_id = column("SELECT borrower_id FROM loan WHERE id = %s", (loan_id,))[0]
            stage.pay(paying.open_checkout(_actor(borrower_id), bill_id, now=stage.now))


def _bills_to_pay(stage: Stage, loan_id: UUID, habits: dict[str, str]) -> list[UUID]:
    title = column("SELECT title FROM loan WHERE id = %s", (loan_id,))[0]
    habit = habits.get(title, "on_time")
    today = stage.now.date()
    return [
        bill.id
        for bill in borrowers.open_bills(loan_id)[:1]
        if pays(habit, bill.n, today - bill.due_on, loan_id.int % 4)
    ]


def _actor(person_id: UUID) -> Actor:
    found = identity.person(person_id)
    db.session.rollback()
    if found is None:
        raise LookupError(str(person_id))
    return found.as_actor()


def _offset() -> int:
    found = business_clock.offset_seconds()
    db.session.rollback()
    return found
