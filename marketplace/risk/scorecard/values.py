"""From facts and answers to the values that count."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from marketplace.risk.answers import Findings
from marketplace.risk.facts import Facts, Source
from marketplace.risk.scorecard.scoring import Values

# A share nobody needs told more exactly: ten times the income.
_PCT_MAX = 1_000


def values_of(facts: Facts, findings: Iterable[Findings]) -> dict[str, int | None]:
    """Return every value the scorecards know, None where it was not collected."""
    by_source = {one.source: one.values for one in findings}
    bureau = by_source.get(Source.BUREAU, {})
    big_data = by_source.get(Source.BIG_DATA, {})
    return {
        "bureau_score": bureau.get("score"),
        "history_months": bureau.get("history_months"),
        "arrears_now": bureau.get("arrears_now"),
        "arrears_24m": bureau.get("arrears_24m"),
        "enquiries_6m": bureau.get("enquiries_6m"),
        "behaviour_score": big_data.get("score"),
        "income_regularity_pct": big_data.get("income_regularity_pct"),
        "overdrafts_12m": big_data.get("overdrafts_12m"),
        "fraud_signals": big_data.get("fraud_signals"),
        "score_gap": _gap(bureau.get("score"), big_data.get("score")),
        "burden_pct": _burden(facts, bureau),
        "income_found_pct": _pct(big_data.get("income_minor"), facts.income_minor),
        "obligations_found_pct": _obligations_found(facts, bureau),
        "employed_years": facts.employed_years,
        "loans_repaid": facts.loans_repaid,
        "bills_late": facts.bills_late,
    }


def _gap(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else abs(one - other)


def _burden(facts: Facts, bureau: Values) -> int | None:
    """Return instalment and obligations in percent of income; of two obligations the larger."""
    if facts.obligations_minor is None:
        return None
    owed = max(facts.obligations_minor, bureau.get("obligations_minor") or 0)
    return _pct(owed + facts.instalment_minor, facts.income_minor)


def _obligations_found(facts: Facts, bureau: Values) -> int | None:
    """Return what the bureau knows of, in percent of what was stated and 5 % of income."""
    if facts.obligations_minor is None or facts.income_minor is None:
        return None
    # Small sums are forgotten without bad intent: a twentieth of the income is not looked at.
    return _pct(bureau.get("obligations_minor"), facts.obligations_minor + facts.income_minor // 20)


def _pct(part: int | None, whole: int | None) -> int | None:
    """Return whole percent, rounded half up; None where it cannot be said."""
    if part is None or not whole:
        return None
    return min(int(Fraction(part * 100, whole) + Fraction(1, 2)), _PCT_MAX)
