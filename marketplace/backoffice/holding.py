"""What is held and by when it must leave: the list, each thing, and what two officers decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from flask import Response, url_for
from wtforms import RadioField, TextAreaField

from marketplace.backoffice import holding_words, lists, subjects
from marketplace.backoffice.blueprints import finance
from marketplace.escrow.limits import ALARM_DAYS
from marketplace.identity import queries as people
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.kernel.money import Money
from marketplace.ledger import chart
from marketplace.settlement import choosing
from marketplace.settlement.queries import alarms, holding
from marketplace.settlement.queries.alarms import Alarm, Decision
from marketplace.settlement.queries.holding import Held
from marketplace.settlement.queries.kinds import PREFIXES, HeldAs
from marketplace.web.csv_answer import Table
from marketplace.web.forms import Form
from marketplace.web.guards import may, me, requires
from marketplace.web.locale import _, _l, ngettext
from marketplace.web.rendering import done, money_text, page

_WITHIN: Final = {"late": -1, "3": 3, "7": 7, "14": 14}
_BOUNDS: Final = (-1, 3, 7, 14, 30)
_TONES: Final = {-1: "bad", 3: "bad", 7: "warn", 14: "warn", 30: "info", None: "past"}


class ProposeForm(Form):
    """What shall be done before the last day, and why."""

    choice = RadioField(_l("What shall be done"), validate_choice=False)
    reason = TextAreaField(
        _l("Why"), description=_l("The second officer reads it before anything is done.")
    )


class AgreeForm(Form):
    """Two buttons about the proposal that was read, which the address names."""


@finance.get("/holding")
@requires("finance.see")
def held_list() -> Response:
    """List what is held, what must leave first first."""
    today, kind = clock.today(), lists.one_of("kind", set(HeldAs))
    currency = lists.one_of("currency", chart.NUMBERS)
    within = lists.one_of("within", _WITHIN)
    found = lists.cut(
        holding.held(
            [HeldAs(kind)] if kind else tuple(HeldAs),
            currency=currency,
            until=today + timedelta(days=_WITHIN[within]) if within else None,
            after=_after(),
            limit=lists.size(),
        )
    )
    last = found.rows[-1] if found.more else None
    return lists.answer(
        "backoffice/holding.html",
        _table(found.rows, today),
        kind=kind,
        within=within,
        currency=currency,
        kinds=[("", _("All")), *((str(each), holding_words.kind(each)) for each in HeldAs)],
        spans=[("", _("All")), *((name, holding_words.within(n)) for name, n in _WITHIN.items())],
        currencies=sorted(chart.NUMBERS),
        plots=_plots(today, currency),
        more_href=lists.here(after=_cursor(last)) if last else None,
        first_href=lists.here(after=None) if lists.typed("after") else None,
    )


@finance.get("/holding/<string:kind>/<string:ref>/<string:currency>")
@requires("finance.see")
def held(kind: str, ref: str, currency: str) -> Response:
    """Show one thing that is held, who was told, and what officers propose."""
    return _show(_found(kind, ref, currency), ProposeForm())


@finance.post("/holding/<string:kind>/<string:ref>/<string:currency>")
@requires("finance.decide")
def propose_held(kind: str, ref: str, currency: str) -> Response:
    """Put a decision before a second officer."""
    one, form, now = _found(kind, ref, currency), ProposeForm(), clock.now()
    choice, reason = form.choice.data or "", form.reason.data or ""
    if form.ready() and form.succeeds(
        lambda: choosing.propose(me(), one, choice=choice, reason=reason, now=now)
    ):
        return done(_href(one), _("Proposed. Another officer must agree."))
    return _show(one, form)


@finance.post(
    "/holding/<string:kind>/<string:ref>/<string:currency>"
    "/<string:proposal>/<any(agree, refuse):act>"
)
@requires("finance.decide")
def decide_held(kind: str, ref: str, currency: str, proposal: str, act: str) -> Response:
    """Do what another officer proposed, or turn it down: that proposal, and no later one."""
    one, form, now = _found(kind, ref, currency), AgreeForm(), clock.now()
    read = next((each for each in _decisions(one) if _proposal_ref(each) == proposal), None)
    if read is None:
        raise NotFound(proposal)
    decide = choosing.agree if act == "agree" else choosing.refuse
    if form.ready() and form.succeeds(lambda: decide(me(), read.id, now)):
        said = _("Agreed and ordered.") if act == "agree" else _("It is off the table.")
        return done(url_for("finance.held_list"), said)
    shown = ProposeForm(formdata=None)
    shown.form_errors = form.form_errors
    return _show(one, shown)


def warning(today: date) -> dict[str, Any]:
    """Return the cockpit's line: what must leave within two weeks, and what should have left."""
    soon = holding.spans(today, (-1, max(ALARM_DAYS)))
    late = [each for each in soon if each.days == -1]
    near = [each for each in soon if each.days == max(ALARM_DAYS)]
    href = url_for("finance.held_list", within="late" if late else "14")
    if late:
        title = _("Held for longer than it may be: %(amounts)s", amounts=_amounts(late))
        return {"state": "bad", "title": title, "href": href}
    if near:
        title = _("Must leave within two weeks: %(amounts)s", amounts=_amounts(near))
        return {"state": "warn", "title": title, "href": href}
    title = _("Nothing must leave the provider within two weeks")
    return {"state": "good", "title": title, "href": url_for("finance.held_list")}


def _amounts(spans: Sequence[holding.Span]) -> str:
    return ", ".join(money_text(each.amount) for each in spans)


def _show(one: Held, form: ProposeForm) -> Response:
    today = clock.today()
    told = alarms.of_subject(one.subject_id, HeldAs(one.kind), one.currency)
    decided = _decisions(one)
    waiting = next((each for each in decided if each.state == "proposed"), None)
    names = people.names({one.person_id, *(_people(decided))})
    subject = subjects.named([one.subject_id]).get(one.subject_id)
    choices = choosing.choices(one)
    form.choice.choices = [(str(each), str(holding_words.CHOICES[each])) for each in choices]
    opens = one.leave_by - timedelta(days=max(ALARM_DAYS))
    return page(
        "backoffice/held.html",
        422 if form.failures else 200,
        one=one,
        form=form,
        name=subject.name if subject else one.ref,
        subject_href=subjects.page_of(subject) if subject else None,
        who=names.get(one.person_id, ""),
        kind=holding_words.kind(one.kind),
        what_next=holding_words.what_next(one),
        left=holding_words.left(one, today),
        told_items=[_alarm_item(each) for each in told],
        history=[_told(each, names) for each in decided if each.state != "proposed"],
        waiting=_told(waiting, names) if waiting else None,
        may_agree=may("finance.decide") and waiting and waiting.proposed_by != me().person_id,
        may_refuse=may("finance.decide"),
        may_propose=may("finance.decide") and bool(choices) and today >= opens and not waiting,
        opens=opens if choices and today < opens else None,
        held_href=_href(one),
    )


def _alarm_item(each: Alarm) -> dict[str, Any]:
    return {
        "title": ngettext(
            "Told %(num)s day before the last day",
            "Told %(num)s days before the last day",
            each.days,
        ),
        "at": each.raised_at,
        "amount": each.amount,
    }


def _told(one: Decision, names: dict[UUID, str]) -> dict[str, Any]:
    label, tone = holding_words.STATES[one.state]
    return {
        "ref": _proposal_ref(one),
        "what": str(holding_words.CHOICES[one.choice]),
        "state": {"label": str(label), "tone": tone},
        "reason": one.reason,
        "by": names.get(one.proposed_by, ""),
        "at": one.proposed_at,
        "decided_by": names.get(one.decided_by, "") if one.decided_by else "",
        "decided_at": one.decided_at,
    }


def _people(decided: Sequence[Decision]) -> set[UUID]:
    both = ((each.proposed_by, each.decided_by) for each in decided)
    return {each for pair in both for each in pair if each is not None}


def _decisions(one: Held) -> list[Decision]:
    return alarms.decisions(one.subject_id, HeldAs(one.kind), one.currency)


def _proposal_ref(one: Decision) -> str:
    return public_id("hd", one.id)


def _found(kind: str, ref: str, currency: str) -> Held:
    if kind not in set(HeldAs) or currency not in chart.NUMBERS:
        raise NotFound(ref)
    held_as = HeldAs(kind)
    return holding.one(held_as, parse_public_id(PREFIXES[held_as], ref), currency)


def _table(found: Sequence[Held], today: date) -> Table:
    names = subjects.named(each for one in found for each in (one.subject_id, one.person_id))
    proposed = alarms.proposed([one.subject_id for one in found])
    return Table(
        "held",
        _("What is held, by its last day"),
        [
            {"key": "left", "label": _("Days left"), "kind": "tag"},
            {"key": "leave_by", "label": _("Last day"), "kind": "date"},
            {"key": "kind", "label": _("Held as")},
            {"key": "what", "label": _("What"), "kind": "title"},
            {"key": "person", "label": _("Who can act")},
            {"key": "leaving", "label": _("Must leave then"), "kind": "money"},
            {"key": "amount", "label": _("Held in all"), "kind": "money"},
            {"key": "payments", "label": _("Payments"), "kind": "number"},
            {"key": "paid_on", "label": _("Oldest"), "kind": "date"},
            {"key": "next", "label": _("What happens next"), "kind": "words"},
            {"key": "ref", "label": _("Reference"), "kind": "ref", "csv_only": True},
        ],
        [_row(one, names, proposed, today) for one in found],
    )


def _row(
    one: Held,
    names: dict[UUID, subjects.Subject],
    proposed: set[tuple[str, UUID, str]],
    today: date,
) -> dict[str, Any]:
    about, person = names.get(one.subject_id), names.get(one.person_id)
    waits = (one.kind, one.subject_id, one.currency) in proposed
    return {
        "left": holding_words.left(one, today),
        "leave_by": one.leave_by,
        "kind": holding_words.kind(one.kind),
        "what": about.name if about else one.ref,
        "what_href": _href(one),
        "person": person.name if person else None,
        "leaving": one.leaving,
        "amount": one.amount,
        "payments": one.payments,
        "paid_on": one.paid_on,
        "next": _("A proposal waits for a second officer.")
        if waits
        else holding_words.what_next(one),
        "ref": one.ref,
        "_tone": "bad" if one.days_left(today) < 0 else None,
    }


def _plots(today: date, currency: str | None) -> list[dict[str, Any]]:
    """Return the bar of each currency, cut by when its money must leave."""
    found = holding.spans(today, _BOUNDS, currency=currency)
    return [
        {
            "title": _bar_title([each for each in found if each.currency == money]),
            "buckets": [
                {
                    "label": holding_words.within(each.days),
                    "value": each.amount_minor,
                    "text": money_text(each.amount),
                    "tone": _TONES[each.days],
                }
                for each in found
                if each.currency == money
            ],
        }
        for money in sorted({each.currency for each in found})
    ]


def _bar_title(spans: Sequence[holding.Span]) -> str:
    total = sum(each.amount_minor for each in spans)
    near = sum(each.amount_minor for each in spans if each.days is not None and each.days <= 14)
    currency = spans[0].currency
    return _(
        "%(near)s of %(total)s must leave within two weeks",
        near=money_text(Money(near, currency)),
        total=money_text(Money(total, currency)),
    )


def _href(one: Held) -> str:
    return url_for("finance.held", kind=one.kind, ref=one.ref, currency=one.currency)


def _cursor(one: Held) -> str:
    return f"{one.leave_by}~{one.kind}~{one.ref}~{one.currency}"


def _after() -> tuple[date, str, UUID, str] | None:
    """Return where the last page ended, written `2026-05-24~wallet~per_…~EUR`."""
    parts = lists.typed("after").split("~")
    try:
        on, kind, ref, currency = parts
        return date.fromisoformat(on), kind, parse_public_id(PREFIXES[HeldAs(kind)], ref), currency
    except (ValueError, NotFound):
        return None
