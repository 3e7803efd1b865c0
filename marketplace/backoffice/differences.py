"""What ledger and provider disagree on: each with its age, its owner and what ends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Response, request, url_for
from wtforms import TextAreaField

from marketplace.backoffice import words
from marketplace.backoffice.blueprints import finance
from marketplace.escrow import gateway
from marketplace.escrow import queries as escrow
from marketplace.escrow.entries import Remedy
from marketplace.escrow.queries import differences
from marketplace.escrow.queries.differences import DifferenceRow
from marketplace.escrow.services import differing
from marketplace.identity import queries as people
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.kernel.money import Money
from marketplace.web.csv_answer import Table
from marketplace.web.forms import Form
from marketplace.web.guards import may, me, requires
from marketplace.web.locale import _, _l
from marketplace.web.rendering import done, page

_REMEDIES: Final[dict[Remedy, Any]] = {
    Remedy.WAIT: _l("Nothing: the next statement shows it in its place."),
    Remedy.MIRROR: _l("Nothing: the next reading of the statement books it."),
    Remedy.READ_BACK: _l(
        "Nothing yet: the provider is asked again for a day. After that, two officers decide."
    ),
    Remedy.SUSPENSE: _l("Find out what it is. Two officers may book it to suspense until then."),
    Remedy.FIND_LINE: _l("Look at the other lines: one of them says why the sum differs."),
}


class ExplainForm(Form):
    """What an officer says about a difference."""

    note = TextAreaField(
        _l("What it is, and how you know"),
        description=_l("For example: refunded by hand in the provider’s dashboard, ticket 4711."),
    )


@finance.get("/differences/<string:ref>")
@requires("finance.see")
def difference(ref: str) -> Response:
    """Show one difference: both sides, its history, the entry that would make them equal."""
    return _show(_found(ref), ExplainForm())


@finance.post("/differences/<string:ref>/explain")
@requires("finance.decide")
def explain_difference(ref: str) -> Response:
    """Propose to book it to suspense."""
    one, form, now = _found(ref), ExplainForm(), clock.now()
    note = form.note.data or ""
    if form.ready() and form.succeeds(
        lambda: differing.propose(me(), one.id, note=note, now=now),
    ):
        return done(_href(one.id), _("Proposed. Another finance officer must approve it."))
    return _show(one, form)


@finance.post("/differences/<string:ref>/<any(take, approve, reject):act>")
@requires("finance.decide")
def act_on_difference(ref: str, act: str) -> Response:
    """Take it in hand, approve what another proposed, or take a proposal off the table."""
    one, form = _found(ref), ExplainForm()
    if form.ready() and form.succeeds(lambda: _act(act, one.id)):
        said = {
            "take": _("You look after it now."),
            "approve": _("Booked to suspense. The next proof counts it as explained."),
            "reject": _("The proposal is off the table."),
        }
        return done(_href(one.id), said[act])
    return _show(one, form)


def table(found: Sequence[DifferenceRow], now: datetime) -> Table:
    """Return open differences as a table, for the page of the proof and for its download."""
    names = people.names([each.owner_id for each in found if each.owner_id])
    return Table(
        "differences",
        _("Differences"),
        [
            {"key": "type", "label": _("Type"), "kind": "tag"},
            {"key": "meaning", "label": _("What it means")},
            {"key": "here", "label": _("Here"), "kind": "money"},
            {"key": "there", "label": _("There"), "kind": "money"},
            {"key": "provider_ref", "label": _("Provider’s id"), "kind": "ref"},
            {"key": "instruction", "label": _("Instruction"), "kind": "ref"},
            {"key": "since", "label": _("Since"), "kind": "moment"},
            {"key": "age", "label": _("Age"), "kind": "number"},
            {"key": "owner", "label": _("Owner")},
            {"key": "next", "label": _("What ends it")},
        ],
        [_row(each, names, now) for each in found],
    )


def standing(now: datetime) -> Table:
    """Return what ledger and provider disagree on just now."""
    return table(differences.standing(gateway.current().name), now)


def _show(one: DifferenceRow, form: ExplainForm) -> Response:
    now = clock.now()
    proposal, (label, meaning) = one.proposal(now), words.difference(one.type)
    people_named = [each for each in (one.owner_id, one.proposed_by, one.explained_by) if each]
    return page(
        "backoffice/difference.html",
        422 if form.failures else 200,
        one=one,
        ref=public_id("dif", one.id),
        form=form,
        label=label,
        meaning=meaning,
        tag=_state(one),
        proposal=proposal,
        amount=Money(abs(proposal.minor), one.currency),
        remedy=str(_REMEDIES[proposal.remedy]),
        names=people.names(people_named),
        instruction=escrow.instruction(one.instruction_id) if one.instruction_id else None,
        age=words.waited(one.began_at, now),
        is_own=one.proposed_by == me().person_id,
        is_owner=one.owner_id == me().person_id,
        may_decide=may("finance.decide"),
        is_open=one.gone_at is None and one.explained_at is None,
    )


def _act(act: str, difference_id: UUID) -> None:
    now = clock.now()
    if act == "approve":
        differing.approve(me(), difference_id, now, read=request.form.get("read", ""))
    elif act == "reject":
        differing.reject(me(), difference_id, now)
    else:
        differing.take(me(), difference_id, now)


def _found(ref: str) -> DifferenceRow:
    return differences.difference(parse_public_id("dif", ref))


def _href(difference_id: UUID) -> str:
    return url_for("finance.difference", ref=public_id("dif", difference_id))


def _row(one: DifferenceRow, names: Mapping[UUID, str], now: datetime) -> dict[str, Any]:
    label, meaning = words.difference(one.type)
    ref = public_id("ins", one.instruction_id) if one.instruction_id else None
    is_soft = one.type in {"timing", "fee"} or one.explained_at is not None
    return {
        "type": {"label": label, "tone": "warn" if is_soft else "bad"},
        "type_href": _href(one.id),
        "meaning": meaning,
        "meaning_href": _href(one.id),
        "here": one.here,
        "there": one.there,
        "provider_ref": one.provider_ref,
        "instruction": ref,
        "instruction_href": url_for("finance.instruction", ref=ref) if ref else None,
        "since": one.began_at,
        "age": words.waited(one.began_at, now),
        "owner": names.get(one.owner_id, "") if one.owner_id else _("Nobody yet"),
        "next": _next(one, now),
    }


def _next(one: DifferenceRow, now: datetime) -> str:
    if one.explained_at is not None:
        return _("Explained: it is in suspense.")
    if one.proposed_at is not None:
        return _("Proposed: a second officer decides.")
    return str(_REMEDIES[one.proposal(now).remedy])


def _state(one: DifferenceRow) -> dict[str, str]:
    if one.gone_at is not None:
        return {"label": _("Over"), "tone": "good"}
    if one.explained_at is not None:
        return {"label": _("Explained"), "tone": "warn"}
    if one.proposed_at is not None:
        return {"label": _("Proposed"), "tone": "info"}
    return {"label": _("Open"), "tone": "bad"}
