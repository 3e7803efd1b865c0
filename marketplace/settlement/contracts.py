"""Contracts that wait: drafted where that was missed; undone if unsigned in time, or called off."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from marketplace.infra.commands import rehearsing
from marketplace.infra.logs import log
from marketplace.kernel.errors import Broken
from marketplace.loans.queries import agreements
from marketplace.loans.services import contracting, disbursing
from marketplace.settlement import giving_back
from marketplace.settlement.lines import Line

BATCH: Final = 500


def look_after(now: datetime) -> list[Line]:
    """Draft what has no contract, end proposals nobody decided on, undo what nobody signed."""
    disbursing.expire_due(now)
    if not rehearsing():  # a draft writes a file, which no rollback takes back
        _draft_missing(now)
    lines: list[Line] = []
    for loan_id in agreements.unsigned(now, BATCH):
        lines += giving_back.undo_lending(loan_id, now, reason="borrower_unsigned")
    for loan_id in agreements.called_off(BATCH):
        lines += giving_back.undo_lending(loan_id, now, reason="called_off")
    return lines


def _draft_missing(now: datetime) -> None:
    """A loan whose parts do not add up is named and left; the others go on."""
    for loan_id in agreements.to_be_drafted(BATCH):
        try:
            contracting.draft(loan_id, now)
        except Broken as trouble:
            log("settlement").error("no contract", loan=str(loan_id), why=str(trouble))
