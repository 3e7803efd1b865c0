"""A posting is shorter: one movement has a function of its own, and a journal an index less.

What is made anew for each statement (CHECKs, the predicates of partial indexes, comparisons, the
statement itself) is most of what a posting costs. An account says in two columns whether movements
are applied to it. The two promises about a journal's subject, resolved once and reversed once, are
about different journals (holds, and all others): one index keeps both.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    """Bring a ledger that was made before to what its files say now."""
    connection = op.get_bind().connection.driver_connection
    connection.execute(
        """
        CREATE UNIQUE INDEX IF NOT EXISTS ledger_journal_followed_once
            ON ledger_journal (subject_id) WHERE subject_id IS NOT NULL
        """
    )
    for former in ("resolved", "reversed"):
        connection.execute(f"DROP INDEX IF EXISTS ledger_journal_{former}_once")
    for column, side in (("debits_apply", "credit"), ("credits_apply", "debit")):
        connection.execute(
            f"""
            ALTER TABLE ledger_account ADD COLUMN IF NOT EXISTS {column} boolean NOT NULL
                GENERATED ALWAYS AS (
                    mode = 'running' OR NOT overdraft_allowed AND side = '{side}'
                ) STORED
            """
        )
    for part in ("write", "move", "follow", "privileges"):
        connection.execute((SQL / f"ledger_{part}.sql").read_text())
