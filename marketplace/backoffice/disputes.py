"""Disputes: what banks take back, what it had bought, who bears it, and our answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from flask import Response, url_for
from wtforms import TextAreaField

from marketplace.backoffice import evidence, lists, subjects, words
from marketplace.backoffice.blueprints import finance
from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import disputes
from marketplace.escrow.queries.disputes import Dispute, Recovery
from marketplace.escrow.services import answering
from marketplace.identity import queries as people
from marketplace.infra import transitions
from marketplace.infra.transitions import Transition
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.web.csv_answer import Table
from marketplace.web.disputes import reason_words
from marketplace.web.forms import Form
from marketplace.web.guards import may, me, requires
from marketplace.web.locale import _, _l, ngettext
from marketplace.web.rendering import done, page

STATES: Final[dict[str, tuple[Any, str]]] = {
    "needs_response": (_l("Waits for our answer"), "bad"),
    "under_review": (_l("The bank decides"), "info"),
    "won": (_l("Won"), "good"),
    "lost": (_l("Lost"), "neutral"),
}
_ROUTES: Final[dict[str, Any]] = {
    "escrow": _l("what was still held: it ended"),
    "fee": _l("our own fee"),
    "sponsor": _l("the sponsor’s payout"),
    "holdback": _l("what was held back of the pledge"),
    "reversal": _l("the sponsor’s paid payout, taken back"),
    "bill": _l("the instalment: it is due again"),
    "wallet": _l("the payer’s wallet"),
}
_RECOVERY_STATES: Final[dict[str, tuple[Any, str]]] = {
    "waiting": (_l("asked back"), "info"),
    "taken": (_l("recovered"), "good"),
    "failed": (_l("no longer there"), "bad"),
    "given_back": (_l("given back"), "neutral"),
}
_MOVES: Final[dict[str, Any]] = {
    "answer": _l("The bank has our answer"),
    "win": _l("The bank decided for us"),
    "lose": _l("The bank keeps the money"),
}


class EvidenceForm(Form):
    """What is said to the bank."""

    evidence = TextAreaField(
        _l("What we know"),
        description=_l("It is sent as it stands, once. Take out what does not help."),
    )


@finance.get("/disputes")
@requires("finance.see")
def disputes_list() -> Response:
    """List disputes, the most urgent first."""
    now, state = clock.now(), lists.one_of("state", STATES)
    found = lists.cut(disputes.disputes((state,) if state else (), limit=lists.size()))
    choices = [("", _("All")), *((name, str(label)) for name, (label, _t) in STATES.items())]
    return lists.answer(
        "backoffice/disputes.html",
        _table(found.rows, now),
        state=state,
        choices=choices,
        exposures=[_exposure(each) for each in disputes.exposures()],
    )


@finance.get("/disputes/<string:ref>")
@requires("finance.see")
def dispute(ref: str) -> Response:
    """Show one dispute: how it went, who bears it, and what we know for the bank."""
    one = _found(ref)
    form = EvidenceForm()
    if one.can_answer:
        form.evidence.data = evidence.draft(one)
    return _show(one, form)


@finance.post("/disputes/<string:ref>/contest")
@requires("finance.decide")
def contest_dispute(ref: str) -> Response:
    """Answer the bank."""
    one, form, now = _found(ref), EvidenceForm(), clock.now()
    said = form.evidence.data or ""
    if form.ready() and form.succeeds(
        lambda: answering.contest(me(), one.id, evidence=said, now=now)
    ):
        return done(_href(one), _("Sent to the bank. It decides; you are told."))
    return _show(one, form)


@finance.post("/disputes/<string:ref>/concede")
@requires("finance.decide")
def concede_dispute(ref: str) -> Response:
    """Accept that the money is lost; a large one with another officer."""
    one, form = _found(ref), EvidenceForm()
    conceded: list[bool] = []
    if form.ready() and form.succeeds(
        lambda: conceded.append(answering.concede(me(), one.id, clock.now()))
    ):
        sent = _("Conceded. The bank keeps the money.")
        asked = _("Proposed. Another finance officer must agree.")
        return done(_href(one), sent if conceded[-1] else asked)
    return _show(one, form)


def _show(one: Dispute, form: EvidenceForm) -> Response:
    now = clock.now()
    state, tone = STATES[one.state]
    named = subjects.named([one.subject_id, one.person_id])
    about = named.get(one.subject_id)
    asked = [each for each in (one.answered_by, one.conceding_by) if each]
    return page(
        "backoffice/dispute.html",
        422 if form.failures else 200,
        one=one,
        form=form,
        tag={"label": str(state), "tone": tone},
        reason=reason_words(one.reason),
        left=_left(one, now),
        bought=about.name if about else words.asked("checkout", one.purpose),
        bought_href=subjects.page_of(about) if about else None,
        payer=named.get(one.person_id),
        payment=escrow.instruction(one.instruction_id),
        recoveries=[_recovery_row(each, one.currency) for each in _charged(one)],
        trail=_trail(one),
        moved=ledger.trail(f"dispute:{one.id}"),
        names=people.names(asked),
        may_decide=may("finance.decide"),
        needs_two=answering.needs_two(one.amount),
        is_own=one.conceding_by == me().person_id,
    )


def _found(ref: str) -> Dispute:
    return disputes.dispute(parse_public_id(disputes.PREFIX, ref))


def _href(one: Dispute) -> str:
    return url_for("finance.dispute", ref=one.ref)


def _charged(one: Dispute) -> list[Recovery]:
    return disputes.recoveries(one.id)


def _table(found: Sequence[Dispute], now: datetime) -> Table:
    named = subjects.named(each.subject_id for each in found)
    return Table(
        "disputes",
        _("Disputes, the most urgent first"),
        [
            {"key": "reason", "label": _("Reason")},
            {"key": "amount", "label": _("Amount"), "kind": "money"},
            {"key": "state", "label": _("State"), "kind": "tag"},
            {"key": "left", "label": _("Time to answer")},
            {"key": "respond_by", "label": _("Answer by"), "kind": "moment", "csv_only": True},
            {"key": "bought", "label": _("What it had bought")},
            {"key": "recovered", "label": _("Recovered"), "kind": "money"},
            {"key": "loss", "label": _("Our loss just now"), "kind": "money"},
            {"key": "opened", "label": _("Opened"), "kind": "moment"},
            {"key": "ref", "label": _("Dispute"), "kind": "ref", "csv_only": True},
        ],
        [_row(each, named, now) for each in found],
    )


def _row(one: Dispute, named: Mapping[UUID, subjects.Subject], now: datetime) -> dict[str, Any]:
    label, tone = STATES[one.state]
    about = named.get(one.subject_id)
    return {
        "reason": reason_words(one.reason),
        "reason_href": _href(one),
        "amount": one.amount,
        "state": {"label": str(label), "tone": tone},
        "left": _left(one, now) or "–",
        "respond_by": one.respond_by,
        "bought": about.name if about else words.asked("checkout", one.purpose),
        "recovered": one.recovered,
        "loss": one.loss,
        "opened": one.opened_at,
        "ref": one.ref,
        "ref_href": _href(one),
        "_tone": "bad" if one.can_answer else None,
    }


def _left(one: Dispute, now: datetime) -> str:
    left = one.left(now)
    if left is None:
        return ""
    if left <= timedelta(0):
        return _("The time is over")
    if left < timedelta(days=1):
        return _("Less than a day left")
    return ngettext("%(num)s day left", "%(num)s days left", left.days)


def _recovery_row(each: Recovery, currency: str) -> dict[str, Any]:
    label, tone = _RECOVERY_STATES[each.state]
    ref = public_id("ins", each.instruction_id) if each.instruction_id else None
    return {
        "from": str(_ROUTES.get(each.route, each.route)),
        "amount": Money(each.amount_minor, currency),
        "state": {"label": str(label), "tone": tone},
        "at": each.finished_at or each.created_at,
        "instruction": ref,
        "instruction_href": url_for("finance.instruction", ref=ref) if ref else None,
    }


def _trail(one: Dispute) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = [
        {"title": _("Paid"), "at": one.paid_at, "state": "done"},
        {"title": _("Disputed"), "at": one.opened_at, "body": reason_words(one.reason),
         "state": "bad"},
    ]  # fmt: skip
    if one.answered_at is not None:
        said = _("Contested by us") if one.answer == "contest" else _("Conceded by us")
        items.append({"title": said, "at": one.answered_at, "state": "done"})
    items += [_step(each) for each in transitions.history("dispute", one.id)]
    if one.can_answer and one.respond_by:
        items.append({"title": _("Lost, if nobody answers"), "at": one.respond_by, "state": "next"})
    return [each for each in items if each["at"] is not None]


def _step(each: Transition) -> dict[str, Any]:
    return {
        "title": str(_MOVES.get(each.move, each.move)),
        "at": each.at,
        "state": "bad" if each.to_state == "lost" else "done",
    }


def _exposure(each: disputes.Exposure) -> dict[str, Any]:
    return {
        "currency": each.currency,
        "count": each.count,
        "disputed": Money(each.disputed_minor, each.currency),
        "gone": Money(each.gone_minor, each.currency),
    }
