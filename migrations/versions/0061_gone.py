"""Since when a page that everybody could see is there no more."""

from __future__ import annotations

from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

GONE = """
-- Stays where it was announced again and taken back again: then it is since the last time.
ALTER TABLE campaign ADD COLUMN gone_at timestamptz;
UPDATE campaign c SET gone_at = taken.at FROM (
    SELECT subject_id, max(at) AS at FROM state_transition
    WHERE subject_type = 'campaign' AND from_state = 'scheduled' AND move = 'withdraw'
    GROUP BY subject_id
) taken WHERE taken.subject_id = c.id AND c.announced_at <= taken.at AND c.launched_at IS NULL;
"""


def upgrade() -> None:
    """Add the column, and fill it for what was announced and taken back."""
    op.get_bind().connection.driver_connection.execute(GONE)
