"""What borrowers, reviewers and lenders do in the demo world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID

from marketplace.demo.script import Borrowing
from marketplace.demo.stage import Stage
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.loans.queries import borrower as borrowing_queries
from marketplace.loans.queries import orders
from marketplace.loans.rules import CHECKLIST, Request
from marketplace.loans.services import applying, investing, offering, paying, reviewing, wallet

Agenda = Callable[[int, Callable[[], None]], None]

_LENDERS: Final = (4, 8)
_FUNDING_DAYS: Final = (2, 9)
_EXPIRED_SHARE: Final = Decimal("0.42")
_OPEN_SHARES: Final = ("0.12", "0.35", "0.58", "0.74", "0.91")
_DECLINE_CODE: Final = "purpose_unclear"
_REASONS: Final[dict[str, tuple[str, ...]]] = {
    "A": ("income_steady", "burden_low", "record_clean"),
    "B": ("income_steady", "burden_low"),
    "C": ("income_steady", "record_short"),
    "D": ("purpose_lasting", "burden_high"),
    "E": ("income_irregular", "burden_high"),
    "F": ("income_irregular", "amount_large", "record_short"),
}
_FIRST_NOTES: Final = "Papers seen and consistent with what was stated. Purpose is plausible."
_SECOND_NOTES: Final = "Agree with the first review. The instalment fits the income."
_EMPLOYMENTS: Final = ("employed", "self_employed", "civil_service", "employed")
_HOUSINGS: Final = ("rent", "own", "rent", "family")


class LoanActs:
    """All loans of the world, and who still has bills to pay."""

    def __init__(self, stage: Stage, on_day: Agenda) -> None:
        self._stage = stage
        self._on_day = on_day
        self._payers: list[tuple[UUID, Actor, str]] = []

    def stage_borrowing(self, script: Borrowing, number: int) -> None:
        """Put everything that happens around one request on the agenda."""
        self._on_day(script.day, partial(self._apply, script, number))

    def fill_wallets(self) -> None:
        """Let the lenders pay in what they want to lend."""
        for key, lender in self._stage.cast.items():
            if key.startswith("lender"):
                amount = Money.of(str(self._stage.dice.randrange(1500, 6000, 250)), "EUR")
                form_key, now = self._stage.form_key(), self._stage.now
                order_id = wallet.top_up(lender, amount=amount, form_key=form_key, now=now)
                order = orders.order(order_id, lender.known())
                if order.instruction_id is not None:
                    self._stage.pay(order.instruction_id)

    def pay_bills(self, today: date) -> None:
        """Let every borrower do what their habit says about each open bill."""
        for loan_id, borrower, habit in self._payers:
            for bill in borrowing_queries.open_bills(loan_id)[:1]:
                if pays(habit, bill.n, today - bill.due_on, loan_id.int % 4):
                    self._stage.pass_minutes()
                    self._stage.pay(paying.open_checkout(borrower, bill.id, now=self._stage.now))

    def _apply(self, script: Borrowing, number: int) -> None:
        stage = self._stage
        borrower = stage.cast[f"borrower-{number % _count(stage, 'borrower')}"]
        asked = _request(script, number)
        loan_id = applying.draft(borrower, asked, form_key=stage.form_key(), now=stage.now)
        stage.pass_minutes()
        applying.submit(borrower, loan_id, now=stage.now)
        if script.end == "submitted":
            return
        if script.end == "withdrawn":
            self._on_day(
                script.day + 1, lambda: applying.withdraw(borrower, loan_id, now=stage.now)
            )
            return
        self._on_day(script.day + 1, partial(self._first_review, script, loan_id, borrower))

    def _first_review(self, script: Borrowing, loan_id: UUID, borrower: Actor) -> None:
        stage, reviewer = self._stage, self._stage.cast["first_reviewer"]
        if script.end == "declined":
            reviewing.decline(
                reviewer,
                loan_id,
                reason_code=_DECLINE_CODE,
                notes="Not something a lender could understand.",
                now=stage.now,
            )
            return
        reviewing.pass_on(reviewer, loan_id, checked=CHECKLIST, notes=_FIRST_NOTES, now=stage.now)
        if script.end != "first_passed":
            self._on_day(script.day + 2, partial(self._second_review, script, loan_id, borrower))

    def _second_review(self, script: Borrowing, loan_id: UUID, borrower: Actor) -> None:
        stage = self._stage
        reviewing.offer(
            stage.cast["second_reviewer"],
            loan_id,
            grade=script.grade,
            annual_rate=Decimal(script.rate) / 100,
            reasons=_REASONS[script.grade],
            notes=_SECOND_NOTES,
            now=stage.now,
        )
        if script.end != "offered":
            self._on_day(script.day + 3, partial(self._accept, script, loan_id, borrower))

    def _accept(self, script: Borrowing, loan_id: UUID, borrower: Actor) -> None:
        stage = self._stage
        stage.onboard(borrower)
        offering.accept(borrower, loan_id, now=stage.now)
        amount = Money.of(str(script.amount), script.currency)
        wanted = amount.times(_share(script, loan_id))
        lenders = stage.dice.randint(*_LENDERS)
        days = stage.dice.randint(*_FUNDING_DAYS)
        for part in wanted.split([stage.dice.randint(2, 7) for _ in range(lenders)]):
            later = script.day + 3 + stage.dice.randint(0, days)
            self._on_day(later, partial(self._lend, loan_id, part))
        if not script.end:
            self._payers.append((loan_id, borrower, script.habit))

    def _lend(self, loan_id: UUID, amount: Money) -> None:
        stage = self._stage
        stage.pass_minutes()
        lender = stage.dice.choice(
            [actor for key, actor in stage.cast.items() if key.startswith("lender")]
        )
        try:
            if amount.currency == "EUR" and _available(lender, amount) >= amount.minor:
                investing.commit_from_wallet(
                    lender, loan_id, amount=amount, form_key=stage.form_key(), now=stage.now
                )
                return
            placed = investing.commit_by_provider(
                lender, loan_id, amount=amount, form_key=stage.form_key(), now=stage.now
            )
        except Refusal:
            return  # somebody else was faster
        if placed.instruction_id is not None:
            stage.pay(placed.instruction_id)


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


def _share(script: Borrowing, loan_id: UUID) -> Decimal:
    if script.end == "expired":
        return _EXPIRED_SHARE
    if script.end == "open":
        return Decimal(_OPEN_SHARES[loan_id.int % len(_OPEN_SHARES)])
    return Decimal(1)


def _available(lender: Actor, amount: Money) -> int:
    balance = ledger.balances_of("person:wallet", [lender.known()]).get(lender.known())
    return balance.available_minor if balance and balance.currency == amount.currency else 0


def _count(stage: Stage, kind: str) -> int:
    return sum(key.startswith(f"{kind}-") for key in stage.cast)


def _request(script: Borrowing, number: int) -> Request:
    return Request(
        amount=Money.of(str(script.amount), script.currency),
        term_months=script.months,
        purpose=script.purpose,
        title=script.title,
        story=script.story,
        employment=_EMPLOYMENTS[number % len(_EMPLOYMENTS)],
        employed_years=1 + number * 7 % 19,
        housing=_HOUSINGS[number % len(_HOUSINGS)],
        income=Money.of(str(script.income), script.currency),
        obligations=Money.of(str(script.obligations), script.currency),
    )
