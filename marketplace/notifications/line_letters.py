"""Letters about credit lines: granted, changed by an officer, and the monthly statement."""

from __future__ import annotations

from typing import Final

from marketplace.kernel import clock
from marketplace.loans import events
from marketplace.loans.queries import credit_lines, line_statements
from marketplace.notifications import letters
from marketplace.web.locale import _l

_LETTERS: Final = {
    "lower": "line_lowered",
    "freeze": "line_frozen",
    "thaw": "line_thawed",
    "close": "line_closed",
}


def on_granted(event: events.LineGranted) -> None:
    """Tell the borrower what may be drawn, and until when."""
    line = credit_lines.line(event.line_id, clock.today())
    letters.send(
        event.borrower_id,
        "line_granted",
        f"line_granted:{event.application_id}",
        action=f"/my/credit-lines/{line.ref}",
        label=_l("Open the credit line"),
        limit=line.limit,
        until=line.draw_until,
    )


def on_changed(event: events.LineChanged) -> None:
    """Tell the borrower what was decided, and why; what was drawn stays as agreed."""
    line = credit_lines.line(event.line_id, clock.today())
    letters.send(
        event.borrower_id,
        _LETTERS[event.move],
        f"line:{event.move}:{event.line_id}:{event.at.isoformat()}",
        action=f"/my/credit-lines/{line.ref}",
        label=_l("Open the credit line"),
        limit=line.limit,
        reason=event.reason,
    )


def on_statement(event: events.LineStatementWritten) -> None:
    """Tell the borrower what is due, and by when."""
    line = credit_lines.line(event.line_id, clock.today())
    found = line_statements.by_id(event.statement_id)
    letters.send(
        event.borrower_id,
        "line_statement",
        f"line_statement:{event.statement_id}",
        action=f"/my/credit-lines/{line.ref}/statements/{found.n}",
        label=_l("Read the statement"),
        on=found.closes_on,
        owed=found.figures.closing,
        due=found.figures.due,
        pay_by=found.pay_by,
    )
