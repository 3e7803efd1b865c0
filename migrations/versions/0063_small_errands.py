"""The ledger's small errands are small work: few staged rows, and what a hold has come to.

A small batch of postings is cleared away by deleting it: truncating makes nine files anew. What
has settled, voided or reversed a journal is looked up, not looked for in all of them.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    """Give both functions their new words."""
    connection = op.get_bind().connection.driver_connection
    for part in ("follow", "staged"):
        connection.execute((SQL / f"ledger_{part}.sql").read_text())
