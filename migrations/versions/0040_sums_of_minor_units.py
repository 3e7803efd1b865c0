"""Sums of minor units stay whole numbers: `sum(bigint)` counts in numeric and is cast back.

Half of what a batch of postings costs beyond writing its rows is adding them up, by account and
by operation; a sum past 2^63 is an error here too, not a wrong amount.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"

SUM = """
CREATE AGGREGATE sum_minor(bigint) (
    SFUNC = int8pl, STYPE = bigint, COMBINEFUNC = int8pl, PARALLEL = SAFE
);
COMMENT ON AGGREGATE sum_minor(bigint) IS
    'The sum as a bigint; NULL without rows, an error beyond 2^63.';
"""


def upgrade() -> None:
    """Add the aggregate, and let the ledger's batches use it."""
    connection = op.get_bind().connection.driver_connection
    connection.execute(SUM)
    connection.execute((SQL / "ledger_staged.sql").read_text())
