"""Moving the business clock: whole days are lived one after the other, not skipped.

The people of the demo world go on with their lives: backers pledge, lenders lend and draw from
their wallets, borrowers accept offers and pay as is their habit. Whoever one can sign in as acts
alone: nobody pays their bills, and staff decide nothing by themselves.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.queries import listing as campaigns
from marketplace.campaigns.queries.listing import Listed
from marketplace.campaigns.services import pledging
from marketplace.demo import habits
from marketplace.demo.stage import Stage, actor_of, provider_here
from marketplace.infra import business_clock
from marketplace.infra.database import column, scalar
from marketplace.infra.settings import Settings
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.loans.queries import listing as loans
from marketplace.loans.queries.listing import Filters, ListedLoan
from marketplace.loans.services import offering

_DAY: Final = timedelta(days=1)
_PLEDGES: Final = (10, 15, 25, 40, 60, 90)
_PARTS: Final = (25, 50, 50, 75, 100, 150, 250, 400)
_WITHDRAWAL_EVERY: Final = 4  # days
_WITHDRAWN_SHARE: Final = 5
_PLAYED_BY_VISITORS: Final = ("borrower@demo.example", "lender@demo.example")

_CROWD: Final = "SELECT id FROM person WHERE email LIKE 'backer_%%@demo.example' ORDER BY id"
_LENDERS: Final = "SELECT id FROM person WHERE email LIKE 'lender_%%@demo.example' ORDER BY id"
_WITH_A_BANK: Final = """
    SELECT p.id FROM person p JOIN escrow_payee e ON e.person_id = p.id
    WHERE p.email LIKE 'lender_%%@demo.example' AND e.state = 'ready' ORDER BY p.id
"""
_OFFERS: Final = """
    SELECT l.id FROM loan l JOIN person p ON p.id = l.borrower_id
    WHERE l.state = 'offered' AND p.email LIKE '%%@demo.example' AND p.email <> ALL(%s)
    ORDER BY l.id
"""


def advance(settings: Settings, dsn: str, step: timedelta) -> None:
    """Move the business clock by `step`, doing each day what that day brings."""
    start, lived = clock.now(), timedelta(0)
    with provider_here(settings, dsn) as teller:
        while lived < step:
            part = min(step - lived, _DAY)
            business_clock.advance(int(part.total_seconds()))
            lived += part
            with clock.frozen(start + lived) as hand:
                dice = random.Random(hand().date().toordinal())
                _live_a_day(Stage(hand, dice, teller, f"life-{hand().isoformat()}"))


def _live_a_day(stage: Stage) -> None:
    stage.end_day()
    _pledge(stage)
    _accept_offers(stage)
    _lend(stage)
    _withdraw(stage)
    habits.pay_bills(stage, alone=_PLAYED_BY_VISITORS)
    stage.end_day()


def _pledge(stage: Stage) -> None:
    crowd = column(_CROWD)
    for campaign in campaigns.featured(100, ending_after=stage.now) if crowd else ():
        for _number in range(stage.dice.choice((0, 0, 1, 1, 2))):
            _pledge_to(stage, campaign, crowd)


def _pledge_to(stage: Stage, campaign: Listed, crowd: list[UUID]) -> None:
    scale = Money.of("1", campaign.currency).minor
    try:
        placed = pledging.place_pledge(
            actor_of(stage.dice.choice(crowd)),
            campaign.id,
            amount=Money(stage.dice.choice(_PLEDGES) * scale, campaign.currency),
            reward_id=None,
            anonymous=False,
            form_key=stage.form_key(),
            now=stage.now,
        )
    except Refusal:
        return
    stage.pay(placed.checkout_id)


def _accept_offers(stage: Stage) -> None:
    for loan_id in column(_OFFERS, (list(_PLAYED_BY_VISITORS),)):
        borrower = actor_of(scalar("SELECT borrower_id FROM loan WHERE id = %s", (loan_id,)))
        stage.onboard(borrower)
        offering.accept(borrower, loan_id, now=stage.now)


def _lend(stage: Stage) -> None:
    lenders = column(_LENDERS)
    for loan in loans.listed(Filters(), "ending", limit=100) if lenders else ():
        left = loan.left.minor
        for _number in range(stage.dice.choice((0, 1, 1, 2, 3))):
            left -= _lend_to(stage, loan, left, lenders)


def _lend_to(stage: Stage, loan: ListedLoan, left: int, lenders: list[UUID]) -> int:
    """Lend a round part, or the rest when it is not much more; return what was lent."""
    part = stage.dice.choice(_PARTS) * Money.of("1", loan.currency).minor
    part = left if left < 2 * part else part
    lender = actor_of(stage.dice.choice(lenders))
    if part:
        checkout_id = habits.lend(stage, lender, loan.id, Money(part, loan.currency))
        if checkout_id is not None:
            stage.pay(checkout_id)
    return part


def _withdraw(stage: Stage) -> None:
    lenders = column(_WITH_A_BANK)
    if lenders and stage.now.date().toordinal() % _WITHDRAWAL_EVERY == 0:
        lender = actor_of(stage.dice.choice(lenders))
        habits.withdraw(stage, lender, habits.WALLETS, _WITHDRAWN_SHARE)
