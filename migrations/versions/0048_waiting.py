"""The line before a reward that is all taken."""

from __future__ import annotations

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

WAITING = """
CREATE TABLE reward_wait (
    id uuid NOT NULL,
    reward_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    person_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    joined_at timestamptz NOT NULL,
    offered_at timestamptz,
    offer_until timestamptz,
    pledge_id uuid,
    ended_at timestamptz,
    CONSTRAINT reward_wait_pkey PRIMARY KEY (id),
    CONSTRAINT reward_wait_reward_fkey
        FOREIGN KEY (reward_id, campaign_id) REFERENCES reward (id, campaign_id),
    CONSTRAINT reward_wait_person_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT reward_wait_pledge_fkey FOREIGN KEY (pledge_id) REFERENCES pledge (id),
    CONSTRAINT reward_wait_state_check CHECK (state IN
        ('waiting', 'offered', 'taken', 'lapsed', 'left', 'over')),
    CONSTRAINT reward_wait_offer_check CHECK ((offered_at IS NULL) = (offer_until IS NULL)
        AND (state NOT IN ('offered', 'taken', 'lapsed') OR offered_at IS NOT NULL)),
    CONSTRAINT reward_wait_pledge_check CHECK ((state = 'taken') = (pledge_id IS NOT NULL)),
    CONSTRAINT reward_wait_ended_check CHECK
        ((state IN ('waiting', 'offered')) = (ended_at IS NULL))
);
-- Nobody stands twice in a line.
CREATE UNIQUE INDEX reward_wait_open_key ON reward_wait (reward_id, person_id)
    WHERE state IN ('waiting', 'offered');
CREATE INDEX reward_wait_line_idx ON reward_wait (reward_id, joined_at, id)
    WHERE state = 'waiting';
CREATE INDEX reward_wait_offer_idx ON reward_wait (offer_until) WHERE state = 'offered';
CREATE INDEX reward_wait_person_idx ON reward_wait (person_id, joined_at);
CREATE INDEX reward_wait_pledge_idx ON reward_wait (pledge_id);
"""


def upgrade() -> None:
    """Create the table."""
    op.get_bind().connection.driver_connection.execute(WAITING)
