"""The provider is called at its pace, by all processes together, and left alone in its troubles."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from marketplace.escrow import gateway
from marketplace.escrow.adapters.paced import PacedGateway
from marketplace.escrow.gateway import Busy, Gateway, NotNow, Unasked
from marketplace.escrow.services import dispatching, pacing
from marketplace.escrow.states import Kind
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken, ProviderTrouble
from marketplace.kernel.money import Money
from tests.builders.escrow import World, a_checkout, known, plan_top_up
from tests.builders.pacers import PER_S
from tests.builders.processes import CLEARED, ROOT
from tests.builders.races import outcomes

AMOUNT = Money.of("50.00", "EUR")
LONG = timedelta(hours=1)
STEP_S = pacing.step_of(PER_S).total_seconds()


@pytest.fixture
def bank(world: World) -> World:
    """The world, its bank called as a running site calls it."""
    gateway.install(PacedGateway(gateway.current()))
    return world


def a_turn(patience: timedelta = LONG) -> pacing.Turn:
    return pacing.take("bank", "bank.refund", per_s=PER_S, patience=patience)


def most_within_a_second(moments: list[float]) -> int:
    ordered = sorted(moments)
    return max(sum(first <= one < first + 1 for one in ordered) for first in ordered)


@command
def let_gates_open() -> None:
    execute("UPDATE escrow_pace SET closed_until = clock_timestamp()")


@command
def keep_gates_closed() -> None:
    """A test may take longer than the first pause."""
    execute(
        "UPDATE escrow_pace SET closed_until = clock_timestamp() + interval '1 hour'"
        " WHERE closed_until IS NOT NULL"
    )


def closed_for(endpoint: str) -> float:
    """For how many seconds nobody calls an endpoint."""
    found = scalar(
        "SELECT extract(epoch FROM closed_until - clock_timestamp())::float8 FROM escrow_pace"
        " WHERE endpoint = %s",
        (endpoint,),
    )
    db.session.rollback()
    return float(found or 0)


def _say(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


class TestPace:
    def test_two_processes_together_keep_the_rate_in_every_second(
        self, world: World, database_url: str, tmp_path: Path
    ) -> None:
        kept = {name: text for name, text in os.environ.items() if name not in CLEARED}
        environ = {**kept, "DATABASE_URL": database_url, "DATA_DIR": str(tmp_path)}
        pacers = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.builders.pacers", "60"],
                cwd=ROOT,
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]

        ready = [pacer.stdout.readline() for pacer in pacers if pacer.stdout]
        for pacer in pacers:
            _say(pacer, "go")
        said = [pacer.communicate(timeout=60)[0].split() for pacer in pacers]

        moments = [float(word) for words in said for word in words]
        assert ready == ["ready\n"] * 2
        assert len(moments) == 120
        assert most_within_a_second(moments) <= PER_S
        assert max(moments) - min(moments) < 120 * STEP_S + 1, "and no slower"

    def test_a_few_need_not_wait_for_each_other(self, world: World) -> None:
        waits = [a_turn().wait_s for _ in range(pacing.BURST + 3)]

        assert waits[: pacing.BURST + 1] == [0.0] * (pacing.BURST + 1)
        assert waits[-1] > 0

    def test_endpoints_do_not_wait_for_each_other(self, world: World) -> None:
        for _ in range(40):
            a_turn()

        other = pacing.take("bank", "bank.transfer", per_s=PER_S, patience=timedelta(0))

        assert other.wait_s == 0

    def test_who_has_no_patience_takes_no_turn_away(self, world: World) -> None:
        for _ in range(60):
            a_turn()

        with pytest.raises(Unasked) as refused:
            a_turn(timedelta(seconds=1))
        after = a_turn()

        assert refused.value.wait_s > 1
        assert after.wait_s == pytest.approx(57 * STEP_S, abs=0.5)

    def test_no_call_is_made_before_its_turn(
        self, bank: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        turns: list[pacing.Turn] = []
        calls: list[datetime] = []
        take, handle = pacing.take, bank.wire.handle_request

        def noted(*args: Any, **kwargs: Any) -> pacing.Turn:
            turns.append(take(*args, **kwargs))
            return turns[-1]

        def timed(request: httpx.Request) -> httpx.Response:
            calls.append(clock.wall())
            return handle(request)

        monkeypatch.setattr(pacing, "take", noted)
        monkeypatch.setattr(bank.wire, "handle_request", timed)
        for _ in range(8):
            gateway.current().balances()

        assert [call >= turn.at for call, turn in zip(calls, turns, strict=True)] == [True] * 8
        assert turns[-1].wait_s > 0

    def test_nobody_takes_a_turn_inside_a_transaction(self, world: World) -> None:
        with pytest.raises(Broken):
            command(a_turn)()

    def test_everything_the_port_offers_is_paced(self) -> None:
        offered = {name for name, _ in inspect.getmembers(Gateway, inspect.isfunction)}

        assert {name for name in offered if not name.startswith("_")} <= set(vars(PacedGateway))


class TestAskedTooMuch:
    def test_one_endpoint_is_left_alone_as_long_as_the_provider_says(self, bank: World) -> None:
        bank.wire.trouble = ["busy"]
        with pytest.raises(Busy):
            gateway.current().balances()
        told = closed_for("simulator.balances")
        keep_gates_closed()
        calls = len(bank.wire.calls)

        with pytest.raises(Unasked):
            gateway.current().balances()
        gateway.current().movements("")

        assert 1 < told <= 7
        assert len(bank.wire.calls) == calls + 1, "the statement, and not the balances"

    def test_each_busy_answer_in_a_row_makes_the_pause_longer(self, bank: World) -> None:
        pauses = []
        for _ in range(6):
            bank.wire.trouble = ["busy"]
            with pytest.raises(Busy):
                gateway.current().balances()
            pauses.append(closed_for("simulator.balances"))
            let_gates_open()

        assert pauses[0] <= 7 < pauses[-1] <= pacing.CLOSE_MAX.total_seconds() * 1.25

    def test_after_one_success_all_call_again(self, bank: World) -> None:
        bank.wire.trouble = ["busy"]
        with pytest.raises(Busy):
            gateway.current().balances()
        let_gates_open()

        gateway.current().balances()
        gateway.current().balances()

        assert closed_for("simulator.balances") == 0

    def test_the_orders_that_wait_are_not_touched_and_come_back_by_themselves(
        self, bank: World
    ) -> None:
        first, second = plan_top_up(AMOUNT), plan_top_up(AMOUNT)
        bank.wire.trouble = ["busy"]

        dispatching.dispatch_due()
        others = known(second)
        keep_gates_closed()
        left_alone = dispatching.dispatch(second)
        let_gates_open()
        dispatching.dispatch(second)

        assert left_alone == others
        assert (others.state, others.attempts, others.refusals) == ("planned", 0, 0)
        assert scalar(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'escrow.dispatch'"
            " AND scheduled_at > clock_timestamp()"
        ) == 1  # fmt: skip
        assert known(first).refusals == 1
        assert known(second).state == "succeeded"


class TestProviderDown:
    def let_it_fall(self, bank: World) -> None:
        bank.wire.trouble = ["refused", "broken", "lost", "refused", "garbled"] * 4
        for kind in (Kind.CHECKOUT, Kind.REFUND, Kind.TRANSFER, Kind.REVERSAL, Kind.TOP_UP):
            with pytest.raises(ProviderTrouble):
                gateway.current().find(kind, "ins_x")
        bank.wire.trouble = []
        keep_gates_closed()

    def test_after_troubles_in_a_row_nobody_calls(self, bank: World) -> None:
        self.let_it_fall(bank)
        calls = len(bank.wire.calls)

        with pytest.raises(Unasked):
            gateway.current().balances()

        assert len(bank.wire.calls) == calls

    def test_a_trouble_between_successes_closes_nothing(self, bank: World) -> None:
        for _ in range(8):
            bank.wire.trouble = ["refused"]
            with pytest.raises(NotNow):
                gateway.current().balances()
            gateway.current().balances()

        assert closed_for("simulator") == closed_for("simulator.balances") == 0

    def test_its_refusals_are_answers(self, bank: World) -> None:
        for _ in range(8):
            with pytest.raises(ProviderTrouble):
                gateway.current().payee("py_unknown")

        assert closed_for("simulator") == closed_for("simulator.payee") == 0

    def test_a_checkout_stays_planned_and_opens_once_the_provider_is_back(
        self, bank: World
    ) -> None:
        planned = a_checkout(AMOUNT)
        self.let_it_fall(bank)

        while_down = dispatching.dispatch(planned)
        let_gates_open()
        after = dispatching.dispatch(planned)

        assert (while_down.state, while_down.attempts) == ("planned", 0)
        assert (after.state, after.attempts) == ("sent", 1)
        assert after.url

    @pytest.mark.race
    def test_one_at_a_time_tries_whether_it_is_back(self, bank: World) -> None:
        self.let_it_fall(bank)
        let_gates_open()
        tried = len(bank.wire.calls)
        all_refused, handle = threading.Event(), bank.wire.handle_request
        refused: list[Unasked] = []

        def slowly(request: httpx.Request) -> httpx.Response:
            all_refused.wait(5)
            return handle(request)

        def ask() -> None:
            try:
                gateway.current().balances()
            except Unasked as trouble:
                refused.append(trouble)
                if len(refused) == 7:
                    all_refused.set()
                raise

        bank.wire.handle_request = slowly  # type: ignore[method-assign]
        found = outcomes(bank, [ask] * 8)

        assert found == {"done": 1, "not_asked": 7}
        assert len(bank.wire.calls) == tried + 1
