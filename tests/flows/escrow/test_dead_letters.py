"""Dead letters: what needs a person, and what one or two officers may do about it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from marketplace.escrow import gateway
from marketplace.escrow.events import TransferFailed
from marketplace.escrow.orders import TopUpOrder
from marketplace.escrow.queries import dead_letters, remedies
from marketplace.escrow.services import dispatching, mirroring, remedying, retrying
from marketplace.escrow.states import Kind
from marketplace.infra import transitions
from marketplace.infra.commands import command
from marketplace.infra.database import column, db, execute
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, Refusal
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from tests.builders.books import prove
from tests.builders.dead_letters import (
    AMOUNT,
    a_failed_delivery,
    an_unknown,
    letters,
    refused_again_and_again,
    refused_for_ever,
)
from tests.builders.escrow import (
    World,
    a_checkout,
    a_payee,
    a_refund,
    a_transfer,
    an_account,
    known,
    plan_top_up,
    provider_total,
)
from tests.builders.identity import a_person, an_actor
from tests.builders.races import outcomes

WHY = "Looked at it in the provider’s dashboard."


@pytest.fixture
def flo() -> Actor:
    return an_actor("Flo Finance", role="finance_officer")


@pytest.fixture
def fred() -> Actor:
    return an_actor("Fred Finance", role="finance_officer")


def made_by_hand(amount: Money = AMOUNT) -> str:
    """An officer puts money in on the provider's own pages; its id there."""
    return gateway.current().top_up(TopUpOrder("by-hand", f"hand-{amount}", amount)).ref


def propose_cancel(officer: Actor, instruction_id: UUID) -> UUID:
    return remedying.propose_cancel(officer, instruction_id, reason=WHY, now=clock.now())


def propose_resolve(officer: Actor, instruction_id: UUID, ref: str) -> UUID:
    return remedying.propose_resolve(
        officer, instruction_id, provider_ref=ref, reason=WHY, now=clock.now()
    )


def refused(act: object, *args: object) -> str:
    with pytest.raises(Refusal) as told:
        act(*args)  # type: ignore[operator]
    db.session.rollback()
    return told.value.code


class TestWhatIsOne:
    def test_unknown_for_an_hour(self, world: World, hand: clock.Hand) -> None:
        planned = plan_top_up(AMOUNT)
        world.wire.trouble = ["lost"]
        dispatching.dispatch(planned)
        hand.advance(minutes=59)
        before = letters()
        hand.advance(minutes=1)

        assert before == {}
        assert letters() == {known(planned).operation_id: "unknown"}

    def test_refused_for_ever_and_tried_by_nobody(self, world: World) -> None:
        planned = refused_for_ever(plan_top_up(AMOUNT))

        assert letters() == {known(planned).operation_id: "failed"}

    def test_not_what_its_owner_mends_or_repeats(self, world: World, hand: clock.Hand) -> None:
        payee = a_payee(world)
        paid, other = world.paid(AMOUNT), world.paid(AMOUNT)
        refused_for_ever(a_refund(paid))
        payout = refused_for_ever(a_transfer(payee, AMOUNT, other.account_id))
        at_once = letters()
        hand.advance(days=1)

        assert at_once == {}
        assert letters() == {known(payout).operation_id: "failed"}, "nobody has repeated it"

    def test_refused_again_and_again(self, world: World) -> None:
        often = refused_again_and_again(plan_top_up(AMOUNT))
        refused_again_and_again(plan_top_up(AMOUNT), times=10)

        assert letters() == {known(often).operation_id: "stuck"}

    def test_not_sent_for_a_day(self, world: World, hand: clock.Hand) -> None:
        planned = plan_top_up(AMOUNT)
        hand.advance(days=1)

        assert letters() == {known(planned).operation_id: "stuck"}

    def test_not_what_waits_for_a_person_or_for_money(self, world: World, hand: clock.Hand) -> None:
        payee = a_payee(world)
        paid, other = world.paid(AMOUNT), world.paid(AMOUNT)
        a_checkout(AMOUNT, life=timedelta(days=60))
        a_transfer(a_person().id, AMOUNT, paid.account_id)
        early = a_transfer(payee, AMOUNT, other.account_id)
        dispatching.dispatch(early)  # not available yet
        hand.advance(days=6)
        within_days = letters()
        hand.advance(days=2)

        assert known(early).last_error == "insufficient_available"
        assert within_days == {}
        assert letters() == {known(early).operation_id: "stuck"}

    def test_a_notice_that_could_not_be_worked(self, world: World) -> None:
        world.paid(AMOUNT)
        delivery = a_failed_delivery()

        assert letters() == {public_id("dlv", delivery): "delivery"}

    def test_they_are_counted_by_age(self, world: World, hand: clock.Hand) -> None:
        refused_for_ever(plan_top_up(AMOUNT))
        hand.advance(hours=3)
        refused_for_ever(plan_top_up(AMOUNT))

        found = dead_letters.tally(clock.now())

        assert (found.hour, found.day, found.week, found.older, found.proposed) == (1, 1, 0, 0, 0)


class TestRetry:
    def test_what_waits_is_sent_at_once(self, world: World, flo: Actor) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))

        retrying.retry(flo, planned, reason=WHY, now=clock.now())
        world.work()

        assert known(planned).state == "succeeded"
        (kept,) = remedies.remedies_of(planned)
        assert (kept.kind, kept.state, kept.decided_by) == ("retry", "applied", flo.person_id)

    def test_what_is_unknown_is_read_back_at_once(
        self, world: World, hand: clock.Hand, flo: Actor
    ) -> None:
        planned = an_unknown(world, hand, happened=True)

        retrying.retry(flo, planned, reason=WHY, now=clock.now())
        world.work()

        assert known(planned).state == "succeeded"
        assert provider_total("available") == AMOUNT.minor

    def test_what_failed_is_planned_anew(self, world: World, flo: Actor) -> None:
        failed = refused_for_ever(plan_top_up(AMOUNT))

        retrying.retry(flo, failed, reason=WHY, now=clock.now())
        world.work()

        assert known(failed).state == "failed"
        assert provider_total("available") == AMOUNT.minor
        assert letters() == {}

    def test_a_notice_is_worked_again(self, world: World, flo: Actor) -> None:
        world.paid(AMOUNT)
        delivery = a_failed_delivery()

        retrying.retry_delivery(flo, delivery, reason=WHY, now=clock.now())
        world.work()

        assert column("SELECT state FROM escrow_delivery") == ["applied"]

    def test_twice_is_once(self, world: World, flo: Actor) -> None:
        failed = refused_for_ever(plan_top_up(AMOUNT))
        retrying.retry(flo, failed, reason=WHY, now=clock.now())

        again = refused(lambda: retrying.retry(flo, failed, reason=WHY, now=clock.now()))
        world.work()

        assert again == "remedy_not_needed"
        assert provider_total("available") == AMOUNT.minor

    def test_what_goes_on_by_itself_is_left_alone(self, world: World, flo: Actor) -> None:
        planned = plan_top_up(AMOUNT)

        assert refused(lambda: retrying.retry(flo, planned, reason=WHY, now=clock.now())) == (
            "remedy_not_needed"
        )


class TestGivingUp:
    def test_two_officers_free_the_money(
        self, world: World, hand: clock.Hand, flo: Actor, fred: Actor
    ) -> None:
        payee, account = a_payee(world), an_account()
        paid = world.paid(AMOUNT, account)
        transfer = refused_again_and_again(a_transfer(payee, AMOUNT, paid.account_id))

        remedying.approve(fred, propose_cancel(flo, transfer), clock.now())
        world.work()

        assert (known(transfer).state, known(transfer).last_error) == ("failed", "given_up")
        (told,) = world.told_of(TransferFailed)
        assert told.reason == "given_up"
        again = a_transfer(payee, AMOUNT, account)  # the money can be set aside once more
        assert known(again).state == "planned"
        trail = transitions.history("instruction", transfer)
        assert (trail[-1].move, trail[-1].actor_id) == ("give_up", fred.person_id)
        acts = column("SELECT action FROM audit_entry WHERE action LIKE 'remedy.%%' ORDER BY id")
        assert acts == ["remedy.proposed", "remedy.applied"]

    def test_an_administrator_may_be_the_second(self, world: World, flo: Actor) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))

        remedying.approve(an_actor(role="admin"), propose_cancel(flo, planned), clock.now())

        assert known(planned).state == "failed"

    def test_nobody_is_both(self, world: World, flo: Actor) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))
        proposal = propose_cancel(flo, planned)

        assert refused(remedying.approve, flo, proposal, clock.now()) == "same_person"
        assert known(planned).state == "planned"

    def test_the_database_itself_insists_on_two(self, world: World, flo: Actor) -> None:
        proposal = propose_cancel(flo, refused_again_and_again(plan_top_up(AMOUNT)))

        @command
        def force() -> None:
            execute(
                "UPDATE escrow_remedy SET state = 'applied', decided_by = proposed_by,"
                " decided_at = proposed_at WHERE id = %s",
                (proposal,),
            )

        with pytest.raises((psycopg.errors.CheckViolation, IntegrityError)):
            force()

    @pytest.mark.parametrize("role", ["moderator", "second_reviewer", None])
    def test_others_may_neither_propose_nor_decide(
        self, world: World, flo: Actor, role: str | None
    ) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))
        other = an_actor("Nosy", role=role)

        with pytest.raises(NotAllowed):
            propose_cancel(other, planned)
        proposal = propose_cancel(flo, planned)
        with pytest.raises(NotAllowed):
            remedying.approve(other, proposal, clock.now())
        with pytest.raises(NotAllowed):
            remedying.refuse(other, proposal, clock.now())

    @pytest.mark.race
    def test_two_who_approve_at_once_are_one_effect(self, world: World, flo: Actor) -> None:
        payee = a_payee(world)
        paid = world.paid(AMOUNT)
        transfer = refused_again_and_again(a_transfer(payee, AMOUNT, paid.account_id))
        proposal = propose_cancel(flo, transfer)
        second = [an_actor(f"Officer {n}", role="finance_officer") for n in range(6)]

        found = outcomes(
            world, [partial(remedying.approve, one, proposal, clock.now()) for one in second]
        )
        world.work()

        assert found == {"done": 1, "remedy_decided": 5}
        assert len(world.told_of(TransferFailed)) == 1

    def test_what_the_provider_has_after_all_is_not_given_up(
        self, world: World, hand: clock.Hand, flo: Actor, fred: Actor
    ) -> None:
        planned = an_unknown(world, hand, happened=True)
        proposal = propose_cancel(flo, planned)

        assert refused(remedying.approve, fred, proposal, clock.now()) == "remedy_found"
        assert known(planned).state == "succeeded"
        assert remedies.remedy(proposal).state == "refused"
        prove(world)

    def test_while_the_provider_cannot_be_asked_nothing_is_given_up(
        self, world: World, hand: clock.Hand, flo: Actor, fred: Actor
    ) -> None:
        planned = an_unknown(world, hand)
        proposal = propose_cancel(flo, planned)
        world.wire.trouble = ["refused"]

        assert refused(remedying.approve, fred, proposal, clock.now()) == "remedy_unread"
        assert known(planned).state == "unknown"
        assert remedies.remedy(proposal).state == "proposed"

    def test_of_what_has_failed_it_says_that_nothing_is_left_to_do(
        self, world: World, flo: Actor, fred: Actor
    ) -> None:
        failed = refused_for_ever(plan_top_up(AMOUNT))

        remedying.approve(fred, propose_cancel(flo, failed), clock.now())

        assert known(failed).last_error == "amount_too_large"
        assert letters() == {}

    def test_a_notice_is_left_as_it_is(self, world: World, flo: Actor, fred: Actor) -> None:
        world.paid(AMOUNT)
        delivery = a_failed_delivery()
        proposal = remedying.propose_dropping(flo, delivery, reason=WHY, now=clock.now())

        remedying.approve(fred, proposal, clock.now())

        assert column("SELECT state FROM escrow_delivery") == ["ignored"]


class TestResolving:
    def test_what_was_settled_by_hand_is_taken_for_it(
        self, world: World, hand: clock.Hand, flo: Actor, fred: Actor
    ) -> None:
        planned = an_unknown(world, hand)
        ref = made_by_hand()

        remedying.approve(fred, propose_resolve(flo, planned, ref), clock.now())

        assert (known(planned).state, known(planned).provider_ref) == ("succeeded", ref)
        assert provider_total("available") == AMOUNT.minor
        assert letters() == {}

    def test_its_line_on_the_statement_is_no_stranger_any_more(
        self, world: World, hand: clock.Hand, flo: Actor, fred: Actor
    ) -> None:
        planned = an_unknown(world, hand)
        ref = made_by_hand()
        mirroring.mirror()

        remedying.approve(fred, propose_resolve(flo, planned, ref), clock.now())

        prove(world)

    def test_another_amount_is_refused(self, world: World, hand: clock.Hand, flo: Actor) -> None:
        planned = an_unknown(world, hand)
        ref = made_by_hand(Money.of("49.99", "EUR"))

        assert refused(propose_resolve, flo, planned, ref) == "remedy_amount"

    @pytest.mark.parametrize(
        ("ref", "code"), [("", "remedy_ref_missing"), ("tu_unknown", "remedy_ref_unknown")]
    )
    def test_what_the_provider_does_not_show_is_refused(
        self, world: World, hand: clock.Hand, flo: Actor, ref: str, code: str
    ) -> None:
        assert refused(propose_resolve, flo, an_unknown(world, hand), ref) == code

    def test_what_belongs_to_another_instruction_is_refused(
        self, world: World, hand: clock.Hand, flo: Actor
    ) -> None:
        other = dispatching.dispatch(plan_top_up(AMOUNT))
        planned = an_unknown(world, hand)

        assert other.provider_ref is not None
        assert refused(propose_resolve, flo, planned, other.provider_ref) == "remedy_ref_taken"

    def test_what_another_instruction_lost_is_refused_too(
        self, world: World, hand: clock.Hand, flo: Actor
    ) -> None:
        other = an_unknown(world, hand, happened=True)
        seen = gateway.current().find(Kind.TOP_UP, known(other).operation_id)
        planned = an_unknown(world, hand)

        assert seen is not None
        assert refused(propose_resolve, flo, planned, seen.ref) == "remedy_ref_taken"

    def test_what_has_failed_gave_its_money_back_and_cannot_be_resolved(
        self, world: World, flo: Actor
    ) -> None:
        failed = refused_for_ever(plan_top_up(AMOUNT))

        assert refused(propose_resolve, flo, failed, made_by_hand()) == "remedy_over"

    def test_what_ended_meanwhile_is_not_ended_again(
        self, world: World, hand: clock.Hand, flo: Actor, fred: Actor
    ) -> None:
        planned = an_unknown(world, hand)
        proposal = propose_resolve(flo, planned, made_by_hand())
        dispatching.recover()
        hand.advance(minutes=2)
        dispatching.dispatch(planned)

        assert refused(remedying.approve, fred, proposal, clock.now()) == "remedy_over"
        assert known(planned).state == "succeeded"


class TestProposals:
    def test_one_at_a_time(self, world: World, flo: Actor, fred: Actor) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))
        propose_cancel(flo, planned)

        assert refused(propose_cancel, fred, planned) == "remedy_proposed"

    def test_one_may_withdraw_ones_own(self, world: World, flo: Actor, fred: Actor) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))
        proposal = propose_cancel(flo, planned)

        remedying.refuse(flo, proposal, clock.now())

        assert refused(remedying.approve, fred, proposal, clock.now()) == "remedy_decided"
        assert known(planned).state == "planned"

    @pytest.mark.parametrize(
        ("reason", "code"), [("  \n ", "remedy_reason_missing"), ("x" * 501, "note_too_long")]
    )
    def test_needs_a_reason_somebody_can_read(
        self, world: World, flo: Actor, reason: str, code: str
    ) -> None:
        planned = refused_again_and_again(plan_top_up(AMOUNT))

        def propose() -> None:
            remedying.propose_cancel(flo, planned, reason=reason, now=clock.now())

        assert refused(propose) == code
