"""Letters before and after an instalment falls due: to its borrower, its lenders, the officers.

T-7 says what the bill said, so it is written only where no bill went out lately; T+1 is the
letter about a late bill (`loan_letters`), which waits for a saved card that may still pay.
"""

from __future__ import annotations

from typing import Final

from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.loans.forms.write_off_words import REASONS
from marketplace.loans.queries import arrears, write_offs
from marketplace.loans.queries.arrears import Alerted
from marketplace.notifications import letters
from marketplace.settlement.events import (
    DayClosed,
    InstalmentAlerted,
    LateLoansTold,
    LoanWrittenOff,
    LossTold,
)
from marketplace.web.locale import _l

_LETTERS: Final = {"T-7": "due_soon", "T-1": "due_soon", "T0": "due_today", "T+3": "still_late"}
_BILL_IS_NEWS_DAYS: Final = 3
_NAMED_MAX: Final = 10


def on_alert(event: InstalmentAlerted) -> None:
    """Remind the borrower; of what is paid meanwhile, or said by another letter, nobody is."""
    found = arrears.alerted(event.loan_id, event.n)
    if found is None or found.is_paid or not _is_news(found, event.kind):
        return
    letters.send(
        event.borrower_id,
        _LETTERS[event.kind],
        f"alert:{event.loan_id}:{event.n}:{event.kind}",
        action=f"/my/loans/{found.ref}",
        label=_l("Open your loan"),
        title=found.title,
        number=found.n,
        amount=found.amount,
        charges=found.charges if found.charges.is_positive else None,
        due=found.due_on,
    )


def on_late_loans(event: LateLoansTold) -> None:
    """Tell a lender once a day which loans have become late."""
    found = arrears.late_loans(event.lender_id, event.on)
    if not found:
        return
    letters.send(
        event.lender_id,
        "loans_late",
        f"loans_late:{event.lender_id}:{event.on}",
        action="/my/portfolio",
        label=_l("Open your portfolio"),
        count=len(found),
        named=[
            {"title": one.title, "due": one.due_on, "amount": one.outstanding}
            for one in found[:_NAMED_MAX]
        ],
        more=max(0, len(found) - _NAMED_MAX),
    )


def on_written_off(event: LoanWrittenOff) -> None:
    """Tell the borrower that being written off is not being let off."""
    found = write_offs.write_off(event.write_off_id)
    letters.send(
        event.borrower_id,
        "loan_written_off",
        f"written_off:{found.id}",
        action=f"/my/loans/{found.loan_ref}",
        label=_l("Open your loan"),
        title=found.title,
        amount=found.amount,
    )


def on_loss(event: LossTold) -> None:
    """Tell a lender what is lost, why, and what may still come."""
    found = write_offs.write_off(event.write_off_id)
    minor = write_offs.lost_by(event.lender_id, found.loan_id)
    letters.send(
        event.lender_id,
        "loss_booked",
        f"loss:{found.id}:{event.lender_id}",
        action="/my/portfolio",
        label=_l("Open your portfolio"),
        title=found.title,
        reason_words=REASONS[found.reason],
        amount=Money(minor, found.currency),
    )


def on_day_closed(event: DayClosed) -> None:
    """Tell the officers what has become late, on days on which something has."""
    found = arrears.newly_late(event.on)
    if not found:
        return
    letters.send_to_officers(
        "arrears_officers",
        f"arrears_officers:{event.on}",
        action="/staff/finance/overdue",
        label=_l("Open what is overdue"),
        day=event.on,
        count=sum(one.instalments for one in found),
        named=[{"kind": one.kind, "count": one.instalments, "amount": one.amount} for one in found],
    )


def _is_news(found: Alerted, kind: str) -> bool:
    if kind not in _LETTERS:
        return False
    if kind == "T+3":
        return found.late_told_at is not None
    ahead = (found.due_on - clock.today()).days
    if found.charged_by_card or ahead < 0 or (ahead == 0) != (kind == "T0"):
        return False  # the card pays, or the day has come meanwhile
    days_billed = (clock.now() - found.issued_at).days if found.issued_at else _BILL_IS_NEWS_DAYS
    return kind != "T-7" or days_billed >= _BILL_IS_NEWS_DAYS
