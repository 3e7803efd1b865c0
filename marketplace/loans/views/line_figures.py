"""What pages show of a credit line: the bar, the draws, the statements, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask import url_for

from marketplace.infra import transitions
from marketplace.kernel.money import Money
from marketplace.loans.credit_lines import next_statement_day, stops
from marketplace.loans.forms import line_words, words
from marketplace.loans.queries import credit_lines, line_statements
from marketplace.loans.queries.credit_lines import Draw, Line
from marketplace.loans.states import LineState
from marketplace.web.csv_answer import Table
from marketplace.web.locale import _, ngettext
from marketplace.web.refusals import sentence
from marketplace.web.rendering import money_text, percent

Items = list[dict[str, Any]]


def standing(line: Line, today: date) -> dict[str, Any]:
    """Return a line in figures: its bar, its terms, and why nothing can be drawn if so."""
    return {
        "line": line,
        "state": {"label": line_words.STATES[line.state], "tone": line_words.TONES[line.state]},
        "bar": bar(line),
        "over": line.use.over if line.use.over.is_positive else None,
        "rate": percent(line.annual_rate * 100),
        "grade_words": words.GRADES[line.grade],
        "next_statement": next_statement_day(line.statement_day, today),
        "draws_run": ngettext(
            "Over %(least)s to %(num)s instalment",
            "Over %(least)s to %(num)s instalments",
            line.instalments_max,
            least=line.instalments_min,
        ),
    }


def bar(line: Line) -> Items:
    """Return where the limit is now: owed, under way, and free to draw."""
    use = line.use
    parts = (
        (_("Used: still owed"), use.used, "ember"),
        (_("Under way: lenders are funding it"), use.under_way, "info"),
        (_("Available"), use.available, "good"),
    )
    return [
        {"label": label, "minor": amount.minor, "amount": amount, "tone": tone}
        for label, amount, tone in parts
    ]


def hindrances(line: Line, now: datetime) -> list[str]:
    """Return the sentences of what keeps every draw from being made just now."""
    return [sentence(one) for one in stops(line.standing, now)]


def draws_table(line: Line, found: Sequence[Draw], today: date, *, own: bool) -> Table:
    """Return the draws of a line; `own` links to its borrower's pages."""
    page = "loans.my_loan" if own else "loans.loan"
    return Table(
        name=f"credit-line-{line.ref}",
        caption=_("Draws"),
        columns=[
            {"key": "title", "label": _("Draw")},
            {"key": "amount", "label": _("Drawn"), "kind": "money"},
            {"key": "owed", "label": _("Still owed"), "kind": "money"},
            {"key": "interest", "label": _("Interest paid"), "kind": "money"},
            {"key": "next", "label": _("Next instalment"), "kind": "money"},
            {"key": "next_on", "label": _("Due"), "kind": "date"},
            {"key": "state", "label": _("State"), "kind": "tag"},
        ],
        rows=[_draw_row(one, url_for(page, ref=one.ref), today) for one in found],
        totals={
            "title": _("Together"),
            "owed": Money.total((one.owed for one in found), line.currency),
            "interest": Money.total((one.interest for one in found), line.currency),
        },
    )


def _draw_row(one: Draw, href: str, today: date) -> dict[str, Any]:
    late = one.next_due_on is not None and one.next_due_on < today
    state = {"label": words.LOAN_STATES[one.state], "tone": words.LOAN_TONES[one.state]}
    return {
        "title": one.title,
        "title_href": href,
        "amount": one.amount,
        "owed": one.owed,
        "interest": one.interest,
        "next": one.next_due,
        "next_on": one.next_due_on,
        "state": {"label": _("Late"), "tone": "bad"} if late else state,
    }


def statement_rows(line: Line, endpoint: str | None) -> Items:
    """Return the statements of a line, the newest first; `endpoint` is where each is read."""
    return [
        {
            "closes_on": one.closes_on,
            "closes_on_href": url_for(endpoint, ref=line.ref, n=one.n) if endpoint else None,
            "closing": one.figures.closing,
            "due": one.figures.due,
            "pay_by": one.pay_by,
        }
        for one in line_statements.statements(line.id)
    ]


def timeline(line: Line, today: date) -> Items:
    """Return what happened to a line, and what comes next."""
    limits = credit_lines.limits(line.id)
    first = Money(limits[0].limit_minor, line.currency)
    items: Items = [
        {"title": _("Granted: %(limit)s", limit=money_text(first)), "at": line.granted_at}
    ]
    changed = iter(limits[1:])
    for made in transitions.history("credit_line", line.id):
        item = {"title": str(line_words.MOVES[made.move]), "at": made.at, "body": made.reason}
        if made.move in {"lower", "renew"} and (limit := next(changed, None)) is not None:
            item["amount"] = Money(limit.limit_minor, line.currency)
        items.append(item)
    for item in items:
        item["state"] = "done"
    return items + _coming(line, today)


def _coming(line: Line, today: date) -> Items:
    coming: Items = []
    if line.use.used.is_positive:
        on = next_statement_day(line.statement_day, today)
        coming.append({"title": _("The next statement"), "on": on, "state": "next"})
    if line.state != LineState.CLOSED:
        is_over = today > line.draw_until
        title = _("Drawing ended") if is_over else _("Last day to draw")
        state = "done" if is_over else "next"
        coming.append({"title": title, "on": line.draw_until, "state": state})
    return sorted(coming, key=lambda one: one["on"])
