"""What is still owed although its share could be held no longer, and what was sent after that."""

from __future__ import annotations

from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

STATES = """
ALTER TABLE fulfilment
    DROP CONSTRAINT fulfilment_state_check,
    DROP CONSTRAINT fulfilment_shipped_check,
    DROP CONSTRAINT fulfilment_ended_check,
    ADD CONSTRAINT fulfilment_state_check CHECK (state IN ('to_ship', 'shipped', 'accepted',
        'auto_accepted', 'objected', 'released', 'partly_released', 'returned', 'owed', 'sent',
        'void')),
    -- What was sent when nothing was held any more has no inspection.
    ADD CONSTRAINT fulfilment_shipped_check CHECK (
        (inspect_until IS NULL OR shipped_at IS NOT NULL)
        AND (state NOT IN ('shipped', 'auto_accepted') OR inspect_until IS NOT NULL)
        AND (state <> 'owed' OR shipped_at IS NULL)
        AND (state <> 'sent' OR (shipped_at IS NOT NULL AND inspect_until IS NULL))),
    ADD CONSTRAINT fulfilment_ended_check
        CHECK ((ended_at IS NULL) = (state IN ('to_ship', 'shipped', 'objected', 'owed')));
DROP INDEX fulfilment_late_idx;
CREATE INDEX fulfilment_late_idx ON fulfilment (promised_for) WHERE state IN ('to_ship', 'owed');
"""

OWED = """
-- The last day has decided whose their share is; nobody has sent them or said they came. What two
-- people have ended is not owed.
WITH owed AS (
    UPDATE fulfilment f SET state = 'owed', ended_at = NULL FROM pledge p
    WHERE p.id = f.pledge_id AND p.state = 'released'
        AND f.state = 'released' AND f.shipped_at IS NULL
        AND NOT EXISTS (SELECT FROM objection o
            WHERE o.pledge_id = f.pledge_id AND o.part_id IS NULL)
        AND NOT EXISTS (SELECT FROM suspension s
            WHERE s.campaign_id = f.campaign_id AND s.state = 'stopped')
    RETURNING f.pledge_id, f.campaign_id
), told AS (
    INSERT INTO state_transition (subject_type, subject_id, move, from_state, to_state, actor, at)
    SELECT 'fulfilment', pledge_id, 'restore_owed', 'released', 'owed', 'settlement', now()
    FROM owed ORDER BY pledge_id
)
UPDATE campaign SET fulfilled_at = NULL
WHERE fulfilled_at IS NOT NULL AND id IN (SELECT campaign_id FROM owed);
"""


def upgrade() -> None:
    """Widen the states, and let what was never sent be owed."""
    connection = op.get_bind().connection.driver_connection
    for part in (STATES, OWED):
        connection.execute(part)
