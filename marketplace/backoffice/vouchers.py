"""The desk of vouchers: an image beside the lines of the bank's statement, and who confirms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from flask import Response, url_for
from wtforms import HiddenField, TextAreaField

from marketplace.backoffice import lists
from marketplace.backoffice.blueprints import finance
from marketplace.infra import audit
from marketplace.infra.commands import command
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.ids import parse_public_id
from marketplace.loans.forms.vouchers import STATES, state_tag
from marketplace.loans.queries import vouchers as queries
from marketplace.loans.queries.vouchers import VoucherRow
from marketplace.loans.services import proving
from marketplace.loans.states import VOUCHER, VoucherState
from marketplace.loans.views.vouchers import image_of
from marketplace.web.csv_answer import Table
from marketplace.web.cursors import cursor
from marketplace.web.forms import Form
from marketplace.web.guards import may, me, requires
from marketplace.web.locale import _, _l
from marketplace.web.rendering import done, page

_OPEN: Final = ("uploaded", "matched", "confirmed", "final")
_BY: Final = ("finance_officer",)


class VoucherActForm(Form):
    """One button of the desk, and the line that was seen beside the voucher."""

    line = HiddenField()


class ReasonForm(Form):
    """Why a voucher is refused, or taken back."""

    reason = TextAreaField(_l("Reason"), description=_l("The borrower reads it."))


@finance.get("/vouchers")
@requires("finance.see")
def vouchers() -> Response:
    """List vouchers: those that wait, or all in one state."""
    state = lists.one_of("state", STATES)
    states = [state] if state else list(_OPEN)
    found = lists.cut(queries.queue(states, after=cursor("vch"), limit=lists.size()))
    last = found.rows[-1] if found.more else None
    return lists.answer(
        "backoffice/vouchers.html",
        _table(found.rows),
        more_href=lists.here(after=last.ref) if last else None,
        first_href=lists.here(after=None) if lists.typed("after") else None,
        states=[("", _("All that wait")), *STATES.items()],
        state=state,
        waiting=queries.waiting(),
    )


@finance.get("/vouchers/<string:ref>")
@requires("finance.see")
def voucher(ref: str) -> Response:
    """Show a voucher's image beside the lines that may be its payment."""
    return _show(_voucher(ref))


@finance.get("/vouchers/<string:ref>/image")
@requires("finance.see")
def voucher_image(ref: str) -> Response:
    """Hand the image out; who looked is written down."""
    found = _voucher(ref)
    if found.borrower_id == me().known():
        raise NotAllowed("finance.see")
    _note_read(found)
    return image_of(found, inline=True)


@finance.post("/vouchers/<string:ref>/<any(match, unmatch, confirm, agree):act>")
@requires("finance.decide")
def act_on_voucher(ref: str, act: str) -> Response:
    """Match, unmatch or confirm a voucher, or agree to take it back."""
    found, form = _voucher(ref), VoucherActForm()
    if form.ready() and form.succeeds(_acts(found, form, act)):
        return _on(found, act)
    return _show(_voucher(ref), failed=form)


@finance.post("/vouchers/<string:ref>/<any(reject, undo):act>")
@requires("finance.decide")
def give_reason_for_voucher(ref: str, act: str) -> Response:
    """Refuse a voucher, or propose to take a credited one back."""
    found, form, now = _voucher(ref), ReasonForm(), clock.now()
    reason = form.reason.data or ""
    does = proving.reject if act == "reject" else proving.propose_undoing
    if form.ready() and form.succeeds(lambda: does(me(), found.id, reason=reason, now=now)):
        return _on(found, act)
    return _show(_voucher(ref), reason=form, failed=form)


_SAID: Final = {
    "match": _l("Matched. Look at both once more and confirm."),
    "unmatch": _l("The match is taken back."),
    "agree": _l("Taken back. The loan is worked out anew."),
    "reject": _l("Refused. The borrower reads why."),
    "undo": _l("Proposed. Another officer has to agree."),
}


def _on(found: VoucherRow, act: str) -> Response:
    if act != "confirm":
        return done(url_for("finance.voucher", ref=found.ref), str(_SAID[act]))
    after = queries.voucher(found.id)
    if after.state == VoucherState.CONFIRMED:
        said = _("Confirmed. This amount takes a second officer.")
    else:
        said = _("Confirmed. The money is brought to the provider, and then counts for the loan.")
    return done(url_for("finance.voucher", ref=found.ref), said)


def _acts(found: VoucherRow, form: VoucherActForm, act: str) -> Callable[[], object]:
    now = clock.now()
    if act == "unmatch":
        return lambda: proving.unmatch(me(), found.id, now=now)
    if act == "agree":
        return lambda: proving.undo(me(), found.id, now=now)
    line_id = parse_public_id("col", form.line.data or "")
    if act == "match":
        return lambda: proving.match(me(), found.id, line_id, now=now)
    return lambda: proving.confirm(me(), found.id, seen_line_id=line_id, now=now)


@command
def _note_read(found: VoucherRow) -> None:
    audit.record(me(), "voucher.read", "voucher", found.id, at=clock.now())


def _show(
    found: VoucherRow, *, reason: ReasonForm | None = None, failed: Form | None = None
) -> Response:
    own = found.borrower_id == me().known()
    mine = found.first_by == me().known()
    decides = may("finance.decide") and not own
    return page(
        "backoffice/voucher.html",
        422 if failed is not None and failed.failures else 200,
        one=found,
        tag=state_tag(found.state),
        form=failed or VoucherActForm(formdata=None),
        reason_form=reason or ReasonForm(formdata=None),
        candidates=queries.candidates(found) if found.state == "uploaded" else [],
        alike=queries.look_alikes(found.id),
        own=own,
        mine=mine,
        can={move: decides and _can(found, move) for move in _MOVES},
        may_confirm=decides and not mine and found.state in {"matched", "confirmed"},
        may_agree=decides and found.undo_by not in {None, me().known()},
        is_picture=found.content_type == "image/jpeg",
    )


_MOVES: Final = ("match", "unmatch", "reject", "reverse")


def _can(found: VoucherRow, move: str) -> bool:
    return VOUCHER.can(VoucherState(found.state), move, by=_BY)


def _table(found: Sequence[VoucherRow]) -> Table:
    return Table(
        "vouchers",
        _("Vouchers, the oldest first"),
        [
            {"key": "ref", "label": _("Voucher"), "kind": "ref"},
            {"key": "borrower", "label": _("Borrower")},
            {"key": "loan", "label": _("Loan")},
            {"key": "amount", "label": _("Amount"), "kind": "money"},
            {"key": "paid", "label": _("Paid on"), "kind": "date"},
            {"key": "bank_ref", "label": _("Bank’s reference"), "kind": "ref"},
            {"key": "shown", "label": _("Shown"), "kind": "moment"},
            {"key": "state", "label": _("Stands"), "kind": "tag"},
        ],
        [
            {
                "ref": one.ref,
                "ref_href": url_for("finance.voucher", ref=one.ref),
                "borrower": one.borrower_name,
                "loan": one.loan_title,
                "amount": one.amount,
                "paid": one.paid_on,
                "bank_ref": one.bank_ref,
                "shown": one.uploaded_at,
                "state": state_tag(one.state),
            }
            for one in found
        ],
    )


def _voucher(ref: str) -> VoucherRow:
    return queries.voucher(parse_public_id("vch", ref))
