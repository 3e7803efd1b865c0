"""A portfolio as the macros show it: key figures, bars, tables, warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from flask import url_for

from marketplace.contracts.masking import masked
from marketplace.kernel.money import Money
from marketplace.loans.forms import words
from marketplace.loans.queries.portfolio import (
    BUCKETS,
    Exposure,
    Filters,
    Pending,
    Position,
    Summary,
    Sums,
)
from marketplace.loans.states import LoanState
from marketplace.web.csv_answer import Table
from marketplace.web.locale import _, ngettext
from marketplace.web.rendering import money_text, percent

SHARE_WARNED_PCT: Final = 20
"""From so large a part of all that is outstanding, one borrower is named as a risk."""

_TONES: Final = {
    "current": "good",
    "1-30": "info",
    "31-60": "warn",
    "61-90": "ember",
    "90+": "bad",
}


def key_figures(
    whole: Sums, currency: str, *, rate: str | None, idle: str | None
) -> list[dict[str, Any]]:
    """Return what a portfolio comes to."""
    return [
        *_lent_figures(whole, currency),
        *_came_figures(whole, currency),
        {
            "label": _("Return a year"),
            "value": rate or "–",
            "hint": _("XIRR on your real cash flows") if rate else _("there is none to tell yet"),
            "href": url_for("loans.returns", currency=currency),
        },
        {
            "label": _("Cash drag"),
            "value": idle or "–",
            "hint": _("of your money lies in the wallet now"),
        },
    ]


def _lent_figures(whole: Sums, currency: str) -> list[dict[str, Any]]:
    return [
        {
            "label": _("Outstanding"),
            "value": Money(whole.outstanding_minor, currency),
            "hint": _("principal at work"),
        },
        {
            "label": _("Invested"),
            "value": Money(whole.invested_minor, currency),
            "hint": ngettext("%(num)s note", "%(num)s notes", whole.notes),
        },
    ]


def _came_figures(whole: Sums, currency: str) -> list[dict[str, Any]]:
    late = money_text(Money(whole.penalty_minor, currency))
    return [
        {
            "label": _("Interest"),
            "value": Money(whole.interest_minor + whole.penalty_minor, currency),
            "hint": _("late interest %(amount)s of it", amount=late)
            if whole.penalty_minor
            else _("came so far"),
        },
        {
            "label": _("Fees"),
            "value": Money(whole.fee_minor, currency),
            "hint": _("kept from interest"),
        },
        *_loss_figures(whole, currency),
    ]


def _loss_figures(whole: Sums, currency: str) -> list[dict[str, Any]]:
    """Return what was lost, once something was: what is only late stands in the bar of ages."""
    if not whole.written_off_minor:
        return []
    recovered = money_text(Money(whole.recovered_minor, currency))
    return [
        {
            "label": _("Losses"),
            "value": Money(whole.written_off_minor, currency),
            "hint": _("recovered %(amount)s", amount=recovered),
        }
    ]


def pending_rows(
    pending: Pending, whole: Sums, wallet: Money, leaving: Money
) -> list[dict[str, Any]]:
    """Return money on its way, each kind on a line of its own; lines of nothing are left out."""
    currency = wallet.currency
    lines = (
        (_("In reflection: you may still withdraw it"), pending.reflecting_minor),
        (_("Held for loans that are being funded"), pending.reserved_minor),
        (_("Lent, on its way to the borrower"), whole.paying_out_minor),
        (_("Chosen, waiting for your payment"), pending.awaiting_minor),
        (_("On its way to your bank"), leaving.minor),
    )
    shown = [{"key": label, "value": Money(minor, currency)} for label, minor in lines if minor]
    wallet_row = {
        "key": _("Idle in the wallet"),
        "value": wallet,
        "href": url_for("loans.wallet", currency=currency),
        "change": _("Show"),
    }
    return [*shown, wallet_row]


def ageing(found: Summary, filters: Filters) -> dict[str, Any]:
    """Return the bar of what is outstanding, cut by how late it is, with what it finds."""
    late = sum(sums.outstanding_minor for key, sums in found.by_bucket.items() if key != "current")
    whole = found.whole.outstanding_minor
    title = (
        _("%(share)s of what is outstanding is late", share=share_text(late, whole))
        if late
        else _("Everything outstanding is on time")
    )
    buckets = [
        {
            "label": str(words.BUCKETS[key]),
            "value": minor,
            "text": money_text(Money(minor, filters.currency)),
            "tone": _TONES[key],
            "href": url_for("loans.portfolio", currency=filters.currency, bucket=key)
            if minor
            else None,
        }
        for key in map(str, BUCKETS)
        for minor in [found.by_bucket.get(key, Sums()).outstanding_minor]
    ]
    return {"title": title, "buckets": buckets}


def by_grade(found: Summary, currency: str) -> list[dict[str, Any]]:
    """Return what is outstanding by grade, the best first."""
    labels = {grade: f"{grade}, {said}" for grade, said in words.GRADES.items()}
    return _rows(found.by_grade, labels, found.whole, currency, ordered=list(words.GRADES))


def by_purpose(found: Summary, currency: str) -> list[dict[str, Any]]:
    """Return what is outstanding by purpose, the most first."""
    ordered = sorted(
        found.by_purpose, key=lambda key: (-found.by_purpose[key].outstanding_minor, key)
    )
    labels = {key: str(said) for key, said in words.PURPOSES.items()}
    return _rows(found.by_purpose, labels, found.whole, currency, ordered=ordered)


def _rows(
    groups: Mapping[str, Sums],
    labels: Mapping[str, str],
    whole: Sums,
    currency: str,
    *,
    ordered: Sequence[str],
) -> list[dict[str, Any]]:
    found = []
    for key in ordered:
        minor = groups[key].outstanding_minor if key in groups else 0
        if minor:
            found.append(_bar(labels.get(key, key), minor, whole.outstanding_minor, currency))
    return found


def by_borrower(found: Sequence[Exposure], whole: Sums, currency: str) -> list[dict[str, Any]]:
    """Return who owes most, by their first letters, and everybody else together."""
    rows = [
        {
            **_bar(masked(one.name), one.outstanding_minor, whole.outstanding_minor, currency),
            "words": ngettext("%(num)s note", "%(num)s notes", one.notes),
        }
        for one in found
    ]
    rest = whole.outstanding_minor - sum(one.outstanding_minor for one in found)
    if rest > 0:
        rows.append(
            _bar(_("All others"), rest, whole.outstanding_minor, currency) | {"tone": "past"}
        )
    return rows


def _bar(label: str, minor: int, whole: int, currency: str) -> dict[str, Any]:
    amount = money_text(Money(minor, currency))
    return {"label": label, "value": minor, "text": f"{amount}, {share_text(minor, whole)}"}


def largest(found: Sequence[Exposure], whole: Sums) -> str | None:
    """Return how much one borrower owes, should that be a risk by itself."""
    if not found or not whole.outstanding_minor:
        return None
    part = found[0].outstanding_minor
    if part * 100 < SHARE_WARNED_PCT * whole.outstanding_minor:
        return None
    return _(
        "One borrower, %(name)s, owes %(share)s of all that is outstanding. Should they fail, so"
        " does that part. More loans of smaller parts carry less of this risk.",
        name=masked(found[0].name),
        share=share_text(part, whole.outstanding_minor),
    )


def share_text(part: int, whole: int) -> str:
    """Return a part of a whole in percent, one decimal."""
    return percent(Decimal(part) * 100 / whole if whole else Decimal(0), 1)


def notes_table(found: Sequence[Position]) -> Table:
    """Return the notes as the page shows them and the download holds them."""
    return Table(
        "portfolio",
        _("Notes"),
        [
            {"key": "title", "label": _("Loan")},
            {"key": "grade", "label": _("Grade, rate")},
            {"key": "invested", "label": _("Lent"), "kind": "money"},
            {"key": "outstanding", "label": _("Outstanding"), "kind": "money"},
            {"key": "interest", "label": _("Interest, less fee"), "kind": "money"},
            {"key": "next", "label": _("Due next"), "kind": "money"},
            {"key": "next_on", "label": _("On"), "kind": "date"},
            {"key": "state", "label": _("State"), "kind": "tag"},
        ],
        [note_row(one) for one in found],
    )


def note_row(one: Position) -> dict[str, Any]:
    """Return one note as a row."""
    return {
        "title": one.title,
        "title_href": url_for("loans.note", ref=one.ref),
        "grade": f"{one.grade}, {percent(one.annual_rate * 100)}",
        "invested": one.money(one.principal_minor),
        "outstanding": one.money(one.outstanding_minor),
        "interest": one.money(one.interest_back_minor + one.penalty_back_minor - one.fee_minor),
        "next": None if one.next_minor is None else one.money(one.next_minor),
        "next_on": one.due_on,
        "state": _standing(one),
    }


def _standing(one: Position) -> dict[str, Any]:
    if one.written_off_minor and one.state == LoanState.ACTIVE:
        return {"label": _("Written off"), "tone": "bad"}
    if one.days_late:
        words_late = ngettext("%(num)s day late", "%(num)s days late", one.days_late)
        return {"label": words_late, "tone": "bad"}
    return {"label": words.LOAN_STATES[one.state], "tone": words.LOAN_TONES[one.state]}
