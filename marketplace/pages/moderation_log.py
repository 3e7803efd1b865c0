"""The public log: what our moderators decided, and the campaigns that were suspended or ended."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, request, url_for

from marketplace.campaigns.forms import RETURN_REASONS
from marketplace.campaigns.forms.suspending import REASON_LABELS
from marketplace.campaigns.queries import launching, suspensions
from marketplace.kernel.ids import public_id
from marketplace.moderation import forms, queries
from marketplace.moderation.queries import DecisionRow
from marketplace.web.guards import public
from marketplace.web.locale import _
from marketplace.web.page_cache import cached_for_visitors
from marketplace.web.rendering import page

bp = Blueprint("moderation_log", __name__)

SIZE: Final = 50


@bp.get("/moderation-log")
@public
@cached_for_visitors
def log() -> Response:
    """Show what was decided, newest first; nobody is named, and no draft either."""
    found = queries.public_log(_before(request.args.get("before", "")), SIZE + 1)
    shown = found[:SIZE]
    seen = launching.seen([row.subject_id for row in shown if row.subject_type == "campaign"])
    older = None
    if len(found) > SIZE and (last := shown[-1].took_effect_at):
        older = url_for("moderation_log.log", before=last.isoformat())
    return page(
        "pages/moderation_log.html",
        found=[_row(row, seen) for row in shown],
        suspended=suspensions.log(SIZE),
        reasons=REASON_LABELS,
        older=older,
    )


def _row(row: DecisionRow, seen: set[UUID]) -> dict[str, object]:
    """Return a decision; what nobody can see, or no more, is not named."""
    label, tone = forms.OUTCOME_LABELS[row.outcome]
    reasons = {**forms.REPORT_LABELS, **RETURN_REASONS, **REASON_LABELS}
    is_public = row.subject_id in seen and row.outcome in {"approve", "suspend"}
    return {
        "on": row.took_effect_at,
        "kind": forms.KIND_LABELS[row.kind],
        "about": row.title if is_public else forms.SUBJECT_LABELS[row.subject_type],
        "about_href": url_for("campaigns.project", ref=public_id("cmp", row.subject_id))
        if is_public
        else None,
        "decision": {"label": label, "tone": tone},
        "reason": reasons.get(row.code, "") if row.code else "",
        "appeal": _("Appealed") if row.appeal_case_id else "",
    }


def _before(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
