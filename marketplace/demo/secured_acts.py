"""What stands behind the secured loans of the demo world: told, valued, registered."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from marketplace.demo.script import Borrowing
from marketplace.demo.stage import Stage
from marketplace.infra.database import db
from marketplace.kernel.days import add_months
from marketplace.kernel.money import Money
from marketplace.loans.answers import Collateral
from marketplace.loans.queries import applications, reviews
from marketplace.loans.queries import documents as papers
from marketplace.loans.services import registering, valuing
from marketplace.loans.valuation import VALID_MONTHS_MAX, Told, Worth

_APPRAISER, _LICENCE, _METHOD = "Wendt & Aydın, appraisers", "IHK 2291", "price_guide"
_APPRAISED_BEFORE: Final = timedelta(days=5)


def told(script: Borrowing) -> Collateral | None:
    """Return what a borrower says of the collateral, if the loan has one."""
    pledged = script.collateral
    if pledged is None:
        return None
    return Collateral(
        kind="vehicle",
        description=pledged.what,
        value=Money.of(str(pledged.worth), script.currency),
        owner="borrower",
        office=pledged.office,
        number=pledged.number,
    )


def value(stage: Stage, loan_id: UUID) -> None:
    """Let the first reviewer write down what the appraiser's paper says, for a year."""
    pledged, case = applications.application(loan_id).pledged, reviews.case(loan_id)
    appraisal = next(one for one in papers.documents(loan_id) if one.kind == "collateral_value")
    db.session.rollback()
    valued_on = (appraisal.uploaded_at - _APPRAISED_BEFORE).date()
    until = add_months(valued_on, VALID_MONTHS_MAX)
    worth = Worth(pledged.value, case.haircut_bps, valued_on, until)
    valuing.record(
        stage.cast["first_reviewer"],
        loan_id,
        Told(_APPRAISER, _LICENCE, _METHOD, worth),
        appraisal.id,
        form_key=stage.form_key(),
        now=stage.now,
    )


def register(stage: Stage, loan_id: UUID) -> None:
    """Let one finance officer write the registration down, and another look it up."""
    pledged = applications.application(loan_id).pledged
    db.session.rollback()
    registering.record(
        stage.cast["finance_officer"],
        loan_id,
        office=pledged.office,
        number=pledged.number,
        on=stage.now.date(),
        now=stage.now,
    )
    stage.pass_minutes()
    checker = stage.cast["finance_officer_2"]
    registering.check(checker, loan_id, number=pledged.number, now=stage.now)
