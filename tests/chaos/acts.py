"""What people do in a random life, each by the command they use, and what the bank does to them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from marketplace.campaigns.services import drafting, moderating, picturing, placing
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.contracts.consents import How
from marketplace.escrow.services import planning
from marketplace.infra.commands import command
from marketplace.infra.database import db, rows, scalar
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.loans.four_eyes import OVERRULED, REFERRED
from marketplace.loans.replay.events import Intent
from marketplace.loans.rules import CHECKLIST, Request
from marketplace.loans.services import (
    applying,
    consenting,
    investing,
    offering,
    paying,
    prepaying,
    reflecting,
    reviewing,
    wallet,
)
from marketplace.media import services as media
from marketplace.risk import queries as risk
from marketplace.risk.services import answering
from tests.builders.applications import told_all
from tests.builders.campaigns import STORY, picture_bytes, submitted
from tests.chaos.life import CURRENCIES, LENT_IN, Act, Life, NothingToDo

LIVE_MAX: Final = 8
LISTED_MAX: Final = 4

_CHARGES: Final = "SELECT id FROM simulator.charge ORDER BY created_at, id"
_TRANSFERS: Final = "SELECT id FROM simulator.transfer ORDER BY created_at, id"
_PAYOUTS: Final = "SELECT id FROM simulator.payout ORDER BY created_at, id"
_PAYEES: Final = "SELECT id FROM simulator.payee ORDER BY created_at, id"
_OPEN_CAMPAIGNS: Final = (
    "SELECT id FROM campaign WHERE state = 'live' AND deadline > %s ORDER BY created_at, id"
)
_HELD: Final = """
    SELECT p.id, p.backer_id FROM pledge p JOIN campaign c ON c.id = p.campaign_id
    WHERE p.state IN ('held', 'awaiting_payment') AND c.state = 'live' ORDER BY p.placed_at, p.id
"""
_LISTED: Final = """
    SELECT id, amount_minor - committed_minor AS left_minor, fraction_min_minor, currency FROM loan
    WHERE state = 'listed' ORDER BY created_at, id
"""
_REFLECTING: Final = """
    SELECT id, lender_id FROM commitment WHERE state = 'in_reflection' ORDER BY created_at, id
"""
_RUNNING: Final = """
    SELECT id, borrower_id FROM loan WHERE state = 'active' ORDER BY created_at, id
"""
_BILLS: Final = """
    SELECT DISTINCT ON (loan_id) id, borrower_id FROM bill WHERE paid_at IS NULL
    ORDER BY loan_id, n
"""


def launch(life: Life) -> None:
    """A sponsor starts a campaign and it is approved."""
    now = clock.now()
    if len(rows(_OPEN_CAMPAIGNS, (now,), into=_Id)) >= LIVE_MAX:
        raise NothingToDo
    sponsor, currency = life.dice.choice(life.folk.sponsors), life.dice.choice(CURRENCIES)
    made = drafting.start_draft(
        sponsor, title="A lamp", category="design", form_key=life.form_key(), now=now
    )
    drafting.write_story(sponsor, made, story=STORY, now=now)
    drafting.write_risks(sponsor, made, risks="The kiln may crack.", now=now)
    goal, deadline = life.money(100, 400, currency), now + timedelta(days=life.dice.randint(3, 20))
    drafting.write_basics(
        sponsor, made, title="A lamp", tagline="Light.", category="design", language="en", now=now
    )
    drafting.write_funding(sponsor, made, goal=goal, deadline=deadline, now=now)
    picturing.add_picture(sponsor, made, _picture(), alt="A lamp", focus=(50, 50), now=now)
    submitted(made, sponsor)
    moderating.approve(life.folk.moderator, made, now)


def pledge(life: Life) -> None:
    """Somebody backs a campaign, and most go and pay."""
    campaign = life.one_of(_OPEN_CAMPAIGNS, clock.now())
    currency = life.one_of("SELECT currency FROM campaign WHERE id = %s", campaign)
    placed = placing.place_pledge(
        life.dice.choice(life.folk.backers),
        campaign,
        amount=life.money(5, 90, currency),
        reward_id=None,
        anonymous=life.dice.random() < 0.1,
        form_key=life.form_key(),
        now=clock.now(),
    )
    if life.dice.random() < 0.9:
        life.pay(placed.checkout_id)


def take_back(life: Life) -> None:
    """A backer thinks better of it."""
    found = _chosen(life, _HELD)
    backer = next(one for one in life.folk.backers if one.known() == found.person_id)
    cancel_pledge(backer, found.id, clock.now())


def ask_for_loan(life: Life) -> None:
    """Somebody asks for a loan, two people pass it, and it is listed."""
    if len(rows(_LISTED, into=dict)) >= LISTED_MAX:
        raise NothingToDo
    borrower, currency = life.dice.choice(life.folk.borrowers), life.dice.choice(LENT_IN)
    asked = Request(
        amount=Money(life.dice.randint(500, 900) * 100, currency),
        instalments=life.dice.randint(3, 5),
        purpose="equipment",
        title="A kiln",
        story="The old kiln cracked in spring. A new one costs a thousand, and orders wait.",
        employment="employed",
        employed_years=6,
        housing="rent",
        income=Money.of("5400", currency),
        obligations=Money.of("800", currency),
    )
    now = clock.now()
    loan = applying.draft(borrower, asked, form_key=life.form_key(), now=now)
    applying.submit(borrower, told_all(borrower, loan), now=now)
    answering.fetch_due()
    if (known := risk.standing(loan)) is None or known.is_waiting:
        # A worker is asking just now, or was killed while it did: nobody waits for that here.
        applying.withdraw(borrower, loan, now=now)
        raise NothingToDo
    seen = (*CHECKLIST, REFERRED, OVERRULED)
    reviewing.pass_on(life.folk.first, loan, checked=seen, notes="All seen.", now=now)
    reviewing.offer(
        life.folk.second,
        loan,
        grade="C",
        annual_rate=Decimal("0.09"),
        reasons=["income_steady"],
        notes="Agreed.",
        deviation="Seen by people.",
        now=now,
    )
    offering.accept(borrower, loan, now=now)


def lend(life: Life) -> None:
    """A lender takes a part of a loan, paid on the provider's page."""
    loan, amount = _part(life)
    placed = investing.commit_by_provider(
        life.dice.choice(life.folk.lenders),
        loan,
        amount=amount,
        consent=consenting.to_terms_of(loan, How.CHECKBOX, at=clock.now()),
        form_key=life.form_key(),
        now=clock.now(),
    )
    if placed.instruction_id is not None and life.dice.random() < 0.95:
        life.pay(placed.instruction_id)


def lend_from_wallet(life: Life) -> None:
    """A lender takes a part of a loan with money that is there."""
    loan, amount = _part(life)
    investing.commit_from_wallet(
        life.dice.choice(life.folk.lenders),
        loan,
        amount=amount,
        consent=consenting.to_terms_of(loan, How.CHECKBOX, at=clock.now()),
        form_key=life.form_key(),
        now=clock.now(),
    )


def take_part_back(life: Life) -> None:
    """A lender thinks better of a part within its reflection."""
    found = _chosen(life, _REFLECTING)
    lender = next(one for one in life.folk.lenders if one.known() == found.person_id)
    reflecting.withdraw(lender, found.id, now=clock.now())


def pay_bill(life: Life) -> None:
    """A borrower pays what is due, or a part of it, at the provider."""
    bill = _chosen(life, _BILLS)
    borrower = life.folk.borrower(bill.person_id)
    amount = None
    if life.dice.random() < 0.3:
        open_minor = scalar(
            "SELECT principal_minor + interest_minor - paid_minor FROM bill WHERE id = %s",
            (bill.id,),
        )
        currency = life.one_of("SELECT currency FROM bill WHERE id = %s", bill.id)
        amount = Money(life.dice.randint(1, max(1, int(open_minor))), currency)
        db.session.rollback()
    life.pay(paying.open_checkout(borrower, bill.id, amount=amount, now=clock.now()))


def pay_early(life: Life) -> None:
    """A borrower pays a loan off, or a part of it early."""
    loan = _chosen(life, _RUNNING)
    currency = life.one_of("SELECT currency FROM loan WHERE id = %s", loan.id)
    intent = life.dice.choice(list(Intent)[1:])
    planned = prepaying.open_checkout(
        life.folk.borrower(loan.person_id),
        loan.id,
        intent=intent,
        amount=None if intent is Intent.PAYOFF else life.money(100, 300, currency),
        on=clock.today(),
        form_key=life.form_key(),
        now=clock.now(),
    )
    life.pay(planned)


def fill_wallet(life: Life) -> None:
    """A lender pays money in."""
    amount = life.money(20, 300, life.dice.choice(CURRENCIES))
    lender = life.dice.choice(life.folk.lenders)
    order = wallet.top_up(lender, amount=amount, form_key=life.form_key(), now=clock.now())
    checkout = wallet.instruction_of(order)
    db.session.rollback()
    if checkout is not None:
        life.pay(checkout)


def withdraw(life: Life) -> None:
    """A lender has money sent to a bank account, which may be closed."""
    lender, currency = life.dice.choice(life.folk.lenders), life.dice.choice(CURRENCIES)
    held = ledger_queries.balances_of("person:wallet", [lender.known()], currency)
    db.session.rollback()
    free = next((one.available_minor for one in held.values()), 0)
    if free <= 0:
        raise NothingToDo
    amount = Money(life.dice.randint(1, free), currency)
    wallet.withdraw(lender, amount=amount, form_key=life.form_key(), now=clock.now())


def dispute(life: Life) -> None:
    """Somebody has a payment taken back through their bank, whatever became of it."""
    life.world.teller.dispute(life.at_the_bank(_CHARGES))


def bounce_transfer(life: Life) -> None:
    """A bank sends back what had been paid out."""
    life.world.teller.return_transfer(life.at_the_bank(_TRANSFERS))


def restrict(life: Life) -> None:
    """The provider wants to know more about a payee before it pays them again."""
    life.world.teller.restrict(life.at_the_bank(_PAYEES))


def onboard_again(life: Life) -> None:
    """Somebody names another bank account."""
    life.onboard(life.dice.choice(life.folk.payable))


def pay_out(life: Life) -> None:
    """The platform takes a part of its fees home."""
    currency = life.dice.choice(CURRENCIES)
    earned = ledger_queries.total("fees:platform", currency)
    db.session.rollback()
    if earned <= 0:
        raise NothingToDo
    _plan_payout(Money(life.dice.randint(1, earned), currency))


def fail_payout(life: Life) -> None:
    """A payout of the platform does not arrive, or comes back."""
    life.world.teller.fail_payout(life.at_the_bank(_PAYOUTS))


def day(life: Life) -> None:
    """A day passes."""
    life.pass_days()


# How often, of all that happens.
ACTS: Final[dict[str, tuple[int, Act]]] = {
    "launch": (4, launch),
    "pledge": (34, pledge),
    "take_back": (6, take_back),
    "ask_for_loan": (3, ask_for_loan),
    "lend": (11, lend),
    "lend_from_wallet": (4, lend_from_wallet),
    "take_part_back": (2, take_part_back),
    "pay_bill": (9, pay_bill),
    "pay_early": (2, pay_early),
    "fill_wallet": (5, fill_wallet),
    "withdraw": (5, withdraw),
    "dispute": (2, dispute),
    "bounce_transfer": (1, bounce_transfer),
    "restrict": (1, restrict),
    "onboard_again": (2, onboard_again),
    "pay_out": (1, pay_out),
    "fail_payout": (1, fail_payout),
    "day": (12, day),
}


@dataclass(frozen=True, slots=True)
class _Id:
    id: UUID


@dataclass(frozen=True, slots=True)
class _Of:
    id: UUID
    person_id: UUID


def _chosen(life: Life, sql: str) -> _Of:
    found = [_Of(*row.values()) for row in rows(sql, into=dict)]
    db.session.rollback()
    one: _Of = life.chosen(found)
    return one


def _part(life: Life) -> tuple[UUID, Money]:
    """Return a listed loan and a part of it: all that is left, or some."""
    listed = rows(_LISTED, into=dict)
    db.session.rollback()
    loan = life.chosen(listed)
    left, least = loan["left_minor"], loan["fraction_min_minor"]
    some = left if left <= 2 * least else life.dice.randint(least, left - least)
    part = left if life.dice.random() < 0.3 else some
    return loan["id"], Money(part, loan["currency"])


@functools.cache
def _picture() -> media.Kept:
    return media.prepare(picture_bytes())


@command
def _plan_payout(amount: Money) -> None:
    account = ledger.account("fees:platform", amount.currency)
    planning.plan_payout(amount, debit_account=account, description="Fees")
