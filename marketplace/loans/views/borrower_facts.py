"""What is said of a borrower to everybody: an initial, checked facts, the record, the grade."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from marketplace.infra import transitions
from marketplace.infra.transitions import Transition
from marketplace.kernel import clock
from marketplace.loans.forms import application_words, valuation_words, words
from marketplace.loans.pricing import Quote, monthly_burden
from marketplace.loans.queries import public_loan
from marketplace.loans.queries.public_loan import PublicLoan, TrackRecord
from marketplace.loans.rules import burden_pct
from marketplace.loans.valuation import standing
from marketplace.loans.views import figures
from marketplace.risk import forms as risk_words
from marketplace.risk import queries as risk
from marketplace.risk.queries import Standing
from marketplace.web.locale import _, _l, ngettext
from marketplace.web.rendering import day, day_text, percent

Rows = list[dict[str, Any]]

_STALE_DAYS: Final = 90
# What everybody may read of a loan's life; what was before the listing is the borrower's own.
_CHANGES: Final = {
    "accept": _l("Listed: the borrower accepted the terms"),
    "fund": _l("Fully funded"),
    "reopen": _l("Listed again: a lender’s bank took a payment back"),
    "expire": _l("Not funded in time: every lender gets the money back"),
    "unwind": _l("Undone before it was paid out: every lender gets the money back"),
    "refund": _l("All lenders have their money back"),
    "pay_out": _l("Paid out to the borrower"),
    "return": _l("The payment to the borrower came back"),
    "pay_off": _l("Paid off"),
}


def context(found: PublicLoan, cost: Quote, today: date) -> dict[str, Any]:
    """Return what the page of a loan says of its borrower and why the grade."""
    report = risk.report(found.risk_report_id) if found.risk_report_id else None
    record = public_loan.track_record(found.borrower_id, but=found.id, today=today)
    return {
        "who": _who(found),
        "facts": [*_facts(found, cost), *_record(record)],
        "secured": _secured(found, today),
        "reasons": figures.reason_bars(found.reasons),
        "points_of_grade": _points(report),
        "risk": _risk(report, today),
        "changes": _changes(transitions.history("loan", found.id), found),
    }


def _who(found: PublicLoan) -> str:
    """Return who it is, as much as lenders may know before there is a contract."""
    said = [found.masked_name]
    if "identity" in found.checked:
        said.append(_("verified identity"))
    if "income" in found.checked and found.checked_at is not None:
        said.append(_("income checked on %(day)s", day=day_text(found.checked_at)))
    return ", ".join(part for part in said if part)


def _facts(found: PublicLoan, cost: Quote) -> Rows:
    burden = burden_pct(found.income, found.obligations, monthly_burden(cost, found.term_months))
    return [
        {"key": _("Income from"), "value": words.EMPLOYMENTS.get(found.employment, "")},
        {"key": _("For"), "value": _("%(years)s years", years=found.employed_years)},
        {"key": _("Home"), "value": words.HOUSINGS.get(found.housing, "")},
        {
            "key": _("Monthly obligations and this instalment"),
            "value": _("%(burden)s of income", burden=percent(burden, 0)),
        },
    ]


def _secured(found: PublicLoan, today: date) -> dict[str, Any] | None:
    """Return what stands behind a loan, as far as lenders may know: its kind and its measure."""
    if not found.collateral:
        return None
    kind = application_words.COLLATERALS.get(found.collateral_kind or "", _("Collateral"))
    worth, now = found.worth, standing(found.worth, today)
    if worth is None:
        return {"kind": kind, "ltv": None, "standing": now, "rows": []}
    return {
        "kind": kind,
        "ltv": valuation_words.share(worth.ltv_bps(found.amount)),
        "standing": now,
        "valued_on": worth.valued_on,
        "valid_until": worth.valid_until,
        "rows": [
            {"key": _("Secured by"), "value": kind},
            {
                "key": _("Loan to value"),
                "value": _(
                    "%(ltv)s, at most %(limit)s",
                    ltv=valuation_words.share(worth.ltv_bps(found.amount)),
                    limit=valuation_words.share(found.ltv_max_bps),
                ),
            },
            {"key": _("Taken off the value"), "value": valuation_words.share(worth.haircut_bps)},
            {"key": _("Valued on"), "value": day(worth.valued_on)},
            {"key": _("Valid until"), "value": day(worth.valid_until)},
        ],
    }


def _record(record: TrackRecord) -> Rows:
    loans = ngettext("%(num)s earlier loan", "%(num)s earlier loans", record.loans)
    if not record.loans:
        return [{"key": _("History here"), "value": _("No earlier loan")}]
    repaid = ngettext("%(num)s of them repaid", "%(num)s of them repaid", record.repaid)
    bills = ngettext("%(num)s instalment paid", "%(num)s instalments paid", record.bills_paid)
    return [
        {"key": _("History here"), "value": f"{loans}, {repaid}, {bills}"},
        {"key": _("Days late"), "value": _late(record)},
    ]


def _late(record: TrackRecord) -> str:
    if not record.bills_late:
        return _("Never late")
    bills = ngettext("%(num)s bill late", "%(num)s bills late", record.bills_late)
    most = ngettext("at most %(num)s day", "at most %(num)s days", record.days_late_most)
    in_all = ngettext("%(num)s day in all", "%(num)s days in all", record.days_late)
    return f"{bills}, {most}, {in_all}"


def _points(report: Standing | None) -> Rows:
    """Return the points of the scorecard as bars, with the reason for each."""
    if report is None:
        return []
    return [
        {
            "label": risk_words.ATTRIBUTES.get(line.key, line.key),
            "value": line.points,
            "max": line.points_max,
            "text": _("%(points)s of %(most)s", points=line.points, most=line.points_max),
            "words": risk_words.REASONS.get(line.reason, line.reason),
            "tone": "good" if line.points * 2 >= line.points_max else "warn",
        }
        for line in report.lines
    ]


def _risk(report: Standing | None, today: date) -> dict[str, Any] | None:
    """Return what stands above the points: their sum, the day of the report, whether it is old."""
    if report is None or report.at is None:
        return None
    return {
        "points": _("%(points)s of %(most)s points", points=report.points, most=report.points_max),
        "on": report.at,
        "version": report.version,
        "is_stale": today - report.at.date() > timedelta(days=_STALE_DAYS),
        "days": (today - report.at.date()).days,
    }


def _changes(history: list[Transition], found: PublicLoan) -> Rows:
    items: Rows = [
        {"title": str(_title(made, found)), "at": made.at}
        for made in history
        if made.move in _CHANGES and made.at <= clock.now()
    ]
    return items


def _title(made: Transition, found: PublicLoan) -> str:
    if made.move == "fund" and made.reason == "smaller" and found.asked is not None:
        return _("Funded with less than was asked for, as the borrower had agreed")
    return str(_CHANGES[made.move])
