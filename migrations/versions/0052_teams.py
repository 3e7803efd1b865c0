"""Invitations to work on a campaign, by the address they were mailed to."""

from __future__ import annotations

from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

INVITATIONS = """
-- Only the person whose confirmed address it is can accept: there is no secret in the link.
CREATE TABLE campaign_invitation (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    email citext NOT NULL,
    rights text[] NOT NULL,
    invited_by uuid NOT NULL,
    invited_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    withdrawn_at timestamptz,
    CONSTRAINT campaign_invitation_pkey PRIMARY KEY (id),
    CONSTRAINT campaign_invitation_campaign_id_fkey FOREIGN KEY (campaign_id)
        REFERENCES campaign (id),
    CONSTRAINT campaign_invitation_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES person (id),
    CONSTRAINT campaign_invitation_email_check CHECK (length(email) <= 254),
    CONSTRAINT campaign_invitation_rights_check CHECK (cardinality(rights) > 0 AND rights
        <@ ARRAY['story', 'rewards', 'talk', 'fulfil', 'see_money', 'see_backers']),
    CONSTRAINT campaign_invitation_end_check CHECK (accepted_at IS NULL OR withdrawn_at IS NULL)
);
CREATE UNIQUE INDEX campaign_invitation_open_key ON campaign_invitation (campaign_id, email)
    WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX campaign_invitation_invited_by_idx ON campaign_invitation (invited_by);
CREATE INDEX campaign_member_invited_by_idx ON campaign_member (invited_by);
"""


def upgrade() -> None:
    """Create the table."""
    op.get_bind().connection.driver_connection.execute(INVITATIONS)
