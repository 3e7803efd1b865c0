"""`flask ledger …`: proof, accounts and statements for operators, and what is refused."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import psycopg
import pytest
from click.testing import Result
from flask import Flask

from marketplace.infra import proofs
from marketplace.infra.database import db
from marketplace.infra.proofs import Subject
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.ledger import checks
from marketplace.ledger.checks import Invariant
from tests.builders.ledger import WORLD, eur, filled, held, opened, posted

OWNER = UUID("018f0000-0000-7000-8000-000000000001")


def run(app: Flask, *arguments: str) -> Result:
    """Run `flask ledger …` as an operator would."""
    db.session.rollback()
    return app.test_cli_runner().invoke(args=["ledger", *arguments])


def answer(app: Flask, *arguments: str) -> Any:
    """Run a command that goes through and read its JSON."""
    result = run(app, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def wallet(app: Flask) -> int:
    """A wallet that was given 50.00, of which 20.00 is set aside to leave."""
    number = filled("person:wallet", eur("50.00"), OWNER)
    held("test.hold:1", (number, opened(WORLD), eur("20.00")), cause="person:1")
    return number


@pytest.fixture
def _broken_rule(app: Flask) -> Any:
    known = dict(checks._registered)
    checks.register(Invariant("water_is_dry", "Water is dry.", "SELECT 1 AS drops"))
    yield
    checks._registered.clear()
    checks._registered.update(known)


class TestCheck:
    def test_says_each_invariant_on_one_line_and_ends_well(self, app: Flask, wallet: int) -> None:
        result = run(app, "check")

        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        assert len(lines) == len(checks.invariants())
        assert all(line.startswith("ok ") for line in lines)

    def test_keeps_what_came_of_it(self, app: Flask, wallet: int) -> None:
        run(app, "check")

        last = proofs.latest()[Subject.LEDGER]
        assert last.holds
        assert last.examined == len(checks.invariants())

    @pytest.mark.usefixtures("_broken_rule")
    def test_fails_and_shows_the_rows_where_one_is_violated(self, app: Flask) -> None:
        result = run(app, "check")

        assert result.exit_code == 1
        assert "FAIL  water_is_dry" in result.stdout
        assert "drops 1" in result.stdout
        last = proofs.latest()[Subject.LEDGER]
        assert (last.differences, last.facts) == (1, {"broken": {"water_is_dry": 1}})

    @pytest.mark.usefixtures("_broken_rule")
    def test_fails_in_json_too(self, app: Flask) -> None:
        result = run(app, "check", "--json")

        assert result.exit_code == 1
        found = {each["name"]: each for each in json.loads(result.stdout)}
        assert found["water_is_dry"]["violations"] == 1
        assert found["debits_equal_credits"]["holds"]

    def test_what_was_proved_is_never_changed(
        self, app: Flask, owner_connection: psycopg.Connection[Any]
    ) -> None:
        run(app, "check")

        with pytest.raises(psycopg.errors.RestrictViolation):
            owner_connection.execute("UPDATE proof_run SET differences = 1")


class TestStatement:
    @pytest.mark.parametrize(
        "name", ["{number}", "person:wallet:{owner}", "person:wallet:{ref}", "{ref_eur}"]
    )
    def test_takes_a_number_or_a_kind_with_its_owner(
        self, app: Flask, wallet: int, name: str
    ) -> None:
        ref = public_id("per", OWNER)
        text = name.format(number=wallet, owner=OWNER, ref=ref, ref_eur=f"person:wallet:{ref}/EUR")

        found = answer(app, "statement", text)

        assert found["account"]["account"] == wallet
        assert found["account"]["balance"] == "50.00"
        assert found["account"]["available"] == "30.00"
        assert [line["balance"] for line in found["lines"]] == ["50.00", "50.00"]
        assert [line["pending"] for line in found["lines"]] == ["0.00", "-20.00"]

    def test_prints_a_line_for_each_movement_and_the_balance(self, app: Flask, wallet: int) -> None:
        result = run(app, "statement", str(wallet))

        assert result.exit_code == 0
        assert "test.hold:1" in result.stdout
        assert "of which available EUR 30.00" in result.stdout

    def test_asks_which_currency_is_meant_where_there_are_several(
        self, app: Flask, wallet: int
    ) -> None:
        filled("person:wallet", Money.of("9.00", "USD"), OWNER)

        result = run(app, "statement", f"person:wallet:{OWNER}")

        assert result.exit_code == 1
        assert f"write person:wallet:{OWNER}/EUR or person:wallet:{OWNER}/USD" in result.stderr

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "0",
            "-1",
            "1978.0",
            "٤٢",
            "9" * 40,
            "person:wallet",
            "person:wallet:",
            "person:wallet:per_",
            "person:wallet:0d094969-e743-44cc-b8c1-abe621389a82",
            "person:wallet:'; DROP TABLE ledger_account; --",
            "fees:platform/XXX",
            "fees:platform/EUR",
            "provider:simulator:pending",
            "no:such:kind",
        ],
    )
    def test_says_in_one_sentence_that_there_is_no_such_account(
        self, app: Flask, name: str
    ) -> None:
        result = run(app, "statement", "--", name)

        assert result.exit_code == 1
        assert result.stderr.startswith("Error: There is no account")
        assert result.stderr.count("\n") == 1
        assert result.stdout == ""

    @pytest.mark.parametrize("limit", ["0", "-5", "many", "1.5"])
    def test_refuses_a_limit_that_is_no_count(self, app: Flask, wallet: int, limit: str) -> None:
        result = run(app, "statement", str(wallet), f"--limit={limit}")

        assert result.exit_code == 2
        assert "Invalid value for '--limit'" in result.stderr


class TestAccounts:
    def test_lists_what_each_holds_and_can_spend(self, app: Flask, wallet: int) -> None:
        found = answer(app, "accounts", "--kind", "person:wallet", "--currency", "eur")

        assert [(each["account"], each["balance"], each["available"]) for each in found] == [
            (wallet, "50.00", "30.00")
        ]

    def test_totals_obey_the_same_filters(self, app: Flask, wallet: int) -> None:
        posted("test.usd", (opened(WORLD, "USD"), opened("suspense", "USD"), Money(5, "USD")))

        found = answer(app, "accounts", "--totals", "--currency", "USD")

        assert {each["kind"]: each["balance"] for each in found} == {
            "external:world": "0.05",
            "suspense": "0.05",
        }

    def test_says_when_there_are_more(self, app: Flask, wallet: int) -> None:
        result = run(app, "accounts", "--limit", "1")

        assert result.exit_code == 0
        assert len(result.stdout.splitlines()) == 1
        assert result.stderr == "These are the first 1; --limit shows more.\n"

    @pytest.mark.parametrize(
        ("option", "sentence"),
        [
            ("--kind=wallets", "there is no kind 'wallets'; there are external:world"),
            ("--kind=", "there is no kind ''"),
            ("--currency=DM", "'DM' is not one of"),
            ("--limit=0", "0 is not in the range"),
        ],
    )
    def test_says_what_it_does_not_know(self, app: Flask, option: str, sentence: str) -> None:
        result = run(app, "accounts", option)

        assert result.exit_code == 2
        assert sentence in result.stderr
