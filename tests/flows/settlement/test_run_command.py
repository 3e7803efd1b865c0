"""`flask settlement run`: shows or does what is due; may be repeated, doubled and killed."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from marketplace.infra.commands import rehearsal
from marketplace.infra.database import db, driver
from marketplace.kernel import clock
from marketplace.ledger import checks
from marketplace.settlement import runner
from tests.builders.crashing import Stage
from tests.builders.escrow import World
from tests.builders.fingerprints import differences, fingerprint, outline

FACTS = {"stage", "kind", "subject", "person", "amount_minor", "currency", "note"}


def ask(sql: str) -> list[Any]:
    return driver().execute(sql.encode()).fetchall()


def seen(look: Any) -> dict[str, str]:
    found: dict[str, str] = look(ask)
    db.session.rollback()
    return found


def rehearsed(now: datetime) -> dict[str, str]:
    """How the database will look after everything that is due at `now` was done."""
    with rehearsal():
        runner.run(now)
        return outline(ask)


def flask(world: World, *args: str) -> Any:
    return world.app.test_cli_runner().invoke(args=["settlement", "run", *args])


def books_hold() -> bool:
    broken = [found for found in checks.run(clock.now()) if not found.holds]
    db.session.rollback()
    assert not broken, broken
    return True


class TestDryRun:
    def test_it_shows_every_line_and_changes_nothing(self, world: World, due: datetime) -> None:
        before = seen(fingerprint)

        shown = flask(world, "--dry-run")

        assert shown.exit_code == 0, shown.output
        assert differences(before, seen(fingerprint)) == []
        kinds = {line.split()[0] for line in shown.output.splitlines()[1:-1]}
        assert kinds >= {
            "campaign.funded",
            "campaign.payout",
            "campaign.unfunded",
            "campaign.collecting",
            "pledge.refund",
            "pledge.charge",
            "loan.closed",
            "loan.refund",
            "bill.issued",
            "loan.share",
        }
        assert shown.output.endswith("Nothing was changed.\n")

    def test_it_shows_what_the_run_then_does(self, world: World, due: datetime) -> None:
        shown = json.loads(flask(world, "--dry-run", "--json").output)

        done = json.loads(flask(world, "--json").output)

        # A run over a million shares would not name each; a dry run does.
        shares = [line for line in shown if line["kind"] == "loan.share"]
        whole = [_money(line) for line in shown if line["kind"] != "loan.share"]
        assert whole == [_money(line) for line in done]
        repaid = sum(line["amount_minor"] for line in done if line["kind"] == "loan.repayment")
        assert sum(line["amount_minor"] for line in shares) == repaid > 0

    def test_it_can_look_ahead(self, world: World, due: datetime) -> None:
        flask(world)
        later = (due + timedelta(days=40)).date().isoformat()

        now, then = (flask(world, "--dry-run", *more).output for more in ([], ["--as-of", later]))

        assert "bill.issued" not in now
        assert "bill.issued" in then


def _money(line: dict[str, Any]) -> tuple[Any, ...]:
    # Ids of what is only made by the run differ; who gets what for what does not.
    return line["stage"], line["kind"], line["person"], line["amount_minor"], line["currency"]


class TestRun:
    def test_its_json_has_one_shape(self, world: World, due: datetime) -> None:
        lines = json.loads(flask(world, "--json").output)

        assert lines
        assert all(set(line) == FACTS for line in lines)
        assert {line["stage"] for line in lines} <= {name for name, _ in runner.STAGES}
        assert all((line["amount_minor"] is None) == (line["currency"] is None) for line in lines)
        assert all(type(line["amount_minor"]) in {int, type(None)} for line in lines)

    def test_without_anything_due_it_says_so(self, world: World) -> None:
        assert flask(world).output.endswith("0 lines. Done.\n")
        assert json.loads(flask(world, "--json").output) == []

    def test_twice_is_once(self, world: World, due: datetime) -> None:
        flask(world, "--as-of", due.isoformat())
        before = seen(fingerprint)

        again = flask(world, "--as-of", due.isoformat())

        assert "pledge.refund" not in again.output
        assert differences(before, seen(fingerprint)) == []
        assert books_hold()

    @pytest.mark.parametrize(
        "when", ["tomorrow", "2026-13-01", "", "1e309", "2026-02-30", "0001-01-01", "9999-12-31"]
    )
    def test_a_time_that_is_none_is_refused(self, world: World, when: str) -> None:
        refused = flask(world, "--as-of", when)

        assert refused.exit_code == 2
        assert "is not a time; write 2026-12-01 or 2026-12-01T09:00." in refused.output

    def test_the_future_is_refused_and_nothing_happens(self, world: World, due: datetime) -> None:
        before = seen(fingerprint)

        refused = flask(world, "--as-of", (due + timedelta(days=1)).isoformat())

        assert refused.exit_code == 1
        assert "add --dry-run to look ahead" in refused.output
        assert differences(before, seen(fingerprint)) == []


@pytest.mark.race
@pytest.mark.slow
@pytest.mark.timeout(300)
class TestProcesses:
    def test_two_at_once_do_everything_once(
        self, world: World, due: datetime, stage: Stage
    ) -> None:
        expected = rehearsed(due)
        run = ("settlement", "run", "--as-of", due.isoformat())

        assert stage.run_together([run, run, run]) == [0, 0, 0]

        assert differences(expected, seen(outline)) == []
        assert books_hold()

    def test_killed_again_and_again_it_ends_as_if_it_never_was(
        self, world: World, due: datetime, stage: Stage
    ) -> None:
        expected = rehearsed(due)
        chance, deaths = random.Random(0), 0
        run = ("settlement", "run", "--as-of", due.isoformat())

        # Even an idle run has more than twelve steps: within them it dies, beyond them it may live.
        while stage.run(*run, dies_at=chance.randint(1, 12 if deaths < 4 else 40)) != 0:
            deaths += 1
            assert books_hold()
            assert deaths < 100

        assert deaths >= 3
        assert differences(expected, seen(outline)) == []
        assert books_hold()
