"""Where rewards are sent: asked for after the success, locked on a day, forgotten in time."""

from __future__ import annotations

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

ADDRESSES = """
-- From when on backers can no longer change where their reward is sent.
ALTER TABLE campaign ADD COLUMN address_lock_on date;

-- Seen by its backer and by who sends; half a year after the delivery is over it is gone.
CREATE TABLE pledge_address (
    pledge_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    name text NOT NULL,
    street text NOT NULL,
    postcode text NOT NULL,
    city text NOT NULL,
    country char(2) NOT NULL,
    given_at timestamptz NOT NULL,
    CONSTRAINT pledge_address_pkey PRIMARY KEY (pledge_id),
    CONSTRAINT pledge_address_pledge_fkey
        FOREIGN KEY (pledge_id, campaign_id) REFERENCES pledge (id, campaign_id),
    CONSTRAINT pledge_address_text_check CHECK (btrim(name) <> '' AND length(name) <= 120
        AND btrim(street) <> '' AND length(street) <= 240 AND length(postcode) <= 20
        AND btrim(city) <> '' AND length(city) <= 120),
    CONSTRAINT pledge_address_country_check CHECK (country ~ '^[A-Z]{2}$')
);
CREATE INDEX pledge_address_campaign_id_idx ON pledge_address (campaign_id);
"""


def upgrade() -> None:
    """Create the table and the column."""
    op.get_bind().connection.driver_connection.execute(ADDRESSES)
