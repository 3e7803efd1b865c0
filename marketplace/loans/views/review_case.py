"""What a case looks like on a reviewer's desk: report, burden, exposure, changes, decisions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from marketplace.kernel.money import Money
from marketplace.loans.exposure import Exposure
from marketplace.loans.forms import application_words, review_words, valuation_words, words
from marketplace.loans.forms.term_words import length
from marketplace.loans.four_eyes import Change, changes
from marketplace.loans.pricing import LoanTerms, Quote, indicative, monthly_burden
from marketplace.loans.queries import products
from marketplace.loans.queries.reviews import Case, Review
from marketplace.loans.rules import burden_pct
from marketplace.risk import forms as risk_words
from marketplace.risk.queries import Standing
from marketplace.risk.scorecard import CARDS, PriceBand, indicative_rate
from marketplace.web.locale import _
from marketplace.web.rendering import day_text, money_text, percent

Row = dict[str, Any]


def report_tag(standing: Standing | None, now: datetime) -> Row:
    """Return in one tag how far the risk report of a case is."""
    if standing is None:
        return {"label": _("No risk report"), "tone": "warn"}
    if standing.outcome is None:
        return {"label": _("Waiting for risk report"), "tone": "warn"}
    if not standing.is_fresh(now):
        return {"label": _("Risk report too old"), "tone": "warn"}
    return {
        "label": _("Grade %(grade)s", grade=standing.grade),
        "tone": risk_words.OUTCOME_TONES[standing.outcome],
    }


def report(standing: Standing | None, grades: Sequence[products.Grade], now: datetime) -> Row:
    """Return the risk report as the page shows it."""
    if standing is None:
        return {"state": "missing"}
    waits = {
        "state": "waiting",
        "asked_at": standing.asked_at,
        "attempts": standing.attempts,
        "next_at": standing.not_before,
        "trouble": risk_words.trouble(standing.trouble),
        "answers": _answers(standing),
    }
    if standing.outcome is None:
        return waits
    rate = rate_of(standing, grades)
    return {
        "state": "fresh" if standing.is_fresh(now) else "stale",
        "at": standing.at,
        "outcome": risk_words.OUTCOMES[standing.outcome],
        "tone": risk_words.OUTCOME_TONES[standing.outcome],
        "codes": [risk_words.CODES.get(code, code) for code in standing.codes],
        "points": standing.points,
        "points_max": standing.points_max,
        "grade": standing.grade,
        "rate": percent(rate * 100, 1) if rate is not None else None,
        "version": standing.version,
        "lines": lines(standing),
        "answers": _answers(standing),
    }


def rate_of(standing: Standing | None, grades: Sequence[products.Grade]) -> Decimal | None:
    """Return the indicative rate of a report within the product's price list."""
    if standing is None or standing.grade is None or standing.points is None:
        return None
    card = CARDS[standing.version or 1]
    bands = {one.grade: PriceBand(one.rate_from, one.rate_to) for one in grades}
    return indicative_rate(card, standing.grade, standing.points, bands)


def lines(standing: Standing) -> list[Row]:
    """Return the points of each attribute with the reason for them."""
    return [
        {
            "attribute": risk_words.ATTRIBUTES.get(line.key, line.key),
            "value": "–" if line.value is None else line.value,
            "reason": risk_words.REASONS.get(line.reason, line.reason),
            "points": _("%(points)s of %(most)s", points=line.points, most=line.points_max),
            "_tone": "bad" if line.value is None else None,
        }
        for line in standing.lines
    ]


def _answers(standing: Standing) -> list[Row]:
    return [
        {
            "source": risk_words.SOURCES[one.source],
            "provider": one.provider,
            "as_of": date.fromisoformat(one.as_of) if one.as_of else None,
            "readable": {"label": _("Read"), "tone": "good"}
            if one.readable
            else {"label": _("Made no sense"), "tone": "bad"},
            "hash": one.raw_hash[:16],
        }
        for one in standing.answers
    ]


def quoted(case: Case, rate: Decimal, on: date) -> Quote:
    """Return what the request would cost at a rate."""
    terms = LoanTerms(
        amount=case.amount,
        annual_rate=rate,
        instalments=case.instalments,
        origination_fee_bps=case.origination_fee_bps,
        method=case.method,
        day_count=case.day_count,
        rounding_mode=case.rounding_mode,
        period=case.period,
    )
    return indicative(terms, on)


def grade_row(case: Case, grade: products.Grade, on: date, scored: str | None) -> Row:
    """Return what a grade would mean for this borrower: instalment and burden at its middle."""
    cost = quoted(case, grade.rate_middle, on)
    burden = burden_pct(case.income, case.obligations, monthly_burden(cost, case.term_months))
    return {
        "grade": grade.grade,
        "band": f"{percent(grade.rate_from * 100, 1)} – {percent(grade.rate_to * 100, 1)}",
        "instalment": cost.instalment,
        "burden": percent(burden, 0),
        "loss": percent(grade.loss_rate * 100, 1),
        "_tone": "now" if grade.grade == scored else None,
    }


def exposed(found: Exposure, asked: Money) -> Row:
    """Return how much of what one borrower may owe is taken, this request included."""
    taken = found.used + asked
    return {
        "cap": found.cap,
        "used": found.used,
        "headroom": found.headroom,
        "over": asked > found.headroom,
        "value_minor": min(taken.minor, found.cap.minor),
        "max_minor": max(found.cap.minor, 1),
        "words": _(
            "%(taken)s of %(cap)s with this request",
            taken=money_text(taken),
            cap=money_text(found.cap),
        ),
    }


def decided(case: Case, made: Review, now_is: dict[str, Any]) -> Row:
    """Return one decision with everything that stood behind it, and what has changed since."""
    facts: list[Row] = [
        {"key": _("Decision"), "value": review_words.DECISIONS[made.decision]},
        {"key": _("By"), "value": Markup("<bdi>{}</bdi>").format(made.reviewer_name)},
    ]
    if made.reason_code:
        facts.append({"key": _("Reason"), "value": words.DECLINES[made.reason_code]})
    if made.grade:
        facts += _offered(case, made)
    return {
        "heading": review_words.STAGES[made.stage],
        "round": made.round,
        "at": made.at,
        "facts": facts,
        "checked": [review_words.CHECKS[check] for check in made.checked],
        "reasons": [words.GRADE_REASONS[reason] for reason in made.reasons],
        "notes": made.notes,
        "deviation": made.deviation,
        "changes": [change_row(one, case.currency) for one in changes(made.snapshot, now_is)]
        if made.snapshot
        else [],
    }


def _offered(case: Case, made: Review) -> list[Row]:
    found: list[Row] = [
        {"key": _("Grade"), "value": made.grade},
        {"key": _("Grade of the score"), "value": made.score_grade or "–"},
    ]
    if made.annual_rate is not None:
        found.append({"key": _("Rate"), "value": percent(made.annual_rate * 100)})
    if made.amount_minor is not None:
        found.append({"key": _("Amount"), "value": Money(made.amount_minor, case.currency)})
    if made.instalments is not None:
        found.append({"key": _("Term"), "value": length(made.instalments, case.period)})
    if made.counter_code:
        found.append(
            {"key": _("Why another offer"), "value": review_words.COUNTERS[made.counter_code]}
        )
    return found


def told(now_is: dict[str, Any], currency: str) -> list[Row]:
    """Return everything the borrower told, papers and the description left out."""
    return [
        {"key": _label(name), "value": _said(name, value, currency)}
        for name, value in now_is.items()
        if name != "story" and not name.startswith(("document_", "valuation_"))
    ]


def change_row(change: Change, currency: str) -> Row:
    """Return one fact before and after, in words."""
    return {
        "fact": _label(change.field),
        "before": _said(change.field, change.before, currency),
        "after": _said(change.field, change.after, currency),
    }


def _label(name: str) -> Any:  # noqa: ANN401 - lazy text
    if name.startswith("document_"):
        kind = name.removeprefix("document_")
        return _("Papers: %(kind)s", kind=application_words.DOCUMENTS.get(kind, kind))
    return review_words.FACTS.get(name, name.replace("_", " "))


def _said(name: str, value: Any, currency: str) -> Any:  # noqa: ANN401 - JSON in, words out
    if value is None or value in ("", []):
        return "–"
    if name in review_words.CODED:
        return review_words.CODED[name].get(value, value)
    if name.endswith("_minor"):
        return money_text(Money(int(value), currency))
    if name.endswith("_bps"):
        return valuation_words.share(int(value))
    if name in review_words.DAYS:
        return day_text(date.fromisoformat(value))
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
