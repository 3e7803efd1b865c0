"""The collecting account's statements: brought in, and whose money each line is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, url_for
from wtforms import TextAreaField

from marketplace.backoffice import lists
from marketplace.backoffice.blueprints import finance
from marketplace.backoffice.statement_files import StatementForm
from marketplace.escrow.bank_files import reading
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.ids import parse_public_id
from marketplace.loans.queries import vouchers as queries
from marketplace.loans.queries.vouchers import LineRow
from marketplace.loans.services import collecting_lines
from marketplace.loans.services.collecting_lines import Brought
from marketplace.web.csv_answer import Table
from marketplace.web.cursors import cursor
from marketplace.web.forms import Form
from marketplace.web.guards import may, me, requires
from marketplace.web.locale import _, _l, ngettext
from marketplace.web.rendering import done, page


class LineForm(Form):
    """Why a line is no borrower's payment."""

    note = TextAreaField(_l("Whose it is, or what it is for"))


@finance.route("/collections", methods=["GET", "POST"])
@requires("finance.see")
def collections() -> Response:
    """List what came in and proves no voucher; take a statement in."""
    form = StatementForm()
    if form.is_submitted() and not may("finance.decide"):
        raise NotAllowed("finance.decide")
    if form.ready():
        brought = form.attempt(lambda: _bring(form))
        if brought is not None:
            return done(url_for("finance.collections"), _said(brought))
    found = lists.cut(queries.unmatched(after=cursor("col"), limit=lists.size()))
    last = found.rows[-1] if found.more else None
    answered = lists.answer(
        "backoffice/collections.html",
        _table(found.rows),
        form=form,
        more_href=lists.here(after=last.ref) if last else None,
        first_href=lists.here(after=None) if lists.typed("after") else None,
        may_decide=may("finance.decide"),
    )
    if form.failures:
        answered.status_code = 422
    return answered


@finance.route("/collections/<string:ref>", methods=["GET", "POST"])
@requires("finance.see")
def collection_line(ref: str) -> Response:
    """Show a line without a voucher; say whose it is."""
    line_id, form = parse_public_id("col", ref), LineForm()
    if form.is_submitted() and not may("finance.decide"):
        raise NotAllowed("finance.decide")
    note = form.note.data or ""
    if form.ready() and form.succeeds(
        lambda: collecting_lines.set_aside(me(), line_id, note=note, now=clock.now())
    ):
        return done(url_for("finance.collections"), _("Set aside."))
    return page(
        "backoffice/collection_line.html",
        422 if form.failures else 200,
        line=queries.line(line_id),
        form=form,
        may_decide=may("finance.decide"),
    )


@finance.post("/collections/<string:ref>/take")
@requires("finance.decide")
def take_collection_line(ref: str) -> Response:
    """Say that I find out whose money it is."""
    collecting_lines.take(me(), parse_public_id("col", ref))
    return done(url_for("finance.collection_line", ref=ref), _("You look after it."))


def _bring(form: StatementForm) -> Brought:
    _name, text = form.sent()
    ours = current_settings().collection_accounts
    return collecting_lines.bring(me(), reading.statements_in(text), ours=ours, now=clock.now())


def _said(brought: Brought) -> str:
    if not brought.fresh:
        return _("All lines of this file were known already.")
    lines = ngettext("%(num)s new line", "%(num)s new lines", brought.fresh)
    ours = ngettext("%(num)s voucher found", "%(num)s vouchers found", brought.matched)
    return f"{lines}, {ours}."


def _table(found: Sequence[LineRow]) -> Table:
    return Table(
        "bank-lines",
        _("What came in and proves no voucher"),
        [
            {"key": "ref", "label": _("Bank’s reference"), "kind": "ref"},
            {"key": "booked", "label": _("Booked"), "kind": "date"},
            {"key": "name", "label": _("Other side")},
            {"key": "remittance", "label": _("What they wrote")},
            {"key": "amount", "label": _("Amount"), "kind": "money"},
            {"key": "since", "label": _("Brought"), "kind": "moment"},
            {"key": "owner", "label": _("Looked after by")},
        ],
        [_row(one) for one in found],
    )


def _row(one: LineRow) -> dict[str, Any]:
    return {
        "ref": one.bank_ref,
        "ref_href": url_for("finance.collection_line", ref=one.ref),
        "booked": one.booked_on,
        "name": one.name or "–",
        "remittance": one.remittance or "–",
        "amount": one.amount,
        "since": one.imported_at,
        "owner": one.owner_name or _("Nobody yet"),
    }
