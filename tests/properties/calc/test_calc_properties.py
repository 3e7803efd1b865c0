"""Whatever is written into a case: an answer or a sentence, never a crash."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.calc.cases import KINDS
from marketplace.calc.cli import answered
from marketplace.calc.reading import BadCase, parse

odd_texts = st.sampled_from(
    ["NaN", "1e309", "-1", "0", "0.001", "１", "1/12", "1/0", "", "9" * 400, "2026-02-30", "\x00"]
)
words = st.sampled_from(
    [
        "MONTHS",
        "DAYS",
        "equal_instalment",
        "flat",
        "bullet",
        "EQUAL_PERIOD",
        "ACT/365F",
        "penalty",
        "fee",
        "interest",
        "principal",
        "instalment_first",
        "portion_first",
        "EUR",
        "JPY",
        "HALF_UP",
    ]
)
dates = st.dates(date(1990, 1, 1), date(2060, 1, 1)).map(str)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.integers(0, 40)
    | st.decimals(allow_nan=True, allow_infinity=True)
    | st.decimals(0, 10_000, places=2).map(str)
    | odd_texts
    | words
    | dates
    | st.text(max_size=5)
)
KEYS = [
    "principal",
    "annual_rate_pct",
    "instalments",
    "period",
    "every",
    "unit",
    "disbursed_on",
    "method",
    "day_count",
    "rounding_mode",
    "currency",
    "schedule",
    "due",
    "interest",
    "charges",
    "type",
    "amount",
    "order_due",
    "order_in_advance",
    "mode",
    "payments",
    "date",
    "instalments_paid_on_time",
    "payoff_date",
    "prepayment_fee_pct",
    "interest_to_date",
    "advances",
    "full_unit_periods",
    "fraction",
    "unit_periods_per_year",
    "drawdowns",
    "repayments",
    "t_years",
    "flows",
    "convention",
    "start",
    "end",
    "shares",
]
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8)
    ),
    max_leaves=30,
)
likely = st.fixed_dictionaries(
    {},
    optional={
        "principal": leaves,
        "annual_rate_pct": leaves,
        "instalments": leaves,
        "period": st.fixed_dictionaries({"every": leaves, "unit": words}) | leaves,
        "disbursed_on": dates | leaves,
        "method": words | leaves,
        "day_count": words | leaves,
        "flows": st.lists(st.tuples(dates, leaves).map(list), max_size=6) | anything,
        "amount": leaves,
        "shares": st.lists(leaves, max_size=6) | leaves,
        "drawdowns": st.lists(st.fixed_dictionaries({"amount": leaves, "t_years": leaves})),
        "repayments": st.lists(st.fixed_dictionaries({"amount": leaves, "t_years": leaves})),
    },
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(sorted(KINDS)), anything | likely)
def test_any_case_gets_an_answer_or_a_sentence(kind: str, case: object) -> None:
    found = answered(KINDS[kind], case)
    json.dumps(found)
    if "error" in found:
        assert isinstance(found["error"], str)
        assert found["error"]
        assert "\n" not in found["error"]


@given(st.text(alphabet='[]{}",:.0123456789eE+-truefalsn \\u', max_size=60) | st.text())
def test_any_text_is_cases_or_one_sentence(text: str) -> None:
    try:
        parse(text)
    except BadCase as trouble:
        assert str(trouble).startswith("The input is not")  # noqa: PT017 - most texts are not JSON


@given(
    st.fixed_dictionaries(
        {
            "principal": st.decimals("0.01", 10**9, places=2).map(str),
            "annual_rate_pct": st.decimals(0, 100, places=4).map(str),
            "instalments": st.integers(1, 60),
            "period": st.fixed_dictionaries(
                {"every": st.integers(1, 6), "unit": st.sampled_from(["MONTHS", "WEEKS", "DAYS"])}
            ),
            "disbursed_on": dates,
            "method": st.sampled_from(["equal_instalment", "equal_principal", "flat", "bullet"]),
            "day_count": st.sampled_from(["EQUAL_PERIOD", "ACT/360", "30E/360", "ACT/ACT ISDA"]),
        }
    )
)
def test_a_whole_case_is_answered_in_exact_decimals(case: dict[str, object]) -> None:
    found = answered(KINDS["schedule"], case)
    rows = found["rows"]
    assert isinstance(rows, list)
    assert sum(Decimal(row["principal"]) for row in rows) == Decimal(str(case["principal"]))
    for row in rows:
        assert Decimal(row["principal"]) + Decimal(row["interest"]) == Decimal(row["total"])
