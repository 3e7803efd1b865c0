"""A request on its way to the money: what has happened, who acts next, and by when.

Also what a refusal rests on, in figures, and what would change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from flask import url_for

from marketplace.contracts import queries as contracts
from marketplace.infra.transitions import Transition
from marketplace.kernel.money import Money
from marketplace.loans import self_check
from marketplace.loans.forms import application_words as said
from marketplace.loans.forms import words
from marketplace.loans.four_eyes import PROMISED
from marketplace.loans.pricing import indicative, monthly_burden, schedule_of
from marketplace.loans.queries import applications, arrears, messages, products
from marketplace.loans.queries.arrears import Look
from marketplace.loans.queries.borrower import OwnLoan
from marketplace.loans.rules import bill_day, burden_pct
from marketplace.loans.services.messages import REVIEWER
from marketplace.loans.states import TALKING, LoanState
from marketplace.loans.views import timelines
from marketplace.risk import queries as risk
from marketplace.risk.queries import Standing
from marketplace.web.locale import _, ngettext
from marketplace.web.rendering import day_text, money_text, percent

Items = list[dict[str, Any]]

# Until the money is there, a request is on its way.
_BEFORE_PAYOUT: Final = (TALKING | {LoanState.DRAFT, LoanState.RETURNED}) - {LoanState.DECLINED}
_ROUNDED: Final = 100_00


def of_request(own: OwnLoan, history: Sequence[Transition], now: datetime) -> dict[str, Any]:
    """Return what the upper part of a loan's page shows: the way, the letters, a refusal."""
    sent = own.submitted_at is not None
    return {
        "timeline": timeline(own, history, now),
        "talks": sent and LoanState(own.state) in TALKING,
        "unread": messages.unread(own.id, REVIEWER) if sent else 0,
        "question": _question(own),
        "decline_lines": _decline_lines(own) if own.state == LoanState.DECLINED else [],
    }


def timeline(own: OwnLoan, history: Sequence[Transition], now: datetime) -> Items:
    """Return the life of a loan so far, and every step that is still to come."""
    past = timelines.of_loan(own, history, _looks(own), now.date())
    if LoanState(own.state) not in _BEFORE_PAYOUT:
        return past
    done = [one for one in past if one.get("state") not in {"now", "next"}]
    standing = risk.standing(own.id) if own.submitted_at is not None else None
    if standing is not None and standing.at is not None:
        done.append({"title": _("Risk report received"), "at": standing.at, "state": "done"})
    done.sort(key=lambda one: one["at"])
    coming = _undoing() if own.withdrawn_at else _coming(own, history, standing, now)
    for item in coming:
        item["state"] = "next"
    if coming:
        coming[0]["state"] = "now"
    return done + coming


def _looks(own: OwnLoan) -> list[Look]:
    """Return what officers did while the loan was late, as far as its borrower is to know."""
    if own.disbursed_on is None:
        return []
    return [one for one in arrears.looks(own.id) if one.is_told]


def _undoing() -> Items:
    return [_step(_("Every lender gets the money back"), _("You called the loan off."))]


def _coming(
    own: OwnLoan, history: Sequence[Transition], standing: Standing | None, now: datetime
) -> Items:
    """Return the steps ahead, from where the request stands on."""
    state = LoanState(own.state)
    steps: tuple[tuple[frozenset[LoanState], Items], ...] = (
        (frozenset({LoanState.DRAFT}), [_step(_("You send the request"), _("You act."))]),
        (
            frozenset({LoanState.RETURNED}),
            [_step(_("You add what is missing and send it again"), _("You act."))],
        ),
        (_UNREPORTED, _report(state, standing)),
        (_UNREVIEWED, [_review(own, history, state, now)]),
        (_UNOFFERED, [_second(history, state, now)]),
        (_UNANSWERED, [_answer(own, state)]),
        *(() if own.asks_line else _lending(own, state, now)),
    )
    return [item for states, items in steps if state in states for item in items]


def _lending(
    own: OwnLoan, state: LoanState, now: datetime
) -> tuple[tuple[frozenset[LoanState], Items], ...]:
    """Return the steps of a loan after its offer; of a credit line each draw goes through them."""
    return (
        (_UNLISTED, _funding(own, state)),
        (_UNSIGNED, _signing(own, state)),
        (_BEFORE_PAYOUT, [_payout(), _first_bill(own, now)]),
    )


_UNREPORTED: Final = frozenset({LoanState.DRAFT, LoanState.RETURNED, LoanState.SUBMITTED})
_UNREVIEWED: Final = _UNREPORTED
_UNOFFERED: Final = _UNREVIEWED | {LoanState.FIRST_PASSED}
_UNANSWERED: Final = _UNOFFERED | {LoanState.OFFERED}
_UNLISTED: Final = _UNANSWERED | {LoanState.LISTED}
_UNSIGNED: Final = _UNLISTED | {LoanState.FUNDED}


def _step(title: str, body: str, *, by: datetime | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    item: dict[str, Any] = {"title": title, "body": body, **more}
    return item if by is None else {**item, "at": by}


def _report(state: LoanState, standing: Standing | None) -> Items:
    if standing is not None and not standing.is_waiting:
        return []
    body = _("Two sources are asked by themselves; nobody passes the request before they answer.")
    return [_step(_("Risk report"), body)] if state is not LoanState.FIRST_PASSED else []


def _review(
    own: OwnLoan, history: Sequence[Transition], state: LoanState, now: datetime
) -> dict[str, Any]:
    by = None
    if state is LoanState.SUBMITTED:
        by = max(own.submitted_at or now, _last(history, "submit", now)) + PROMISED
    return _step(_("First review"), _promise(_("A first reviewer acts."), by, now), by=by)


def _second(history: Sequence[Transition], state: LoanState, now: datetime) -> dict[str, Any]:
    by = None
    if state is LoanState.FIRST_PASSED:
        by = _last(history, "pass", now) + PROMISED
    title = _("Second review by another person")
    return _step(title, _promise(_("A second reviewer acts."), by, now), by=by)


def _promise(who: str, by: datetime | None, now: datetime) -> str:
    if by is None:
        return _("%(who)s Within two days once it is there.", who=who)
    if by < now:
        return _("%(who)s We promised two days and are late: write to us if it presses.", who=who)
    return _("%(who)s Promised by then.", who=who)


def _last(history: Sequence[Transition], move: str, otherwise: datetime) -> datetime:
    found = [made.at for made in history if made.move == move]
    return found[-1] if found else otherwise


def _answer(own: OwnLoan, state: LoanState) -> dict[str, Any]:
    body = _("You act: accept or decline. It may be another one than you asked for.")
    by = own.offer_until if state is LoanState.OFFERED else None
    return _step(_("The offer"), body, by=by)


def _funding(own: OwnLoan, state: LoanState) -> Items:
    by = own.funding_until if state is LoanState.LISTED else None
    return [
        _step(
            _("Lenders invest"),
            _("Lenders act. If they are too few by then, everything goes back to them."),
            by=by,
        ),
        _step(
            _("Lenders’ time to reflect"),
            _("Each lender may think better of it for some days after paying."),
        ),
    ]


def _signing(own: OwnLoan, state: LoanState) -> Items:
    title, body = _("The contract is signed"), _("You act: lenders have agreed, you sign last.")
    contract = contracts.of_subject(own.id) if state is LoanState.FUNDED else None
    if contract is None:
        return [_step(title, body)]
    if contract.is_signed:
        return []
    href = url_for("loans.my_contract", ref=own.ref)
    return [_step(title, body, by=contract.sign_by, href=href)]


def _payout() -> dict[str, Any]:
    body = _("Two officers check and approve it, then the provider pays to your bank.")
    return _step(_("Paid out to you"), body)


def _first_bill(own: OwnLoan, now: datetime) -> dict[str, Any]:
    """Return when the first bill comes; the days are known only where the money is on its way."""
    lead = own.bill_lead_days
    body = ngettext(
        "It comes %(num)s day before the first instalment is due.",
        "It comes %(num)s days before the first instalment is due.",
        lead,
    )
    if own.state in {LoanState.FUNDED, LoanState.DISBURSING} and own.terms is not None:
        due = schedule_of(own.terms, now.date())[0].due
        body += " " + _(
            "Paid out today, that is %(bill)s for the instalment of %(due)s.",
            bill=day_text(max(bill_day(due, lead), now.date())),
            due=day_text(due),
        )
    return _step(_("Your first bill"), body)


def _question(own: OwnLoan) -> messages.Message | None:
    if own.state != LoanState.RETURNED:
        return None
    asked = [one for one in messages.thread(own.id) if one.kind == "question"]
    return asked[-1] if asked else None


def _decline_lines(own: OwnLoan) -> list[str]:
    """Return what a refusal rests on, in figures where there are any, and what would change it."""
    code = own.decline_code or ""
    lines = [str(words.DECLINE_HELP.get(code, ""))]
    if code in {"income_too_low", "obligations_too_high"}:
        lines += _burden_lines(own)
    elif code in {"facts_unverified", "identity_unverified"}:
        lines += _paper_lines(own)
    return [line for line in lines if line]


def _burden_lines(own: OwnLoan) -> list[str]:
    told = applications.own_application(own.id, own.borrower_id)
    grades = products.grades(own.product_id)
    terms = told.terms(grades[len(grades) // 2].rate_middle)
    if terms is None or not own.income.is_positive:
        return []
    cost = indicative(terms, (own.submitted_at or own.created_at).date())
    instalment = monthly_burden(cost, own.term_months)
    most = self_check.burden_max()
    burden = burden_pct(own.income, own.obligations, instalment)
    lines = [
        _(
            "Obligations of %(obligations)s and an instalment of %(instalment)s come to %(burden)s"
            " of your income of %(income)s; at most %(most)s passes.",
            obligations=money_text(own.obligations),
            instalment=money_text(instalment),
            burden=percent(burden, 0),
            income=money_text(own.income),
            most=percent(most, 0),
        )
    ]
    room = Money(own.income.minor * most // 100, own.currency) - own.obligations
    fits = Money(own.amount_minor * room.minor // max(1, instalment.minor), own.currency)
    fits = Money(fits.minor // _ROUNDED * _ROUNDED, own.currency)
    if room.is_positive and fits.is_positive and fits < own.amount:
        lines.append(
            _(
                "Over the same term about %(amount)s would fit.",
                amount=money_text(fits),
            )
        )
    return lines


def _paper_lines(own: OwnLoan) -> list[str]:
    told = applications.own_application(own.id, own.borrower_id)
    missing = [str(said.DOCUMENTS.get(kind, kind)) for kind in told.missing_documents]
    if not missing:
        return []
    names = ", ".join(missing)
    return [_("Papers that were missing or could not be used: %(papers)s.", papers=names)]
