"""A reviewer writes down what an appraiser's paper says; two people see it before it counts."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra import audit
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotAllowed, Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money
from marketplace.loans.models import Loan, LoanDocument
from marketplace.loans.queries import valuations as queries
from marketplace.loans.rules import reviewer_refusals
from marketplace.loans.services import claiming
from marketplace.loans.services.moving import locked_loan, once
from marketplace.loans.states import LOAN, LoanState
from marketplace.loans.valuation import Told, limit_refusals, told_refusals, valid_refusals

# From the request to the last cent: a value is looked at anew while the loan runs, too.
VALUED: Final = frozenset(
    {
        LoanState.SUBMITTED,
        LoanState.FIRST_PASSED,
        LoanState.OFFERED,
        LoanState.LISTED,
        LoanState.FUNDED,
        LoanState.DISBURSING,
        LoanState.ACTIVE,
    }
)
_RECORD: Final = """
    INSERT INTO loan_valuation (id, loan_id, document_id, form_key, appraiser, licence, method,
        value_minor, currency, haircut_bps, valued_on, valid_until, recorded_by, recorded_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@command
def record(
    actor: Actor, loan_id: UUID, told: Told, document_id: UUID, *, form_key: str, now: datetime
) -> UUID:
    """Write a valuation down, as a first reviewer, from a paper in the loan's file.

    Refused: an own loan, one on which this person decided as the second, one without collateral
    or with a colleague, and facts that cannot be, all at once. The same form again is the same
    valuation. Earlier ones stay; the newest by its own day counts.
    """
    once(actor.known(), form_key)
    if (same := queries.of_form(actor.known(), form_key)) is not None:
        return same
    loan = _valuable(actor, loan_id, now)
    worth, least = told.worth, loan.haircut_bps
    refuse_if(
        [
            *told_refusals(told, currency=loan.currency, haircut_min_bps=least, today=now.date()),
            *_paper_refusals(loan, document_id),
        ]
    )
    made = new_id()
    execute(
        _RECORD,
        (
            *(made, loan.id, document_id, form_key),
            *(told.appraiser.strip(), told.licence.strip(), told.method),
            *(worth.value.minor, worth.value.currency, worth.haircut_bps),
            *(worth.valued_on, worth.valid_until, actor.known(), now),
        ),
    )
    facts = {"value": str(worth.value), "haircut_bps": worth.haircut_bps}
    audit.record(actor, "valuation.record", "loan", loan.id, at=now, **facts)
    return made


@step
def pass_refusals(loan: Loan, *, now: datetime) -> list[Refusal]:
    """Return why a first reviewer cannot pass a case for its collateral's sake."""
    if not loan.collateral:
        return []
    found = queries.newest(loan.id)
    return valid_refusals(found.worth if found else None, now.date())


@step
def offer_refusals(loan: Loan, actor: Actor, amount: Money, *, now: datetime) -> list[Refusal]:
    """Return why so much cannot be offered: no valuation that holds, too much, or an own one."""
    if not loan.collateral:
        return []
    found = queries.newest(loan.id)
    worth = found.worth if found else None
    own = found is not None and found.recorded_by == actor.known()
    return [
        *valid_refusals(worth, now.date()),
        *limit_refusals(worth, amount, loan.ltv_max_bps),
        *([Refusal("valuation_same_person")] if own else []),
    ]


@step
def _valuable(actor: Actor, loan_id: UUID, now: datetime) -> Loan:
    if not actor.has("first_reviewer"):
        raise NotAllowed("review.first")
    loan = locked_loan(loan_id)
    refuse_if(
        reviewer_refusals(actor.known(), loan.borrower_id, None)
        or claiming.other_stage_refusals(loan, actor, "first")
    )
    if not loan.collateral:
        raise Refusal("collateral_none")
    state = LoanState(loan.state)
    if state not in VALUED:
        raise IllegalMove("loan", state.value, "value", LOAN.moves(state, by=()))
    claiming.insist_free(loan, actor, now=now)
    return loan


@step
def _paper_refusals(loan: Loan, document_id: UUID) -> list[Refusal]:
    paper = db.session.get(LoanDocument, document_id)
    if paper is None or paper.loan_id != loan.id or paper.removed_at is not None:
        return [Refusal("valuation_paper_missing", "paper")]
    return [Refusal("valuation_paper_marked", "paper")] if paper.marked_at is not None else []
