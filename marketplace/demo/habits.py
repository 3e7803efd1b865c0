"""What people of the demo world do of their own accord, in the scripted year and after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.services import promising
from marketplace.contracts.consents import Consent, How
from marketplace.demo import script
from marketplace.demo.stage import Stage, actor_of
from marketplace.infra.crypto import digest
from marketplace.infra.database import column, db, rows
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.loans.preconditions import unmet
from marketplace.loans.queries import disbursing as disbursement_desk
from marketplace.loans.queries import wallet_age
from marketplace.loans.replay.events import Intent
from marketplace.loans.services import (
    acknowledging,
    consenting,
    contracting,
    disbursing,
    investing,
    mandates,
    paying,
    prepaying,
    wallet,
)
from marketplace.loans.states import LoanState

WALLETS: Final = "EUR"
_HELPS_AUTOPAY: Final = 5  # days
# Funding, reflection, signature and payout may take so long: older money would have to leave first.
_STAYS: Final = timedelta(days=45)

_OPEN_BILLS: Final = """
    SELECT DISTINCT ON (b.loan_id) b.id, b.loan_id, b.borrower_id, b.n, b.due_on, l.title
    FROM bill b JOIN loan l ON l.id = b.loan_id JOIN person p ON p.id = b.borrower_id
    WHERE b.paid_at IS NULL AND p.email <> ALL(%s) AND p.email LIKE '%%@demo.example'
    ORDER BY b.loan_id, b.n
"""
_WITHOUT_AUTOPAY: Final = """
    SELECT l.id, l.borrower_id AS person_id, l.changed_at AS since FROM loan l
    WHERE l.state = 'active' AND l.title = ANY(%s)
      AND NOT EXISTS (SELECT FROM loan_mandate m WHERE m.loan_id = l.id AND m.state <> 'expired')
    ORDER BY l.id
"""
_DECLINED: Final = """
    SELECT p.id, p.backer_id AS person_id, c.collect_until - interval '7 days' AS since
    FROM pledge p JOIN campaign c ON c.id = p.campaign_id JOIN person b ON b.id = p.backer_id
    WHERE p.state = 'declined' AND c.state = 'collecting' AND b.email <> ALL(%s)
      AND b.email LIKE '%%@demo.example'
    ORDER BY p.id
"""
_UNSIGNED: Final = """
    SELECT c.subject_id AS loan_id, l.borrower_id, c.document_hash
    FROM contract c JOIN loan l ON l.id = c.subject_id JOIN person p ON p.id = l.borrower_id
    WHERE c.state = 'drafted' AND l.state = 'funded' AND p.email <> ALL(%s)
      AND p.email LIKE '%%@demo.example'
    ORDER BY c.id
"""
_EARLY_AFTER: Final = 3  # bills
_EARLY_PART: Final = 4  # one of so many
_SOON_EARLY: Final = """
    SELECT l.id, l.borrower_id, l.title, l.currency, l.amount_minor FROM loan l
    WHERE l.state = 'active' AND l.title = ANY(%s)
      AND (SELECT count(*) FROM bill b WHERE b.loan_id = l.id AND b.paid_at IS NOT NULL) >= %s
      AND NOT EXISTS (SELECT FROM prepayment p WHERE p.loan_id = l.id)
    ORDER BY l.id
"""
_DESK: Final = 200
_MENDS_WITHIN: Final = 4  # days
_NEVER_MENDS: Final = 4  # one of so many


@dataclass(frozen=True, slots=True)
class _Owed:
    id: UUID
    person_id: UUID
    since: datetime


@dataclass(frozen=True, slots=True)
class _Unsigned:
    loan_id: UUID
    borrower_id: UUID
    document_hash: str


@dataclass(frozen=True, slots=True)
class _OpenBill:
    id: UUID
    loan_id: UUID
    borrower_id: UUID
    n: int
    due_on: date
    title: str


@dataclass(frozen=True, slots=True)
class _Early:
    id: UUID
    borrower_id: UUID
    title: str
    currency: str
    amount_minor: int


def pay_bills(stage: Stage, alone: tuple[str, ...] = ()) -> None:
    """Let every borrower do what their habit says about their oldest open bill.

    Those with an address in `alone` are played by somebody else.
    """
    known = {entry.title: entry.habit for entry in script.borrowings()}
    today = stage.now.date()
    found = rows(_OPEN_BILLS, (list(alone),), into=_OpenBill)
    db.session.rollback()
    for bill in found:
        habit = known.get(bill.title, "on_time")
        if pays(habit, bill.n, today - bill.due_on, bill.loan_id.int % 4):
            stage.pass_minutes(0, 2)
            borrower = actor_of(bill.borrower_id)
            stage.pay(paying.open_checkout(borrower, bill.id, now=stage.now))


def pays(habit: str, number: int, late: timedelta, phase: int) -> bool:
    """Whether a borrower of this habit pays bill `number`, `late` after its due day, today.

    `phase` (0 to 3) is how many days before the due day a punctual one pays.
    """
    kind, _mark, count = habit.partition("_")
    if kind == "autopay":
        return late.days >= _HELPS_AUTOPAY  # the card was declined, twice
    if kind == "stops" and number > int(count):
        return False
    if kind == "late" and number > 2:
        return late.days >= int(count)
    return late.days >= -phase


def pay_early(stage: Stage) -> None:
    """Let those who meant to pay all of their loan early, or a part of it, do so once."""
    meant = {entry.title: entry.early for entry in script.borrowings() if entry.early}
    found = rows(_SOON_EARLY, (list(meant), _EARLY_AFTER), into=_Early)
    db.session.rollback()
    for loan in found:
        stage.pass_minutes(0, 2)
        part = Money(loan.amount_minor // _EARLY_PART, loan.currency)
        is_whole = meant[loan.title] == "whole"
        checkout_id = prepaying.open_checkout(
            actor_of(loan.borrower_id),
            loan.id,
            intent=Intent.PAYOFF if is_whole else Intent.SHORTER_TERM,
            amount=None if is_whole else part,
            on=stage.now.date(),
            form_key=stage.form_key(),
            now=stage.now,
        )
        stage.pay(checkout_id)


def switch_on_autopay(stage: Stage) -> None:
    """Let those who like it so save a card for the bills of a loan they have just got."""
    wanted = {entry.title for entry in script.borrowings() if entry.habit == "autopay"}
    found = rows(_WITHOUT_AUTOPAY, (list(wanted),), into=_Owed)
    db.session.rollback()
    for loan in found:
        stage.pass_minutes(0, 2)
        borrower = actor_of(loan.person_id)
        stage.pay(mandates.switch_on(borrower, loan.id, now=stage.now))


def sign_contracts(stage: Stage, alone: tuple[str, ...] = ()) -> int:
    """Let borrowers sign the contracts that wait for them; returns how many."""
    found = rows(_UNSIGNED, (list(alone),), into=_Unsigned)
    db.session.rollback()
    for contract in found:
        stage.pass_minutes(0, 2)
        told = digest(stage.form_key())
        consent = Consent(How.HAND, stage.now, told, told, contract.document_hash)
        borrower = actor_of(contract.borrower_id)
        contracting.sign(borrower, contract.loan_id, consent=consent, now=stage.now)
    return len(found)


def pay_out(stage: Stage, maker: Actor, checker: Actor) -> None:
    """Let two finance officers approve the payouts of which nothing is missing."""
    for made in propose_payouts(stage, maker):
        stage.pass_minutes(0, 2)
        disbursing.approve(checker, made, now=stage.now)


def propose_payouts(stage: Stage, maker: Actor) -> list[UUID]:
    """Let a finance officer propose the payouts of which nothing is missing; returns them."""
    ready = [
        each for each in disbursement_desk.queue(limit=_DESK) if not unmet(each, stage.now.date())
    ]
    table = disbursement_desk.on_the_table([each.id for each in ready])
    db.session.rollback()
    made = []
    for case in ready:
        if case.state == LoanState.FUNDED and case.id not in table:
            stage.pass_minutes(0, 2)
            made.append(
                disbursing.propose(maker, case.id, shown=case.bound, note="", now=stage.now)
            )
    return made


def mend_pledges(stage: Stage, alone: tuple[str, ...] = ()) -> None:
    """Let backers whose card was declined pay another way, some soon, some later, a few never."""
    found = rows(_DECLINED, (list(alone),), into=_Owed)
    db.session.rollback()
    for pledge in found:
        waited = (stage.now - pledge.since).days
        if pledge.id.int % _NEVER_MENDS and waited >= pledge.id.int % _MENDS_WITHIN:
            stage.pass_minutes(0, 2)
            backer = actor_of(pledge.person_id)
            stage.pay(promising.open_repair(backer, pledge.id, stage.now))


def lend(stage: Stage, lender: Actor, loan_id: UUID, amount: Money) -> UUID | None:
    """Lend from the wallet if it holds enough that may stay so long, else through the provider.

    Returns the checkout that is still to be paid, if there is one.
    """
    source = investing.commit_by_provider
    if _can_spare(stage, lender, amount):
        source = investing.commit_from_wallet
    acknowledging.acknowledge(lender, now=stage.now)
    consent = consenting.to_terms_of(loan_id, How.CHECKBOX, at=stage.now)
    try:
        placed = source(
            lender,
            loan_id,
            amount=amount,
            consent=consent,
            form_key=stage.form_key(),
            now=stage.now,
        )
    except Refusal:
        return None  # somebody else was faster
    return placed.instruction_id


def _can_spare(stage: Stage, lender: Actor, amount: Money) -> bool:
    if available(lender, amount.currency) < amount.minor:
        return False
    leave_by = wallet_age.oldest(lender.known(), amount.currency)
    db.session.rollback()
    return leave_by is not None and leave_by > (stage.now + _STAYS).date()


def days_to_fund(stage: Stage, loan_id: UUID) -> int:
    """Return for how many whole days a listed loan can still be lent to."""
    found = column("SELECT funding_until FROM loan WHERE id = %s", (loan_id,))
    db.session.rollback()
    return int((found[0] - stage.now).days)


def left_of(loan_id: UUID, currency: str) -> Money | None:
    """Return what can still be lent to a listed loan; None where it is not listed."""
    found = column(
        "SELECT amount_minor - committed_minor FROM loan WHERE id = %s AND state = 'listed'",
        (loan_id,),
    )
    db.session.rollback()
    return Money(found[0], currency) if found else None


def withdraw(stage: Stage, lender: Actor, currency: str, share: int) -> None:
    """Send a `share` (one of so many) of the wallet to the lender's bank, in tens."""
    ten = Money.of("10", currency).minor
    amount = available(lender, currency) // share // ten * ten
    if amount >= ten:
        form_key = stage.form_key()
        wallet.withdraw(lender, amount=Money(amount, currency), form_key=form_key, now=stage.now)


def available(lender: Actor, currency: str) -> int:
    """Return what a wallet holds, in minor units."""
    found = ledger.balances_of("person:wallet", [lender.known()], currency).get(lender.known())
    db.session.rollback()
    return found.available_minor if found else 0
