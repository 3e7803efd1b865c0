"""Rules of auto-invest as the macros show them: terms, trials, and what came of each listing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from marketplace.infra.transitions import Transition
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.forms import auto_invest as forms
from marketplace.loans.forms import words
from marketplace.loans.matching import Listing, Reason, gap
from marketplace.loans.queries.auto_invest import OwnRule, PastListing
from marketplace.loans.queries.wallet_age import Lot, too_old
from marketplace.loans.rehearsing import Rehearsed
from marketplace.loans.views.wallet_pays import Leaving, told
from marketplace.web.csv_answer import Table
from marketplace.web.locale import _, ngettext
from marketplace.web.rendering import day_text, money_text, percent


def rule_row(rule: OwnRule) -> dict[str, Any]:
    """Return one rule of the list."""
    return {
        "name": rule.name,
        "name_href": url_for("loans.rule", ref=rule.ref),
        "wants": _wants(rule),
        "amount": rule.amount,
        "orders": rule.orders,
        "ordered": rule.ordered,
        "state": {"label": forms.STATES[rule.state], "tone": forms.TONES[rule.state]},
    }


def _wants(rule: OwnRule) -> str:
    grades = ", ".join(rule.grades) if rule.grades else _("all grades")
    parts = [grades]
    if rule.rate_min:
        parts.append(_("from %(rate)s", rate=percent(rule.rate_min * 100)))
    if rule.term_max_months:
        most = ngettext("up to %(num)s month", "up to %(num)s months", rule.term_max_months)
        parts.append(most)
    return " · ".join(parts)


def terms_rows(rule: OwnRule, products: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return all terms of a rule, what is left open included."""
    everything, none = _("all"), _("no limit")

    def limit(minor: int | None) -> Any:  # noqa: ANN401 - Money or words
        return none if minor is None else rule.money(minor)

    purposes = ", ".join(str(words.PURPOSES[one]) for one in rule.purposes)
    named = ", ".join(products.get(code, code) for code in rule.products)
    return [
        {"key": _("At most for each loan"), "value": rule.amount},
        {"key": _("Grades"), "value": ", ".join(rule.grades) or everything},
        {
            "key": _("Rate from"),
            "value": percent(rule.rate_min * 100) if rule.rate_min else _("any rate"),
        },
        {
            "key": _("Term to"),
            "value": ngettext("%(num)s month", "%(num)s months", rule.term_max_months)
            if rule.term_max_months
            else _("any term"),
        },
        {"key": _("Purposes"), "value": purposes or everything},
        {"key": _("Products"), "value": named or everything},
        {"key": _("At most with one borrower"), "value": limit(rule.borrower_max_minor)},
        {"key": _("At most in one grade"), "value": limit(rule.grade_max_minor)},
        {"key": _("At most in a calendar month"), "value": limit(rule.month_max_minor)},
        {"key": _("Kept in the wallet"), "value": rule.money(rule.reserve_minor)},
    ]


def form_values(rule: OwnRule) -> dict[str, Any]:
    """Return the terms of a rule as the form for a new one is filled with."""

    def amount(minor: int | None) -> Money | None:
        return None if minor is None else rule.money(minor)

    return {
        "name": rule.name,
        "currency": rule.currency,
        "amount": rule.amount,
        "grades": rule.grades,
        "rate_min": f"{(rule.rate_min * 100).normalize():f}" if rule.rate_min else "",
        "term_max_months": rule.term_max_months,
        "purposes": rule.purposes,
        "products": rule.products,
        "borrower_max": amount(rule.borrower_max_minor),
        "grade_max": amount(rule.grade_max_minor),
        "reserve": amount(rule.reserve_minor) if rule.reserve_minor else None,
        "month_max": amount(rule.month_max_minor),
    }


def trial_table(past: Sequence[PastListing], tried: Sequence[Rehearsed]) -> Table:
    """Return every listing of the last ninety days with what the rule would have done."""
    rows = [
        {
            **_listing(one),
            "amount": Money(found.amount_minor, one.currency) if found.amount_minor else None,
            "why": _("Would have ordered") if found.reason is None else _reason(found.reason),
        }
        for one, found in zip(past, tried, strict=True)
    ]
    return Table(
        "dry-run",
        _("Every listing of the last 90 days, the newest first"),
        [*_columns(), {"key": "amount", "label": _("Amount"), "kind": "money"},
         {"key": "why", "label": _("What came of it")}],
        rows[::-1],
    )  # fmt: skip


def _columns() -> list[dict[str, Any]]:
    return [
        {"key": "title", "label": _("Loan")},
        {"key": "grade", "label": _("Grade")},
        {"key": "rate", "label": _("Rate")},
        {"key": "term", "label": _("Term")},
        {"key": "listed", "label": _("Listed"), "kind": "moment"},
    ]


def trial_words(rule: OwnRule, tried: Sequence[Rehearsed]) -> str:
    """Return what a dry run found, in one sentence."""
    hits = [found.amount_minor for found in tried if found.reason is None]
    return _(
        "This rule would have invested in %(hits)s of %(all)s listings, %(amount)s in all.",
        hits=len(hits),
        all=len(tried),
        amount=money_text(Money(sum(hits), rule.currency)),
    )


def trial_left(tried: Sequence[Rehearsed]) -> list[dict[str, Any]]:
    """Return why listings were left, the most frequent reason first."""
    counted = Counter(found.reason for found in tried if found.reason is not None)
    return [
        {"label": _reason(reason), "value": count, "text": str(count), "tone": "past"}
        for reason, count in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    ]


def leaving(suiting: Sequence[Listing], held: Sequence[Lot]) -> Leaving | None:
    """Return how many loans that suit a rule are left: the wallet's money may not stay so long."""
    days = [one.held_until for one in suiting if one.held_until]
    too_long = [day for day in days if too_old(held, day)]
    if not too_long or (stale := too_old(held, max(too_long))) is None:
        return None
    said = _(
        "It leaves %(left)s of the %(all)s that take money now and suit this rule: %(first)s of"
        " your wallet must leave it by %(day)s, what has been there longest is lent first, and they"
        " may need it until %(needed)s. Withdraw that much, and the rest is lent.",
        all=len(suiting),
        left=len(too_long),
        first=money_text(stale.amount),
        day=day_text(stale.leave_by),
        needed=day_text(max(too_long)),
    )
    return told(said, stale)


def seen_table(rule: OwnRule, seen: Iterable[PastListing], history: Sequence[Transition]) -> Table:
    """Return what was open to a rule: its orders, and for all else why there is none."""
    rows = [_seen(rule, one, history) for one in seen]
    return Table(
        "auto-invest",
        _("What the rule ordered, and what it left"),
        [*_columns(), {"key": "amount", "label": _("Ordered"), "kind": "money"},
         {"key": "why", "label": _("What came of it")}],
        rows,
    )  # fmt: skip


def _seen(rule: OwnRule, one: PastListing, history: Sequence[Transition]) -> dict[str, Any]:
    row = _listing(one)
    if one.commitment_id is not None and one.ordered_minor is not None:
        address = url_for("loans.commitment", ref=public_id("cmt", one.commitment_id))
        amount = Money(one.ordered_minor, one.currency)
        return {**row, "amount": amount, "why": _("Ordered by this rule"), "why_href": address}
    return {**row, "amount": None, "why": _why_not(rule, one, history)}


def _why_not(rule: OwnRule, one: PastListing, history: Sequence[Transition]) -> str:
    """Return why there is no order: what the rule asks for, or what was written down."""
    asked = gap(rule.as_rule(), one.as_listing)
    if asked is not None:
        return _reason(asked)
    if one.outcome is not None:
        return _reason(one.outcome)
    paused = _was_paused(history, one.listed_at)
    return str(forms.EARLIER) if paused else _("Not tried yet: the next run does")


def _was_paused(history: Sequence[Transition], at: datetime) -> bool:
    before = [made for made in history if made.at <= at]
    return bool(before) and before[-1].to_state == "paused"


def _reason(code: str | Reason) -> str:
    return str(forms.REASONS.get(code, forms.REFUSED))


def _listing(one: PastListing) -> dict[str, Any]:
    return {
        "title": one.title,
        "title_href": url_for("loans.loan", ref=one.ref),
        "grade": one.grade,
        "rate": percent(one.annual_rate * 100),
        "term": ngettext("%(num)s month", "%(num)s months", one.term_months),
        "listed": one.listed_at,
    }


def history(rule: OwnRule, made: Sequence[Transition]) -> list[dict[str, Any]]:
    """Return the life of a rule so far."""
    items: list[dict[str, Any]] = [{"title": _("Written down"), "at": rule.created_at}]
    items += [{"title": str(forms.MOVES[one.move]), "at": one.at} for one in made]
    return items
