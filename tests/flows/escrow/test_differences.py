"""What ledger and provider disagree on: typed, kept with its age, explained by two officers."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.escrow.events import DifferenceStands
from marketplace.escrow.queries import differences
from marketplace.escrow.queries.differences import DifferenceRow
from marketplace.escrow.reconcile import reconcile
from marketplace.escrow.services import differing, dispatching
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal, Stale
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.simulator import funds
from tests.builders.books import prove
from tests.builders.escrow import World, a_checkout, a_refund, a_top_up, known, provider_total
from tests.builders.identity import a_finance_officer

EUR = "EUR"
AMOUNT = Money.of("50.00", EUR)


def officer() -> Actor:
    person = a_finance_officer()
    return Actor(person.id, frozenset({"finance_officer"}), person.name)


def standing() -> list[DifferenceRow]:
    found = differences.standing("simulator")
    db.session.rollback()
    return found


def suspense() -> int:
    total = ledger.total("suspense", EUR)
    db.session.rollback()
    return total


def a_stranger(world: World, minor: int) -> str:
    """A line on the statement that nobody of ours asked for, as if made in the dashboard."""
    with world.bank.work() as work:
        source = funds.Source("topup" if minor > 0 else "refund", "by_hand", "", abs(minor), EUR)
        if minor > 0:
            funds.take_in(work, source)
        else:
            assert funds.pay_out(work, source)
        row = work.row("SELECT max(position) AS position FROM simulator.movement")
    assert row is not None
    return str(row["position"])


def mark(difference_id: UUID) -> str:
    found = differences.difference(difference_id).proposal_mark
    db.session.rollback()
    return found


def explained(difference_id: UUID) -> None:
    now = clock.now()
    differing.propose(officer(), difference_id, note="Refunded by hand in the dashboard", now=now)
    differing.approve(officer(), difference_id, now, read=mark(difference_id))


class TestTypes:
    def test_a_line_nobody_asked_for_is_unknown_and_names_the_entry_that_would_explain_it(
        self, world: World
    ) -> None:
        a_top_up(Money.of("100.00", EUR))
        a_stranger(world, -3_000)

        result = reconcile()

        assert [each.type for each in result.differences] == ["unknown", "total"]
        line = standing()[0]
        proposal = line.proposal(clock.now())
        assert (line.here_minor, line.there_minor, proposal.minor) == (0, -3_000, -3_000)
        assert (proposal.debit, proposal.credit) == ("suspense", "provider")

    def test_the_same_payment_twice_on_the_statement_is_a_duplicate(self, world: World) -> None:
        world.paid(AMOUNT)
        with world.bank.work() as work:
            work.run(
                "INSERT INTO simulator.movement (position, kind, source_id, operation_id,"
                " amount_minor, fee_minor, currency, available_at, matured, created_at)"
                " SELECT position + 100, kind, source_id, operation_id, amount_minor, fee_minor,"
                " currency, available_at, matured, created_at FROM simulator.movement"
            )

        assert "duplicate" in {each.type for each in reconcile().differences}

    def test_what_the_provider_has_forgotten_is_missing_there(
        self, world: World, hand: clock.Hand
    ) -> None:
        paid = world.paid(AMOUNT)
        with world.bank.work() as work:
            work.run("DELETE FROM simulator.movement")
        hand.advance(seconds=1)

        line = reconcile().differences[0]

        assert (line.type, line.instruction_id) == ("missing_there", paid.id)
        assert (line.here_minor, line.there_minor) == (5_000, 0)

    def test_a_lost_notice_is_healed_and_is_no_difference(self, world: World) -> None:
        planned = a_checkout(AMOUNT)
        dispatching.dispatch(planned)
        world.pay(planned)  # its notice is never delivered

        assert reconcile().is_clean
        assert known(planned).state == "succeeded"

    def test_clean_books_give_no_alarm(self, world: World) -> None:
        paid = [world.paid(AMOUNT) for _ in range(5)][-1]
        a_top_up(Money.of("100.00", EUR))
        a_refund(paid)
        world.work()
        world.deliver()

        assert reconcile().is_clean
        assert standing() == []


class TestKeeping:
    def test_it_is_kept_once_however_often_it_is_seen_and_ends_when_it_is_gone(
        self, world: World, hand: clock.Hand
    ) -> None:
        world.paid(AMOUNT)
        with world.bank.work() as work:
            work.run("UPDATE simulator.movement SET amount_minor = amount_minor - 1")
        reconcile()
        db.session.rollback()
        began = standing()[0]
        hand.advance(hours=3)
        reconcile()
        still = next(each for each in standing() if each.type == "amount")
        assert (still.id, still.first_seen_at) == (began.id, began.first_seen_at)
        assert still.last_seen_at - still.first_seen_at == timedelta(hours=3)

    def test_after_a_day_the_officers_are_told_once(self, world: World, hand: clock.Hand) -> None:
        a_top_up(Money.of("100.00", EUR))
        position = a_stranger(world, -3_000)
        reconcile()
        world.work()
        assert world.told_of(DifferenceStands) == []

        for _ in range(3):
            hand.advance(hours=13)
            reconcile()
        world.work()

        told = [each for each in world.told_of(DifferenceStands) if each.type == "unknown"]
        assert [each.there_minor for each in told] == [-3_000]
        assert position in told[0].provider_ref


class TestExplaining:
    @pytest.fixture
    def line(self, world: World) -> DifferenceRow:
        a_top_up(Money.of("100.00", EUR))
        a_stranger(world, -3_000)
        reconcile()
        return standing()[0]

    def test_two_officers_make_both_sides_equal_through_suspense(
        self, world: World, line: DifferenceRow
    ) -> None:
        explained(line.id)

        result = reconcile()

        assert result.is_clean
        assert [each.type for each in result.explained] == ["unknown"]
        assert (suspense(), provider_total("available")) == (-3_000, 7_000)

    def test_one_officer_cannot_do_it_alone(self, line: DifferenceRow) -> None:
        alone = officer()
        differing.propose(alone, line.id, note="Trust me", now=clock.now())

        with pytest.raises(Refusal, match="same_person"):
            differing.approve(alone, line.id, clock.now(), read=mark(line.id))
        assert suspense() == 0

    def test_it_is_booked_once(self, line: DifferenceRow) -> None:
        explained(line.id)

        with pytest.raises(Stale):
            differing.approve(officer(), line.id, clock.now(), read=mark(line.id))
        assert suspense() == -3_000

    def test_a_proposal_needs_its_reason_and_can_be_taken_back(self, line: DifferenceRow) -> None:
        with pytest.raises(Refusal, match="note_needed"):
            differing.propose(officer(), line.id, note="  ", now=clock.now())
        differing.propose(officer(), line.id, note="A guess", now=clock.now())
        differing.reject(officer(), line.id, clock.now())

        with pytest.raises(Stale):
            differing.approve(officer(), line.id, clock.now(), read=mark(line.id))

    def test_nobody_approves_a_proposal_they_have_not_read(
        self, line: DifferenceRow, hand: clock.Hand
    ) -> None:
        differing.propose(officer(), line.id, note="Refunded by hand", now=clock.now())
        read = mark(line.id)
        hand.advance(seconds=1)
        differing.propose(officer(), line.id, note="Something else", now=clock.now())

        with pytest.raises(Refusal, match="proposal_changed"):
            differing.approve(officer(), line.id, clock.now(), read=read)
        assert suspense() == 0

    def test_a_difference_in_the_sum_alone_is_not_bookable(self, line: DifferenceRow) -> None:
        total = next(each for each in standing() if each.type == "total")

        with pytest.raises(Refusal, match="not_bookable"):
            differing.propose(officer(), total.id, note="It must fit", now=clock.now())
        assert line.type == "unknown"

    def test_when_the_disagreement_ends_the_entry_is_taken_back(
        self, world: World, line: DifferenceRow
    ) -> None:
        explained(line.id)
        with world.bank.work() as work:  # the provider strikes its line out
            work.run("DELETE FROM simulator.movement WHERE source_id = 'by_hand'")
            work.run("UPDATE simulator.balance SET available_minor = available_minor + 3000")
        db.session.rollback()
        _forget_line(line)

        result = reconcile()

        assert result.differences == result.explained == ()
        assert (suspense(), provider_total("available")) == (0, 10_000)

    def test_money_still_kept_back_is_not_booked_yet(self, world: World, hand: clock.Hand) -> None:
        with world.bank.work() as work:
            source = funds.Source("charge", "by_hand", "", 2_000, EUR)
            funds.take_in(work, source, fee_minor=50, at=work.now + timedelta(days=2))
        reconcile()
        line = next(each for each in standing() if each.provider_ref and each.there_minor == 1_950)

        with pytest.raises(Refusal, match="not_available_yet"):
            differing.propose(officer(), line.id, note="A payment by hand", now=clock.now())
        hand.advance(days=3)
        explained(line.id)
        with world.bank.work() as work:
            work.run("SELECT 1")
        world.teller.deliver_pending(world.receive)

        assert reconcile().is_clean
        assert suspense() == 1_950
        prove(world)


def _forget_line(line: DifferenceRow) -> None:
    db.session.execute(
        db.text("DELETE FROM escrow_movement WHERE provider_ref = :ref"), {"ref": line.provider_ref}
    )
    db.session.commit()
