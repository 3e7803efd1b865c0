"""One movement has a shorter way into the ledger than a list of them, and leaves the same there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple
from uuid import uuid4

import psycopg
import pytest
from flask import Flask

from marketplace.infra.commands import command
from marketplace.infra.database import db, rows, scalar
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken, NotFound
from marketplace.kernel.money import Money
from marketplace.ledger import chart, checks, queries
from marketplace.ledger import services as ledger
from tests.builders.ledger import WORLD, eur, filled, opened, posted

# A list of one, written the way of lists.
LISTED: Final = """
    SELECT ledger_post(%s, 'test:1', 'test', %s,
        %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
"""


class _Kept(NamedTuple):
    mode: str
    guard: str
    debits_apply: bool
    credits_apply: bool


@command
def listed(operation_id: str, debit: int, credit: int, amount: Money) -> int:
    columns = [debit], [credit], [amount.minor], ["test"]
    with ledger.told():
        return int(scalar(LISTED, (operation_id, clock.now(), *columns)))


def one(operation_id: str, debit: int, credit: int, amount: Money) -> int:
    return posted(operation_id, (debit, credit, amount))


@pytest.mark.usefixtures("app")
class TestOneMovement:
    """The short way of one movement leaves what the way of lists leaves."""

    @pytest.mark.parametrize("taken_from", ["person:wallet", "escrow:campaign", WORLD])
    @pytest.mark.parametrize("given_to", ["person:wallet", "escrow:loan"])
    def test_both_ways_write_the_same(self, taken_from: str, given_to: str) -> None:
        debit = filled(taken_from, eur("9.00")) if taken_from != WORLD else opened(WORLD)
        credit = opened(given_to)

        short = one("test.one:1", debit, credit, eur("2.00"))
        long = listed("test.one:2", debit, credit, eur("2.00"))

        first, second = (_written(journal) for journal in (short, long))
        assert first == second
        assert first["is_as_written"]
        assert queries.balance(credit).posted == eur("4.00")
        assert not [found.name for found in checks.run(clock.now()) if not found.holds]

    def test_each_knows_what_the_other_has_written(self) -> None:
        wallet, loan = filled("person:wallet", eur("50.00")), opened("escrow:loan")
        short = posted("test.one:1", (wallet, loan, eur("20.00")))
        long = listed("test.one:2", wallet, loan, eur("1.00"))

        assert listed("test.one:1", wallet, loan, eur("20.00")) == short
        assert posted("test.one:2", (wallet, loan, eur("1.00"))) == long
        with pytest.raises(Broken, match="other content"):
            listed("test.one:1", wallet, loan, eur("20.01"))
        with pytest.raises(Broken, match="other content"):
            posted("test.one:2", (wallet, loan, eur("1.01")))
        assert queries.balance(wallet).available == eur("29.00")

    @pytest.mark.parametrize("way", [listed, one])
    def test_an_account_that_is_closed_or_none_takes_nothing(
        self, way: Callable[..., object], owner_connection: psycopg.Connection[Any]
    ) -> None:
        world, closed, nowhere = opened(WORLD), opened("escrow:loan"), 999_999_978
        owner_connection.execute(
            "UPDATE ledger_account SET closed_at = now() WHERE id = %s", (closed,)
        )

        with pytest.raises(Broken, match=f"account {closed} is closed"):
            way("test.one:1", world, closed, eur("1.00"))
        with pytest.raises(Broken, match=f"there is no account {nowhere}"):
            way("test.one:1", nowhere, world, eur("1.00"))

        with pytest.raises(NotFound):
            queries.journal("test.one:1")


@pytest.mark.usefixtures("app")
def test_an_account_applies_what_its_balance_or_its_guard_is_about() -> None:
    for kind in chart.KINDS.values():
        opened(kind.name, owner=uuid4() if kind.owner_type else None)

    told = rows("SELECT mode, guard, debits_apply, credits_apply FROM ledger_account", into=_Kept)

    assert {(each.mode, each.guard) for each in told} >= {("running", "debits"), ("append", "none")}
    for each in told:
        assert each.debits_apply == (each.mode == "running" or each.guard == "debits")
        assert each.credits_apply == (each.mode == "running" or each.guard == "credits")


@pytest.mark.parametrize("way", [listed, one])
def test_a_transaction_has_its_number_before_its_journal_has(
    app: Flask, way: Callable[..., object], owner_connection: psycopg.Connection[Any]
) -> None:
    """What a checkpoint may fold is told by both numbers (`ledger_mark`)."""
    world, loan = opened(WORLD), opened("escrow:loan")
    with app.app_context():
        db.session.rollback()

    with _numbers_only_for_the_numbered(owner_connection):
        way("test.one:1", world, loan, eur("1.00"))

    assert queries.balance(loan).posted == eur("1.00")


@contextmanager
def _numbers_only_for_the_numbered(owner: psycopg.Connection[Any]) -> Iterator[None]:
    """Give a number to no journal whose transaction has none."""
    owner.execute(
        """
        CREATE FUNCTION numbered() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN
            IF pg_current_xact_id_if_assigned() IS NULL THEN
                RAISE EXCEPTION 'the journal was numbered first';
            END IF;
            RETURN nextval('ledger_journal_id_seq');
        END $$;
        ALTER TABLE ledger_journal ALTER id SET DEFAULT numbered();
        """
    )
    try:
        yield
    finally:
        owner.execute(
            """
            ALTER TABLE ledger_journal ALTER id SET DEFAULT nextval('ledger_journal_id_seq');
            DROP FUNCTION numbered();
            """
        )


def _written(journal_id: int) -> dict[str, Any]:
    """Return what a journal says of itself and its movement, but for its name and number."""
    found: dict[str, Any] = scalar(
        """
        SELECT to_jsonb(written) FROM (
            SELECT j.verb, j.subject_id, j.cause, j.actor, j.happened_at, j.expires_at,
                j.request_hash = ledger_journal_hash(
                    j.operation_id, j.verb::text, j.subject_id, j.cause,
                    ledger_row_hash(t.debit_account, t.credit_account, t.amount, t.code)
                ) AS is_as_written,
                t.line, t.debit_account, t.credit_account, t.amount, t.phase, t.code,
                t.pending_journal, t.pending_amount
            FROM ledger_journal j JOIN ledger_transfer t ON t.journal_id = j.id
            WHERE j.id = %s
        ) AS written
        """,
        (journal_id,),
    )
    return found
