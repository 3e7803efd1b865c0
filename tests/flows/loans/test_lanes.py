"""A large night: two connections share the loans, and every cent still has one owner."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.errors import ForeignKeyViolation, RestrictViolation

from bench.lending import Lending, lay_foundations, pay_instalment, settle_in
from marketplace.infra.commands import command, rehearsal
from marketplace.infra.database import db, execute
from marketplace.infra.side_by_side import side_by_side
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken
from marketplace.ledger import checks
from marketplace.settlement import distribution

Owner = psycopg.Connection[Any]
LENDING = Lending(family=0x40, loans=12, notes=3, lenders=5)


@pytest.fixture
def night(owner_connection: Owner, app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve loans of three notes whose borrowers have paid; few as they are, they are many."""
    monkeypatch.setattr(distribution, "MANY", 2)
    lay_foundations(owner_connection)
    settle_in(owner_connection, LENDING)
    pay_instalment(owner_connection, LENDING, 1)


def shares(connection: Owner) -> list[tuple[object, ...]]:
    """What every note got."""
    sql = (
        "SELECT note_id, sequence, principal_minor, interest_minor FROM repayment_share ORDER BY 1"
    )
    return connection.execute(sql.encode()).fetchall()


def broken() -> list[str]:
    """The invariants that do not hold."""
    found = [each.name for each in checks.run(clock.now()) if not each.holds]
    db.session.rollback()
    return found


@pytest.mark.usefixtures("night")
class TestLanes:
    def test_two_lanes_share_each_payment_once_as_one_would(
        self, owner_connection: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines = distribution.distribute_receipts(clock.now())
        by_lanes = shares(owner_connection)
        monkeypatch.setattr(distribution, "MANY", 1_000)
        pay_instalment(owner_connection, LENDING, 2)
        distribution.distribute_receipts(clock.now())

        assert len([line for line in lines if line.kind == "loan.repayment"]) == LENDING.loans
        assert len(by_lanes) == LENDING.shares
        assert len(shares(owner_connection)) == 2 * LENDING.shares
        assert broken() == []

    def test_lanes_are_halves_of_all_loans(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(distribution, "BLOCK", 2_000)  # two loans next to each other
        lanes = [distribution.distribute(clock.now(), lane=lane) for lane in (0, 1)]

        assert all(lanes)
        assert sum(map(len, lanes)) == LENDING.loans
        assert distribution.distribute(clock.now()) == []

    def test_a_dry_run_stays_on_one_connection_and_changes_nothing(
        self, owner_connection: Owner
    ) -> None:
        with rehearsal():
            lines = distribution.distribute_receipts(clock.now())

        assert len([line for line in lines if line.kind == "loan.repayment"]) == LENDING.loans
        assert shares(owner_connection) == []

    def test_a_share_of_no_note_is_refused_and_notes_stay(self, owner_connection: Owner) -> None:
        distribution.distribute_receipts(clock.now())

        with pytest.raises(ForeignKeyViolation), owner_connection.transaction():
            owner_connection.execute(
                "INSERT INTO repayment_share SELECT gen_random_uuid(), 99, 1, 1, distributed_at, 0,"
                " 0 FROM repayment_share LIMIT 1"
            )
        with pytest.raises(RestrictViolation), owner_connection.transaction():
            owner_connection.execute("DELETE FROM note")


@command
def _inside() -> None:
    execute("SELECT 1")
    side_by_side([dict])


@pytest.mark.usefixtures("app")
def test_work_side_by_side_is_never_part_of_one_transaction() -> None:
    with pytest.raises(Broken):
        _inside()
    with rehearsal(), pytest.raises(Broken):
        side_by_side([dict])
