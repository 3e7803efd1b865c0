"""What must be true in the end, whatever happened on the way: each untruth is a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString

from marketplace.escrow.reconcile import reconcile
from marketplace.infra.database import column, db, rows
from marketplace.kernel import clock
from marketplace.ledger import checks
from tests.builders.escrow import World

_KINDS: dict[str, LiteralString] = {
    "charges": "SELECT operation_id AS op, count(*) AS n FROM simulator.charge GROUP BY 1",
    "refunds": "SELECT operation_id AS op, count(*) AS n FROM simulator.refund GROUP BY 1",
    "transfers": "SELECT operation_id AS op, count(*) AS n FROM simulator.transfer GROUP BY 1",
    "top-ups": "SELECT operation_id AS op, count(*) AS n FROM simulator.topup GROUP BY 1",
    "reversals": "SELECT operation_id AS op, count(*) AS n FROM simulator.reversal GROUP BY 1",
}


def untruths(world: World) -> list[str]:
    """Return everything that is wrong: books, provider, effects twice, operations dropped."""
    return [*broken_invariants(), *differences(), *double_effects(world), *dropped()]


def broken_invariants() -> list[str]:
    """Return every invariant that does not hold."""
    found = [each for each in checks.run(clock.now()) if not each.holds]
    db.session.rollback()
    return [f"invariant {each.name}: {each.count} violations, {each.rows[:2]}" for each in found]


def differences() -> list[str]:
    """Return where ledger and provider do not agree to the cent."""
    return [f"ledger and provider: {found}" for found in reconcile().differences]


def double_effects(world: World) -> list[str]:
    """Return what the bank did more than once for one operation."""
    found = []
    with world.bank.work() as work:
        for kind, sql in _KINDS.items():
            found += [
                f"{row['n']} {kind} for {row['op']}" for row in work.rows(sql) if row["n"] > 1
            ]
    return found


def dropped() -> list[str]:
    """Return what nobody will ever finish: operations, notices and jobs left behind."""
    return list(_left_behind())


def _left_behind() -> Iterator[str]:
    unfinished = rows(
        "SELECT kind, state, count(*) AS n, min(last_error) AS why FROM escrow_instruction"
        " WHERE finished_at IS NULL GROUP BY 1, 2",
        into=dict,
    )
    for each in unfinished:
        yield f"{each['n']} x {each['kind']} still {each['state']} ({each['why']})"
    stored = column("SELECT count(*) FROM escrow_delivery WHERE state IN ('stored', 'failed')")[0]
    if stored:
        yield f"{stored} notices not worked"
    for name, status in rows_of_jobs():
        yield f"job {name} is {status}"
    db.session.rollback()


def rows_of_jobs() -> list[tuple[str, str]]:
    """Return the jobs that wait, run or gave up, but for the timetable's."""
    found = rows(
        "SELECT task_name AS name, status::text AS status FROM procrastinate_jobs"
        " WHERE status IN ('todo', 'doing', 'failed') AND task_name NOT LIKE 'timetable.%%'"
        " AND (scheduled_at IS NULL OR scheduled_at <= clock_timestamp())"
        " ORDER BY id",
        {},
        into=dict,
    )
    db.session.rollback()
    return [(row["name"], row["status"]) for row in found]
