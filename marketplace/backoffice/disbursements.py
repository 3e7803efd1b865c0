"""The disbursement desk: what must hold before a borrower is paid, and the two who decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, url_for
from wtforms import HiddenField, StringField, TextAreaField

from marketplace.backoffice import disbursing_words, lists
from marketplace.backoffice.blueprints import finance
from marketplace.escrow import queries as escrow
from marketplace.escrow.services import payees
from marketplace.identity import queries as people
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, ProviderTrouble, Refusal
from marketplace.kernel.ids import parse_public_id
from marketplace.loans.forms import words as loan_words
from marketplace.loans.preconditions import Case, Check, needed, unmet
from marketplace.loans.queries import disbursing as queries
from marketplace.loans.queries import reviews
from marketplace.loans.queries.disbursing import Proposal, Registration
from marketplace.loans.services import disbursing, registering
from marketplace.loans.states import LoanState
from marketplace.risk import queries as risk
from marketplace.web.csv_answer import Table
from marketplace.web.cursors import cursor
from marketplace.web.forms import DayField, Form
from marketplace.web.guards import may, me, requires
from marketplace.web.locale import _, _l, ngettext
from marketplace.web.rendering import done, money_text, page


class ProposePayoutForm(Form):
    """The maker's word, bound to what the page showed."""

    shown = HiddenField()
    note = TextAreaField(_l("For the second officer (optional)"))


class DecidePayoutForm(Form):
    """The checker's word about the proposal that the address names."""

    reason = TextAreaField(_l("Why not"))


class RegistrationForm(Form):
    """Where collateral is registered."""

    office = StringField(_l("Office"))
    number = StringField(_l("Registration number"))
    registered_on = DayField(_l("Registered on"))


class CheckRegistrationForm(Form):
    """The number once more, as the second officer reads it at the office."""

    check_number = StringField(_l("Number, as the office shows it"))


@finance.get("/disbursements")
@requires("finance.see")
def disbursements() -> Response:
    """List the loans that wait to be paid out, with how much is missing of each."""
    found = lists.cut(queries.queue(after=_after(), limit=lists.size()))
    last = found.rows[-1] if found.more else None
    return lists.answer(
        "backoffice/disbursements.html",
        _table(found.rows),
        more_href=lists.here(after=f"{last.ref}") if last else None,
        first_href=lists.here(after=None) if lists.typed("after") else None,
    )


@finance.get("/disbursements/<string:ref>")
@requires("finance.see")
def disbursement(ref: str) -> Response:
    """Show one payout: the checklist with its evidence, and what was proposed."""
    return _show(_case(ref), ProposePayoutForm())


@finance.post("/disbursements/<string:ref>")
@requires("finance.decide")
def propose_payout(ref: str) -> Response:
    """Put a payout before a second officer, after reading its payee back from the provider."""
    case, form = _case(ref), ProposePayoutForm()
    shown, note = form.shown.data or "", form.note.data or ""
    if form.ready() and form.succeeds(lambda: _propose(case, shown, note)):
        return done(_href(case), _("Proposed. Another finance officer must approve it."))
    return _show(_case(ref), form)


@finance.post("/disbursements/<string:ref>/<string:proposal>/<any(approve, refuse):act>")
@requires("finance.decide")
def decide_payout(ref: str, proposal: str, act: str) -> Response:
    """Approve the proposal that was read, and no later one, or turn it down."""
    case, form = _case(ref), DecidePayoutForm()
    proposal_id, reason = parse_public_id("dp", proposal), form.reason.data or ""
    if queries.proposal(proposal_id).loan_id != case.id:
        raise NotFound(proposal)
    if form.ready() and form.succeeds(lambda: _decide(case, proposal_id, act, reason)):
        said = (
            _("Approved. The provider is asked to pay.") if act == "approve" else _("Turned down.")
        )
        return done(_href(case), said)
    return _show(_case(ref), ProposePayoutForm(formdata=None), decide=form)


@finance.post("/disbursements/<string:ref>/collateral")
@requires("finance.decide")
def record_collateral(ref: str) -> Response:
    """Write a registration down."""
    case, form = _case(ref), RegistrationForm()
    if form.ready() and form.succeeds(lambda: _record(case, form)):
        return done(_href(case) + "#collateral", _("Written down. Another officer looks it up."))
    return _show(case, ProposePayoutForm(formdata=None), record=form)


@finance.post("/disbursements/<string:ref>/collateral/check")
@requires("finance.decide")
def check_collateral(ref: str) -> Response:
    """Say that the office shows this number."""
    case, form = _case(ref), CheckRegistrationForm()
    number = form.check_number.data or ""
    if form.ready() and form.succeeds(
        lambda: registering.check(me(), case.id, number=number, now=clock.now())
    ):
        return done(_href(case) + "#collateral", _("Looked up and confirmed."))
    return _show(case, ProposePayoutForm(formdata=None), check=form)


def waiting(limit: int = lists.PAGE) -> list[Case]:
    """Return the payouts that wait, for the cockpit's line."""
    return queries.queue(limit=limit)


def _propose(case: Case, shown: str, note: str) -> UUID:
    _read_payee_back(case)
    return disbursing.propose(me(), case.id, shown=shown, note=note, now=clock.now())


def _decide(case: Case, proposal_id: UUID, act: str, reason: str) -> None:
    if act == "refuse":
        disbursing.refuse(me(), proposal_id, reason=reason, now=clock.now())
        return
    _read_payee_back(case)
    disbursing.approve(me(), proposal_id, now=clock.now())


def _read_payee_back(case: Case) -> None:
    """Know whose account it is at this moment: what is decided is bound to it."""
    try:
        payees.refresh(case.borrower_id)
    except ProviderTrouble:
        raise Refusal("remedy_unread") from None


def _record(case: Case, form: RegistrationForm) -> UUID:
    on = form.registered_on.data
    if on is None:
        raise Refusal("collateral_day_missing", "registered_on")
    return registering.record(
        me(),
        case.id,
        office=form.office.data or "",
        number=form.number.data or "",
        on=on,
        now=clock.now(),
    )


def _show(
    case: Case,
    form: ProposePayoutForm,
    *,
    decide: DecidePayoutForm | None = None,
    record: RegistrationForm | None = None,
    check: CheckRegistrationForm | None = None,
) -> Response:
    told, now = queries.proposals(case.id), clock.now()
    decided = reviews.reviews(case.id)
    registration = queries.registration(case.id) if case.collateral else None
    table = next((each for each in told if each.is_open), None)
    names = people.names(_people(told, registration))
    failed = next((each for each in (decide, record, check) if each and each.failures), form)
    form.shown.data = case.bound
    missing = unmet(case, now.date())
    return page(
        "backoffice/disbursement.html",
        422 if failed.failures else 200,
        case=case,
        form=form,
        failed=failed,
        decide_form=decide or DecidePayoutForm(formdata=None),
        record_form=record or RegistrationForm(formdata=None),
        check_form=check or CheckRegistrationForm(formdata=None),
        checks=[_check_row(case, each, missing) for each in needed(case)],
        missing=len(missing),
        proposal=_told(table, names, now) if table else None,
        changes=_changes(case, table) if table else [],
        **_overtaken(case, names, now),
        may_propose=_may_propose(case, table, missing, now),
        may_approve=_may_approve(table, now),
        history=[_told(each, names, now) for each in told if not each.is_open],
        reviews=decided,
        report=_report(decided),
        **_registered(registration, names),
        transfers=_transfers(case),
        loan_words=loan_words,
        own=case.borrower_id == me().person_id,
    )


def _overtaken(case: Case, names: dict[UUID, str], now: datetime) -> dict[str, Any]:
    """Return the last proposal where it is void because something changed, and what did."""
    gone = queries.overtaken([case.id]).get(case.id)
    if gone is None:
        return {"overtaken": None, "gone_changes": []}
    return {"overtaken": _told(gone, names, now), "gone_changes": _changes(case, gone)}


def _transfers(case: Case) -> list[escrow.Instruction]:
    """Return what the provider was asked to pay, the first one first."""
    return [one for one in escrow.instructions_for(case.id) if one.purpose == "disbursement"]


def _registered(registration: Registration | None, names: dict[UUID, str]) -> dict[str, Any]:
    """Return a registration with the names of who wrote it down and who looked it up."""
    if registration is None:
        return {"registration": None}
    checked_by = registration.checked_by
    return {
        "registration": registration,
        "registered_by": names.get(registration.recorded_by, ""),
        "checked_by": names.get(checked_by, "") if checked_by else "",
    }


def _may_propose(
    case: Case, table: Proposal | None, missing: Sequence[Check], now: datetime
) -> bool:
    over = table is not None and table.state == "proposed" and table.expires_at <= now
    free = table is None or over or table.bound_hash != case.bound
    return may("finance.decide") and case.state == LoanState.FUNDED and free and not missing


def _may_approve(table: Proposal | None, now: datetime) -> bool:
    on = table is not None and table.state == "proposed" and table.expires_at > now
    return (
        on and may("finance.decide") and table is not None and table.proposed_by != me().person_id
    )


def _changes(case: Case, proposal: Proposal) -> list[dict[str, str]]:
    """Return what is another thing than when it was proposed."""
    pairs = (
        (_("Amount"), money_text(proposal.amount), money_text(case.net)),
        (_("Payee at the provider"), proposal.payee_ref, case.payee_ref or "–"),
        (_("Account of"), proposal.payee_name, case.payee_name or "–"),
        (_("Account ending in"), proposal.account_ending, case.account_ending or ""),
    )
    found = [{"what": what, "was": was, "is": now} for what, was, now in pairs if was != now]
    if not found and proposal.bound_hash != case.bound:
        found.append({"what": _("Contract"), "was": _("another"), "is": _("drafted anew")})
    return found


def _check_row(case: Case, check: Check, missing: Sequence[Check]) -> dict[str, Any]:
    words, href = disbursing_words.evidence(case, check)
    met = check not in missing
    return {
        "label": str(disbursing_words.LABELS[check]),
        "hint": words,
        "href": href,
        "status": _("Holds") if met else _("Missing"),
        "tone": "good" if met else "bad",
    }


def _told(one: Proposal, names: dict[UUID, str], now: datetime) -> dict[str, Any]:
    over = one.state == "proposed" and one.expires_at <= now
    return {
        "row": one,
        "state": disbursing_words.state("expired" if over else one.state),
        "by": names.get(one.proposed_by, ""),
        "decided_by": names.get(one.decided_by, "") if one.decided_by else "",
        "mine": one.proposed_by == me().person_id,
        "over": over,
    }


def _people(told: Sequence[Proposal], registration: Registration | None) -> set[UUID]:
    found = {each.proposed_by for each in told}
    found |= {each.decided_by for each in told if each.decided_by}
    if registration is not None:
        found |= {each for each in (registration.recorded_by, registration.checked_by) if each}
    return found


def _report(decided: Sequence[reviews.Review]) -> risk.Standing | None:
    last = next((each for each in reversed(decided) if each.decision == "offered"), None)
    return risk.report(last.risk_report_id) if last and last.risk_report_id else None


def _table(found: Sequence[Case]) -> Table:
    table = queries.on_the_table([each.id for each in found])
    gone = queries.overtaken([each.id for each in found])
    return Table(
        "disbursements",
        _("Loans to be paid out, the longest waiting first"),
        [
            {"key": "what", "label": _("Loan")},
            {"key": "borrower", "label": _("Borrower")},
            {"key": "net", "label": _("To be paid"), "kind": "money"},
            {"key": "fee", "label": _("Our fee"), "kind": "money"},
            {"key": "funded", "label": _("Funded"), "kind": "date"},
            {"key": "state", "label": _("Stands"), "kind": "tag"},
            {"key": "missing", "label": _("Missing")},
            {"key": "ref", "label": _("Reference"), "kind": "ref", "csv_only": True},
        ],
        [_row(each, table.get(each.id) or gone.get(each.id)) for each in found],
    )


def _row(case: Case, proposal: Proposal | None) -> dict[str, Any]:
    missing = unmet(case, clock.today())
    return {
        "what": case.title,
        "what_href": _href(case),
        "borrower": case.borrower_name,
        "net": case.net,
        "fee": case.fee,
        "funded": case.funded_at.date() if case.funded_at else None,
        "state": _stands(case, proposal, len(missing)),
        "missing": ", ".join(str(disbursing_words.LABELS[each]) for each in missing),
        "ref": case.ref,
    }


def _stands(case: Case, proposal: Proposal | None, missing: int) -> dict[str, str]:
    if case.state == LoanState.DISBURSING:
        return {"label": _("With the provider"), "tone": "info"}
    if proposal is not None and proposal.bound_hash != case.bound:
        return {"label": _("Changed: two officers again"), "tone": "bad"}
    if missing:
        words = ngettext("%(num)s thing missing", "%(num)s things missing", missing)
        return {"label": words, "tone": "warn"}
    if proposal is not None and proposal.is_open:
        return disbursing_words.state(proposal.state)
    return {"label": _("Ready to be proposed"), "tone": "good"}


def _case(ref: str) -> Case:
    found = queries.case(parse_public_id("ln", ref))
    if found.funded_at is None:
        raise NotFound(ref)
    return found


def _href(case: Case) -> str:
    return url_for("finance.disbursement", ref=case.ref)


def _after() -> tuple[datetime, UUID] | None:
    """Return where the page before this one ended; a loan that is gone begins anew."""
    last = cursor("ln")
    if last is None:
        return None
    found = queries.case(last)
    return (found.funded_at, found.id) if found.funded_at else None
