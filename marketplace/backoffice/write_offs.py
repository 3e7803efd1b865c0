"""Loans that are given up: one officer proposes, another agrees, and the list of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from marketplace.backoffice import lists, loan_servicing
from marketplace.backoffice.blueprints import finance
from marketplace.backoffice.write_off_panel import WriteOffForm
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.loans.forms.write_off_words import REASONS
from marketplace.loans.queries import write_offs as queries
from marketplace.loans.queries.write_offs import WriteOff
from marketplace.settlement import writing_off
from marketplace.web.csv_answer import Table
from marketplace.web.cursors import cursor
from marketplace.web.forms import Form
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done


class DecideWriteOffForm(Form):
    """The second officer's word: nothing but the token and the key."""


@finance.get("/write-offs")
@requires("finance.see")
def write_offs() -> Response:
    """List the loans that were written off, the latest first, with what was recovered."""
    found = lists.cut(queries.written_off(before=cursor("wof", "before"), limit=lists.size()))
    return lists.answer(
        "backoffice/write_offs.html",
        _table([_row(one) for one in found.rows]),
        more_href=lists.here(before=found.rows[-1].ref) if found.more else None,
        first_href=lists.here(before=None) if "before" in request.args else None,
    )


@finance.post("/loans/<string:ref>/write-off")
@requires("finance.decide")
def propose_write_off(ref: str) -> Response:
    """Propose to write off what is outstanding of a loan."""
    loan, form = loan_servicing.loan_of(ref), WriteOffForm()
    form.write_off_reason.choices = []
    if form.ready() and form.succeeds(lambda: _propose(loan.id, form)):
        return done(_page_of(ref), _("Proposed. Another finance officer must agree."))
    return loan_servicing.show(loan, write_off=form)


@finance.post("/loans/<string:ref>/write-off/<string:proposal>/<any(agree, refuse):act>")
@requires("finance.decide")
def decide_write_off(ref: str, proposal: str, act: str) -> Response:
    """Write the loan off as proposed, or leave it as it is."""
    loan, form = loan_servicing.loan_of(ref), DecideWriteOffForm()
    write_off_id = parse_public_id("wof", proposal)
    if queries.write_off(write_off_id).loan_id != loan.id:
        raise NotFound(proposal)
    decide = writing_off.agree if act == "agree" else writing_off.turn_down
    if form.ready() and form.succeeds(lambda: decide(me(), write_off_id, now=clock.now())):
        said = _("Written off. Its lenders are told.") if act == "agree" else _("Turned down.")
        return done(_page_of(ref), said)
    return loan_servicing.show(loan, failed=form)


def _propose(loan_id: UUID, form: WriteOffForm) -> UUID:
    return writing_off.propose(
        me(),
        loan_id,
        reason=form.write_off_reason.data or "",
        note=form.write_off_note.data or "",
        now=clock.now(),
    )


def _page_of(ref: str) -> str:
    return url_for("finance.served_loan", ref=ref)


def _table(rows: list[dict[str, Any]]) -> Table:
    return Table(
        "write-offs",
        _("Loans written off, the latest first"),
        [
            {"key": "at", "label": _("Written off"), "kind": "moment"},
            {"key": "borrower", "label": _("Borrower")},
            {"key": "loan", "label": _("Loan")},
            {"key": "loan_ref", "label": _("Loan’s id"), "csv_only": True},
            {"key": "reason", "label": _("Why")},
            {"key": "lost", "label": _("Was outstanding"), "kind": "money"},
            {"key": "recovered", "label": _("Recovered so far"), "kind": "money"},
            {"key": "proposer", "label": _("Proposed by")},
            {"key": "decider", "label": _("Decided by")},
        ],
        rows,
    )


def _row(one: WriteOff) -> dict[str, Any]:
    return {
        "at": one.decided_at,
        "borrower": one.borrower,
        "loan": one.title,
        "loan_href": _page_of(one.loan_ref),
        "loan_ref": one.loan_ref,
        "reason": str(REASONS[one.reason]),
        "lost": one.amount,
        "recovered": one.recovered,
        "proposer": one.proposer,
        "decider": one.decider,
    }
