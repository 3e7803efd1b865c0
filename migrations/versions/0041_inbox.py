"""An inbox beside the mail, who wants to hear of what, updates for some and for later."""

from __future__ import annotations

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

INBOX = """
CREATE TABLE inbox_message (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person (id),
    key text NOT NULL UNIQUE,
    topic text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    action text NOT NULL CHECK (action LIKE '/%'),
    label text NOT NULL,
    at timestamptz NOT NULL,
    read_at timestamptz
);
CREATE INDEX inbox_message_person_idx ON inbox_message (person_id, id);
CREATE INDEX inbox_message_unread_idx ON inbox_message (person_id) WHERE read_at IS NULL;

-- Only what differs from the default (on) and may be switched off at all.
CREATE TABLE notification_wish (
    person_id uuid NOT NULL REFERENCES person (id),
    topic text NOT NULL CHECK (topic IN ('updates', 'talk', 'follow')),
    channel text NOT NULL CHECK (channel IN ('mail', 'inbox')),
    is_on boolean NOT NULL,
    PRIMARY KEY (person_id, topic, channel)
);

-- The address at which one click ends letters of this kind (RFC 8058).
ALTER TABLE mail_message ADD COLUMN unsubscribe text;
"""

UPDATES = """
ALTER TABLE campaign_update
    ADD COLUMN audience text NOT NULL DEFAULT 'all'
        CHECK (audience IN ('all', 'backers', 'rewards')),
    ADD COLUMN reward_ids uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN publish_at timestamptz,
    ADD COLUMN sent_at timestamptz,
    ADD COLUMN withdrawn_at timestamptz,
    ADD COLUMN hidden_at timestamptz,
    ADD CONSTRAINT campaign_update_rewards_check
        CHECK ((audience = 'rewards') = (reward_ids <> '{}')),
    ADD CONSTRAINT campaign_update_sent_check CHECK (sent_at IS NULL OR withdrawn_at IS NULL);
UPDATE campaign_update SET publish_at = posted_at, sent_at = posted_at;
ALTER TABLE campaign_update ALTER COLUMN publish_at SET NOT NULL;
CREATE INDEX campaign_update_due_idx ON campaign_update (publish_at)
    WHERE sent_at IS NULL AND withdrawn_at IS NULL;
"""


def upgrade() -> None:
    """Create the tables."""
    connection = op.get_bind().connection.driver_connection
    for part in (INBOX, UPDATES):
        connection.execute(part)
