"""Any order of lending, withdrawing, waiting and ending: no cent lost, none lent too much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.infra.database import db, rows
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, Refusal
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money
from marketplace.ledger import checks
from marketplace.loans.services import reflecting
from marketplace.settlement import funding_closing
from tests.builders import loans as build
from tests.builders.identity import an_actor
from tests.builders.ledger import WORLD, opened, posted

ASKED = 100_000
PURSE = 80_000
LENDERS = 4

Act = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a loan's row says of its funding."""

    state: str
    amount_minor: int
    asked_minor: int | None
    committed_minor: int
    reserved_minor: int


@dataclass
class Market:
    """One listed loan after another, and lenders with money in their wallets."""

    hand: clock.Hand
    cast: build.Cast
    placed: list[tuple[Actor, UUID]] = field(default_factory=list)

    def begin(self, *, days: int, least: str | None) -> tuple[UUID, list[Actor]]:
        """List a loan nobody has lent to yet; its lenders hold the same each."""
        self.placed = []
        self.cast = build.Cast(an_actor("Bea Borrower"), self.cast.first, self.cast.second)
        build.give_time_to_reflect(days)
        loan_id = build.a_listed_loan(self.cast, take_least=least)
        lenders = [an_actor(f"Lender {n}") for n in range(LENDERS)]
        for lender in lenders:
            wallet = opened("person:wallet", owner=lender.known())
            posted(f"test.wallet:{new_id()}", (opened(WORLD), wallet, Money(PURSE, "EUR")))
        return loan_id, lenders

    def act(self, act: Act, loan_id: UUID, lenders: list[Actor]) -> None:
        """Do one thing; what is refused changes nothing."""
        kind, who, amount = act
        lender = lenders[who % LENDERS]
        try:
            if kind == "lend":
                part = Money(amount * 1_000, "EUR")
                done = build.commit(loan_id, part, lender, source="wallet")
                self.placed.append((lender, done.commitment_id))
            elif kind == "withdraw" and self.placed:
                owner, commitment_id = self.placed[who % len(self.placed)]
                reflecting.withdraw(owner, commitment_id, now=clock.now())
            elif kind == "wait":
                self.hand.advance(hours=amount * 3)
            elif kind == "end":
                funding_closing.close_due_fundings(clock.now())
        except (Refusal, IllegalMove):
            db.session.rollback()


@pytest.fixture
def market(app: Flask, database_url: str, hand: clock.Hand) -> Iterator[Market]:
    with build.a_market(app, database_url):
        yield Market(hand, build.Cast())


acts = st.lists(
    st.tuples(
        st.sampled_from(["lend", "lend", "lend", "withdraw", "wait", "end"]),
        st.integers(0, 20),
        st.integers(1, 60),
    ),
    min_size=4,
    max_size=14,
)


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=acts, days=st.sampled_from([0, 1, 4]), least=st.sampled_from([None, "800"]))
def test_whatever_happens_to_a_funding_every_cent_is_somewhere_and_none_is_lent_twice(
    market: Market, acts: list[Act], days: int, least: str | None
) -> None:
    loan_id, lenders = market.begin(days=days, least=least)

    for act in acts:
        market.act(act, loan_id, lenders)
        _must_hold(loan_id, lenders)
    for days_on in (15, 5):  # to its end, whatever that is
        market.hand.advance(days=days_on)
        funding_closing.close_due_fundings(clock.now())

    found = _must_hold(loan_id, lenders)
    assert found.state in {"funded", "refunded"}
    if found.state == "refunded":
        assert sum(build.in_wallet(one) for one in lenders) == LENDERS * PURSE
    if found.amount_minor != ASKED:
        assert least is not None
        assert found.amount_minor >= 80_000
        assert found.asked_minor == ASKED
    assert [one for one in checks.run(clock.now()) if not one.holds] == []
    db.session.rollback()


def _must_hold(loan_id: UUID, lenders: list[Actor]) -> Standing:
    """Nothing is over-subscribed; what is not in the wallets is held for the loan."""
    (found,) = rows(
        "SELECT state, amount_minor, asked_minor, committed_minor, reserved_minor"
        " FROM loan WHERE id = %s",
        (loan_id,),
        into=Standing,
    )
    db.session.rollback()
    assert 0 <= found.reserved_minor <= found.committed_minor <= found.amount_minor <= ASKED
    held = 0 if found.state == "refunded" else found.reserved_minor
    assert sum(build.in_wallet(one) for one in lenders) + held == LENDERS * PURSE
    return found
