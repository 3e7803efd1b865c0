"""Moving the business clock: whole days are lived one after the other, not skipped.

The people of the demo world go on with their lives: backers pledge, lenders lend and draw from
their wallets, borrowers accept offers and pay as is their habit. Whoever one can sign in as acts
alone: nobody pays their bills, and staff decide nothing by themselves but payouts that lack
nothing: else no loan of the days to come would run.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Final

from marketplace.campaigns.queries import listing as campaigns
from marketplace.campaigns.queries.listing import Listed
from marketplace.campaigns.services import placing
from marketplace.demo import habits, script
from marketplace.demo.deliveries import deliver
from marketplace.demo.stage import Stage, actor_of, provider_here
from marketplace.infra import business_clock
from marketplace.infra.database import column, db, scalar
from marketplace.infra.settings import Settings
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.loans.queries import listing as loans
from marketplace.loans.queries.listing import Filters, ListedLoan
from marketplace.loans.services import offering

_DAY: Final = timedelta(days=1)
_REACH: Final = 104  # percent of the goal that a campaign of visitors finds
_LUCK: Final = (0.5, 1.6)
_GIFT, _PART = 5, 25  # people give, and lend, multiples of so many units
_WITHDRAWAL_EVERY: Final = 4  # days
_WITHDRAWN_SHARE: Final = 5
_PLAYED_BY_VISITORS: Final = (
    *("backer@demo.example", "borrower@demo.example", "lender@demo.example"),
)

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
    habits.switch_on_autopay(stage)
    habits.sign_contracts(stage, alone=_PLAYED_BY_VISITORS)
    _pay_out(stage)
    habits.mend_pledges(stage, alone=_PLAYED_BY_VISITORS)
    deliver(stage, alone=(*_PLAYED_BY_VISITORS, "sponsor@demo.example"), is_last=True)
    stage.end_day()


def _pay_out(stage: Stage) -> None:
    """Two finance officers decide on payouts of which nothing is missing, as in the demo's year."""
    officers = column(_OFFICERS)
    db.session.rollback()
    if len(officers) == 2:
        habits.pay_out(stage, *(actor_of(each) for each in officers))


_OFFICERS: Final = """
    SELECT p.id FROM person p JOIN person_role r ON r.person_id = p.id
    WHERE r.role = 'finance_officer' ORDER BY p.id LIMIT 2
"""


def _pledge(stage: Stage) -> None:
    """Carry each campaign towards what the script says, with good days and bad ones."""
    crowd = column(_CROWD)
    reach = {project.title: project.reach for project in script.projects()}
    for campaign in campaigns.featured(100, ending_after=stage.now) if crowd else ():
        aim = campaign.goal.minor * reach.get(campaign.title, _REACH) // 100
        wanted = _today(stage, aim - campaign.raised.minor, campaign.deadline)
        for amount in _pieces(stage, wanted, _GIFT, campaign.currency):
            _pledge_to(stage, campaign, actor_of(stage.dice.choice(crowd)), amount)


def _pledge_to(stage: Stage, campaign: Listed, backer: Actor, amount: Money) -> None:
    try:
        placed = placing.place_pledge(
            backer,
            campaign.id,
            amount=amount,
            reward_id=None,
            anonymous=False,
            form_key=stage.form_key(),
            now=stage.now,
        )
    except Refusal:
        return
    stage.pay(placed.checkout_id)


def _today(stage: Stage, missing: int, until: datetime | None) -> int:
    """Return what of `missing` (minor units) comes in today, if it is to be there `until` then."""
    days_left = (until - stage.now) // _DAY if until else 0
    return int(max(missing, 0) / max(days_left, 1) * stage.dice.uniform(*_LUCK))


def _pieces(stage: Stage, wanted: int, units: int, currency: str) -> list[Money]:
    """Return about `wanted` minor units as one to three multiples of `units`."""
    step = units * Money.of("1", currency).minor
    weights = [stage.dice.randint(1, 4) for _ in range(stage.dice.randint(1, 3))]
    parts = Money(wanted // step, currency).split(weights)
    return [Money(part.minor * step, currency) for part in parts if part.minor]


def _accept_offers(stage: Stage) -> None:
    for loan_id in column(_OFFERS, (list(_PLAYED_BY_VISITORS),)):
        borrower = actor_of(scalar("SELECT borrower_id FROM loan WHERE id = %s", (loan_id,)))
        stage.onboard(borrower)
        offering.accept(borrower, loan_id, now=stage.now)


def _lend(stage: Stage) -> None:
    lenders = column(_LENDERS)
    for loan in loans.listed(Filters(), "ending", limit=100) if lenders else ():
        for part in _parts(stage, loan):
            _lend_to(stage, loan, actor_of(stage.dice.choice(lenders)), part)


def _parts(stage: Stage, loan: ListedLoan) -> list[Money]:
    """Return what is lent to a loan today; shortly before the end, all that is missing."""
    rest = loan.left.minor
    if stage.now + 2 * _DAY < loan.funding_until:
        wanted = _today(stage, rest, loan.funding_until - _DAY)
        return _pieces(stage, min(wanted, rest), _PART, loan.currency)
    others = _pieces(stage, rest, _PART, loan.currency)[1:]
    return [*others, Money(rest - sum(part.minor for part in others), loan.currency)]


def _lend_to(stage: Stage, loan: ListedLoan, lender: Actor, amount: Money) -> None:
    checkout_id = habits.lend(stage, lender, loan.id, amount)
    if checkout_id is not None:
        stage.pay(checkout_id)


def _withdraw(stage: Stage) -> None:
    lenders = column(_WITH_A_BANK)
    if lenders and stage.now.date().toordinal() % _WITHDRAWAL_EVERY == 0:
        lender = actor_of(stage.dice.choice(lenders))
        habits.withdraw(stage, lender, habits.WALLETS, _WITHDRAWN_SHARE)
