"""What plots, tables and quotes take: schedules and costs, turned into what the macros show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Protocol

from markupsafe import Markup

from marketplace.kernel.money import Money
from marketplace.loans import payoff as early
from marketplace.loans.forms import term_words, words
from marketplace.loans.payoff import Payoff
from marketplace.loans.pricing import Outcomes, Quote, dated
from marketplace.loans.queries.borrower import OwnLoan
from marketplace.loans.queries.listing import ScheduleLine
from marketplace.loans.rules import GRADE_REASONS
from marketplace.loans.schedule import Method, Row
from marketplace.loans.states import Bucket, bucket, days_late
from marketplace.web.locale import _, ngettext
from marketplace.web.rendering import money_text, percent


class _Amounts(Protocol):
    @property
    def n(self) -> int: ...
    @property
    def principal(self) -> Money: ...
    @property
    def interest(self) -> Money: ...
    @property
    def total(self) -> Money: ...


def planned_rows(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the lines of `schedule_table` for a loan that is not paid out yet."""
    return [
        {
            "n": row.n,
            "due": row.due,
            "principal": row.principal,
            "interest": row.interest,
            "total": row.total,
            "outstanding": row.outstanding,
        }
        for row in rows
    ]


def running_rows(lines: Sequence[ScheduleLine], today: date) -> list[dict[str, Any]]:
    """Return the lines of `schedule_table` for a running loan, with what became of each."""
    next_n = next((line.n for line in lines if line.paid_at is None), None)
    return [
        {
            "n": line.n,
            "due": line.due_on,
            "principal": line.principal,
            "interest": line.interest,
            "total": line.total,
            "outstanding": line.outstanding,
            "status": _status(line, today),
            "now": line.n == next_n,
        }
        for line in lines
    ]


def _status(line: ScheduleLine, today: date) -> dict[str, Any]:
    if line.paid_at is not None:
        return {"label": _("Paid"), "tone": "good"}
    late = days_late(line.due_on, today)
    if late:
        return {"label": ngettext("%(num)s day late", "%(num)s days late", late), "tone": "bad"}
    if line.bill_id is not None:
        return {"label": _("Bill issued"), "tone": "info"}
    return {"label": _("Scheduled"), "tone": "neutral"}


def totals(rows: Sequence[_Amounts], currency: str) -> dict[str, Money]:
    """Return the totals line of a schedule."""
    return {
        "principal": Money.total((row.principal for row in rows), currency),
        "interest": Money.total((row.interest for row in rows), currency),
        "total": Money.total((row.total for row in rows), currency),
    }


def repayment_points(rows: Sequence[_Amounts], *, paid: int = 0) -> list[dict[str, Any]]:
    """Return the points of the stacked plot: principal below, interest on top, month by month."""
    return [
        {
            "label": str(row.n),
            "parts": [row.principal.minor, row.interest.minor],
            "texts": [money_text(row.principal), money_text(row.interest)],
            "total_text": money_text(row.total),
            "expected": row.n > paid,
        }
        for row in rows
    ]


def repayment_series() -> list[dict[str, Any]]:
    """Return the two layers of the repayment plot."""
    return [
        {"label": _("Principal"), "tone": "past"},
        {"label": _("Interest"), "tone": "ember"},
    ]


def lender_series(*, expected: bool = False) -> list[dict[str, Any]]:
    """Return the two layers of what reaches a lender's wallet."""
    return [
        {"label": _("Principal"), "tone": "past", "expected": expected},
        {"label": _("Interest, less our fee"), "tone": "ember", "expected": expected},
    ]


def cost_rows(cost: Quote) -> list[dict[str, Any]]:
    """Return the borrower's quote: what is paid out, what is paid back, what it costs."""
    return [
        {"label": _("Loan"), "amount": cost.paid_out + cost.fee},
        {"label": _("Fee, kept when the loan is paid out"), "amount": cost.fee, "kind": "fee"},
        {"label": _("Paid out to you"), "amount": cost.paid_out, "kind": "get"},
        *_instalment_rows(cost),
        {"label": _("Interest over the term"), "amount": cost.interest},
        {"label": _("APR (US Regulation Z)"), "amount": apr_text(cost), "kind": "when"},
        {"label": _("APR (EU, effective)"), "amount": apr_eu_text(cost), "kind": "when"},
    ]


def _instalment_rows(cost: Quote) -> list[dict[str, Any]]:
    """Return what is paid each time; the first and the last where they differ by method."""
    terms = cost.terms
    said = term_words.instalment_label(terms.period, terms.method)
    if terms.method not in {Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY}:
        return [{"label": said, "amount": cost.instalment, "kind": "strong"}]
    return [
        {"label": _("%(instalment)s, the first", instalment=said), "amount": cost.instalment},
        {"label": _("The last instalment"), "amount": cost.last, "kind": "strong"},
    ]


def apr_text(cost: Quote) -> str:
    """Return the APR as text."""
    return "–" if cost.apr_pct is None else percent(cost.apr_pct)


def apr_eu_text(cost: Quote) -> str:
    """Return the EU's annual percentage rate of charge as text."""
    return "–" if cost.apr_eu_pct is None else percent(cost.apr_eu_pct)


def payoff(own: OwnLoan, lines: Sequence[ScheduleLine], on: date) -> Payoff | None:
    """Return what would close the loan on that day, bills that are open included."""
    if own.terms is None or own.disbursed_on is None:
        return None
    paid = next((n for n, line in enumerate(lines) if line.paid_at is None), len(lines))
    since = lines[paid - 1].due_on if paid else own.disbursed_on
    return early.quote(dated(own.terms, own.disbursed_on), paid, max(on, since))


def outcome_cases(found: Outcomes, rate: str) -> list[dict[str, Any]]:
    """Return best, expected and worst case for `m.outcomes`."""
    return [
        {
            "label": _("If every instalment is paid on time"),
            "back": found.best,
            "words": _("comes back of %(lent)s lent", lent=money_text(found.lent)),
            "tone": "good",
        },
        {
            "label": _("At the losses published for this grade"),
            "back": found.expected,
            "words": _("%(rate)s a year of what is outstanding is lost", rate=rate),
        },
        {
            "label": _("If the borrower never pays"),
            "back": found.worst,
            "words": _("all of it is lost: nobody guarantees this loan"),
            "tone": "bad",
        },
    ]


def reason_bars(reasons: Iterable[str]) -> list[dict[str, Any]]:
    """Return the reasons of a grade for `plots.row_bars`, those in favour first."""
    known = [reason for reason in reasons if reason in GRADE_REASONS]
    ordered = sorted(known, key=lambda reason: -GRADE_REASONS[reason])
    return [
        {
            "label": words.GRADE_REASONS[reason],
            "value": 1,
            "max": 1,
            "text": _("in favour") if GRADE_REASONS[reason] > 0 else _("against"),
            "tone": "good" if GRADE_REASONS[reason] > 0 else "warn",
        }
        for reason in ordered
    ]


def lateness(oldest_due_on: date | None, today: date) -> dict[str, Any]:
    """Return how late a running loan is, as a tag."""
    late = days_late(oldest_due_on, today) if oldest_due_on else 0
    where = bucket(late)
    if where is Bucket.CURRENT:
        return {"label": words.BUCKETS[where.value], "tone": "good"}
    label = Markup("{}, {}").format(
        words.BUCKETS[where.value], ngettext("%(num)s day", "%(num)s days", late)
    )
    return {"label": label, "tone": "warn" if where is Bucket.DAYS_1_30 else "bad"}
