"""The credit line of the demo world: granted in the last quarter, drawn on twice."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from itertools import cycle, islice
from typing import Final
from uuid import UUID

from marketplace.demo import application_acts, habits
from marketplace.demo.loan_acts import CHECKED
from marketplace.demo.stage import Agenda, Stage
from marketplace.infra.database import db
from marketplace.kernel.money import Money
from marketplace.loans.credit_lines import DrawWish
from marketplace.loans.queries import credit_lines
from marketplace.loans.rules import Request
from marketplace.loans.services import applying, drawing, offering, reviewing
from marketplace.risk.services import answering

_BORROWER: Final = "borrower-0"
_ASKED_ON: Final = 290
_DRAWS: Final = (
    (_ASKED_ON + 4, DrawWish(Money.of("3000", "EUR"), 12, "home", "New windows for two rooms")),
    (
        _ASKED_ON + 42,
        DrawWish(Money.of("1200", "EUR"), 6, "health", "Glasses and a dentist’s bill"),
    ),
)
_PARTS: Final = 6
_REQUEST: Final = Request(
    amount=Money.of("5000", "EUR"),
    instalments=12,
    purpose="home",
    title="For what comes up in an old house",
    story=(
        "The house is from 1926 and something always needs doing. I would rather have a limit I"
        " can draw on when the roofer comes than borrow it all at once and pay interest for it."
    ),
    employment="employed",
    employed_years=9,
    housing="own",
    income=Money.of("3600", "EUR"),
    obligations=Money.of("900", "EUR"),
    product="line",
)


def stage_line(stage: Stage, on_day: Agenda) -> None:
    """Put the line on the agenda: the request, both reviews, the grant, and each draw."""
    on_day(_ASKED_ON, partial(_apply, stage, on_day))


def _apply(stage: Stage, on_day: Agenda) -> None:
    borrower = stage.cast[_BORROWER]
    loan_id = applying.draft(borrower, _REQUEST, form_key=stage.form_key(), now=stage.now)
    application_acts.tell_all(stage, borrower, loan_id, 0)
    applying.submit(borrower, loan_id, now=stage.now)
    on_day(_ASKED_ON + 1, partial(_review, stage, loan_id))
    on_day(_ASKED_ON + 2, partial(_offer, stage, loan_id))
    on_day(_ASKED_ON + 3, partial(_accept, stage, on_day, loan_id))


def _review(stage: Stage, loan_id: UUID) -> None:
    answering.fetch_due()
    reviewer, notes = stage.cast["first_reviewer"], "Papers seen. The first loan is paid on time."
    reviewing.pass_on(reviewer, loan_id, checked=CHECKED, notes=notes, now=stage.now)


def _offer(stage: Stage, loan_id: UUID) -> None:
    reviewing.offer(
        stage.cast["second_reviewer"],
        loan_id,
        grade="B",
        annual_rate=Decimal("0.069"),
        reasons=("income_steady", "record_clean"),
        notes="Agree. Even the whole limit over a year fits the income.",
        deviation="Nine years with one employer, and a loan here that is paid on time.",
        now=stage.now,
    )


def _accept(stage: Stage, on_day: Agenda, loan_id: UUID) -> None:
    offering.accept(stage.cast[_BORROWER], loan_id, now=stage.now)
    line_id = credit_lines.of_application(loan_id)
    db.session.rollback()
    if line_id is None:
        raise LookupError(str(loan_id))
    for day, wish in _DRAWS:
        on_day(day, partial(_draw, stage, line_id, wish))


def _draw(stage: Stage, line_id: UUID, wish: DrawWish) -> None:
    borrower = stage.cast[_BORROWER]
    made = drawing.draw(borrower, line_id, wish, form_key=stage.form_key(), now=stage.now)
    parts = wish.amount.split([1] * _PARTS)
    for key, part in zip(islice(cycle(stage.keys("lender")), _PARTS), parts, strict=True):
        stage.pass_minutes(0, 4)
        checkout_id = habits.lend(stage, stage.cast[key], made, part)
        if checkout_id is not None:
            stage.pay(checkout_id)
