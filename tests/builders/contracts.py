"""What borrowers and officers do between a funded loan and its payout, by the commands they use."""

from __future__ import annotations

from uuid import UUID

from marketplace.contracts import queries as contracts
from marketplace.contracts.consents import Consent, How
from marketplace.contracts.services import signing
from marketplace.escrow.services import payees
from marketplace.identity import queries as identity
from marketplace.infra.database import column, db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import PersonId
from marketplace.loans.preconditions import unmet
from marketplace.loans.queries import disbursing as desk
from marketplace.loans.services import contracting, disbursing
from tests.builders.identity import an_actor

_TO_SIGN = """
    SELECT c.subject_id FROM contract c JOIN loan l ON l.id = c.subject_id
    WHERE c.state = 'drafted' AND l.state = 'funded' ORDER BY c.id
"""


def officers() -> tuple[Actor, Actor]:
    """Two finance officers, the first there are; who is missing is hired."""
    found = [one.as_actor() for one in identity.staff("finance_officer")]
    db.session.rollback()
    while len(found) < 2:
        found.append(an_actor(f"Finley Finance {len(found) + 1}", role="finance_officer"))
    return found[0], found[1]


def signed_by_borrower(loan_id: UUID) -> UUID:
    """Sign a drafted contract as the borrower, and have it sealed; its id comes back."""
    found = contracts.of_subject(loan_id)
    borrower = identity.person(PersonId(desk.case(loan_id).borrower_id))
    db.session.rollback()
    assert found is not None
    assert borrower is not None
    consent = Consent(How.HAND, clock.now(), "session", "address", found.document_hash)
    contracting.sign(borrower.as_actor(), loan_id, consent=consent, now=clock.now())
    signing.sweep()
    return found.id


def approved(loan_id: UUID) -> UUID:
    """Propose a payout as one officer and approve it as another; the proposal's id comes back."""
    maker, checker = officers()
    case = desk.case(loan_id)
    payees.refresh(case.borrower_id)
    shown = desk.case(loan_id).bound
    db.session.rollback()
    made = disbursing.propose(maker, loan_id, shown=shown, note="", now=clock.now())
    disbursing.approve(checker, made, now=clock.now())
    return made


def sign_all() -> None:
    """Let every borrower sign whose contract waits."""
    waiting: list[UUID] = column(_TO_SIGN)
    db.session.rollback()
    for loan_id in waiting:
        signed_by_borrower(loan_id)


def approve_all() -> None:
    """Let two officers approve every payout of which nothing is missing."""
    cases = [
        each
        for each in desk.queue(limit=500)
        if each.state == "funded" and not unmet(each, clock.today())
    ]
    tables = desk.on_the_table([each.id for each in cases])
    db.session.rollback()
    for each in cases:
        table = tables.get(each.id)
        if table is None or table.bound_hash != each.bound:
            approved(each.id)
