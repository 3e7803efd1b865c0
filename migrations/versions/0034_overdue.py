"""The list of late loans is read in its order, the longest late first."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

# Since when a loan is late stays the same while the days are counted on.
LATE = """
CREATE INDEX loan_overdue_idx ON loan ((last_closed_on - days_past_due), id)
    WHERE state = 'active' AND days_past_due > 0;
"""


def upgrade() -> None:
    """Create the index."""
    op.get_bind().connection.driver_connection.execute(LATE)
