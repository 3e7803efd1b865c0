"""`flask escrow …`: what operators see and do, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from marketplace.escrow.services import dispatching
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from tests.builders.escrow import World, a_checkout, known, provider_total

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
