"""Many operations at once: a staged batch beside a raw INSERT ... SELECT of the same rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from bench.figures import Figure, Rounds
from bench.place import Place
from bench.rows import LEDGER, Twins, timed
from bench.scales import Scale
from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.kernel.ids import new_id
from marketplace.ledger import services as ledger

FLOOR: Final = 0.5
WALLETS: Final = 5_000
MOVEMENTS: Final = (1, 10)
HAPPENED_AT: Final = datetime(2026, 1, 31, tzinfo=UTC)

# Refunds, say: out of one account into the wallets of five thousand people.
_OPERATIONS: Final = """
    INSERT INTO bench_batch
    SELECT 'bench.batch:' || o.id, %(debit)s, w.account, 1000 + o.n %% 9000
    FROM (SELECT n, gen_random_uuid() AS id FROM generate_series(1, %(operations)s) AS n) AS o
    CROSS JOIN generate_series(1, %(movements)s) AS m
    JOIN bench_wallet w ON w.n = 1 + mod(abs(hashint8(o.n * 16 + m)::bigint), %(wallets)s)
"""
_STAGE: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT operation_id, debit, credit, 'EUR', amount, 'refund', 'campaign:bench' FROM bench_batch
"""


def batches(place: Place, scale: Scale) -> list[Figure]:
    """Measure batches of operations of one movement, and of ten."""
    debit, wallets = _accounts()
    with place.owner() as connection:
        _lay_out(connection, wallets)
        twins = Twins(connection, LEDGER)
        return [
            _batch(connection, twins, scale, {"debit": debit, "movements": movements})
            for movements in MOVEMENTS
        ]


@command
def _accounts() -> tuple[int, list[int]]:
    owners = [new_id() for _ in range(WALLETS)]
    wallets = ledger.accounts("person:wallet", "EUR", owners)
    return ledger.account("provider:simulator:available", "EUR"), list(wallets.values())


def _lay_out(connection: psycopg.Connection[Any], wallets: list[int]) -> None:
    connection.execute(
        "CREATE UNLOGGED TABLE bench_batch"
        " (operation_id text, debit bigint, credit bigint, amount bigint);"
        "CREATE UNLOGGED TABLE bench_wallet (n serial PRIMARY KEY, account bigint);"
        "GRANT SELECT ON bench_batch TO kindling_app"
    )
    connection.execute("INSERT INTO bench_wallet (account) SELECT unnest(%s::bigint[])", (wallets,))


def _batch(
    connection: psycopg.Connection[Any], twins: Twins, scale: Scale, facts: dict[str, int]
) -> Figure:
    movements = facts["movements"]
    operations = max(1, scale.batch_movements // movements)
    ours, theirs = [], []
    for _ in range(scale.rounds):
        connection.execute("TRUNCATE bench_batch")
        rows = connection.execute(
            _OPERATIONS, facts | {"operations": operations, "wallets": WALLETS}
        ).rowcount
        connection.execute("ANALYZE bench_batch")
        mark = {"journal": twins.mark()}
        ours.append(rows / timed(_post))
        theirs.append(rows / twins.seconds(mark))
    name = f"staged batch of {operations:,} operations of {movements}"
    return Rounds(ours, theirs).figure(name, "movements/s", "raw INSERT ... SELECT", FLOOR)


@command
def _post() -> None:
    ledger.stage()
    execute(_STAGE)
    ledger.post_staged(actor="bench", happened_at=HAPPENED_AT)
