"""Who wants to be told when a campaign begins."""

from __future__ import annotations

from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

WISHES = """
CREATE TABLE launch_wish (
    campaign_id uuid NOT NULL,
    person_id uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    told_at timestamptz,
    CONSTRAINT launch_wish_pkey PRIMARY KEY (campaign_id, person_id),
    CONSTRAINT launch_wish_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT launch_wish_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id)
);
CREATE INDEX launch_wish_person_id_idx ON launch_wish (person_id);
"""


def upgrade() -> None:
    """Create the table."""
    op.get_bind().connection.driver_connection.execute(WISHES)
