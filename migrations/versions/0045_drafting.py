"""What a sponsor writes: versions of a draft, its budget, timeline and questions, its film."""

from __future__ import annotations

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

VERSIONS = """
-- A draft as it stood after each save. Never changed; old ones are thinned out.
CREATE TABLE campaign_version (
    campaign_id uuid NOT NULL,
    number integer NOT NULL,
    saved_at timestamptz NOT NULL,
    saved_by uuid NOT NULL,
    is_auto boolean NOT NULL,
    parts jsonb NOT NULL,
    CONSTRAINT campaign_version_pkey PRIMARY KEY (campaign_id, number),
    CONSTRAINT campaign_version_campaign_id_fkey FOREIGN KEY (campaign_id)
        REFERENCES campaign (id),
    CONSTRAINT campaign_version_saved_by_fkey FOREIGN KEY (saved_by) REFERENCES person (id),
    CONSTRAINT campaign_version_number_check CHECK (number > 0)
);
CREATE INDEX campaign_version_saved_by_idx ON campaign_version (saved_by);
CREATE TRIGGER campaign_version_stands BEFORE UPDATE ON campaign_version
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE UPDATE ON campaign_version FROM kindling_app;
"""

TOLD = """
CREATE TABLE budget_line (
    campaign_id uuid NOT NULL,
    position smallint NOT NULL,
    title text NOT NULL,
    amount_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    CONSTRAINT budget_line_pkey PRIMARY KEY (campaign_id, position),
    CONSTRAINT budget_line_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT budget_line_title_check CHECK (btrim(title) <> '' AND length(title) <= 120),
    CONSTRAINT budget_line_amount_check CHECK (amount_minor > 0)
);
-- Milestones to come, each in a month (its first day).
CREATE TABLE timeline_step (
    campaign_id uuid NOT NULL,
    position smallint NOT NULL,
    month date NOT NULL,
    title text NOT NULL,
    CONSTRAINT timeline_step_pkey PRIMARY KEY (campaign_id, position),
    CONSTRAINT timeline_step_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT timeline_step_title_check CHECK (btrim(title) <> '' AND length(title) <= 120),
    CONSTRAINT timeline_step_month_check CHECK (extract(day FROM month) = 1)
);
CREATE TABLE faq_entry (
    campaign_id uuid NOT NULL,
    position smallint NOT NULL,
    question text NOT NULL,
    answer text NOT NULL,
    CONSTRAINT faq_entry_pkey PRIMARY KEY (campaign_id, position),
    CONSTRAINT faq_entry_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT faq_entry_question_check CHECK (btrim(question) <> '' AND length(question) <= 200),
    CONSTRAINT faq_entry_answer_check CHECK (btrim(answer) <> '' AND length(answer) <= 2000)
);
"""

FILM = """
-- What is played at the top of a campaign's page.
CREATE TABLE campaign_recording (
    campaign_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    added_at timestamptz NOT NULL,
    CONSTRAINT campaign_recording_pkey PRIMARY KEY (campaign_id),
    CONSTRAINT campaign_recording_campaign_id_fkey FOREIGN KEY (campaign_id)
        REFERENCES campaign (id),
    CONSTRAINT campaign_recording_recording_id_fkey FOREIGN KEY (recording_id)
        REFERENCES recording (id)
);
CREATE INDEX campaign_recording_recording_id_idx ON campaign_recording (recording_id);
"""


def upgrade() -> None:
    """Create the tables."""
    connection = op.get_bind().connection.driver_connection
    for part in (VERSIONS, TOLD, FILM):
        connection.execute(part)
