"""Whoever lent how much, whatever is paid: every cent has one owner, and the right one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, rows
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money, split_minor
from marketplace.ledger import checks
from marketplace.ledger import queries as ledger
from marketplace.loans.services import servicing
from marketplace.settlement import distribution, funding_closing
from tests.builders import loans as build
from tests.builders.identity import an_actor
from tests.builders.ledger import WORLD, opened, posted

# What is paid in each instalment: principal and interest in cents.
Payments = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Note:
    """What a note's row says of it."""

    principal_back_minor: int
    interest_back_minor: int
    claim_account: int


@dataclass
class House:
    """People who lend and borrow over and over, one loan after another."""

    cast: build.Cast
    lenders: list[Actor]
    hand: clock.Hand

    def running(self, parts: Sequence[int], payments: Payments) -> UUID:
        """A loan of `parts` whose borrower has the money and repays it by `payments`."""
        asked = build.a_request(cents(sum(parts)), months=len(payments))
        loan_id = build.a_listed_loan(self.cast, asked)
        for lender, part in zip(self.lenders, parts, strict=False):
            wallet = opened("person:wallet", owner=lender.known())
            posted(f"test.wallet:{new_id()}", (opened(WORLD), wallet, cents(part)))
            build.commit(loan_id, cents(part), lender, source="wallet")
            self.hand.advance(seconds=1)  # notes stand in the order of their parts
        funding_closing.close_funding(loan_id, clock.now())
        funding_closing.disburse(loan_id, clock.now())
        servicing.activate(loan_id, paid_at=clock.now())
        reschedule(loan_id, payments)
        return loan_id


@pytest.fixture
def house(app: Flask, database_url: str, hand: clock.Hand) -> Iterator[House]:
    with build.a_market(app, database_url) as world:
        sell_loans_of_cents()
        cast = build.Cast()
        build.onboard(world, cast.borrower)
        lenders = [an_actor(f"Lender {name}") for name in ("A", "B", "C", "D", "E", "F", "G")]
        yield House(cast, lenders, hand)


@command
def sell_loans_of_cents() -> None:
    """Offer loans of any size, without fee: rounding hurts where amounts are small."""
    execute(
        """
        INSERT INTO loan_product
        SELECT (jsonb_populate_record(p, jsonb_build_object('id', %s::text, 'version', 99,
            'amount_min_minor', 1, 'fraction_min_minor', 1, 'instalments_min', 1,
            'origination_fee_bps', 0, 'bill_lead_days', 31))).*
        FROM loan_product p WHERE code = 'personal' AND currency = 'EUR' AND version = 1
        """,
        (str(uuid4()),),
    )
    execute(
        """
        INSERT INTO loan_grade
        SELECT new.id, g.grade, g.rate_from, g.rate_to, g.loss_rate
        FROM loan_product old JOIN loan_grade g ON g.product_id = old.id
        JOIN loan_product new ON new.currency = old.currency AND new.version = 99
            AND new.code = old.code
        WHERE old.code = 'personal' AND old.version = 1
        """
    )


@command
def reschedule(loan_id: UUID, payments: Payments) -> None:
    """Let the contract ask for exactly these payments, all of them now."""
    execute("DELETE FROM instalment WHERE loan_id = %s", (loan_id,))
    owed = sum(principal for principal, _ in payments)
    for n, (principal, interest) in enumerate(payments, 1):
        owed -= principal
        execute(
            """
            INSERT INTO instalment (loan_id, n, due_on, principal_minor, interest_minor,
                outstanding_minor) VALUES (%s, %s, %s, %s, %s, %s)
            """,
            (loan_id, n, clock.today(), principal, interest, owed),
        )


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int]]]:
    """Parts of a loan, and payments that repay exactly all of it."""
    part = st.integers(1, draw(st.sampled_from([3, 40, 900])))
    parts = draw(st.lists(part, min_size=1, max_size=7))
    owed = sum(parts)
    cuts = [0, *sorted(draw(st.lists(st.integers(0, owed), max_size=9))), owed]
    interest = st.integers(1, draw(st.sampled_from([2, 9, 500])))
    return parts, [(after - before, draw(interest)) for before, after in pairwise(cuts)]


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases())
def test_any_payments_to_any_notes_are_shared_to_the_cent(
    house: House, case: tuple[list[int], list[tuple[int, int]]]
) -> None:
    parts, payments = case
    loan_id = house.running(parts, payments)

    before, to_date = notes(loan_id), [0, 0]
    for n, payment in enumerate(payments, 1):
        pay(loan_id, n, payment, is_last=not any(map(sum, payments[n:])))
        distribution.distribute_receipts(clock.now())
        after = notes(loan_id)
        to_date = [sum(pair) for pair in zip(to_date, payment, strict=True)]
        for had, has, paid, total in zip(back(before), back(after), payment, to_date, strict=True):
            got = [now - then for now, then in zip(has, had, strict=True)]
            assert sum(got) == paid
            assert min(got) >= 0
            assert max(abs(gap) for gap in drift(has, parts, total)) < 1
        assert debt(loan_id) == sum(claims(after)) == sum(parts) - to_date[0]
        before = after

    assert build.loan(loan_id).state == "paid_off"
    assert back(before)[0] == parts
    broken = [found.name for found in checks.run(clock.now()) if not found.holds]
    db.session.rollback()
    assert broken == []


def test_where_shares_shift_nobody_gives_a_cent_back(house: House) -> None:
    """The Alabama paradox: of 3 cents the small note has one, of 4 it would have none."""
    parts = [3, 3, 1]
    assert (split_minor(3, parts), split_minor(4, parts)) == ([1, 1, 1], [2, 2, 0])
    payments = [(3, 3), (1, 1), (3, 4)]
    loan_id = house.running(parts, payments)

    seen = []
    for n, payment in enumerate(payments, 1):
        pay(loan_id, n, payment, is_last=n == len(payments))
        distribution.distribute_receipts(clock.now())
        seen.append(back(notes(loan_id)))

    assert seen == [
        ([1, 1, 1], [1, 1, 1]),
        ([2, 1, 1], [2, 1, 1]),
        ([3, 3, 1], [4, 3, 1]),
    ]


def cents(minor: int) -> Money:
    return Money(minor, "EUR")


def pay(loan_id: UUID, n: int, payment: tuple[int, int], *, is_last: bool) -> None:
    """The borrower's money for one instalment arrives in escrow and has its receipt."""
    if sum(payment):
        escrow = opened("escrow:loan", owner=loan_id)
        posted(f"test.paid:{loan_id}:{n}", (opened(WORLD), escrow, cents(sum(payment))))
        receive(loan_id, n, payment)
    if is_last:
        settle(loan_id)


@command
def receive(loan_id: UUID, n: int, payment: tuple[int, int]) -> None:
    """Write a receipt of exactly these portions."""
    execute(
        """
        INSERT INTO receipt (id, loan_id, sequence, source, source_id, effective_on, received_at,
            amount_minor, principal_minor, interest_minor, penalty_minor, fee_minor,
            overpaid_minor, currency)
        VALUES (%s, %s, %s, 'online', %s, %s, %s, %s, %s, %s, 0, 0, 0, 'EUR')
        """,
        (uuid4(), loan_id, n, uuid4(), clock.today(), clock.now(), sum(payment), *payment),
    )


@command
def settle(loan_id: UUID) -> None:
    """Nothing is left to pay."""
    execute("UPDATE loan SET settled_on = %s WHERE id = %s", (clock.today(), loan_id))


def notes(loan_id: UUID) -> list[Note]:
    """All notes of a loan, by position."""
    found = rows(
        """
        SELECT principal_back_minor, interest_back_minor, claim_account FROM note
        WHERE loan_id = %s ORDER BY position
        """,
        (loan_id,),
        into=Note,
    )
    db.session.rollback()
    return found


def back(found: Sequence[Note]) -> tuple[list[int], list[int]]:
    """What came back to each: principal, interest."""
    return (
        [note.principal_back_minor for note in found],
        [note.interest_back_minor for note in found],
    )


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
