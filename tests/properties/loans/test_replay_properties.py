"""Whatever happens to a loan, told in whatever order: one history, and every cent in its place."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from marketplace.kernel.days import DayCount, Period, Unit
from marketplace.kernel.money import Money
from marketplace.loans.late_charges import UNITS_A_MINOR
from marketplace.loans.replay import (
    ChargeKey,
    ChargeKind,
    Intent,
    LoanEvent,
    Payment,
    Position,
    Reversal,
    Waiver,
    replay,
    until,
)
from marketplace.loans.schedule import Method
from marketplace.loans.terms import FeeCap, ServicingTerms
from marketplace.loans.waterfall import (
    Charge,
    Instalment,
    Mode,
    Order,
    Portion,
    after,
    allocate,
    parts_of,
)
from tests.builders.calculators import terms
from tests.builders.servicing import served

START = date(2026, 1, 31)
DAYS = 300
orders = st.permutations(list(Portion)).map(tuple)
days = st.integers(0, DAYS).map(lambda n: START + timedelta(days=n))


@st.composite
def loans(draw: st.DrawFn, methods: tuple[Method, ...] = tuple(Method)) -> ServicingTerms:
    period = draw(
        st.sampled_from([Period(1, Unit.MONTHS), Period(3, Unit.MONTHS), Period(2, Unit.WEEKS)])
    )
    schedule = replace(
        terms(start=START.isoformat()),
        principal=Money(draw(st.integers(1, 2_000_000)), "EUR"),
        annual_rate_pct=draw(st.decimals(0, 40, places=2)),
        instalments=draw(st.integers(1, 14)),
        period=period,
        method=draw(st.sampled_from(methods)),
        day_count=draw(st.sampled_from(DayCount)),
    )
    return replace(
        served(schedule),
        late=replace(
            served(schedule).late,
            fee=Money(draw(st.integers(0, 2_000)), "EUR"),
            grace_days=draw(st.integers(0, 10)),
            penalty_bps_per_year=draw(st.sampled_from([0, 500, 1825, 9999])),
        ),
        prepayment=replace(
            served(schedule).prepayment,
            fee_bps=draw(st.sampled_from([0, 50, 1000])),
            cap=draw(st.sampled_from(FeeCap)),
            interest_to_date=draw(st.sampled_from([None, DayCount.ACT_365F])),
        ),
        order=Order(draw(orders), draw(orders), draw(st.sampled_from(Mode))),
    )


@st.composite
def histories(
    draw: st.DrawFn, intents: tuple[Intent, ...] = tuple(Intent), *, corrections: bool = True
) -> list[LoanEvent]:
    made: list[LoanEvent] = [
        Payment(UUID(int=n), on, Money(minor, "EUR"), intent)
        for n, (on, minor, intent) in enumerate(
            draw(
                st.lists(
                    st.tuples(days, st.integers(1, 400_000), st.sampled_from(intents)), max_size=12
                )
            ),
            1,
        )
    ]
    if corrections and made:
        paid = len(made)
        made += [
            Waiver(UUID(int=100 + n), on, ChargeKey(kind, row, on), Money(minor, "EUR"))
            for n, (on, minor, kind, row) in enumerate(
                draw(
                    st.lists(
                        st.tuples(
                            days,
                            st.integers(1, 900),
                            st.sampled_from(ChargeKind),
                            st.integers(1, 5),
                        ),
                        max_size=3,
                    )
                )
            )
        ]
        taken_back = draw(st.lists(st.integers(1, paid), max_size=3, unique=True))
        made += [Reversal(UUID(int=200 + n), UUID(int=n)) for n in taken_back]
    return made


END = START + timedelta(days=DAYS)


@given(loans(), histories(), st.randoms(use_true_random=False))
def test_any_order_of_entry_gives_the_same_loan_byte_for_byte(
    loan: ServicingTerms, events: list[LoanEvent], chance: random.Random
) -> None:
    first = replay(loan, events, END)
    chance.shuffle(events)
    assert repr(replay(loan, events, END)) == repr(first)


@given(loans(), histories(), days, days)
def test_a_day_on_the_way_changes_nothing(
    loan: ServicingTerms, events: list[LoanEvent], one: date, other: date
) -> None:
    """The position of `a` is in that of `b`: payments and charges by then, counted alike."""
    a, b = sorted((one, other))
    early, late = (replay(loan, until(events, on), on) for on in (a, b))
    assert late.applied[: len(early.applied)] == early.applied
    made_by_then = {charge.key: charge.amount for charge in late.charges if charge.key.on <= a}
    assert made_by_then == {charge.key: charge.amount for charge in early.charges}
    assert late.versions[: len(early.versions)] == early.versions


@given(loans(), histories())
def test_what_was_paid_is_where_it_went(loan: ServicingTerms, events: list[LoanEvent]) -> None:
    position = replay(loan, events, END)
    for one in position.applied:
        assert one.amount == one.principal + one.interest + one.penalty + one.fee + one.overpaid
        assert Money.total((line.amount for line in one.lines), "EUR") == one.amount - one.overpaid
    reversed_ids = {event.of for event in events if isinstance(event, Reversal)}
    paid = (e.amount for e in events if isinstance(e, Payment) and e.id not in reversed_ids)
    assert Money.total(paid, "EUR") == (
        position.principal + position.interest + position.penalty + position.fee + position.overpaid
    )


@given(loans(), histories())
def test_nothing_is_ever_negative_and_the_principal_is_repaid_once(
    loan: ServicingTerms, events: list[LoanEvent]
) -> None:
    position = replay(loan, events, END)
    zero = Money.zero("EUR")
    assert position.outstanding >= zero
    assert position.outstanding + position.principal == loan.schedule.principal
    rows, charges = position.rows, position.charges
    assert Money.total((row.principal for row in rows), "EUR") == loan.schedule.principal
    for row in rows:
        assert zero <= row.principal_paid <= row.principal
        assert zero <= row.interest_paid <= row.interest
        assert row.outstanding >= zero
    assert all(zero <= one.paid + one.waived <= one.amount for one in charges)
    assert all(one.overpaid >= zero for one in position.applied)
    assert position.payoff.fee >= zero
    assert position.payoff.interest_saved >= zero or loan.prepayment.cap is FeeCap.NONE


@given(loans(), histories(), days, st.sampled_from(Intent))
def test_taking_a_payment_back_is_a_history_without_it(
    loan: ServicingTerms, events: list[LoanEvent], on: date, intent: Intent
) -> None:
    extra = Payment(UUID(int=999), on, Money(12_345, "EUR"), intent)
    taken_back = [*events, extra, Reversal(UUID(int=1000), extra.id)]
    assert replay(loan, taken_back, END) == replay(loan, events, END)


@given(loans(), histories(), days)
def test_paying_the_quote_ends_the_loan(
    loan: ServicingTerms, events: list[LoanEvent], on: date
) -> None:
    past = until(events, on)
    # the quote of a day is taken after its other payments: what prepays less comes before it
    past = [e for e in past if not (isinstance(e, Payment) and e.intent is Intent.PAYOFF)]
    past = [e for e in past if not isinstance(e, Reversal) or _told(past, e.of)]
    quoted = replay(loan, past, on).payoff.amount
    if quoted.is_zero:
        return
    ended = replay(loan, [*past, Payment(UUID(int=999), on, quoted, Intent.PAYOFF)], END)
    assert ended.is_settled
    assert ended.applied[-1].overpaid.is_zero


def _told(events: list[LoanEvent], event_id: UUID) -> bool:
    return any(event.id == event_id for event in events)


@given(loans(), histories())
def test_a_prepayment_never_makes_the_rest_dearer(
    loan: ServicingTerms, events: list[LoanEvent]
) -> None:
    position = replay(loan, events, END)
    signed = {row.n: row.interest for row in position.versions[0].rows}
    for version in position.versions:
        assert all(row.interest <= signed[row.n] for row in version.rows)


@given(loans(), st.lists(st.tuples(days, st.integers(1, 400_000)), max_size=10))
def test_regular_payments_go_where_the_calculator_says(
    loan: ServicingTerms, paid: list[tuple[date, int]]
) -> None:
    """`calc waterfall` is given the same instalments and the charges that were made."""
    loan = replace(loan, order=replace(loan.order, mode=Mode.INSTALMENT_FIRST))
    events: list[LoanEvent] = [
        Payment(UUID(int=n), on, Money(minor, "EUR")) for n, (on, minor) in enumerate(paid)
    ]
    position = replay(loan, events, END)
    rows = [Instalment(row.due, row.principal, row.interest) for row in position.versions[0].rows]
    for one in position.applied:
        known = [charge for charge in position.charges if charge.key.on <= one.on]
        parts = parts_of(rows, [Charge(c.portion, c.key.on, c.amount) for c in known])
        for before in position.applied[: position.applied.index(one)]:
            parts = after(parts, allocate(parts, before.amount, before.on, loan.order))
        theirs = allocate(parts, one.amount, one.on, loan.order)
        assert [theirs.of(portion) for portion in Portion] == [
            *(one.penalty, one.fee, one.interest, one.principal)
        ]
        assert theirs.overpaid == one.overpaid


@given(loans(), histories(corrections=False))
def test_penalties_to_date_are_the_exact_sum_rounded_once(
    loan: ServicingTerms, events: list[LoanEvent]
) -> None:
    position: Position = replay(loan, events, END)
    for row in position.rows:
        charged = sum(
            charge.amount.minor
            for charge in position.charges
            if charge.key.kind is ChargeKind.PENALTY and charge.key.n == row.n
        )
        assert charged == (2 * row.penalty_units + UNITS_A_MINOR) // (2 * UNITS_A_MINOR)
