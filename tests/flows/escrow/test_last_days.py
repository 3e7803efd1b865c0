"""Every payment knows the day by which it must have left the provider."""

from __future__ import annotations

from datetime import timedelta

from marketplace.escrow import gateway
from marketplace.escrow.gateway import Method, Terms
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from tests.builders.escrow import World, a_checkout, a_refund, a_top_up, known

TEN = Money.of("10", "EUR")


def _promised(holding_limit_days: int, refund_days: int | None) -> Terms:
    return Terms(
        "A bank", holding_limit_days, (Method("card", deferrable=True, refund_days=refund_days),)
    )


def test_a_payment_must_leave_a_week_before_the_provider_may_hold_it_no_longer(
    world: World,
) -> None:
    paid = world.paid(TEN)

    assert paid.leave_by == clock.today() + timedelta(days=83)


def test_what_is_not_a_payment_or_not_paid_has_no_last_day(world: World) -> None:
    paid = world.paid(TEN)

    assert known(a_checkout(TEN)).leave_by is None
    assert known(a_refund(paid)).leave_by is None
    assert a_top_up(TEN).leave_by is None


def test_a_way_to_pay_that_gives_back_for_a_shorter_time_sets_the_day(world: World) -> None:
    gateway.current().terms = _promised(730, 60)
    assert world.paid(TEN).leave_by == clock.today() + timedelta(days=53)

    gateway.current().terms = _promised(730, None)
    assert world.paid(TEN).leave_by == clock.today() + timedelta(days=723)
