"""`flask calc`: cases in, answers out, and a sentence for whatever cannot be calculated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from marketplace.calc.cli import calc

LOAN: dict[str, Any] = {
    "principal": "10000.00",
    "annual_rate_pct": "12",
    "instalments": 12,
    "period": {"every": 1, "unit": "MONTHS"},
    "disbursed_on": "2026-01-15",
    "method": "equal_instalment",
    "day_count": "EQUAL_PERIOD",
}
USUAL = ["penalty", "fee", "interest", "principal"]
DEBT: dict[str, Any] = {
    "schedule": [
        {"due": "2026-02-01", "principal": "100.00", "interest": "3.00"},
        {"due": "2026-03-01", "principal": "100.00", "interest": "2.00"},
    ],
    "charges": [{"type": "penalty", "due": "2026-02-10", "amount": "5.00"}],
    "order_due": USUAL,
    "order_in_advance": USUAL,
    "mode": "instalment_first",
    "payments": [
        {"date": "2026-02-15", "amount": "110.00"},
        {"date": "2026-02-20", "amount": "200.00"},
    ],
}


def run(kind: str, text: str | bytes) -> Result:
    return CliRunner().invoke(calc, [kind], input=text)


def answers(kind: str, *cases: object) -> list[Any]:
    result = run(kind, json.dumps(cases))
    assert result.exit_code == 0, result.output
    found: list[Any] = json.loads(result.stdout)
    return found


def error_of(kind: str, case: object) -> str:
    result = run(kind, json.dumps([case]))
    assert result.exit_code == 1, result.output
    (found,) = json.loads(result.stdout)
    assert list(found) == ["error"]
    return str(found["error"])


def test_a_schedule_in_decimal_strings() -> None:
    (found,) = answers("schedule", LOAN)
    assert found["rows"][0] == {
        "n": 1,
        "due": "2026-02-15",
        "principal": "788.49",
        "interest": "100.00",
        "total": "888.49",
        "outstanding": "9211.51",
    }
    assert found["rows"][-1]["total"] == "888.47"
    assert found["rows"][-1]["outstanding"] == "0.00"


def test_a_schedule_in_another_currency_and_rounding_mode() -> None:
    (found,) = answers("schedule", LOAN | {"currency": "JPY", "rounding_mode": "UP"})
    assert found["rows"][0]["total"] == "889"


def test_a_payoff() -> None:
    paid = {"instalments_paid_on_time": 3, "payoff_date": "2026-04-25", "prepayment_fee_pct": "1"}
    assert answers("payoff", LOAN | paid) == [
        {
            "amount": "7712.28",
            "principal": "7610.80",
            "interest": "25.37",
            "fee": "76.11",
            "interest_saved": "360.22",
        }
    ]


@pytest.mark.parametrize(
    ("on", "interest"),
    [
        ("2026-04-25", "25.02"),  # policies 5.9: 7,610.80 at 12 % for 10 of 365 days
        ("2026-05-15", "76.11"),  # a whole period is one
        ("2026-06-14", "151.17"),  # and 30 of 365 days of the next, 75.0654, rounded once
    ],
)
def test_a_payoff_counts_the_broken_period_as_the_product_does(on: str, interest: str) -> None:
    paid = {"instalments_paid_on_time": 3, "payoff_date": on, "prepayment_fee_pct": "1"}
    (found,) = answers("payoff", LOAN | paid | {"interest_to_date": "ACT/365F"})
    assert (found["interest"], found["interest_to_date"]) == (interest, "ACT/365F")


def test_no_broken_period_costs_more_than_a_whole_one() -> None:
    broken = {"instalments_paid_on_time": 4, "payoff_date": "2026-06-14", "prepayment_fee_pct": "0"}
    day_before, whole = (
        answers("payoff", LOAN | broken | {"interest_to_date": "ACT/360", "payoff_date": on})[0]
        for on in ("2026-06-14", "2026-06-15")
    )
    # 30 days over 360 are the twelfth already
    assert day_before["interest"] == whole["interest"] == "67.98"


def test_a_waterfall() -> None:
    (found,) = answers("waterfall", DEBT)
    assert found["payments"] == [
        {
            "date": "2026-02-15",
            "amount": "110.00",
            "principal": "100.00",
            "interest": "5.00",
            "fee": "0.00",
            "penalty": "5.00",
            "principal_outstanding_after": "100.00",
            "overpaid": "0.00",
        },
        {
            "date": "2026-02-20",
            "amount": "200.00",
            "principal": "100.00",
            "interest": "0.00",
            "fee": "0.00",
            "penalty": "0.00",
            "principal_outstanding_after": "0.00",
            "overpaid": "100.00",
        },
    ]


def test_payments_are_worked_in_order_of_their_dates() -> None:
    backwards = DEBT | {"payments": list(reversed(DEBT["payments"]))}
    assert answers("waterfall", backwards) == answers("waterfall", DEBT)


def test_charges_may_be_left_out() -> None:
    without = {key: value for key, value in DEBT.items() if key != "charges"}
    (found,) = answers("waterfall", without)
    assert found["payments"][0]["penalty"] == "0.00"


def test_the_two_laws() -> None:
    us = {
        "advances": [{"amount": "6000", "full_unit_periods": 0, "fraction": 0}],
        "payments": [
            {"amount": "200", "full_unit_periods": n, "fraction": "19/30"} for n in range(1, 37)
        ],
        "unit_periods_per_year": 12,
    }
    assert answers("apr-us", us) == [{"apr_pct": "11.82"}]
    eu = {
        "drawdowns": [{"amount": "9700.00", "t_years": 0}],
        "repayments": [{"amount": "888.49", "t_years": f"{n}/12"} for n in range(1, 13)],
    }
    assert answers("apr-eu", eu) == [{"apr_pct": "19.36"}]


def test_a_single_payment_within_a_year_under_appendix_j() -> None:
    case = {
        "advances": [{"amount": 1000, "full_unit_periods": 0}],
        "payments": [{"amount": 1080.0, "full_unit_periods": 1}],
        "unit_periods_per_year": "365/255",
    }
    assert answers("apr-us", case) == [{"apr_pct": "11.45"}]


def test_xirr_and_null() -> None:
    flows = [["2021-01-01", "-1000.00"], ["2022-01-01", "1100"]]
    found = answers("xirr", {"flows": flows}, {"flows": flows[:1]})
    assert float(found[0]["rate"]) == pytest.approx(0.1)
    assert found[1] == {"rate": None}


def test_a_year_fraction_to_fifteen_digits() -> None:
    case = {"convention": "ACT/ACT ISDA", "start": "2003-11-01", "end": "2004-05-01"}
    assert answers("year-fraction", case) == [{"days": 182, "year_fraction": "0.497724380567408"}]


def test_a_loan_to_value() -> None:
    case = {"loan": "60000", "value": "100000", "haircut_pct": "20"}

    assert answers("ltv", case, case | {"loan": "60000.01"}) == [
        {"counted": "80000.00", "ltv_pct": "75.00"},
        {"counted": "80000.00", "ltv_pct": "75.01"},
    ]
    assert "more than zero" in error_of("ltv", case | {"value": "0"})
    for haircut_pct in ("90.01", "12.345", "-1"):
        assert "haircut_pct" in error_of("ltv", case | {"haircut_pct": haircut_pct})


def test_a_split() -> None:
    assert answers("split", {"amount": "788.49", "shares": [5000, 3000, 2000]}) == [
        {"parts": ["394.24", "236.55", "157.70"]}
    ]
    assert answers("split", {"amount": "1", "shares": [1, 1, 1], "currency": "KWD"}) == [
        {"parts": ["0.334", "0.333", "0.333"]}
    ]


def test_no_cases_no_answers() -> None:
    assert answers("split") == []


def test_a_bad_case_does_not_keep_the_others_waiting() -> None:
    good = {"amount": "1.00", "shares": [1]}
    result = run("split", json.dumps([good, {"amount": "x", "shares": [1]}, 7, good]))
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found[0] == found[3] == {"parts": ["1.00"]}
    assert "amount is a decimal number" in found[1]["error"]
    assert "not a JSON object but 7" in found[2]["error"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "{",
        "nonsense",
        "[1,]",
        "{}",
        '"text"',
        "7",
        "null",
        "[" * 100_000,
        b"\xff\xfe[]",
        b"[\xff]",
    ],
)
def test_what_is_no_json_array_is_one_sentence_and_exit_two(text: str | bytes) -> None:
    result = run("split", text)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("The input is not")


def test_an_unknown_kind_is_refused() -> None:
    result = run("horoscope", "[]")
    assert result.exit_code == 2
    assert "horoscope" in result.stderr


def test_not_a_number_is_a_bad_case_and_not_bad_json() -> None:
    result = run("split", '[{"amount": NaN, "shares": [1]}, {"amount": -Infinity, "shares": [1]}]')
    assert result.exit_code == 1
    assert all("decimal number" in found["error"] for found in json.loads(result.stdout))


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("-1", "not negative"),
        (-1, "not negative"),
        ("0.001", "at most 2 decimals"),
        (0.001, "at most 2 decimals"),
        ("1e309", "decimal number"),
        ("NaN", "decimal number"),
        ("Infinity", "decimal number"),
        ("１００", "decimal number"),
        ("1,000.00", "decimal number"),
        ("", "decimal number"),
        (" 1", "decimal number"),
        ("1\n", "decimal number"),
        (str(2**63), "too large"),
        (2**63, "too large"),
        (10**4000, "decimal number"),
        ("9" * 5000, "decimal number"),
        (None, "no amount"),
        (True, "not true"),
        ([], "not a list"),
        ({}, "not an object"),
    ],
)
def test_an_amount_that_is_none_gets_a_sentence(amount: object, sentence: str) -> None:
    assert sentence in error_of("split", {"amount": amount, "shares": [1, 2]})


def test_a_number_beyond_every_exponent_gets_a_sentence() -> None:
    result = run("split", '[{"amount": 1e309, "shares": [1]}, {"amount": 1e99999999999999999999}]')
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert all("error" in one for one in found)


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        ([], "more than zero"),
        ([0, 0], "more than zero"),
        ([1, -1], "whole number"),
        ([0.5], "whole number"),
        (["x"], "decimal number"),
        ([True], "not true"),
        ("12", "is a list"),
        (None, "no shares"),
        ([1] * 100_001, "100000 are the most"),
    ],
)
def test_shares_that_are_none_get_a_sentence(shares: object, sentence: str) -> None:
    assert sentence in error_of("split", {"amount": "1.00", "shares": shares})


@pytest.mark.parametrize("key", LOAN)
def test_a_missing_key_is_named(key: str) -> None:
    case = {name: value for name, value in LOAN.items() if name != key}
    assert error_of("schedule", case) == f"the case has no {key}"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"principal": "0"}, "principal is more than zero"),
        ({"instalments": 0}, "from 1 to"),
        ({"instalments": 10**12}, "from 1 to"),
        ({"instalments": "1e3"}, "decimal number"),
        ({"instalments": 1.5}, "whole number"),
        ({"annual_rate_pct": "-1"}, "rate"),
        ({"annual_rate_pct": "10001"}, "rate"),
        ({"annual_rate_pct": "12%"}, "decimal number"),
        ({"period": "monthly"}, "period is not a JSON object"),
        ({"period": {"every": 1}}, "period has no unit"),
        ({"period": {"every": 0, "unit": "MONTHS"}}, "every is a whole number"),
        ({"period": {"every": 1, "unit": "YEARS"}}, "unit is one of MONTHS, WEEKS, DAYS"),
        ({"disbursed_on": "2026-02-30"}, "no day of the calendar"),
        ({"disbursed_on": "20260215"}, "a date such as"),
        ({"disbursed_on": "2026-W07-1"}, "a date such as"),
        ({"disbursed_on": 20260215}, "a date such as"),
        ({"disbursed_on": "9999-12-01"}, "year 9999"),
        ({"method": "magic"}, "method is one of equal_instalment"),
        ({"method": ["flat"]}, "method is one of"),
        ({"day_count": "30/360"}, "day_count is one of EQUAL_PERIOD"),
        ({"rounding_mode": "NEAREST"}, "rounding_mode is one of HALF_UP"),
        ({"currency": "XXX"}, "currency is one of"),
        ({"currency": 5}, "currency is one of"),
    ],
)
def test_terms_that_make_no_schedule_get_a_sentence(
    changes: dict[str, object], sentence: str
) -> None:
    assert sentence in error_of("schedule", LOAN | changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"mode": "both"}, "mode is one of"),
        ({"order_due": USUAL[:3]}, "each once"),
        ({"order_due": [*USUAL, "fee"]}, "each once"),
        ({"order_in_advance": ["tax", *USUAL[1:]]}, "one of penalty, fee"),
        ({"payments": [{"date": "2026-02-01", "amount": "0"}]}, "more than zero"),
        ({"payments": [{"date": "2026-02-01"}]}, "payments[0] has no amount"),
        ({"payments": [7]}, "payments[0] is not a JSON object but 7"),
        ({"payments": DEBT["payments"] * 600}, "1000 are the most"),
        (
            {"charges": [{"type": "principal", "due": "2026-02-01", "amount": "1"}]},
            "penalty or fee",
        ),
        ({"schedule": {}}, "schedule is a list"),
        ({"schedule": [{"due": "2026-02-01", "principal": "-1", "interest": "0"}]}, "negative"),
    ],
)
def test_a_debt_that_cannot_be_read_gets_a_sentence(
    changes: dict[str, object], sentence: str
) -> None:
    assert sentence in error_of("waterfall", DEBT | changes)


@pytest.mark.parametrize(
    ("kind", "case", "sentence"),
    [
        ("year-fraction", {"convention": "ACT/365F", "start": "2026-02-01"}, "no end"),
        (
            "year-fraction",
            {"convention": "ACT/365F", "start": "2026-02-01", "end": "2026-01-01"},
            "before",
        ),
        (
            "year-fraction",
            {"convention": "EQUAL_PERIOD", "start": "2026-01-01", "end": "2026-02-01"},
            "needs a period",
        ),
        ("xirr", {"flows": [["2026-01-01"]]}, "flows[0] is a pair"),
        ("xirr", {"flows": [["2026-01-01", "x"]]}, "the amount of flows[0]"),
        ("xirr", {"flows": [["2026-01-01", 10**30]]}, "at most"),
        ("xirr", {"flows": {}}, "flows is a list"),
        ("apr-eu", {"drawdowns": [], "repayments": []}, "no rate"),
        (
            "apr-eu",
            {"drawdowns": [{"amount": "1", "t_years": "1/0"}], "repayments": []},
            "divides by zero",
        ),
        (
            "apr-eu",
            {"drawdowns": [{"amount": "1", "t_years": -1}], "repayments": []},
            "not negative",
        ),
        (
            "apr-us",
            {"advances": [], "payments": [], "unit_periods_per_year": 0},
            "more than 0",
        ),
        (
            "apr-us",
            {
                "advances": [{"amount": "1", "full_unit_periods": 0, "fraction": 1}],
                "payments": [],
                "unit_periods_per_year": 12,
            },
            "less than 1",
        ),
        (
            "apr-us",
            {
                "advances": [{"amount": "-1", "full_unit_periods": 0}],
                "payments": [],
                "unit_periods_per_year": 12,
            },
            "not negative",
        ),
        (
            "payoff",
            LOAN
            | {
                "instalments_paid_on_time": 13,
                "payoff_date": "2027-02-01",
                "prepayment_fee_pct": "0",
            },
            "0 to 12 instalments",
        ),
    ],
)
def test_every_kind_says_what_it_cannot_do(kind: str, case: object, sentence: str) -> None:
    assert sentence in error_of(kind, case)
