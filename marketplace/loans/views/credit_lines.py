"""The borrower's credit lines: what is left of each, its draws, and drawing on it."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, request, url_for

from marketplace.escrow.queries import payee
from marketplace.kernel import clock
from marketplace.kernel.errors import refuse_if
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.loans.credit_lines import DrawWish, draw_refusals
from marketplace.loans.forms.drawing import DrawForm
from marketplace.loans.forms.lending import ActForm
from marketplace.loans.pricing import Quote, quote
from marketplace.loans.queries import borrower, credit_lines
from marketplace.loans.queries.borrower import OwnLoan
from marketplace.loans.queries.credit_lines import PREFIX, Line
from marketplace.loans.services import drawing, granting
from marketplace.loans.states import CREDIT_LINE, LineState
from marketplace.loans.views import figures, line_figures
from marketplace.loans.views.blueprint import bp
from marketplace.web import csv_answer
from marketplace.web.csv_answer import Table
from marketplace.web.forms import Form
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, money_text, page


@bp.get("/my/credit-lines")
@requires("loan.apply")
def my_lines() -> Response:
    """List my credit lines, with what is left of each."""
    today = clock.today()
    found = credit_lines.own_lines(me().known(), today)
    return page("loans/my_lines.html", shown=[line_figures.standing(one, today) for one in found])


@bp.get("/my/credit-lines/<string:ref>")
@requires("loan.apply")
def my_line(ref: str) -> Response:
    """Show my line: what is available, its draws, its statements, and what happened."""
    line = _own(ref)
    if csv_answer.wanted():
        return csv_answer.csv_answer(_draws(line))
    return _show(line, ActForm(), 200)


@bp.post("/my/credit-lines/<string:ref>/close")
@requires("loan.apply")
def close_line(ref: str) -> Response:
    """Close my line; what I drew is repaid as agreed."""
    line, form = _own(ref), ActForm()
    if form.ready() and form.succeeds(lambda: granting.close_own(me(), line.id, now=clock.now())):
        return done(url_for("loans.my_line", ref=ref), _("The credit line is closed."))
    return _show(line, form, 422)


@bp.get("/my/credit-lines/<string:ref>/draw")
@requires("loan.apply")
def draw(ref: str) -> Response:
    """Choose what to draw; once chosen, show what it costs and when it is first due."""
    line = _own(ref)
    form = DrawForm(formdata=request.args or None, meta={"csrf": False})
    form.offer(line.currency)
    if not request.args.get("amount"):
        return _draw_page(line, form, None, 200)
    wish = _wish(line, form) if form.validate() else None
    return _draw_page(line, form, wish, 200 if wish else 422)


@bp.post("/my/credit-lines/<string:ref>/draw")
@requires("loan.apply")
def make_draw(ref: str) -> Response:
    """Draw what was shown; lenders can fund it from now on."""
    line, form = _own(ref), DrawForm()
    form.offer(line.currency)
    if form.ready():
        made = form.attempt(
            lambda: drawing.draw(me(), line.id, form.wish, form_key=form.key, now=clock.now())
        )
        if made is not None:
            said = _("%(amount)s is drawn. Lenders can fund it now.", amount=_said(form))
            return done(url_for("loans.my_loan", ref=public_id("ln", made)), said)
    return _draw_page(line, form, None, 422)


def _said(form: DrawForm) -> str:
    return money_text(form.amount.required_money)


def _wish(line: Line, form: DrawForm) -> DrawWish | None:
    """Return what is wished for, or None after putting what stands against it on the form."""
    wish = form.wish
    against = draw_refusals(wish, line.standing, clock.now())
    return wish if form.succeeds(lambda: refuse_if(against)) else None


def _cost(granted: OwnLoan, wish: DrawWish) -> Quote | None:
    """Return what a draw costs if it were paid out today: on the terms the line was granted."""
    if granted.terms is None:
        return None
    terms = replace(granted.terms, amount=wish.amount, instalments=wish.instalments)
    return quote(terms, clock.today())


def _draw_page(line: Line, form: DrawForm, wish: DrawWish | None, status: int) -> Response:
    granted = borrower.own_loan(line.application_id, line.borrower_id)
    cost = _cost(granted, wish) if wish else None
    return page(
        "loans/draw.html",
        status,
        line=line,
        form=form,
        wish=wish,
        hindrances=line_figures.hindrances(line, clock.now()),
        sign_form=ActForm(formdata=None),
        cost=cost,
        cost_rows=figures.cost_rows(cost) if cost else [],
        schedule=figures.planned_rows(cost.rows) if cost else [],
        totals=figures.totals(cost.rows, line.currency) if cost else {},
        granted=granted,
    )


def _show(line: Line, form: Form, status: int) -> Response:
    today, now = clock.today(), clock.now()
    return page(
        "loans/my_line.html",
        status,
        form=form,
        **line_figures.standing(line, today),
        hindrances=line_figures.hindrances(line, now),
        draws=_draws(line),
        csv_href=csv_answer.here(),
        statements=line_figures.statement_rows(line, "loans.line_statement"),
        timeline=line_figures.timeline(line, today),
        moves=CREDIT_LINE.moves(LineState(line.state), by=("borrower",)),
        payee=payee(line.borrower_id),
    )


def _draws(line: Line) -> Table:
    return line_figures.draws_table(line, credit_lines.draws(line.id), clock.today(), own=True)


def _own(ref: str) -> Line:
    return credit_lines.own_line(parse_public_id(PREFIX, ref), me().known(), clock.today())
