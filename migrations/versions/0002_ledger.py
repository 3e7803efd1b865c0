"""The ledger: tables, the functions that are the only way to write them, and who may call them.

The SQL lives in `migrations/sql/ledger_*.sql` so that it can be read and run as SQL.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"
PARTS = ("tables", "posting", "write", "move", "follow", "staged", "checkpoints", "privileges")


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    for part in PARTS:
        connection.execute((SQL / f"ledger_{part}.sql").read_text())
