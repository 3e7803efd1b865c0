"""What a loan costs and what lending brings: figures worked out by hand beside those shown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from marketplace.kernel.money import Money
from marketplace.loans.pricing import LoanTerms, outcomes, quote

START = date(2026, 1, 31)
TERMS = LoanTerms(Money.of("1000", "EUR"), Decimal("0.09"), 12, origination_fee_bps=200)


def eur(text: str) -> Money:
    return Money.of(text, "EUR")


def test_a_quote_says_the_whole_cost() -> None:
    found = quote(TERMS, START)

    assert found.instalment == eur("87.45")
    assert found.last == eur("87.48")
    assert (found.fee, found.paid_out) == (eur("20.00"), eur("980.00"))
    assert found.total == eur("1049.43")  # 11 x 87.45 + 87.48
    assert found.cost == eur("69.43")  # interest 49.43 and the fee
    assert found.apr_pct == Decimal("12.83")  # the rate that balances 980.00 and those twelve


def test_best_is_everything_worst_is_nothing_and_expected_is_between() -> None:
    rows = quote(TERMS, START).rows

    found = outcomes(rows, eur("100"), Decimal("0.018"))

    at_risk = sum(row.outstanding.minor + row.principal.minor for row in rows)
    lost = Fraction(100 * at_risk, 100_000 * 12) * Fraction("0.018")
    assert found.best == eur("104.94")
    assert found.worst == eur("0")
    assert found.expected == eur(str(round(Decimal("104.943") - Decimal(float(lost)), 2)))


@pytest.mark.parametrize("loss", ["0", "0.018", "1"])
def test_the_three_cases_keep_their_order(loss: str) -> None:
    found = outcomes(quote(TERMS, START).rows, eur("100"), Decimal(loss))

    assert found.worst <= found.expected <= found.best


def test_a_lenders_fee_is_taken_from_interest_only() -> None:
    rows = quote(TERMS, START).rows

    assert outcomes(rows, eur("1000"), Decimal(0), lender_fee_bps=1_000).best == eur("1044.49")


def test_a_fee_that_eats_the_loan_has_no_rate() -> None:
    eaten = LoanTerms(eur("1000"), Decimal("0.09"), 12, origination_fee_bps=10_000)

    assert quote(eaten, START).apr_pct is None
