"""Whoever lent how much, whatever is paid: every cent has one owner, and the right one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from uuid import UUID, uuid4

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, rows
from marketplace.kernel import clock
from marketplace.kernel.money import Money, split_minor
from marketplace.ledger import queries as ledger
from marketplace.settlement import distribution
from tests.builders.ledger import WORLD, opened, posted
from tests.builders.served import Rules, Served, a_served_loan, broken

# What is paid each time: principal, interest and penalty interest in cents.
Payment = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Note:
    """What a note's row says of it."""

    principal_back_minor: int
    interest_back_minor: int
    penalty_back_minor: int
    fee_minor: int
    claim_account: int

    @property
    def back(self) -> tuple[int, int, int, int]:
        """Principal, interest and penalty interest that came back, and the fee on the last two."""
        return (
            self.principal_back_minor,
            self.interest_back_minor,
            self.penalty_back_minor,
            self.fee_minor,
        )


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], list[Payment], int]:
    """Parts of a loan, payments that repay exactly all of it, and the fee in basis points."""
    part = st.integers(1, draw(st.sampled_from([3, 40, 900])))
    parts = draw(st.lists(part, min_size=1, max_size=7))
    owed = sum(parts)
    cuts = [0, *sorted(draw(st.lists(st.integers(0, owed), max_size=9))), owed]
    interest = st.integers(1, draw(st.sampled_from([2, 9, 500])))
    penalty = st.integers(0, draw(st.sampled_from([0, 1, 70])))
    paid = [(after - before, draw(interest), draw(penalty)) for before, after in pairwise(cuts)]
    return parts, paid, draw(st.sampled_from([0, 100, 5_000]))


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases())
def test_any_payments_to_any_notes_are_shared_to_the_cent(
    app: Flask, hand: clock.Hand, case: tuple[list[int], list[Payment], int]
) -> None:
    parts, payments, fee_bps = case
    served = a_served_loan(hand, parts, Rules(lender_fee_bps=fee_bps))

    before, to_date = notes(served.id), [0, 0, 0]
    for n, payment in enumerate(payments, 1):
        pay(served, n, payment, is_last=n == len(payments))
        distribution.distribute_receipts(clock.now())
        after = notes(served.id)
        to_date = [sum(pair) for pair in zip(to_date, payment, strict=True)]
        fee = (sum(to_date[1:]) * fee_bps + 5_000) // 10_000
        for kind, total in enumerate([*to_date, fee]):
            had, has = ([note.back[kind] for note in found] for found in (before, after))
            assert sum(has) == total
            assert min(now - then for now, then in zip(has, had, strict=True)) >= 0
            if kind < len(to_date):  # a fee is never more than what it is taken from
                assert max(abs(gap) for gap in drift(has, parts, total)) < 1
        assert all(note.fee_minor <= sum(note.back[1:3]) for note in after)
        assert debt(served.id) == sum(claims(after)) == sum(parts) - to_date[0]
        before = after

    assert served.loan().state == "paid_off"
    assert [note.principal_back_minor for note in before] == parts
    fee = sum(note.fee_minor for note in before)
    assert sum(served.wallets()) == sum(map(sum, payments)) - fee
    assert broken() == []


def test_where_shares_shift_nobody_gives_a_cent_back(app: Flask, hand: clock.Hand) -> None:
    """The Alabama paradox: of 3 cents the small note has one, of 4 it would have none."""
    parts = [3, 3, 1]
    assert (split_minor(3, parts), split_minor(4, parts)) == ([1, 1, 1], [2, 2, 0])
    served = a_served_loan(hand, parts)

    seen = []
    payments = [(3, 3, 0), (1, 1, 0), (3, 4, 0)]
    for n, payment in enumerate(payments, 1):
        pay(served, n, payment, is_last=n == len(payments))
        distribution.distribute_receipts(clock.now())
        found = notes(served.id)
        seen.append([[note.back[kind] for note in found] for kind in (0, 1)])

    assert seen == [
        [[1, 1, 1], [1, 1, 1]],
        [[2, 1, 1], [2, 1, 1]],
        [[3, 3, 1], [4, 3, 1]],
    ]


def pay(served: Served, n: int, payment: Payment, *, is_last: bool) -> None:
    """The borrower's money arrives in escrow and has its receipt, of exactly these portions."""
    amount = Money(sum(payment), "EUR")
    posted(f"test.paid:{served.id}:{n}", (opened(WORLD), served.escrow, amount))
    receive(served.id, n, payment, is_last=is_last)


@command
def receive(loan_id: UUID, n: int, payment: Payment, *, is_last: bool) -> None:
    """Write the receipt; after the last one nothing is left to pay."""
    execute(
        """
        INSERT INTO receipt (id, loan_id, sequence, source, source_id, effective_on, received_at,
            amount_minor, principal_minor, interest_minor, penalty_minor, fee_minor,
            overpaid_minor, currency)
        VALUES (%s, %s, %s, 'online', %s, %s, %s, %s, %s, %s, %s, 0, 0, 'EUR')
        """,
        (uuid4(), loan_id, n, uuid4(), clock.today(), clock.now(), sum(payment), *payment),
    )
    if is_last:
        execute("UPDATE loan SET settled_on = %s WHERE id = %s", (clock.today(), loan_id))


def notes(loan_id: UUID) -> list[Note]:
    """All notes of a loan, by position."""
    found = rows(
        """
        SELECT principal_back_minor, interest_back_minor, penalty_back_minor, fee_minor,
            claim_account
        FROM note WHERE loan_id = %s ORDER BY position
        """,
        (loan_id,),
        into=Note,
    )
    db.session.rollback()
    return found


def drift(held: Sequence[int], parts: Sequence[int], total: int) -> list[Fraction]:
    """How far each is from the exact share of what was paid to date."""
    exact = [Fraction(total * part, sum(parts)) for part in parts]
    return [share - due for share, due in zip(held, exact, strict=True)]


def claims(found: Sequence[Note]) -> list[int]:
    """What the memo book says each may still claim."""
    numbers = [note.claim_account for note in found]
    held = [ledger.balance(number).posted_minor for number in numbers]
    db.session.rollback()
    return held


def debt(loan_id: UUID) -> int:
    """What the memo book says the borrower owes."""
    found = ledger.balances_of("loan:debt", [loan_id])[loan_id].posted_minor
    db.session.rollback()
    return found
