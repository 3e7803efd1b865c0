"""What a sponsor adds to the answers and the timeline of a campaign that everybody can see."""

from __future__ import annotations

from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

SINCE = """
-- Both are null while an answer says what it said at the launch. `question_id` and `answer_id` are
-- the words it was taken from, if it was: it is shown no longer than they are.
ALTER TABLE faq_entry
    ADD COLUMN added_at timestamptz,
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN question_id uuid,
    ADD COLUMN answer_id uuid,
    ADD CONSTRAINT faq_entry_question_id_fkey FOREIGN KEY (question_id) REFERENCES comment (id),
    ADD CONSTRAINT faq_entry_answer_id_fkey FOREIGN KEY (answer_id) REFERENCES comment (id),
    ADD CONSTRAINT faq_entry_taken_check CHECK ((question_id IS NULL) = (answer_id IS NULL));
CREATE UNIQUE INDEX faq_entry_question_id_key ON faq_entry (question_id);
CREATE INDEX faq_entry_answer_id_idx ON faq_entry (answer_id);
-- `promised_month` is the month at the launch, null while it has not moved.
ALTER TABLE timeline_step
    ADD COLUMN promised_month date,
    ADD COLUMN moved_at timestamptz,
    ADD COLUMN done_at timestamptz,
    ADD CONSTRAINT timeline_step_moved_check CHECK ((promised_month IS NULL) = (moved_at IS NULL));
"""

LOG = """
-- Every change since the launch, as it was and as it became. Never changed, never taken away.
CREATE TABLE told_change (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    position smallint NOT NULL,
    act text NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    reason text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    said_by uuid NOT NULL,
    CONSTRAINT told_change_pkey PRIMARY KEY (id),
    CONSTRAINT told_change_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT told_change_said_by_fkey FOREIGN KEY (said_by) REFERENCES person (id),
    CONSTRAINT told_change_act_check
        CHECK (act IN ('answered', 'reworded', 'moved', 'done', 'reopened'))
);
CREATE INDEX told_change_campaign_id_idx ON told_change (campaign_id, at);
CREATE INDEX told_change_said_by_idx ON told_change (said_by);
CREATE TRIGGER told_change_stands BEFORE UPDATE OR DELETE ON told_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON told_change FROM kindling_app;
"""


def upgrade() -> None:
    """Add the columns and the table."""
    connection = op.get_bind().connection.driver_connection
    for part in (SINCE, LOG):
        connection.execute(part)
