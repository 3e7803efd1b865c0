"""An officer sees to a loan that is late: says what was done, and when it is looked at again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.infra import audit
from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, Refusal
from marketplace.kernel.ids import new_id
from marketplace.loans.models import Loan
from marketplace.loans.queries import disbursing, history
from marketplace.loans.services.moving import locked_loan
from marketplace.loans.states import LoanState

NOTE_MAX: Final = 500
LATEST: Final = timedelta(days=31)
"""A late loan is looked at again within a month, whatever was agreed with its borrower."""


@command
def see_to(
    actor: Actor, loan_id: UUID, *, note: str, again_on: date, tell: bool, now: datetime
) -> None:
    """Write down what an officer did about a late loan; its open alerts are seen by that.

    `tell` lets the borrower read the note. Refused: a loan that is on time, an own case, no
    note, and a day to look again that is not within a month.
    """
    loan, words = locked_loan(loan_id), note.strip()
    _may_see_to(actor, loan)
    if loan.state != LoanState.ACTIVE or history.position(loan, now.date()).arrears.since is None:
        raise Refusal("arrears_none")
    if not words:
        raise Refusal("arrears_note_missing", "note")
    if len(words) > NOTE_MAX:
        raise Refusal("note_too_long", "note", most=NOTE_MAX)
    first, last = now.date() + timedelta(days=1), now.date() + LATEST
    if not first <= again_on <= last:
        raise Refusal("arrears_again_outside", "again_on", first=first, last=last)
    look = (new_id(), loan.id, words, tell, now.date(), now, actor.known(), again_on)
    execute(_LOOK, look)
    execute(_SEEN, (now, actor.known(), loan.id))
    audit.record(
        actor, "arrears.see_to", "loan", loan.id, at=now, again_on=again_on.isoformat(), told=tell
    )


_LOOK: Final = """
    INSERT INTO arrears_look (id, loan_id, note, is_told, seen_on, seen_at, seen_by, again_on)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_SEEN: Final = """
    UPDATE arrears_alert SET seen_at = %s, seen_by = %s
    WHERE loan_id = %s AND seen_at IS NULL AND kind IN ('T+1', 'T+3')
"""


def _may_see_to(actor: Actor, loan: Loan) -> None:
    if not actor.has("finance_officer"):
        raise NotAllowed("finance.decide")
    if actor.known() == loan.borrower_id or disbursing.lends(actor.known(), loan.id):
        raise Refusal("arrears_own_case")
