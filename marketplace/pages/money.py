"""My money: what is where, what happened, what comes, and what needs me."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from babel.dates import format_date
from flask import Blueprint, Response, request, url_for

from marketplace.campaigns.queries import happenings as campaigns
from marketplace.escrow.limits import ALARM_DAYS
from marketplace.escrow.queries import payee
from marketplace.escrow.states import PayeeState
from marketplace.kernel import clock
from marketplace.kernel.days import add_months
from marketplace.kernel.money import Money
from marketplace.ledger.queries import Balance
from marketplace.loans.queries import happenings as loans
from marketplace.loans.queries.happenings import Month
from marketplace.pages import happenings
from marketplace.pages.happenings import Told
from marketplace.pages.purse import Purse, purses, wallets_of
from marketplace.settlement.queries import holding
from marketplace.settlement.queries.kinds import HeldAs
from marketplace.web.guards import may, me, signed_in
from marketplace.web.locale import _, _l, locale_name, ngettext
from marketplace.web.pieces import Later
from marketplace.web.rendering import day_text, money_text, page

bp = Blueprint("money", __name__)

LINES_MAX: Final = 8  # of what happened, and of what comes
_PAST_DAYS: Final = timedelta(days=400)
_MONTHS_BEFORE: Final = 5
_MONTHS_AFTER: Final = 6


@bp.get("/my/money")
@signed_in
def my_money() -> Response:
    """Show all of a person's money on one page."""
    person_id, now = me().known(), clock.now()
    given = campaigns.story(person_id, now=now, limit=LINES_MAX)
    lent = loans.story(person_id, now=now, since=now - _PAST_DAYS, limit=LINES_MAX)
    # Whoever ever lent has committed money once, which is told for good.
    lends = bool(lent.past or lent.coming)
    wallets = wallets_of(person_id)
    found = purses(person_id, wallets, held=given.held, given=given.given, lends=lends)
    chosen = _chosen(found)
    past, coming = _told(given, lent, now)
    return page(
        "pages/money.html",
        purse=chosen,
        currency_tabs=_tabs(found, chosen),
        figures=_figures(chosen, coming),
        tasks=[
            *_must_leave(person_id, _owned(wallets, coming), now.date()),
            *_tasks(person_id, coming),
        ],
        timeline=[*(Later(told, happenings.past) for told in past), *_ahead(coming)],
        plot=_plot(person_id, chosen, clock.today()) if chosen.notes else None,
        is_lender=may("wallet.use"),
    )


def _chosen(found: Sequence[Purse]) -> Purse:
    wish = request.args.get("currency", "")
    return next((one for one in found if one.currency == wish), found[0])


def _tabs(found: Sequence[Purse], chosen: Purse) -> list[dict[str, Any]]:
    return [
        {
            "label": one.currency,
            "href": url_for("money.my_money", currency=one.currency),
            "current": one.currency == chosen.currency,
        }
        for one in found
    ]


def _told(
    given: campaigns.Story, lent: loans.Story, now: datetime
) -> tuple[list[Told], list[Told]]:
    """Return the last happenings of both product lines, oldest first, and what is open.

    Of that what has no date comes first: it is on its way already.
    """
    past: list[Told] = [*given.past, *lent.past]
    coming: list[Told] = [*given.coming, *lent.coming]
    past.sort(key=lambda told: told.at or now)
    coming.sort(key=lambda told: told.at or now)
    return past[-LINES_MAX:], coming


def _ahead(coming: Sequence[Told]) -> list[Later]:
    open_ones = [told for told in coming if told.kind not in happenings.NEEDED]
    return [Later(told, happenings.future) for told in open_ones[:LINES_MAX]]


def _owned(wallets: Sequence[Balance], coming: Sequence[Told]) -> list[HeldAs]:
    """Return as what the provider may hold money that is the person's: only that is looked for.

    What is stranded has been in a wallet.
    """
    kinds = [HeldAs.STRANDED] if wallets else []
    if not all(one.available.is_zero and one.pending_out_minor == 0 for one in wallets):
        kinds.append(HeldAs.WALLET)
    if _waits_for_payout(coming):
        kinds += [HeldAs.PAYOUT, HeldAs.DISBURSEMENT]
    return kinds


def _waits_for_payout(coming: Sequence[Told]) -> bool:
    return any(told.kind in happenings.WAITING_FOR_PAYOUT for told in coming)


def _must_leave(person_id: UUID, kinds: Sequence[HeldAs], today: date) -> list[dict[str, Any]]:
    """Return what of the person's money the provider may soon hold no longer."""
    if not kinds:
        return []
    until = today + timedelta(days=max(ALARM_DAYS))
    return [
        {
            "label": str(_MUST_LEAVE[HeldAs(held.kind)]),
            "href": "/my/wallet" if held.kind == HeldAs.WALLET else url_for("campaigns.payouts"),
            "hint": _(
                "%(amount)s must leave the provider by %(day)s.",
                amount=money_text(held.leaving),
                day=day_text(held.leave_by),
            ),
            "status": _("Waits for you"),
            "tone": "bad" if held.days_left(today) <= min(ALARM_DAYS) else "warn",
        }
        for held in holding.held(kinds, person_id=person_id, until=until, limit=5)
    ]


_MUST_LEAVE: Final = {
    HeldAs.PAYOUT: _l("Say where your payout goes, or your backers get everything back"),
    HeldAs.DISBURSEMENT: _l("Say where your loan is paid to, or your lenders get everything back"),
    HeldAs.WALLET: _l("Lend or withdraw what is in your wallet"),
    HeldAs.STRANDED: _l("Say where we can send your money"),
}


def _tasks(person_id: UUID, coming: Sequence[Told]) -> list[dict[str, Any]]:
    tasks = [happenings.task(told) for told in coming if told.kind in happenings.NEEDED]
    if _waits_for_payout(coming) and payee(person_id).state != PayeeState.READY:
        tasks.append(
            {
                "label": _("Say where your payouts go"),
                "href": url_for("campaigns.payouts"),
                "hint": _("The money is there, but the provider does not know your account yet."),
                "status": _("Waits for you"),
                "tone": "warn",
            }
        )
    return tasks


def _figures(purse: Purse, coming: Sequence[Told]) -> list[dict[str, Any]]:
    """Return the key figures: a lender's all five, of others those that say something."""
    due = _due(purse.currency, coming)
    if purse.is_empty:
        return due
    return [*_holdings(purse), *(_lendings(purse) if purse.notes else _givings(purse)), *due]


def _holdings(purse: Purse) -> list[dict[str, Any]]:
    leaving = _("%(amount)s on its way to your bank", amount=money_text(purse.leaving))
    return [
        {
            "label": _("Available"),
            "value": purse.available,
            "hint": _("to lend or to withdraw") if purse.leaving.is_zero else leaving,
        },
        {
            "label": _("Reserved"),
            "value": purse.reserved,
            "hint": _("waits for a deadline or a full loan"),
        },
    ]


def _lendings(purse: Purse) -> list[dict[str, Any]]:
    given = _("besides %(amount)s given to projects", amount=money_text(purse.given))
    return [
        {
            "label": _("Invested"),
            "value": purse.invested,
            "hint": _("lent since you began") if purse.given.is_zero else given,
        },
        {
            "label": _("At work"),
            "value": purse.at_work,
            "hint": ngettext("in %(num)s note", "in %(num)s notes", purse.notes),
        },
    ]


def _givings(purse: Purse) -> list[dict[str, Any]]:
    if purse.given.is_zero:
        return []
    hint = _("released when their goals were reached")
    return [{"label": _("Given to projects"), "value": purse.given, "hint": hint}]


def _due(currency: str, coming: Sequence[Told]) -> list[dict[str, Any]]:
    """Return what comes in next and, for who borrows, what is to be paid next."""
    found = []
    for label, kinds, tone in (
        (_("Due to you next"), {"instalments"}, None),
        (_("You pay next"), {"bill.late", "bill.due", "instalment"}, "ember"),
    ):
        told = next((one for one in coming if _is(one, kinds, currency)), None)
        if told is not None and told.at is not None:
            figure = {"label": label, "value": told.amount, "hint": day_text(told.at)}
            found.append(figure | {"tone": tone})
    return found


def _is(told: Told, kinds: set[str], currency: str) -> bool:
    return told.kind in kinds and told.amount is not None and told.amount.currency == currency


def _plot(person_id: UUID, purse: Purse, today: date) -> dict[str, Any]:
    """Return a year of months around this one: what came back, what is expected."""
    this_month = today.replace(day=1)
    found = loans.months(
        person_id,
        purse.currency,
        first=add_months(this_month, -_MONTHS_BEFORE),
        last=add_months(this_month, _MONTHS_AFTER),
        today=today,
    )
    arrived = Money(sum(one.arrived_minor for one in found), purse.currency)
    expected = Money(sum(one.expected_minor for one in found), purse.currency)
    return {
        "title": _(
            "%(arrived)s came back, %(expected)s is expected by %(month)s",
            arrived=money_text(arrived),
            expected=money_text(expected),
            month=_month_words(found[-1].month, "MMMM y"),
        ),
        "series": [
            {"label": _("came back"), "tone": "ember"},
            {"label": _("expected"), "tone": "ember", "expected": True},
        ],
        "points": [_point(one, purse.currency) for one in found],
    }


def _point(month: Month, currency: str) -> dict[str, Any]:
    parts = [month.arrived_minor, month.expected_minor]
    return {
        "label": _month_words(month.month, "MMM"),
        "parts": parts,
        "texts": [money_text(Money(part, currency)) for part in parts],
    }


def _month_words(on: date, pattern: str) -> str:
    return str(format_date(on, format=pattern, locale=locale_name()))
