"""Letters about cases: to who reported something, and to who appealed."""

from __future__ import annotations

from uuid import UUID

from marketplace.moderation import queries
from marketplace.moderation.events import DecisionEffective
from marketplace.moderation.forms import OUTCOME_LABELS
from marketplace.moderation.queries import CaseRow
from marketplace.moderation.states import CaseKind
from marketplace.notifications import letters
from marketplace.web.locale import _l


def on_decided(event: DecisionEffective) -> None:
    """Tell everybody who reported it with a name, or its owner who appealed, what was decided."""
    case = queries.case(event.case_id)
    if case is None:
        return
    if case.kind == CaseKind.REPORT:
        for report in queries.reports_of(case.id):
            if report.reporter_id is not None:
                _send("report_decided", report.reporter_id, "/moderation-log", event, case)
    elif case.kind == CaseKind.APPEAL:
        _send("appeal_decided", case.owner_id, "/my/decisions", event, case)


def _send(letter: str, to: UUID, action: str, event: DecisionEffective, case: CaseRow) -> None:
    letters.send(
        to,
        letter,
        f"{letter}:{event.decision_id}:{to}",
        action=action,
        label=_l("See the decision"),
        title=case.title,
        outcome=str(OUTCOME_LABELS[event.outcome][0]),
        words=event.words,
    )
