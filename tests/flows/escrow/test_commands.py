"""`flask escrow …`: what operators see and do, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from marketplace.escrow.services import dispatching
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from tests.builders.dead_letters import refused_for_ever
from tests.builders.escrow import World, a_checkout, known, plan_top_up, provider_total
from tests.builders.identity import a_finance_officer, a_moderator

AMOUNT = Money.of("50.00", "EUR")


def flask(world: World, *args: str) -> Any:
    answer = world.app.test_cli_runner().invoke(args=["escrow", *args])
    db.session.rollback()
    return answer


class TestReconcile:
    def test_equal_books_exit_0(self, world: World) -> None:
        world.paid(AMOUNT)

        answer = flask(world, "reconcile")

        assert answer.exit_code == 0
        assert answer.output == (
            "simulator EUR: available 0.00, pending 49.05\n1 lines compared, no difference.\n"
        )

    def test_a_difference_is_named_and_exits_1(self, world: World) -> None:
        paid = world.paid(AMOUNT)
        with world.bank.work() as work:
            work.run("UPDATE simulator.movement SET amount_minor = amount_minor - 1")

        answer = flask(world, "reconcile")

        assert answer.exit_code == 1
        assert "amount" in answer.output
        assert paid.operation_id in answer.output

    def test_a_silent_provider_proves_nothing_and_exits_2(self, world: World) -> None:
        world.wire.trouble = ["refused"] * 9

        answer = flask(world, "reconcile")

        assert answer.exit_code == 2
        assert "so nothing is proved" in answer.stderr

    def test_json_has_one_shape(self, world: World) -> None:
        world.paid(AMOUNT)

        told = json.loads(flask(world, "reconcile", "--json").output)

        assert set(told) >= {"provider", "at", "lines", "cash", "differences"}
        assert (told["provider"], told["lines"], told["differences"]) == ("simulator", 1, [])


class TestLists:
    def test_instructions_are_listed_newest_first(self, world: World, hand: clock.Hand) -> None:
        first = a_checkout(AMOUNT)
        hand.advance(seconds=1)
        second = a_checkout(AMOUNT)
        dispatching.dispatch(first)

        lines = flask(world, "instructions").output.splitlines()
        sent = flask(world, "instructions", "--state", "sent").output.splitlines()
        one = flask(world, "instructions", "--limit", "1").output.splitlines()

        ids = [known(second).operation_id, known(first).operation_id]
        assert [line.split()[0] for line in lines] == ids
        assert [line.split()[0] for line in sent] == ids[1:]
        assert len(one) == 1

    def test_deliveries_are_listed_newest_first(self, world: World) -> None:
        world.paid(AMOUNT)

        told = json.loads(flask(world, "deliveries", "--json").output)
        none = flask(world, "deliveries", "--state", "failed")

        assert [(one["kind"], one["state"]) for one in told] == [("checkout.paid", "applied")]
        assert (none.exit_code, none.output) == (0, "")

    @pytest.mark.parametrize(
        "args",
        [
            ("instructions", "--state", "lost"),
            ("instructions", "--limit", "0"),
            ("instructions", "--limit", "x"),
            ("deliveries", "--state", "sent"),
            ("deliveries", "--limit", "-1"),
        ],
    )
    def test_what_there_is_not_is_refused(self, world: World, args: tuple[str, ...]) -> None:
        answer = flask(world, *args)

        assert answer.exit_code == 2
        assert "Invalid value" in answer.output

    def test_instructions_tell_machines_everything(self, world: World, hand: clock.Hand) -> None:
        planned = a_checkout(AMOUNT)
        world.wire.trouble = ["busy"]
        dispatching.dispatch(planned)
        hand.advance(seconds=3)

        (told,) = json.loads(flask(world, "instructions", "--json").output)

        assert told["ref"] == known(planned).operation_id
        assert (told["state"], told["attempts"], told["refusals"]) == ("planned", 1, 1)
        assert (told["amount"], told["currency"], told["age_s"]) == ("50.00", "EUR", 3)
        assert told["next_try"] == str(known(planned).not_before)
        assert set(told) >= {"purpose", "subject_id", "last_error", "returned_at", "keyed_at"}

    def test_a_line_says_how_old_it_is_and_when_it_is_tried_next(
        self, world: World, hand: clock.Hand
    ) -> None:
        a_checkout(AMOUNT)
        hand.advance(hours=2)

        (line,) = flask(world, "instructions").output.splitlines()

        assert "  2h   0 calls  now" in line

    def test_notices_turned_away_are_counted_by_reason(self, world: World) -> None:
        before = flask(world, "turned-away").output
        for stamp in ("1", "1", str(int(clock.now().timestamp()))):
            world.receive(b"{}", {"Harbour-Signature": f"t={stamp},v1=00"})

        after = flask(world, "turned-away").output
        (told,) = json.loads(flask(world, "turned-away", "--json").output)

        assert before == "None within the last day.\n"
        assert "signature_wrong       3" in after
        assert (told["reason"], told["count"]) == ("signature_wrong", 3)


class TestDeadLetters:
    def test_none_exits_0(self, world: World) -> None:
        answer = flask(world, "dead-letters")

        assert (answer.exit_code, answer.output) == (0, "Nothing needs a person.\n")

    def test_each_is_a_line_and_exits_1(self, world: World) -> None:
        failed = refused_for_ever(plan_top_up(AMOUNT))

        answer = flask(world, "dead-letters")
        (told,) = json.loads(flask(world, "dead-letters", "--json", "--why", "failed").output)
        others = flask(world, "dead-letters", "--why", "unknown")

        assert answer.exit_code == 1
        assert answer.output.endswith("1 waiting for a person.\n")
        assert known(failed).operation_id in answer.output
        assert (told["why"], told["error"]) == ("failed", "amount_too_large")
        assert others.exit_code == 0

    def test_retry_plans_it_anew_for_an_officer(self, world: World) -> None:
        failed = refused_for_ever(plan_top_up(AMOUNT))
        officer = a_finance_officer()

        answer = self.retried(world, known(failed).operation_id, officer.email)
        world.work()

        assert answer.exit_code == 0
        assert answer.output.endswith("is tried again within seconds, by the worker.\n")
        assert provider_total("available") == 5_000
        assert flask(world, "dead-letters").exit_code == 0

    def test_what_needs_nobody_is_refused(self, world: World) -> None:
        planned = plan_top_up(AMOUNT)
        officer = a_finance_officer()

        answer = self.retried(world, known(planned).operation_id, officer.email)

        assert answer.exit_code == 1
        assert "This needs no person any more" in answer.stderr

    def test_who_is_no_finance_officer_is_refused(self, world: World) -> None:
        failed = refused_for_ever(plan_top_up(AMOUNT))

        answer = self.retried(world, known(failed).operation_id, a_moderator().email)

        assert answer.exit_code == 1
        assert "is no finance officer, so nothing was done." in answer.stderr

    @pytest.mark.parametrize(
        ("ref", "status"),
        [("ins_00000000000000000000000000", 1), ("pl_x", 2), ("", 2), ("ins_x", 2), ("dlv_", 2)],
    )
    def test_what_there_is_not_is_refused_in_a_sentence(
        self, world: World, ref: str, status: int
    ) -> None:
        answer = self.retried(world, ref, a_finance_officer().email)

        assert answer.exit_code == status
        assert "There is no" in answer.stderr or "is neither an instruction" in answer.stderr

    @staticmethod
    def retried(world: World, ref: str, email: str) -> Any:
        return flask(world, "retry", ref, "--as", email, "--reason", "Seen by hand.")


class TestTopUp:
    def test_without_apply_it_is_only_shown(self, world: World) -> None:
        answer = flask(world, "top-up", "EUR", "1,234.50")

        assert answer.exit_code == 0
        assert "Would put in 1234.50 EUR" in answer.output
        assert flask(world, "instructions").output == ""

    def test_with_apply_it_is_done_once(self, world: World) -> None:
        answer = flask(world, "top-up", "EUR", "100", "--apply")

        assert answer.exit_code == 0
        assert answer.output.endswith("succeeded: 100.00 EUR\n")
        assert provider_total("available") == 10_000

    def test_a_provider_that_is_away_does_it_later(self, world: World, hand: clock.Hand) -> None:
        world.wire.trouble = ["refused"]

        answer = flask(world, "top-up", "EUR", "100", "--apply")
        hand.advance(minutes=2)
        dispatching.dispatch_due()

        assert answer.exit_code == 1
        assert "planned: 100.00 EUR" in answer.output
        assert provider_total("available") == 10_000

    @pytest.mark.parametrize(
        ("currency", "amount"),
        [
            ("EUR", "-1"),
            ("EUR", "0"),
            ("EUR", "0.001"),
            ("EUR", "1e309"),
            ("EUR", "NaN"),
            ("EUR", "１２"),
            ("EUR", str(2**63)),
            ("EUR", ""),
            ("XXX", "1"),
            ("eur", "1"),
            ("JPY", "1.5"),
        ],
    )
    def test_what_is_no_amount_is_refused(self, world: World, currency: str, amount: str) -> None:
        answer = flask(world, "top-up", "--apply", "--", currency, amount)

        assert answer.exit_code == 2
        assert "_" not in answer.output.splitlines()[-1], "a sentence, not the name of a rule"
        assert flask(world, "instructions").output == ""
