"""What borrowers, reviewers and lenders do in the demo world."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID

from marketplace.demo import application_acts, habits, secured_acts, slip_acts
from marketplace.demo.script import Borrowing
from marketplace.demo.stage import WORLD_DAYS, Agenda, Stage
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.loans.four_eyes import OVERRULED, REFERRED
from marketplace.loans.queries import limits
from marketplace.loans.rules import CHECKLIST, Request
from marketplace.loans.services import applying, offering, questions, reviewing, wallet
from marketplace.risk.services import answering

_LENDERS: Final = (4, 8)
_SECOND_TOP_UP: Final = (90, 260)
_WITHDRAWS_EVERY: Final = 5
_WITHDRAWAL_DAYS: Final = (160, 310)
_WITHDRAWN_SHARE: Final = 3
# Most lenders send home what came back every eight weeks; for every fourth the house does it.
_SENDS_HOME_EVERY_DAYS, _LEAVES_IT_EVERY = 56, 4
_LEFT_EVERY: Final = 31
_ROUND: Final = 2500  # lenders think in quarter hundreds
# The lender one can sign in as takes a small part of every second loan, and of those that fail.
_VISITOR, _VISITOR_EVERY, _VISITOR_WEIGHT = "lender-0", 2, 1
_FUNDING_DAYS: Final = (2, 9)
_COMPLETED_AFTER: Final = 3  # days; whoever left the provider's page has come back
_EXPIRED_SHARE: Final = Decimal("0.42")
_OPEN_SHARES: Final = ("0.12", "0.35", "0.58", "0.74", "0.91")
# Whose borrowers tell no bank account when they accept.
_WITHOUT_BANK: Final = ("funded", "prepared")
_DECLINE_CODE: Final = "purpose_unclear"
_REASONS: Final[dict[str, tuple[str, ...]]] = {
    "A": ("income_steady", "burden_low", "record_clean"),
    "B": ("income_steady", "burden_low"),
    "C": ("income_steady", "record_short"),
    "D": ("purpose_lasting", "burden_high"),
    "E": ("income_irregular", "burden_high"),
    "F": ("income_irregular", "amount_large", "record_short"),
}
CHECKED: Final = (*CHECKLIST, REFERRED, OVERRULED)
# Every fourth borrower takes less too; every third is asked something, and answers.
_LESS_EVERY, _ASKED_EVERY = 4, 3
_QUESTION: Final = "What happens if it costs more than you think today?"
_ANSWER: Final = (
    "Then I pay the difference from what I have saved. The offer I have is a fixed price until"
    " the end of next month."
)
_FIRST_NOTES: Final = "Papers seen and consistent with what was stated. Purpose is plausible."
_SECOND_NOTES: Final = "Agree with the first review. The instalment fits the income."
_DEVIATION: Final = "The papers show the income more clearly than the account does."


class LoanActs:
    """All loans of the world, and the wallets they are paid from."""

    def __init__(self, stage: Stage, on_day: Agenda) -> None:
        self._stage = stage
        self._on_day = on_day
        self._waiting = -1

    def stage_borrowing(self, script: Borrowing, number: int) -> None:
        """Put everything that happens around one request on the agenda."""
        self._on_day(script.day, partial(self._apply, script, number))

    def stage_wallets(self) -> None:
        """Let the lenders pay in what they want to lend, and draw some of it later."""
        dice, lenders = self._stage.dice, self._stage.keys("lender")
        for number, key in enumerate(lenders):
            for day in (0, dice.randint(*_SECOND_TOP_UP)):
                amount = Money.of(str(dice.randrange(1500, 6000, 250)), habits.WALLETS)
                self._on_day(day, partial(self._top_up, key, amount))
            for day, share in _withdrawals(number):
                self._on_day(day, partial(self._withdraw, key, share))

    def _top_up(self, key: str, amount: Money) -> None:
        stage = self._stage
        stage.pass_minutes(0, 2)
        order_id = wallet.top_up(
            stage.cast[key], amount=amount, form_key=stage.form_key(), now=stage.now
        )
        instruction_id = wallet.instruction_of(order_id)
        db.session.rollback()
        if instruction_id is not None:
            stage.pay(instruction_id)

    def _withdraw(self, key: str, share: int) -> None:
        self._stage.onboard(self._stage.cast[key])
        self._stage.settle()
        habits.withdraw(self._stage, self._stage.cast[key], habits.WALLETS, share)

    def _apply(self, script: Borrowing, number: int) -> None:
        stage = self._stage
        borrowers = stage.keys("borrower")
        borrower = stage.cast[script.by or borrowers[number % len(borrowers)]]
        asked = _request(script, number)
        loan_id = applying.draft(borrower, asked, form_key=stage.form_key(), now=stage.now)
        stage.pass_minutes()
        if script.end == "draft":
            return
        pledged = secured_acts.told(script)
        application_acts.tell_all(stage, borrower, loan_id, number, pledged)
        applying.submit(borrower, loan_id, now=stage.now)
        if script.end == "submitted":
            self._waiting += 1
            application_acts.write_about(stage, borrower, loan_id, self._waiting)
            return
        if script.end == "withdrawn":
            self._on_day(
                script.day + 1, lambda: applying.withdraw(borrower, loan_id, now=stage.now)
            )
            return
        self._on_day(script.day + 1, partial(self._first_review, script, number, loan_id, borrower))

    def _first_review(self, script: Borrowing, number: int, loan_id: UUID, borrower: Actor) -> None:
        stage, reviewer = self._stage, self._stage.cast["first_reviewer"]
        answering.fetch_due()  # what the worker does within the minute
        if script.end == "declined":
            reviewing.decline(
                reviewer,
                loan_id,
                reason_code=_DECLINE_CODE,
                notes="Not something a lender could understand.",
                now=stage.now,
            )
            return
        if script.collateral is not None:
            secured_acts.value(stage, loan_id)
        reviewing.pass_on(reviewer, loan_id, checked=CHECKED, notes=_FIRST_NOTES, now=stage.now)
        if script.end != "first_passed":
            self._on_day(
                script.day + 2, partial(self._second_review, script, number, loan_id, borrower)
            )

    def _second_review(
        self, script: Borrowing, number: int, loan_id: UUID, borrower: Actor
    ) -> None:
        stage = self._stage
        reviewing.offer(
            stage.cast["second_reviewer"],
            loan_id,
            grade=script.grade,
            annual_rate=Decimal(script.rate) / 100,
            reasons=_REASONS[script.grade],
            notes=_SECOND_NOTES,
            amount=Money.of(str(script.lent), script.currency),
            deviation=_DEVIATION,
            counter_code=script.counter or None,
            now=stage.now,
        )
        if script.end != "offered":
            self._on_day(script.day + 3, partial(self._accept, script, number, loan_id, borrower))

    def _accept(self, script: Borrowing, number: int, loan_id: UUID, borrower: Actor) -> None:
        stage = self._stage
        if script.end not in _WITHOUT_BANK:
            stage.onboard(borrower)
        least = limits.least_of(loan_id) if number % _LESS_EVERY == 0 else None
        db.session.rollback()
        offering.accept(borrower, loan_id, take_least=least, now=stage.now)
        if number % _ASKED_EVERY == 0:
            self._on_day(script.day + 4, partial(self._ask, loan_id, borrower))
        self._plan_ahead(script, loan_id, borrower)
        wanted = Money.of(str(script.lent), script.currency).times(_share(script, number))
        weights = [stage.dice.randint(2, 7) for _ in range(stage.dice.randint(*_LENDERS))]
        days = script.funded_in or stage.dice.randint(*_FUNDING_DAYS)
        days = min(days, habits.days_to_fund(stage, loan_id) - _COMPLETED_AFTER - 1)
        visited = number % _VISITOR_EVERY == 0 or script.habit.startswith("stops")
        parts = _parts(wanted, [_VISITOR_WEIGHT, *weights] if visited else weights)
        for position, part in enumerate(parts):
            later = script.day + 3 + stage.dice.randint(0, days)
            drawn = stage.dice.choice([key for key in stage.keys("lender") if key != _VISITOR])
            lender = _VISITOR if visited and position == 0 else drawn
            self._on_day(later, partial(self._lend, loan_id, lender, part))
        if script.end in {"", *_WITHOUT_BANK}:
            done = script.day + 3 + days + _COMPLETED_AFTER
            self._on_day(done, partial(self._complete, loan_id, script.currency))

    def _plan_ahead(self, script: Borrowing, loan_id: UUID, borrower: Actor) -> None:
        """Put on the agenda what happens to some loans only, once they are funded."""
        stage, on_day = self._stage, self._on_day
        if script.collateral is not None:
            on_day(script.day + 4, partial(secured_acts.register, stage, loan_id))
        if script.slip_day:
            on_day(script.slip_day, partial(slip_acts.show, stage, on_day, borrower, loan_id))
        if script.end == "prepared":
            on_day(WORLD_DAYS, partial(self._prepare_payout, borrower))

    def _prepare_payout(self, borrower: Actor) -> None:
        """Tell the bank account at last; one officer proposes the payout, the other may decide."""
        stage = self._stage
        stage.onboard(borrower)
        stage.settle()
        habits.propose_payouts(stage, stage.cast["finance_officer"])

    def _complete(self, loan_id: UUID, currency: str) -> None:
        """Lend what is missing, day by day: somebody's part was refused, or never paid."""
        left = habits.left_of(loan_id, currency)
        if left is None:
            return
        if left.minor:
            lenders = [key for key in self._stage.keys("lender") if key != _VISITOR]
            self._lend(loan_id, self._stage.dice.choice(lenders), left)
        self._on_day(self._stage.day + 1, partial(self._complete, loan_id, currency))

    def _ask(self, loan_id: UUID, borrower: Actor) -> None:
        stage = self._stage
        asker = stage.cast[next(key for key in stage.keys("lender") if key != _VISITOR)]
        try:
            asked = questions.ask(
                asker, loan_id, _QUESTION, form_key=stage.form_key(), now=stage.now
            )
        except Refusal:
            return  # funded already: nobody asks any more
        stage.pass_minutes()
        questions.answer(borrower, asked, _ANSWER, now=stage.now)

    def _lend(self, loan_id: UUID, lender: str, amount: Money) -> None:
        stage = self._stage
        stage.pass_minutes(0, 4)
        checkout_id = habits.lend(stage, stage.cast[lender], loan_id, amount)
        if checkout_id is None:
            return
        if stage.every(_LEFT_EVERY):
            # Whoever leaves the provider's page comes back when the part is free again.
            stage.leave(checkout_id)
            self._on_day(stage.day + 2, partial(self._lend, loan_id, lender, amount))
            return
        stage.pay(checkout_id)


def _withdrawals(number: int) -> Iterator[tuple[int, int]]:
    """Yield on which days a lender withdraws what share, one of so many, of the wallet."""
    if number % _WITHDRAWS_EVERY == 0:
        yield from ((day + number // 5, _WITHDRAWN_SHARE) for day in _WITHDRAWAL_DAYS)
    if number % _LEAVES_IT_EVERY:
        first = _SENDS_HOME_EVERY_DAYS + number
        yield from ((day, 1) for day in range(first, WORLD_DAYS, _SENDS_HOME_EVERY_DAYS))


def _share(script: Borrowing, number: int) -> Decimal:
    if script.end == "expired":
        return _EXPIRED_SHARE
    if script.end == "open":
        return Decimal(_OPEN_SHARES[number * 2 % len(_OPEN_SHARES)])
    return Decimal(1)


def _parts(amount: Money, weights: list[int]) -> list[Money]:
    """Return `amount` in round parts; what does not fit goes to the last."""
    whole, rest = divmod(amount.minor, _ROUND)
    shares = Money(whole, amount.currency).split(weights)
    parts = [Money(share.minor * _ROUND, amount.currency) for share in shares if share.minor]
    parts[-1] += Money(rest, amount.currency)
    return parts


def _request(script: Borrowing, number: int) -> Request:
    return Request(
        amount=Money.of(str(script.amount), script.currency),
        instalments=script.months,
        purpose=script.purpose,
        title=script.title,
        story=script.story,
        employment=script.work,
        employed_years=script.years or 1 + number * 7 % 19,
        housing=script.housing,
        income=Money.of(str(script.income), script.currency),
        obligations=Money.of(str(script.obligations), script.currency),
        product=script.product,
    )
