"""What people of the demo world do of their own accord, in the scripted year and after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from marketplace.demo import script
from marketplace.demo.stage import Stage, actor_of
from marketplace.infra.database import db, rows
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.loans.services import investing, paying, wallet

WALLETS: Final = "EUR"

_OPEN_BILLS: Final = """
    SELECT DISTINCT ON (b.loan_id) b.id, b.loan_id, b.borrower_id, b.n, b.due_on, l.title
    FROM bill b JOIN loan l ON l.id = b.loan_id JOIN person p ON p.id = b.borrower_id
    WHERE b.paid_at IS NULL AND p.email <> ALL(%s) AND p.email LIKE '%%@demo.example'
    ORDER BY b.loan_id, b.n
"""


@dataclass(frozen=True, slots=True)
class _OpenBill:
    id: UUID
    loan_id: UUID
    borrower_id: UUID
    n: int
    due_on: date
    title: str


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
    if kind == "stops" and number > int(count):
        return False
    if kind == "late" and number > 2:
        return late.days >= int(count)
    return late.days >= -phase


def lend(stage: Stage, lender: Actor, loan_id: UUID, amount: Money) -> UUID | None:
    """Lend from the wallet if it holds enough, else through the provider.

    Returns the checkout that is still to be paid, if there is one.
    """
    source = investing.commit_by_provider
    if available(lender, amount.currency) >= amount.minor:
        source = investing.commit_from_wallet
    try:
        placed = source(lender, loan_id, amount=amount, form_key=stage.form_key(), now=stage.now)
    except Refusal:
        return None  # somebody else was faster
    return placed.instruction_id


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
