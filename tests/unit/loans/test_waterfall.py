"""Where a payment goes: Fineract's published scenarios and hand calculations."""

from __future__ import annotations

from datetime import date

import pytest

from marketplace.kernel.money import Money
from marketplace.loans.waterfall import (
    USUAL_ORDER,
    Allocation,
    Instalment,
    Mode,
    Order,
    Part,
    Portion,
    after,
    allocate,
    parts_of,
    principal_of,
)
from tests.builders.calculators import charge, instalment

P, F, IN, C = Portion.PENALTY, Portion.FEE, Portion.INTEREST, Portion.PRINCIPAL
BY_INSTALMENT = Order((P, F, C, IN), (P, F, C, IN))
BY_PORTION = Order((P, F, C, IN), (P, F, C, IN), Mode.PORTION_FIRST)
PRINCIPAL_IN_ADVANCE = Order((P, F, IN, C), (C, P, F, IN))


def pay(parts: list[Part], day: str, amount: str, order: Order) -> tuple[list[Part], Allocation]:
    payment = Money.of(amount, "EUR")
    allocation = allocate(parts, payment, date.fromisoformat(day), order)
    return after(parts, allocation), allocation


def shown(allocation: Allocation) -> tuple[str, str, str, str, str]:
    """Principal, interest, fee, penalty, overpaid."""
    amounts = [allocation.of(portion) for portion in (C, IN, F, P)] + [allocation.overpaid]
    principal, interest, fee, penalty, overpaid = (str(amount.decimal()) for amount in amounts)
    return principal, interest, fee, penalty, overpaid


def down_payment_loan() -> list[Instalment]:
    return [
        instalment(due, "250") for due in ("2023-09-01", "2023-09-16", "2023-10-01", "2023-10-16")
    ]


def late_with_penalties() -> list[Part]:
    """Fineract C2946 to C2951 after two repayments, with a penalty after maturity."""
    charges = [charge(P, day, "20") for day in ("2023-10-17", "2023-09-17", "2023-10-16")]
    parts = parts_of(down_payment_loan(), charges)
    for day in ("2023-09-01", "2023-09-16"):
        parts, allocation = pay(parts, day, "250", BY_INSTALMENT)
        assert shown(allocation) == ("250.00", "0.00", "0.00", "0.00", "0.00")
    return parts


@pytest.mark.parametrize(
    ("order", "amount", "principal", "penalty", "balance"),
    [
        (BY_INSTALMENT, "15", "0.00", "15.00", "500.00"),  # C2946
        (BY_PORTION, "15", "0.00", "15.00", "500.00"),  # C2947
        (BY_INSTALMENT, "35", "15.00", "20.00", "485.00"),  # C2948
        (BY_PORTION, "35", "0.00", "35.00", "500.00"),  # C2949
        (BY_INSTALMENT, "350", "310.00", "40.00", "190.00"),  # C2950
        (BY_PORTION, "350", "310.00", "40.00", "190.00"),  # C2951: past due before due today
    ],
)
def test_late_payments_of_fineracts_advanced_allocation(
    order: Order, amount: str, principal: str, penalty: str, balance: str
) -> None:
    parts, allocation = pay(late_with_penalties(), "2023-10-17", amount, order)
    assert shown(allocation) == (principal, "0.00", "0.00", penalty, "0.00")
    assert str(principal_of(parts, "EUR").decimal()) == balance


def test_a_penalty_is_due_from_its_own_day_on() -> None:
    """Fineract C2637: due penalty, fee, interest, principal; in advance principal first."""
    parts = parts_of([instalment("2023-02-01", "1000")], [charge(P, "2023-01-20", "50")])
    parts, first = pay(parts, "2023-01-10", "500", PRINCIPAL_IN_ADVANCE)
    parts, second = pay(parts, "2023-01-17", "450", PRINCIPAL_IN_ADVANCE)
    parts, third = pay(parts, "2023-01-21", "50", PRINCIPAL_IN_ADVANCE)
    assert shown(first)[0] == "500.00"
    assert shown(second)[0] == "450.00"
    assert shown(third) == ("0.00", "0.00", "0.00", "50.00", "0.00")
    assert principal_of(parts, "EUR") == Money.of("50", "EUR")


def test_on_its_day_a_penalty_comes_before_principal_in_advance() -> None:
    """Fineract C2638: a second penalty, not yet due, waits."""
    charges = [charge(P, "2023-01-20", "50"), charge(P, "2023-01-23", "10")]
    parts = parts_of([instalment("2023-02-01", "1000")], charges)
    parts, _ = pay(parts, "2023-01-10", "600", PRINCIPAL_IN_ADVANCE)
    parts, allocation = pay(parts, "2023-01-20", "100", PRINCIPAL_IN_ADVANCE)
    assert shown(allocation) == ("50.00", "0.00", "0.00", "50.00", "0.00")


def test_what_principal_in_advance_leaves_goes_to_the_penalty() -> None:
    """Fineract C2639."""
    parts = parts_of([instalment("2023-02-01", "1000")], [charge(P, "2023-01-20", "50")])
    parts, _ = pay(parts, "2023-01-10", "500", PRINCIPAL_IN_ADVANCE)
    parts, allocation = pay(parts, "2023-01-17", "550", PRINCIPAL_IN_ADVANCE)
    assert shown(allocation) == ("500.00", "0.00", "0.00", "50.00", "0.00")
    assert parts == []


def three_months() -> list[Instalment]:
    return [
        instalment("2026-02-01", "100", "3"),
        instalment("2026-03-01", "100", "2"),
        instalment("2026-04-01", "100", "1"),
    ]


def test_oldest_instalment_first_interest_before_principal() -> None:
    parts, allocation = pay(parts_of(three_months()), "2026-03-01", "150", USUAL_ORDER)
    assert shown(allocation) == ("145.00", "5.00", "0.00", "0.00", "0.00")
    assert [line.part.instalment for line in allocation.lines] == [1, 1, 2, 2]
    assert principal_of(parts, "EUR") == Money.of("155", "EUR")


def test_one_portion_across_the_instalments_of_a_class() -> None:
    order = Order((P, F, IN, C), (P, F, IN, C), Mode.PORTION_FIRST)
    _, allocation = pay(parts_of(three_months()), "2026-05-01", "100", order)
    assert shown(allocation) == ("94.00", "6.00", "0.00", "0.00", "0.00")


def test_in_advance_has_its_own_order() -> None:
    order = Order((P, F, IN, C), (C, IN, F, P))
    _, by_instalment = pay(parts_of(three_months()), "2026-01-15", "203", order)
    # 100 + 3 of the first, 100 of the second
    assert shown(by_instalment) == ("200.00", "3.00", "0.00", "0.00", "0.00")
    by_portion = Order((P, F, IN, C), (C, IN, F, P), Mode.PORTION_FIRST)
    _, allocation = pay(parts_of(three_months()), "2026-01-15", "203", by_portion)
    assert shown(allocation) == ("203.00", "0.00", "0.00", "0.00", "0.00")


def test_what_finds_nothing_open_is_overpaid() -> None:
    parts, allocation = pay(parts_of(three_months()), "2026-05-01", "400", USUAL_ORDER)
    assert shown(allocation) == ("300.00", "6.00", "0.00", "0.00", "94.00")
    assert parts == []
    _, again = pay(parts, "2026-05-02", "10", USUAL_ORDER)
    assert shown(again) == ("0.00", "0.00", "0.00", "0.00", "10.00")


def test_fees_and_penalties_belong_to_the_instalment_of_their_period() -> None:
    charges = [
        charge(F, "2026-01-10", "1"),
        charge(P, "2026-02-01", "2"),
        charge(F, "2026-02-02", "4"),
        charge(P, "2026-06-01", "8"),
    ]
    parts = [part for part in parts_of(three_months(), charges) if part.portion in {P, F}]
    assert [part.instalment for part in parts] == [1, 1, 2, 4]
    assert parts[-1].instalment_due == date(2026, 6, 1)


def test_an_order_names_each_portion_once() -> None:
    for wrong in ((P, F, IN), (P, P, IN, C), ()):
        with pytest.raises(ValueError, match="each once"):
            Order(wrong, (P, F, IN, C))
        with pytest.raises(ValueError, match="each once"):
            Order((P, F, IN, C), wrong)


def test_instalments_come_in_order() -> None:
    with pytest.raises(ValueError, match="order"):
        parts_of(list(reversed(three_months())))


def test_another_currency_does_not_pay() -> None:
    with pytest.raises(ValueError, match="do not mix"):
        allocate(parts_of(three_months()), Money(1, "USD"), date(2026, 1, 1), USUAL_ORDER)
