"""What each kind of calculator answers: one case in, one answer out, nothing kept.

A case that cannot be calculated raises ValueError (`BadCase` is one) with the sentence to show.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from marketplace.calc.reading import BadCase, Case, day, decimal, one_of, whole
from marketplace.kernel.days import DayCount, Period, Unit, days_between, year_fraction
from marketplace.kernel.money import Money, exponent
from marketplace.kernel.rates import Rounding
from marketplace.loans import payoff, schedule, waterfall
from marketplace.loans.apr import eu_apr_pct, us_apr_pct
from marketplace.loans.roots import Flow
from marketplace.loans.schedule import INSTALMENTS_MAX, Method, Terms
from marketplace.loans.valuation import HAIRCUT_MAX_BPS, Worth
from marketplace.loans.waterfall import Allocation, Charge, Instalment, Mode, Order, Portion
from marketplace.loans.xirr import xirr

Answer = dict[str, object]

PAYMENTS_MAX: Final = 1_000
EVERY_MAX: Final = 3_660
SHARES_MAX: Final = 100_000
SHARE_MAX: Final = 10**18
FLOW_MAX: Final = Decimal(10) ** 18
PERIODS_MAX: Final = 10_000
YEARS_MAX: Final = 1_000
_YEAR_DIGITS: Final = 15


def answer_schedule(case: Case) -> Answer:
    """Return the rows of a repayment schedule."""
    return {
        "rows": [
            {
                "n": row.n,
                "due": row.due.isoformat(),
                "principal": _text(row.principal),
                "interest": _text(row.interest),
                "total": _text(row.total),
                "outstanding": _text(row.outstanding),
            }
            for row in schedule.build(_terms(case))
        ]
    }


def answer_payoff(case: Case) -> Answer:
    """Return what pays a loan off on a day; `interest_to_date` is told back where it was told."""
    paid = case.whole("instalments_paid_on_time", 0, INSTALMENTS_MAX)
    fee_pct = case.decimal("prepayment_fee_pct")
    to_date = case.one_of("interest_to_date", DayCount) if case.has("interest_to_date") else None
    quote = payoff.quote(_terms(case), paid, case.day("payoff_date"), fee_pct, to_date)
    told: Answer = {} if to_date is None else {"interest_to_date": to_date.value}
    return {
        "amount": _text(quote.amount),
        "principal": _text(quote.principal),
        "interest": _text(quote.interest),
        "fee": _text(quote.fee),
        "interest_saved": _text(quote.interest_saved),
        **told,
    }


def answer_waterfall(case: Case) -> Answer:
    """Return where each payment goes, in order of their dates."""
    currency = case.currency()
    parts = waterfall.parts_of(_instalments(case, currency), _charges(case, currency))
    order = Order(
        _order(case, "order_due"), _order(case, "order_in_advance"), case.one_of("mode", Mode)
    )
    answers: list[Answer] = []
    for on, amount in sorted(_payments(case, currency), key=lambda payment: payment[0]):
        allocation = waterfall.allocate(parts, amount, on, order)
        parts = waterfall.after(parts, allocation)
        outstanding = waterfall.principal_of(parts, currency)
        answers.append(_payment_answer(on, amount, allocation, outstanding))
    return {"payments": answers}


def answer_apr_us(case: Case) -> Answer:
    """Return the annual percentage rate under Regulation Z."""
    a_year = case.ratio("unit_periods_per_year")
    if not 0 < a_year <= PERIODS_MAX:
        raise BadCase(f"unit_periods_per_year is more than 0 and at most {PERIODS_MAX}")
    apr_pct = us_apr_pct(_us_flows(case, "advances"), _us_flows(case, "payments"), a_year)
    return {"apr_pct": f"{apr_pct:f}"}


def answer_apr_eu(case: Case) -> Answer:
    """Return the annual percentage rate of charge under the consumer credit directive."""
    apr_pct = eu_apr_pct(_eu_flows(case, "drawdowns"), _eu_flows(case, "repayments"))
    return {"apr_pct": f"{apr_pct:f}"}


def answer_xirr(case: Case) -> Answer:
    """Return the yearly rate of dated flows as a fraction of one, or null."""
    flows = []
    for n, entry in enumerate(case.entries("flows")):
        if not isinstance(entry, list) or len(entry) != 2:
            raise BadCase(f"flows[{n}] is a pair of a date and an amount")
        name = f"the amount of flows[{n}]"
        flows.append((day(entry[0], f"the date of flows[{n}]"), _size(decimal(entry[1], name))))
    rate = xirr(flows)
    return {"rate": None if rate is None else _rate_text(rate)}


def answer_year_fraction(case: Case) -> Answer:
    """Return the days and the part of a year between two dates."""
    convention = case.one_of("convention", DayCount)
    start, end = case.day("start"), case.day("end")
    part = year_fraction(convention, start, end)
    return {
        "days": days_between(convention, start, end),
        "year_fraction": _fraction_text(part, _YEAR_DIGITS),
    }


def answer_split(case: Case) -> Answer:
    """Return an amount divided by largest remainder."""
    shares = [
        whole(share, f"shares[{n}]", 0, SHARE_MAX)
        for n, share in enumerate(case.entries("shares", SHARES_MAX))
    ]
    if not any(shares):
        raise BadCase("shares hold at least one number that is more than zero")
    parts = case.money("amount", case.currency()).split(shares)
    return {"parts": [_text(part) for part in parts]}


def answer_ltv(case: Case) -> Answer:
    """Return how much of what a collateral counts for a loan takes."""
    currency = case.currency()
    value, haircut_pct = case.money("value", currency), case.decimal("haircut_pct")
    haircut_bps = haircut_pct * 100
    if not 0 <= haircut_bps <= HAIRCUT_MAX_BPS or haircut_bps != int(haircut_bps):
        raise BadCase("haircut_pct is from 0 to 90, with two decimals at most")
    if not value.is_positive:
        raise BadCase("value is more than zero")
    worth = Worth(value, int(haircut_bps), date.min, date.max)
    ltv_bps = worth.ltv_bps(case.money("loan", currency))
    return {"counted": _text(worth.counted), "ltv_pct": f"{Decimal(ltv_bps) / 100:.2f}"}


KINDS: Final[dict[str, Callable[[Case], Answer]]] = {
    "schedule": answer_schedule,
    "waterfall": answer_waterfall,
    "payoff": answer_payoff,
    "apr-us": answer_apr_us,
    "apr-eu": answer_apr_eu,
    "xirr": answer_xirr,
    "year-fraction": answer_year_fraction,
    "split": answer_split,
    "ltv": answer_ltv,
}


def _terms(case: Case) -> Terms:
    period = case.inner("period")
    rounding = Rounding.HALF_UP
    if case.has("rounding_mode"):
        rounding = case.one_of("rounding_mode", Rounding)
    return Terms(
        principal=case.money("principal", case.currency()),
        annual_rate_pct=case.decimal("annual_rate_pct"),
        instalments=case.whole("instalments", 1, INSTALMENTS_MAX),
        period=Period(period.whole("every", 1, EVERY_MAX), period.one_of("unit", Unit)),
        disbursed_on=case.day("disbursed_on"),
        method=case.one_of("method", Method),
        day_count=case.one_of("day_count", DayCount),
        rounding=rounding,
    )


def _instalments(case: Case, currency: str) -> list[Instalment]:
    rows = [
        Instalment(
            row.day("due"), row.money("principal", currency), row.money("interest", currency)
        )
        for row in case.cases("schedule", INSTALMENTS_MAX)
    ]
    return sorted(rows, key=lambda row: row.due)


def _charges(case: Case, currency: str) -> list[Charge]:
    rows = case.cases("charges", INSTALMENTS_MAX) if case.has("charges") else []
    charges = [
        Charge(row.one_of("type", Portion), row.day("due"), row.money("amount", currency))
        for row in rows
    ]
    if any(charge.portion not in {Portion.PENALTY, Portion.FEE} for charge in charges):
        raise BadCase("the type of a charge is penalty or fee")
    return charges


def _payments(case: Case, currency: str) -> list[tuple[date, Money]]:
    rows = case.cases("payments", PAYMENTS_MAX)
    payments = [(row.day("date"), row.money("amount", currency)) for row in rows]
    if not all(amount.is_positive for _, amount in payments):
        raise BadCase("a payment is more than zero")
    return payments


def _payment_answer(on: date, amount: Money, allocation: Allocation, outstanding: Money) -> Answer:
    return {
        "date": on.isoformat(),
        "amount": _text(amount),
        "principal": _text(allocation.of(Portion.PRINCIPAL)),
        "interest": _text(allocation.of(Portion.INTEREST)),
        "fee": _text(allocation.of(Portion.FEE)),
        "penalty": _text(allocation.of(Portion.PENALTY)),
        "principal_outstanding_after": _text(outstanding),
        "overpaid": _text(allocation.overpaid),
    }


def _order(case: Case, key: str) -> tuple[Portion, ...]:
    return tuple(one_of(entry, key, Portion) for entry in case.entries(key))


def _us_flows(case: Case, key: str) -> list[Flow]:
    flows = []
    for row in case.cases(key):
        odd = row.ratio("fraction") if row.has("fraction") else Fraction(0)
        if odd >= 1:
            raise BadCase(f"a fraction of a unit-period in {key} is less than 1")
        periods = row.whole("full_unit_periods", 0, PERIODS_MAX)
        flows.append(Flow(_paid(row), Fraction(periods), odd))
    return flows


def _eu_flows(case: Case, key: str) -> list[Flow]:
    flows = [Flow(_paid(row), row.ratio("t_years")) for row in case.cases(key)]
    if any(flow.time > YEARS_MAX for flow in flows):
        raise BadCase(f"t_years in {key} is at most {YEARS_MAX}")
    return flows


def _paid(row: Case) -> Decimal:
    amount = _size(row.decimal("amount"))
    if amount < 0:
        raise BadCase(f"an amount is not negative: {amount}")
    return amount


def _size(amount: Decimal) -> Decimal:
    if abs(amount) > FLOW_MAX:
        raise BadCase(f"an amount is at most {FLOW_MAX:f}")
    return amount


def _text(amount: Money) -> str:
    return f"{amount.decimal():.{exponent(amount.currency)}f}"


def _rate_text(rate: Decimal) -> str:
    return f"{rate:f}" if abs(rate.adjusted()) < _YEAR_DIGITS else str(rate)


def _fraction_text(part: Fraction, digits: int) -> str:
    scaled = round(part * 10**digits)
    return f"{Decimal(scaled).scaleb(-digits):f}"
