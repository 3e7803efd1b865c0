"""A loan lived through on paper: bills, late months, early repayment, corrections, to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.kernel.days import DayCount
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.loans.payoff import quote
from marketplace.loans.replay import (
    ChargeKind,
    Intent,
    LoanEvent,
    Payment,
    Position,
    Reversal,
    until,
)
from marketplace.loans.schedule import Method, build
from marketplace.loans.states import Bucket
from marketplace.loans.terms import FeeCap, ServicingTerms
from marketplace.loans.waterfall import USUAL_ORDER, Mode, Order, Portion
from tests.builders.calculators import terms
from tests.builders.servicing import (
    day,
    eur,
    on_time,
    paid,
    reversed_,
    served,
    stands,
    waived,
)

FEE = (ChargeKind.LATE_FEE, 1, "2026-02-19")


def charged(position: Position, kind: ChargeKind) -> Money:
    return Money.total((one.amount for one in position.charges if one.key.kind is kind), "EUR")


def test_a_loan_paid_on_time_follows_the_table_of_the_reference_to_its_end() -> None:
    loan = served()
    position = stands(loan, on_time(loan, 12), "2027-01-15")
    assert position.is_settled
    assert position.interest == eur("661.86")  # policies 5.9
    assert position.principal == eur("10000.00")
    assert position.outstanding.is_zero
    assert not position.charges
    assert [row.total for row in position.rows[:11]] == [eur("888.49")] * 11
    assert position.rows[11].total == eur("888.47")


def test_the_payoff_of_the_reference_ten_days_after_the_third_instalment() -> None:
    loan = served()
    quoted = stands(loan, on_time(loan, 3), "2026-04-25").payoff
    assert quoted.principal == eur("7610.80")
    assert quoted.interest == eur("25.02")
    assert quoted.fee == eur("38.05")
    assert quoted.amount == eur("7673.87")
    assert quoted.interest_saved == eur("385.59") - eur("25.02")


def test_paying_that_quote_ends_the_loan_on_its_day() -> None:
    loan = served()
    events = [*on_time(loan, 3), paid(9, "2026-04-25", "7673.87", Intent.PAYOFF)]
    position = stands(loan, events, "2026-12-31")
    assert position.is_settled
    assert position.overpaid.is_zero
    assert position.applied[-1].intent is Intent.PAYOFF
    assert position.rows[-1].settled_on == day("2026-04-25")
    assert len(position.versions) == 2
    assert position.fee == eur("38.05")
    assert not position.arrears.days_past_due


@pytest.mark.parametrize("convention", [None, DayCount.EQUAL_PERIOD])
@pytest.mark.parametrize("day_count", list(DayCount))
def test_the_payoff_is_the_calculators_where_the_terms_count_days_alike(
    convention: DayCount | None, day_count: DayCount
) -> None:
    schedule = terms(day_count=day_count)
    loan = served(schedule, interest_to_date=convention, cap=FeeCap.NONE)
    for on in ("2026-04-15", "2026-04-25", "2026-05-14"):
        ours, theirs = stands(loan, on_time(loan, 3), on).payoff, quote(schedule, 3, day(on))
        assert (ours.principal, ours.interest) == (theirs.principal, theirs.interest)
        assert ours.interest_saved == theirs.interest_saved


def test_interest_to_date_never_exceeds_what_the_period_asks_for() -> None:
    # 30 of the 31 days of a year of 365 would be 75.07 of 76.11; the whole 31 days 77.57
    loan = served(terms(start="2026-01-31"))
    rows = build(loan.schedule)
    position = stands(loan, on_time(loan, 3), "2026-05-30")
    assert position.payoff.interest == eur("75.07")
    shifted = replace(loan.late, grace_days=0)
    assert rows[3].interest == eur("76.11")
    late = stands(replace(loan, late=shifted), on_time(loan, 3), "2026-05-31").payoff
    assert late.interest == eur("76.11")


def test_the_prepayment_fee_is_capped_by_the_interest_saved() -> None:
    loan = served(fee_bps=1000)  # ten percent of 7,610.80 would be 761.08
    quoted = stands(loan, on_time(loan, 3), "2026-04-25").payoff
    assert quoted.fee == quoted.interest_saved == eur("360.57")
    uncapped = served(fee_bps=1000, cap=FeeCap.NONE)
    assert stands(uncapped, on_time(loan, 3), "2026-04-25").payoff.fee == eur("761.08")


def test_twelve_days_late_at_five_hundredths_of_a_percent_a_day() -> None:
    loan = served(late_fee="0")
    position = stands(loan, [], "2026-02-27")  # due on 15 February
    assert charged(position, ChargeKind.PENALTY) == eur("5.33")  # policies 5.9
    days = [one.key.on for one in position.charges]
    assert days == [day("2026-02-16") + timedelta(n) for n in range(12)]
    assert {one.amount for one in position.charges} == {eur("0.44"), eur("0.45")}


def test_penalty_interest_stops_with_the_payment_and_the_payment_day_still_counts() -> None:
    loan = served(late_fee="0")
    events: list[LoanEvent] = [paid(1, "2026-02-27", "893.82")]
    position = stands(loan, events, "2026-03-10")
    assert position.applied[0].penalty == eur("5.33")
    assert position.applied[0].overpaid.is_zero
    assert position.rows[0].settled_on == day("2026-02-27")
    assert charged(position, ChargeKind.PENALTY) == eur("5.33")


def test_a_late_fee_is_charged_once_an_instalment_after_the_grace() -> None:
    loan = served(penalty_bps=0)
    assert not stands(loan, [], "2026-02-18").charges
    position = stands(loan, [], "2026-03-10")
    assert [(one.key.n, one.key.on) for one in position.charges] == [(1, day("2026-02-19"))]
    both = stands(loan, [], "2026-04-01")
    assert [one.key.n for one in both.charges] == [1, 2]


def test_a_payment_on_the_last_day_of_grace_costs_no_fee() -> None:
    loan = served(penalty_bps=0)
    events: list[LoanEvent] = [paid(1, "2026-02-18", "888.49")]
    assert not stands(loan, events, "2026-03-01").charges


def test_a_part_payment_finishes_the_late_instalment_before_the_charges_of_the_next_period() -> (
    None
):
    loan = served()
    events: list[LoanEvent] = [paid(1, "2026-02-27", "200")]
    position = stands(loan, events, "2026-02-27")
    one = position.applied[0]
    assert (one.penalty, one.interest, one.principal) == (eur("0"), eur("100"), eur("100"))
    assert position.rows[0].open == eur("688.49")
    assert position.arrears.amount == eur("688.49")
    assert position.arrears.charges == eur("15.33")


def test_a_part_payment_settles_penalty_fee_interest_principal_where_portions_lead() -> None:
    loan = served(order=Order(USUAL_ORDER.due, USUAL_ORDER.in_advance, Mode.PORTION_FIRST))
    # due and not past due: the charges of the period that runs, so interest and principal lead
    early = stands(loan, [paid(1, "2026-02-27", "200")], "2026-02-27").applied[0]
    assert (early.interest, early.principal) == (eur("100"), eur("100"))
    # a period later they are past due as well, and the penalties come first
    late = stands(loan, [paid(1, "2026-03-16", "200")], "2026-03-16").applied[0]
    before = stands(loan, [], "2026-03-15")
    assert late.penalty == charged(before, ChargeKind.PENALTY)
    assert late.fee == eur("10.00")
    assert late.interest == eur("200") - late.penalty - late.fee
    assert late.principal.is_zero


def test_arrears_count_days_from_the_oldest_instalment_and_name_the_bucket() -> None:
    loan = served()
    assert stands(loan, [], "2026-02-15").arrears.days_past_due == 0
    first = stands(loan, [], "2026-02-16").arrears
    assert (first.days_past_due, first.bucket) == (1, Bucket.DAYS_1_30)
    for on, days, name in [
        ("2026-03-17", 30, Bucket.DAYS_1_30),
        ("2026-03-18", 31, Bucket.DAYS_31_60),
        ("2026-04-17", 61, Bucket.DAYS_61_90),
        ("2026-05-17", 91, Bucket.DAYS_90_PLUS),
    ]:
        arrears = stands(loan, [], on).arrears
        assert (arrears.days_past_due, arrears.bucket) == (days, name)
        assert arrears.since == day("2026-02-15")


def test_charges_alone_make_nobody_late() -> None:
    loan = served()
    position = stands(loan, [paid(2, "2026-02-27", "890")], "2026-03-01")
    assert position.arrears.charges == eur("13.82")
    assert position.arrears.amount.is_zero
    assert position.arrears.days_past_due == 0
    assert not position.is_settled


def test_a_payment_ahead_settles_the_next_instalments_as_scheduled() -> None:
    loan = served()
    position = stands(loan, [paid(1, "2026-02-15", "1776.98")], "2026-03-20")
    assert [row.settled_on for row in position.rows[:2]] == [day("2026-02-15")] * 2
    assert position.interest == eur("192.12")
    assert position.arrears.amount.is_zero


def test_what_is_more_than_the_whole_loan_is_overpaid() -> None:
    loan = served()
    position = stands(loan, [paid(1, "2026-02-15", "11000")], "2026-02-15")
    assert position.is_settled
    assert position.overpaid == eur("11000") - eur("10661.86")


def test_a_shorter_term_keeps_the_instalment() -> None:
    loan = served(fee_bps=0)
    events = [*on_time(loan, 3), paid(9, "2026-04-25", "3000", Intent.SHORTER_TERM)]
    position = stands(loan, events, "2026-04-25")
    assert position.applied[-1].interest == eur("25.02")
    assert position.applied[-1].principal == eur("2974.98")
    opens = [row.open for row in position.rows[3:]]
    assert len(position.rows) == 9
    assert opens[:5] == [eur("888.49")] * 5
    assert eur("0") < opens[5] < eur("888.49")


def test_a_lower_instalment_keeps_the_number_of_instalments() -> None:
    loan = served(fee_bps=0)
    events = [*on_time(loan, 3), paid(9, "2026-04-25", "3000", Intent.LOWER_INSTALMENT)]
    position = stands(loan, events, "2026-04-25")
    opens = [row.open for row in position.rows[3:]]
    assert len(position.rows) == 12
    assert max(opens) - min(opens) <= eur("0.03")
    assert max(opens) < eur("888.49")


def test_the_fee_of_a_part_comes_out_of_the_payment() -> None:
    loan = served()
    events = [*on_time(loan, 3), paid(9, "2026-04-25", "3000", Intent.SHORTER_TERM)]
    one = stands(loan, events, "2026-04-25").applied[-1]
    assert one.fee == eur("14.80")  # half a percent of 2,960.18
    assert one.principal == eur("2960.18")
    assert one.principal + one.interest + one.fee == eur("3000")


def test_a_prepayment_settles_what_is_due_first() -> None:
    loan = served()
    position = stands(loan, [paid(1, "2026-02-27", "3000", Intent.SHORTER_TERM)], "2026-02-27")
    assert position.rows[0].settled_on == day("2026-02-27")
    assert position.penalty == eur("5.33")
    assert position.applied[0].intent is Intent.SHORTER_TERM
    assert position.applied[0].overpaid.is_zero


def test_a_payoff_that_no_longer_covers_everything_shortens_the_term() -> None:
    loan = served()
    events = [*on_time(loan, 3), paid(9, "2026-04-25", "7673.87", Intent.PAYOFF)]
    position = stands(loan, [*events, reversed_(10, 3)], "2026-04-25")
    assert position.applied[-1].intent is Intent.SHORTER_TERM
    assert not position.is_settled
    assert position.outstanding.is_positive
    assert position.overpaid.is_zero


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("intent", [Intent.SHORTER_TERM, Intent.LOWER_INSTALMENT])
def test_every_method_can_be_prepaid_and_still_repays_exactly_its_principal(
    method: Method, intent: Intent
) -> None:
    loan = served(terms(method=method))
    events: list[LoanEvent] = [paid(9, "2026-03-01", "3000", intent)]
    before = stands(loan, [], "2026-02-15")
    position = stands(loan, events, "2026-03-01")
    asked = Money.total((row.principal for row in position.rows), "EUR")
    assert asked == eur("10000")
    interest = Money.total((row.interest for row in position.rows), "EUR")
    assert interest < Money.total((row.interest for row in before.rows), "EUR")
    if intent is Intent.LOWER_INSTALMENT:
        assert len(position.rows) == len(before.rows)


def test_a_backdated_payment_takes_the_charges_back_that_it_would_have_prevented() -> None:
    loan = served()
    before = stands(loan, [], "2026-03-10")
    assert before.charges
    after = stands(loan, [paid(1, "2026-02-15", "888.49")], "2026-03-10")
    assert not after.charges
    assert after.arrears.days_past_due == 0


def test_a_waiver_lets_off_what_is_open_and_no_more() -> None:
    loan = served()
    events: list[LoanEvent] = [waived(1, "2026-02-20", FEE, "4")]
    fee = next(
        one
        for one in stands(loan, events, "2026-02-20").charges
        if one.key.kind is ChargeKind.LATE_FEE
    )
    assert (fee.waived, fee.open) == (eur("4"), eur("6"))
    paid_before: list[LoanEvent] = [
        paid(2, "2026-02-19", "900.27"),
        waived(3, "2026-02-20", FEE, "10"),
    ]
    position = stands(loan, paid_before, "2026-02-20")
    assert position.fee == eur("10")
    assert all(one.waived.is_zero for one in position.charges)


def test_a_waiver_of_a_charge_that_a_backdated_payment_took_away_does_nothing() -> None:
    loan = served()
    events: list[LoanEvent] = [
        waived(1, "2026-02-20", FEE, "4"),
        paid(2, "2026-02-15", "888.49"),
    ]
    assert not stands(loan, events, "2026-02-20").charges


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (paid(1, "2026-01-14", "10"), "payment_before_disbursement"),
        (paid(1, "2026-03-02", "10"), "payment_in_future"),
        (paid(1, "2026-02-02", "0"), "payment_not_positive"),
        (Payment(UUID(int=1), day("2026-02-02"), eur("-5")), "payment_not_positive"),
        (Payment(UUID(int=1), day("2026-02-02"), Money(5, "USD")), "payment_currency"),
        (Reversal(UUID(int=1), UUID(int=7)), "reversal_of_nothing"),
    ],
)
def test_what_cannot_have_happened_is_refused(event: LoanEvent, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        stands(served(), [event], "2026-03-01")
    assert refused.value.code == code


def test_no_position_before_the_disbursement_and_no_event_twice() -> None:
    with pytest.raises(ValueError, match="paid out after"):
        stands(served(), [], "2026-01-14")
    with pytest.raises(ValueError, match="told twice"):
        stands(served(), [paid(1, "2026-02-15", "5"), paid(1, "2026-02-16", "5")], "2026-03-01")


def test_the_past_is_replayed_from_the_events_of_its_time() -> None:
    loan = served()
    events = [*on_time(loan, 3), reversed_(9, 2)]
    past = until(events, day("2026-03-10"))
    assert past == [events[0]]
    assert until(events, day("2026-03-20")) == [events[0], events[1], events[3]]
    assert stands(loan, past, "2026-03-10").principal == eur("788.49")


def test_lines_say_which_instalment_and_which_kind_of_charge_a_payment_settled() -> None:
    loan = served()
    one = stands(loan, [paid(1, "2026-02-20", "950")], "2026-02-20").applied[0]
    assert {line.n for line in one.lines} == {1, 2}
    assert Money.total((line.amount for line in one.lines), "EUR") == eur("950")
    kinds = [line.kind for line in one.lines if line.kind]
    assert ChargeKind.LATE_FEE in kinds
    assert all(line.kind is None for line in one.lines if line.portion is Portion.PRINCIPAL)


@pytest.mark.parametrize(("amount", "rate"), [("0.01", "12"), ("10000", "0"), ("0.10", "12")])
def test_tiny_and_free_loans_are_lived_through(amount: str, rate: str) -> None:
    loan = served(terms(amount, rate))
    position = stands(loan, on_time_where_due(loan), "2027-01-15")
    assert position.is_settled
    assert position.principal == eur(amount)


def on_time_where_due(loan: ServicingTerms, count: int = 12) -> list[LoanEvent]:
    return [
        event
        for event in on_time(loan, count)
        if isinstance(event, Payment) and event.amount.is_positive
    ]


def test_one_instalment_and_six_hundred() -> None:
    one = served(terms(instalments=1))
    assert stands(one, on_time(one, 1), "2026-02-15").is_settled
    many = served(terms(instalments=600))
    assert stands(many, on_time_where_due(many, 600), "2076-01-15").is_settled
