"""What an officer does about a dead letter: try again, or propose what a second one decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Response, url_for
from wtforms import StringField, TextAreaField

from marketplace.backoffice import remedy_words, words
from marketplace.backoffice.blueprints import finance
from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import DeliveryRow, Instruction, dead_letters, remedies
from marketplace.escrow.queries.remedies import RemedyRow
from marketplace.escrow.services import remedying, retrying
from marketplace.identity import queries as people
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web.forms import Form
from marketplace.web.guards import may, me, requires
from marketplace.web.locale import _, _l
from marketplace.web.rendering import done, page


class RemedyForm(Form):
    """Why, and for what was settled by hand, the provider's id of it."""

    provider_ref = StringField(
        _l("The provider’s id of what settled it"),
        description=_l(
            "From the provider’s own pages. It must show the same amount; it is read back now and"
            " when the second officer approves."
        ),
    )
    reason = TextAreaField(
        _l("Why, and how you know"),
        description=_l("For example: found in the provider’s dashboard, ticket 4711."),
    )


class DecideForm(Form):
    """Two buttons that need nothing typed."""


_LEDES: Final[dict[str, Any]] = {
    "retry": _l("It is done at once. Nothing can happen twice: the provider is asked first."),
    "resolve": _l(
        "You say that it was done by hand on the provider’s pages. A second officer must approve;"
        " then it counts as done, with that id."
    ),
    "cancel": _l(
        "It shall not be done. A second officer must approve; the provider is asked once more"
        " whether it has it. Money set aside for it is free again, and whoever planned it is told."
    ),
    "dropped": _l("The notice stays as it is and is not worked. A second officer must approve."),
    "closed": _l(
        "It has failed and its money is free. Say that nothing is left to do about it. A second"
        " officer must approve."
    ),
}
_DONE: Final[dict[str, Any]] = {
    "retry": _l("It is being tried again. Load the page again in a few seconds."),
    "resolve": _l("Proposed. Another officer must approve it."),
    "cancel": _l("Proposed. Another officer must approve it."),
}
_WAYS: Final = {
    "planned": ("retry", "resolve", "cancel"),
    "unknown": ("retry", "resolve", "cancel"),
    "failed": ("retry", "cancel"),
}


@finance.route(
    "/instructions/<string:ref>/<any(retry, resolve, cancel):kind>", methods=["GET", "POST"]
)
@requires("finance.decide")
def mend_instruction(ref: str, kind: str) -> Response:
    """Try an instruction again, or propose how it shall end."""
    one, form = escrow.instruction(parse_public_id("ins", ref)), RemedyForm()
    back = url_for("finance.instruction", ref=ref)
    # Who has typed already is told what became of it; a way that is not offered has no page.
    if kind not in _WAYS.get(one.state, ()) and not form.is_submitted():
        raise NotFound(ref)
    if kind != "resolve":
        del form.provider_ref
    if form.ready() and form.succeeds(lambda: _mend(one, kind, form)):
        return done(back, str(_DONE[kind]))
    lede = _LEDES["closed" if kind == "cancel" and one.state == "failed" else kind]
    return _form_page(form, kind, lede, back, one)


@finance.route("/deliveries/<string:ref>/<any(retry, cancel):kind>", methods=["GET", "POST"])
@requires("finance.decide")
def mend_delivery(ref: str, kind: str) -> Response:
    """Work a notice again, or propose to leave it."""
    one, form = escrow.delivery(parse_public_id("dlv", ref)), RemedyForm()
    back = url_for("finance.delivery", ref=ref)
    del form.provider_ref
    act = retrying.retry_delivery if kind == "retry" else remedying.propose_dropping
    reason, now = form.reason.data or "", clock.now()
    if form.ready() and form.succeeds(lambda: act(me(), one.id, reason=reason, now=now)):
        return done(back, str(_DONE[kind]))
    return _form_page(form, kind, _LEDES["dropped" if kind == "cancel" else kind], back, None)


@finance.get("/remedies/<string:ref>")
@requires("finance.see")
def remedy(ref: str) -> Response:
    """Show what was proposed, with the decision beside it."""
    return _decide_page(ref, DecideForm())


@finance.post("/remedies/<string:ref>/<any(approve, refuse):act>")
@requires("finance.approve")
def decide_remedy(ref: str, act: str) -> Response:
    """Do what another officer proposed, or take it off the table."""
    one, form, now = _found(ref), DecideForm(), clock.now()
    decide = remedying.approve if act == "approve" else remedying.refuse
    if form.ready() and form.succeeds(lambda: decide(me(), one.id, now)):
        said = _("Approved and done.") if act == "approve" else _("It is off the table.")
        return done(_subject_href(one), said)
    return _decide_page(ref, form)


def panel_of_instruction(one: Instruction, now: datetime) -> dict[str, Any] | None:
    """Return why an instruction needs a person and what can be done; None where it does not."""
    if one.state not in _WAYS:
        return None
    letter = dead_letters.dead_letter_of(one.id, now)
    kept = remedies.remedies_of(one.id)
    if letter is None and not kept:
        return None
    return {
        "tag": remedy_words.why(letter.why) if letter else None,
        "meaning": remedy_words.meaning(letter.why) if letter else None,
        "trouble": remedy_words.trouble(one.last_error),
        "code": one.last_error,
        "ways": _ways("finance.mend_instruction", one.operation_id, _WAYS[one.state])
        if letter
        else [],
        **_kept(kept),
    }


def panel_of_delivery(one: DeliveryRow) -> dict[str, Any] | None:
    """Return what can be done about a notice that was given up; None about any other."""
    kept = remedies.remedies_of(one.id)
    is_dead = one.state == "failed"
    if not is_dead and not kept:
        return None
    ref = public_id("dlv", one.id)
    return {
        "tag": remedy_words.why("delivery") if is_dead else None,
        "meaning": remedy_words.meaning("delivery") if is_dead else None,
        "trouble": one.last_error,
        "code": None,
        "ways": _ways("finance.mend_delivery", ref, ("retry", "cancel")) if is_dead else [],
        **_kept(kept),
    }


def _ways(endpoint: str, ref: str, kinds: tuple[str, ...]) -> list[dict[str, str]]:
    if not may("finance.decide"):
        return []
    return [
        {
            "kind": each,
            "label": remedy_words.act(each),
            "href": url_for(endpoint, ref=ref, kind=each),
        }
        for each in kinds
    ]


def _kept(found: list[RemedyRow]) -> dict[str, Any]:
    """Return what is proposed, and what was decided before."""
    names = people.names({each for one in found for each in _deciders(one)})
    told = [_told(one, names) for one in found]
    return {
        "open": next((one for one in told if one["is_open"]), None),
        "history": [one for one in told if not one["is_open"]],
    }


def _told(one: RemedyRow, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "is_open": one.state == "proposed",
        "is_own": one.proposed_by == me().person_id,
        "ref": public_id("rmd", one.id),
        "href": url_for("finance.remedy", ref=public_id("rmd", one.id)),
        "what": remedy_words.act(one.kind),
        "state": remedy_words.state(one.state),
        "reason": one.reason,
        "provider_ref": one.provider_ref,
        "by": names.get(one.proposed_by, ""),
        "at": one.proposed_at,
        "decided_by": names.get(one.decided_by, "") if one.decided_by else "",
        "decided_at": one.decided_at,
    }


def _deciders(one: RemedyRow) -> list[UUID]:
    return [each for each in (one.proposed_by, one.decided_by) if each is not None]


def _mend(one: Instruction, kind: str, form: RemedyForm) -> None:
    reason, now = form.reason.data or "", clock.now()
    if kind == "retry":
        retrying.retry(me(), one.id, reason=reason, now=now)
    elif kind == "cancel":
        remedying.propose_cancel(me(), one.id, reason=reason, now=now)
    else:
        ref = form.provider_ref.data or ""
        remedying.propose_resolve(me(), one.id, provider_ref=ref, reason=reason, now=now)


def _form_page(
    form: RemedyForm, kind: str, lede: object, back: str, one: Instruction | None
) -> Response:
    return page(
        "backoffice/remedy.html",
        422 if form.failures else 200,
        form=form,
        heading=remedy_words.act(kind),
        lede=str(lede),
        back=back,
        one=one,
        what=words.asked(one.kind, one.purpose) if one else _("Notice"),
        trouble=remedy_words.trouble(one.last_error) if one else None,
        submit=_("Try again now") if kind == "retry" else _("Propose it"),
        danger=kind == "cancel",
    )


def _decide_page(ref: str, form: DecideForm) -> Response:
    one = _found(ref)
    about = escrow.instruction(one.instruction_id) if one.instruction_id else None
    return page(
        "backoffice/remedy_decision.html",
        422 if form.failures else 200,
        form=form,
        one=_told(one, people.names(_deciders(one))),
        about=about,
        what=words.asked(about.kind, about.purpose) if about else _("Notice"),
        about_state=words.queue(about.state) if about else None,
        subject_href=_subject_href(one),
        may_approve=may("finance.approve") and one.proposed_by != me().person_id,
        may_refuse=may("finance.approve"),
    )


def _found(ref: str) -> RemedyRow:
    return remedies.remedy(parse_public_id("rmd", ref))


def _subject_href(one: RemedyRow) -> str:
    if one.instruction_id is not None:
        return url_for("finance.instruction", ref=public_id("ins", one.instruction_id))
    return url_for("finance.delivery", ref=public_id("dlv", _known(one.delivery_id)))


def _known(delivery_id: UUID | None) -> UUID:
    if delivery_id is None:
        raise NotFound("remedy")
    return delivery_id
