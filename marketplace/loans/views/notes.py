"""The lender's desk: what is lent, what is due, what came back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from flask import Response, request, url_for

from marketplace.contracts import queries as contracts
from marketplace.escrow.queries import disputes, instructions_for, terms
from marketplace.infra import transitions
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.loans.forms import words
from marketplace.loans.queries import cash_flow, listing, write_offs
from marketplace.loans.queries import lender as queries
from marketplace.loans.queries.cash_flow import MonthFlow
from marketplace.loans.queries.lender import OwnCommitment, OwnNote, Standing
from marketplace.loans.services import contracting
from marketplace.loans.states import LoanState, days_late
from marketplace.loans.views import desk_tabs, figures, timelines, whereabouts
from marketplace.loans.views.blueprint import bp
from marketplace.loans.xirr import xirr
from marketplace.web.cursors import cursor
from marketplace.web.guards import me, requires
from marketplace.web.locale import _, ngettext
from marketplace.web.rendering import money_text, page, percent

_FLOW_DAYS_MIN: Final = 14
_MONTHS_BACK: Final = 5
_MONTHS_AHEAD: Final = 6


@bp.get("/my/notes")
@requires("loan.lend")
def my_notes() -> Response:
    """Show my lending: figures first, then orders under way, then notes."""
    person_id, today = me().known(), clock.today()
    standings = queries.standings(person_id)
    chosen = _chosen(standings)
    before = cursor("nt", "before")
    currency = chosen.currency if chosen else None
    found = queries.own_notes(person_id, currency, before=before, limit=queries.PAGE_SIZE + 1)
    shown = found[: queries.PAGE_SIZE]
    older = shown[-1].ref if len(found) > len(shown) else None
    return page(
        "loans/my_notes.html",
        tabs=desk_tabs.tabs("loans.my_notes", currency),
        standings=standings,
        chosen=chosen,
        currency_tabs=[_tab(one, chosen) for one in standings],
        rate=_rate(cash_flow.flows(person_id, chosen.currency, today=today)) if chosen else None,
        months=_months(chosen, person_id, today) if chosen and chosen.notes else [],
        series=figures.lender_series(),
        orders=[] if before else [_order_row(one) for one in queries.open_commitments(person_id)],
        notes=[_note_row(note, today) for note in shown],
        has_fee=any(note.fee.is_positive for note in shown),
        fee_words=_fee_words(shown),
        older_href=url_for("loans.my_notes", currency=currency, before=older) if older else None,
        newer_href=url_for("loans.my_notes", currency=currency) if before else None,
    )


def _chosen(standings: list[Standing]) -> Standing | None:
    wish = request.args.get("currency", "")
    return next((one for one in standings if one.currency == wish), next(iter(standings), None))


def _rate(flows: list[tuple[Any, Decimal]]) -> str | None:
    """Return the yearly rate of real flows; over a few days it would say nothing."""
    if not flows or (flows[-1][0] - flows[0][0]).days < _FLOW_DAYS_MIN:
        return None
    found = xirr(flows)
    return None if found is None else percent(found * 100)


def _tab(one: Standing, chosen: Standing | None) -> dict[str, Any]:
    return {
        "label": one.currency,
        "href": url_for("loans.my_notes", currency=one.currency),
        "current": one is chosen,
    }


def _months(chosen: Standing, person_id: UUID, today: date) -> list[dict[str, Any]]:
    """Return the bars of a year: five months back, this one, six ahead."""
    first, last = _month(today, -_MONTHS_BACK), _month(today, _MONTHS_AHEAD)
    months = cash_flow.months(person_id, chosen.currency, first=first, last=last, today=today)
    return _month_points(months, chosen.currency)


def _month(day: date, offset: int) -> date:
    """Return the first day of the month `offset` months from that of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + offset, 12)
    return date(year, month + 1, 1)


def _order_row(order: OwnCommitment) -> dict[str, Any]:
    return {
        "title": order.title,
        "title_href": url_for("loans.commitment", ref=order.ref),
        "amount": order.amount,
        "at": order.created_at,
        "state": {
            "label": words.COMMITMENT_STATES[order.state],
            "tone": words.COMMITMENT_TONES[order.state],
        },
    }


def _month_points(months: list[MonthFlow], currency: str) -> list[dict[str, Any]]:
    return [
        {
            "label": f"{one.month:%m/%y}",
            "parts": [one.principal_minor, one.interest_minor],
            "texts": [
                money_text(Money(one.principal_minor, currency)),
                money_text(Money(one.interest_minor, currency)),
            ],
            "total_text": money_text(Money(one.principal_minor + one.interest_minor, currency)),
            "expected": one.expected,
        }
        for one in months
    ]


def _note_row(note: OwnNote, today: date) -> dict[str, Any]:
    return {
        "title": note.title,
        "title_href": url_for("loans.note", ref=note.ref),
        "grade": f"{note.grade}, {percent(note.annual_rate * 100)}",
        "invested": note.invested,
        "outstanding": note.outstanding,
        "came_back": note.came_back,
        "fee": note.fee,
        "next_on": note.next_due_on,
        "next": note.next_due,
        "state": _standing(note, today),
    }


def _standing(note: OwnNote, today: date) -> dict[str, Any]:
    """Return how the loan behind a note does: its state, or how late it is."""
    if note.written_off_at and note.loan_state == LoanState.ACTIVE:
        return {"label": _("Written off"), "tone": "bad"}
    late = days_late(note.next_due_on, today) if note.next_due_on else 0
    if late:
        return {"label": ngettext("%(num)s day late", "%(num)s days late", late), "tone": "bad"}
    return {
        "label": words.LOAN_STATES[note.loan_state],
        "tone": words.LOAN_TONES[note.loan_state],
    }


def _fee_words(shown: list[OwnNote]) -> str:
    """Return what a fee does to the figures of a list."""
    if any(note.fee.is_positive or (note.next_fee and note.next_fee.is_positive) for note in shown):
        return _("What came back and what is due next is what reaches your wallet: less our fee.")
    return _("We take no fee from what comes back of these.")


def _came_of(note: OwnNote) -> str:
    """Return what makes up what came back of a note."""
    named = (
        (_("principal"), note.principal_back),
        (_("interest"), note.interest_back),
        (_("penalty interest"), note.penalty_back),
        (_("less our fee"), note.fee),
    )
    return ", ".join(f"{name} {money_text(amount)}" for name, amount in named if amount.is_positive)


def _contract(loan_id: UUID) -> dict[str, Any]:
    """Return the signed contract, and the borrower's name: its parties know each other."""
    found = contracts.of_subject(loan_id)
    if found is None or not found.is_signed:
        return {"contract": None, "borrower": ""}
    names = contracts.names_of(found.id, contracting.BORROWER)
    return {"contract": found, "borrower": ", ".join(names)}


@bp.get("/my/notes/<string:ref>")
@requires("loan.lend")
def note(ref: str) -> Response:
    """Show one note, with where its money is now."""
    own = queries.own_note(parse_public_id("nt", ref), me().known())
    order = queries.own_commitment(own.commitment_id, own.lender_id)
    came = queries.shares(own.id)
    asked = instructions_for(own.commitment_id)
    flows = cash_flow.flows(own.lender_id, own.currency, today=clock.today(), note_id=own.id)
    return page(
        "loans/note.html",
        note=own,
        standing=_standing(own, clock.today()),
        order=order,
        shares=came,
        came_of=_came_of(own),
        rate=_rate(flows),
        nominal=percent(own.annual_rate * 100),
        where=whereabouts.of_note(order, own, asked, terms()),
        timeline=timelines.of_note(
            timelines.of_commitment(order, asked, disputes.of_subject(order.id)),
            own,
            came,
            transitions.history("loan", own.loan_id),
            due={line.n: line.due_on for line in listing.schedule(own.loan_id)},
            losses=write_offs.losses(own.id) if own.written_off_at else (),
            today=clock.today(),
        ),
        trail=ledger.trail(f"commitment:{own.commitment_id}"),
        **_contract(own.loan_id),
        title=_("%(amount)s lent: %(title)s", amount=money_text(own.invested), title=own.title),
    )
