"""Letters to reviewers about the cases they have taken."""

from __future__ import annotations

from marketplace.kernel.ids import public_id
from marketplace.loans.queries import reviews
from marketplace.notifications import letters
from marketplace.risk.events import RiskReported
from marketplace.web.locale import _l


def on_reported(event: RiskReported) -> None:
    """Tell whoever has the case that its risk report is there: until now it could not be passed.

    A case nobody has taken shows it in the queue.
    """
    held = reviews.claim(event.subject_id)
    if held is None:
        return
    case = reviews.case(event.subject_id)
    stage = "second" if case.state == reviews.STATES["second"] else "first"
    letters.send(
        held.person_id,
        "risk_reported",
        f"risk_reported:{event.report_id}",
        action=f"/staff/reviews/{stage}/{public_id('ln', event.subject_id)}",
        label=_l("Open the case"),
        title=case.title,
    )
