"""Half of each page of receipts and loans stays free: counting a repayment then moves no index."""

from __future__ import annotations

from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each receipt is counted once, each active loan every month: a night fills its own pages."""
    op.execute("ALTER TABLE receipt SET (fillfactor = 50)")
    op.execute("ALTER TABLE loan SET (fillfactor = 50)")


def downgrade() -> None:
    """The pages as they were."""
    op.execute("ALTER TABLE loan SET (fillfactor = 60)")
    op.execute("ALTER TABLE receipt SET (fillfactor = 70)")
