"""What the page of a loan says of giving it up: the form, the proposal that waits, the outcome."""

from __future__ import annotations

from typing import Any

from wtforms import SelectField, TextAreaField

from marketplace.loans.forms.write_off_words import REASONS
from marketplace.loans.queries import write_offs
from marketplace.loans.queries.waivers import ServedLoan
from marketplace.loans.queries.write_offs import WriteOff
from marketplace.loans.replay.position import Position
from marketplace.loans.states import LoanState
from marketplace.web.forms import Form
from marketplace.web.guards import me
from marketplace.web.locale import _, _l


class WriteOffForm(Form):
    """Give the loan up, for this reason. Other forms of the page have a note and a reason, too."""

    write_off_reason = SelectField(_l("Why nobody counts on it any more"), validate_choice=False)
    write_off_note = TextAreaField(_l("What was tried, and how you know"))


def panel(loan: ServedLoan, position: Position, form: WriteOffForm | None) -> dict[str, Any]:
    """Return what the page shows; the form only where it may be proposed."""
    told = write_offs.of_loan(loan.id)
    waiting = next((one for one in told if one.decided_at is None), None)
    agreed = next((one for one in told if one.agreed), None)
    form = form or WriteOffForm(formdata=None)
    form.write_off_reason.choices = [
        ("", _("Choose")),
        *((key, str(words)) for key, words in REASONS.items()),
    ]
    is_open = loan.state == LoanState.ACTIVE and position.outstanding.is_positive
    return {
        "waiting": _told(waiting) if waiting else None,
        "agreed": _told(agreed) if agreed else None,
        "refused": [_told(one) for one in told if one.agreed is False],
        "outstanding": position.outstanding,
        "form": form if is_open and not waiting and not agreed else None,
    }


def _told(one: WriteOff) -> dict[str, Any]:
    return {
        "ref": one.ref,
        "amount": one.amount,
        "recovered": one.recovered,
        "left": one.amount - one.recovered,
        "reason": str(REASONS[one.reason]),
        "note": one.note,
        "proposer": one.proposer,
        "decider": one.decider or "",
        "decided_at": one.decided_at,
        "mine": one.proposed_by == me().known(),
    }
