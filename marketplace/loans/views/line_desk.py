"""The desk of credit lines: every line, and one with what officers may do about it."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.kernel.money import Money
from marketplace.loans.forms import line_words
from marketplace.loans.forms.drawing import LineDecisionForm
from marketplace.loans.queries import credit_lines
from marketplace.loans.queries.credit_lines import PREFIX, Line
from marketplace.loans.services import granting
from marketplace.loans.states import CREDIT_LINE, LineState
from marketplace.loans.views import line_figures
from marketplace.loans.views.blueprint import bp
from marketplace.web import csv_answer
from marketplace.web.csv_answer import Table
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.get("/staff/credit-lines")
@requires("line.see")
def line_desk() -> Response:
    """List everybody's lines with what of each is taken."""
    wish = request.args.get("state", "")
    state = wish if wish in line_words.STATES else ""
    table = _table(state)
    if csv_answer.wanted():
        return csv_answer.csv_answer(table)
    doors = [("", _("All")), *line_words.STATES.items()]
    return page(
        "loans/line_desk.html",
        table=table,
        csv_href=csv_answer.here(),
        doors=[
            {
                "label": label,
                "href": url_for("loans.line_desk", state=key or None),
                "current": key == state,
            }
            for key, label in doors
        ],
    )


@bp.get("/staff/credit-lines/<string:ref>")
@requires("line.see")
def line_case(ref: str) -> Response:
    """Show one line, with the decisions beside it."""
    return _show(_line(ref), None, 200)


@bp.post("/staff/credit-lines/<string:ref>")
@requires("line.decide")
def decide_on_line(ref: str) -> Response:
    """Lower the limit, freeze the line, open it again, or close it: the button says which."""
    move = request.form.get("move", "")
    if move not in line_words.ACTS:
        raise NotFound(move)
    line, form = _line(ref), LineDecisionForm()
    form.limit.currency = line.currency
    if form.ready() and form.succeeds(lambda: _decide(line, move, form)):
        return done(url_for("loans.line_case", ref=ref), str(line_words.MOVES[move]))
    return _show(line, form, 422)


def _decide(line: Line, move: str, form: LineDecisionForm) -> None:
    reason, now = form.reason.data or "", clock.now()
    if move == "lower":
        to = form.limit.money or Money.zero(line.currency)
        granting.lower(me(), line.id, to=to, reason=reason, now=now)
    else:
        granting.decide(me(), line.id, move, reason=reason, now=now)


def _table(state: str) -> Table:
    found = credit_lines.lines(clock.today(), state=state)
    return Table(
        name="credit-lines",
        caption=_("Credit lines"),
        columns=[
            {"key": "borrower", "label": _("Borrower")},
            {"key": "grade", "label": _("Grade")},
            {"key": "limit", "label": _("Limit"), "kind": "money"},
            {"key": "used", "label": _("Used"), "kind": "money"},
            {"key": "under_way", "label": _("Under way"), "kind": "money"},
            {"key": "available", "label": _("Available"), "kind": "money"},
            {"key": "draw_until", "label": _("May be drawn until"), "kind": "date"},
            {"key": "late", "label": _("Arrears"), "kind": "tag"},
            {"key": "state", "label": _("State"), "kind": "tag"},
        ],
        rows=[_row(one) for one in found],
    )


def _row(line: Line) -> dict[str, Any]:
    use = line.use
    return {
        "borrower": line.borrower_name,
        "borrower_href": url_for("loans.line_case", ref=line.ref),
        "grade": line.grade,
        "limit": line.limit,
        "used": use.used,
        "under_way": use.under_way,
        "available": use.available,
        "draw_until": line.draw_until,
        "late": {"label": _("Late"), "tone": "bad"} if line.is_late else None,
        "state": {"label": line_words.STATES[line.state], "tone": line_words.TONES[line.state]},
    }


def _show(line: Line, refused: LineDecisionForm | None, status: int) -> Response:
    """Show a line; a form that was refused is shown as it was typed."""
    today, form = clock.today(), refused or LineDecisionForm(formdata=None)
    form.limit.currency = line.currency
    moves = CREDIT_LINE.moves(LineState(line.state), by=me().roles - {"borrower"})
    return page(
        "loans/line_case.html",
        status,
        form=form,
        **line_figures.standing(line, today),
        hindrances=line_figures.hindrances(line, clock.now()),
        draws=line_figures.draws_table(line, credit_lines.draws(line.id), today, own=False),
        statements=line_figures.statement_rows(line, None),
        timeline=line_figures.timeline(line, today),
        is_over=line.state == LineState.CLOSED,
        acts=[(move, line_words.ACTS[move]) for move in moves],
    )


def _line(ref: str) -> Line:
    return credit_lines.line(parse_public_id(PREFIX, ref), clock.today())
