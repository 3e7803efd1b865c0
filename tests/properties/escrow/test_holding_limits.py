"""The last day of a payment, for any provider and any way to pay."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from marketplace.escrow.limits import (
    ALARM_DAYS,
    GRACE_DAYS,
    MARGIN_DAYS,
    REFUND_RUN_DAYS,
    Limits,
    Why,
    alarm_at,
    usable_days,
)

DAYS = st.dates(date(2020, 1, 1), date(2090, 1, 1))
METHODS = st.dictionaries(
    st.sampled_from(["card", "alipay", "wechat_pay", "bank"]),
    st.none() | st.integers(1, 400),
    max_size=4,
)
LIMITS = st.builds(Limits, holding_days=st.integers(1, 800), refund_days=METHODS)


@given(limits=LIMITS, paid_on=DAYS, method=st.sampled_from(["card", "alipay", "", "other"]))
def test_a_payment_never_stays_to_the_end_of_any_limit(
    limits: Limits, paid_on: date, method: str
) -> None:
    leave = limits.leave_by(paid_on, method)
    window = limits.refund_days.get(method)

    assert paid_on <= leave.by
    assert leave.by < paid_on + timedelta(days=limits.holding_days)
    assert window is None or leave.by < paid_on + timedelta(days=window)


@given(limits=LIMITS, paid_on=DAYS, method=st.sampled_from(["card", "alipay"]))
def test_the_reason_names_the_clock_that_rings_first(
    limits: Limits, paid_on: date, method: str
) -> None:
    leave = limits.leave_by(paid_on, method)

    if leave.why is Why.HOLDING:
        assert leave.limit_days == limits.holding_days
    else:
        assert leave.limit_days < limits.holding_days
        assert leave.limit_days in limits.refund_days.values()


@given(limits=LIMITS, paid_on=DAYS)
def test_a_payment_whose_way_is_not_known_leaves_no_later_than_one_whose_way_is(
    limits: Limits, paid_on: date
) -> None:
    unknown = limits.leave_by(paid_on, None).by

    assert all(unknown <= limits.leave_by(paid_on, method).by for method in limits.refund_days)


@given(limits=LIMITS, paid_on=DAYS, days=st.integers(0, 100))
def test_who_pays_later_may_stay_as_much_longer(limits: Limits, paid_on: date, days: int) -> None:
    later = paid_on + timedelta(days=days)

    assert (
        limits.leave_by(later, "card").by - limits.leave_by(paid_on, "card").by == later - paid_on
    )


@given(limits=LIMITS)
def test_collecting_grace_and_refunds_fit_before_the_first_payment_must_leave(
    limits: Limits,
) -> None:
    shortest = min(
        [limits.holding_days, *(days for days in limits.refund_days.values() if days is not None)]
    )
    whole = limits.collecting_days_max + GRACE_DAYS + REFUND_RUN_DAYS

    assert limits.collecting_days_max == 1 or whole <= usable_days(shortest)


@given(days=st.integers(1, 800))
def test_the_margin_is_a_week_or_half_of_what_is_too_short_for_a_week(days: int) -> None:
    kept = days - usable_days(days)

    assert kept <= MARGIN_DAYS
    assert kept == MARGIN_DAYS or days < 2 * MARGIN_DAYS


@given(days_left=st.integers(-30, 100))
def test_an_alarm_is_the_last_whose_day_has_come(days_left: int) -> None:
    alarm = alarm_at(days_left)

    if alarm is None:
        assert days_left > max(ALARM_DAYS)
    else:
        assert days_left <= alarm
        assert not [each for each in ALARM_DAYS if days_left <= each < alarm]


def test_with_stripe_a_card_payment_leaves_by_day_83_and_a_campaign_may_last_63_days() -> None:
    stripe = Limits(90, {"card": None, "alipay": 90, "wechat_pay": 180})
    paid_on = date(2026, 3, 2)

    assert (stripe.leave_by(paid_on, "card").by - paid_on).days == 83
    assert stripe.leave_by(paid_on, "alipay").why is Why.HOLDING
    assert stripe.collecting_days_max == 63


def test_where_money_may_be_held_for_two_years_refund_windows_are_what_counts() -> None:
    america = Limits(730, {"card": None, "alipay": 90})
    paid_on = date(2026, 3, 2)

    assert (america.leave_by(paid_on, "card").by - paid_on).days == 723
    assert america.leave_by(paid_on, "alipay").why is Why.REFUND
    assert america.collecting_days_max == 63
