"""What was decided about a person's own things, and the way to another moderator."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.moderation import forms, queries, rules
from marketplace.moderation.forms import AppealForm
from marketplace.moderation.queries import DecisionRow
from marketplace.moderation.services import appealing
from marketplace.web.guards import me, signed_in
from marketplace.web.locale import _
from marketplace.web.rendering import done, page

bp = Blueprint("appealing", __name__, url_prefix="/my/decisions")


@bp.get("")
@signed_in
def decisions() -> Response:
    """List what was decided about the person's own things."""
    found = queries.decisions_against(me().known())
    return page(
        "pages/decisions.html",
        rows=[
            {
                "on": row.took_effect_at,
                "what": row.title,
                "decision": dict(
                    zip(("label", "tone"), forms.OUTCOME_LABELS[row.outcome], strict=True)
                ),
                "words": row.words,
                "appeal": _("Appealed") if row.appeal_case_id else _("Appeal"),
                "appeal_href": _place(row) if _is_open(row) else None,
            }
            for row in found
        ],
    )


@bp.get("/<ref>/appeal")
@signed_in
def appeal(ref: str) -> Response:
    """Ask why the decision was wrong."""
    return _show(_own(ref), AppealForm())


@bp.post("/<ref>/appeal")
@signed_in
def appealed(ref: str) -> Response:
    """Put the decision before another moderator."""
    found, form = _own(ref), AppealForm()
    if form.ready() and form.succeeds(
        lambda: appealing.appeal(me(), found.id, words=form.words.data or "", now=clock.now())
    ):
        said = _("Sent. Another moderator looks at it and decides.")
        return done(url_for("appealing.decisions"), said)
    return _show(found, form)


def _show(found: DecisionRow, form: AppealForm) -> Response:
    label, _tone = forms.OUTCOME_LABELS[found.outcome]
    return page(
        "pages/appeal.html",
        422 if form.failures else 200,
        d=found,
        ref=public_id("dec", found.id),
        form=form,
        outcome=label,
        is_open=_is_open(found),
    )


def _is_open(row: DecisionRow) -> bool:
    return row.appeal_case_id is None and not rules.appeal_refusals(
        outcome=row.outcome, took_effect_at=row.took_effect_at, words="-", now=clock.now()
    )


def _place(row: DecisionRow) -> str:
    return url_for("appealing.appeal", ref=public_id("dec", row.id))


def _own(ref: str) -> DecisionRow:
    found = queries.decision(parse_public_id("dec", ref))
    if found is None or found.owner_id != me().known() or found.took_effect_at is None:
        raise NotFound(ref)
    return found
