"""What a moderator saw and said when a campaign was returned, to be held against the next try."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE campaign_return (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id uuid NOT NULL REFERENCES campaign (id),
    moderator_id uuid NOT NULL REFERENCES person (id),
    returned_at timestamptz NOT NULL,
    code text NOT NULL,
    reason text NOT NULL CHECK (btrim(reason) <> ''),
    -- Every part of the draft as it stood then, as plain text.
    seen jsonb NOT NULL
);
CREATE INDEX campaign_return_campaign_idx ON campaign_return (campaign_id, id DESC);

CREATE TRIGGER campaign_return_append_only BEFORE UPDATE OR DELETE ON campaign_return
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER campaign_return_no_truncate BEFORE TRUNCATE ON campaign_return
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON campaign_return FROM kindling_app;
"""


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute(TABLES)
