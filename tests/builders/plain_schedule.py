"""The schedule once more, slowly and plainly: exact fractions, row by row, as the words say it.

What `marketplace.loans.amounts` does in whole numbers is held against this.
"""

from __future__ import annotations

from fractions import Fraction

from marketplace.kernel.days import period_fraction
from marketplace.kernel.rates import rounded
from marketplace.loans.schedule import Method, Terms, dues_of


def plain_amounts(terms: Terms) -> tuple[list[int], list[int]]:
    """What each row repays, and its interest."""
    parts = _parts_of_year(terms)
    principals = {
        Method.EQUAL_PRINCIPAL: _even,
        Method.FLAT: _even,
        Method.INTEREST_ONLY: _at_the_end,
        Method.BULLET: _at_the_end,
    }
    if terms.method is Method.EQUAL_INSTALMENT:
        return _level_rows(terms, parts)
    repaid = principals[terms.method](terms, len(parts))
    return repaid, _interests(terms, parts, repaid)


def plain_level(terms: Terms, parts: list[Fraction]) -> int:
    """P divided by the sum of the discount factors, rounded once."""
    factor, annuity = Fraction(1), Fraction(0)
    for part in parts:
        factor /= 1 + _rate(terms) * part
        annuity += factor
    return rounded(terms.principal.minor / annuity, terms.rounding)


def _parts_of_year(terms: Terms) -> list[Fraction]:
    dues = dues_of(terms)
    starts = (terms.disbursed_on, *dues[:-1])
    parts = [
        period_fraction(terms.day_count, terms.period, a, b)
        for a, b in zip(starts, dues, strict=True)
    ]
    return [sum(parts, Fraction(0))] if terms.method is Method.BULLET else parts


def _level_rows(terms: Terms, parts: list[Fraction]) -> tuple[list[int], list[int]]:
    level, left = plain_level(terms, parts), terms.principal.minor
    repaid, interests = [], []
    for n, part in enumerate(parts, 1):
        interests.append(_interest(terms, left, part))
        repaid.append(left if n == len(parts) else max(0, min(level - interests[-1], left)))
        left -= repaid[-1]
    return repaid, interests


def _even(terms: Terms, count: int) -> list[int]:
    even = rounded(Fraction(terms.principal.minor, count), terms.rounding)
    left, repaid = terms.principal.minor, []
    for _ in range(count - 1):
        repaid.append(min(even, left))
        left -= repaid[-1]
    return [*repaid, left]


def _at_the_end(terms: Terms, count: int) -> list[int]:
    return [0] * (count - 1) + [terms.principal.minor]


def _interests(terms: Terms, parts: list[Fraction], repaid: list[int]) -> list[int]:
    left, interests = terms.principal.minor, []
    if terms.method is Method.FLAT:
        return _flat_interests(terms, parts)
    for part, principal in zip(parts, repaid, strict=True):
        interests.append(_interest(terms, left, part))
        left -= principal
    return interests


def _flat_interests(terms: Terms, parts: list[Fraction]) -> list[int]:
    whole = terms.principal.minor
    left, interests = _interest(terms, whole, sum(parts, Fraction(0))), []
    for part in parts[:-1]:
        interests.append(min(_interest(terms, whole, part), left))
        left -= interests[-1]
    return [*interests, left]


def _interest(terms: Terms, balance: int, part: Fraction) -> int:
    return rounded(balance * _rate(terms) * part, terms.rounding)


def _rate(terms: Terms) -> Fraction:
    return Fraction(terms.annual_rate_pct) / 100
