"""What sponsors ask their backers, what backers ask for, and what is told of late deliveries."""

from __future__ import annotations

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

ASKING = """
-- Asked of the backers of one reward, or of everybody who has something coming.
CREATE TABLE survey_question (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    reward_id uuid,
    form_key text NOT NULL,
    title text NOT NULL,
    choices text[] NOT NULL DEFAULT '{}',
    is_required boolean NOT NULL,
    written_at timestamptz NOT NULL,
    asked_at timestamptz,
    CONSTRAINT survey_question_pkey PRIMARY KEY (id),
    CONSTRAINT survey_question_campaign_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT survey_question_reward_fkey
        FOREIGN KEY (reward_id, campaign_id) REFERENCES reward (id, campaign_id),
    CONSTRAINT survey_question_form_key_key UNIQUE (campaign_id, form_key),
    CONSTRAINT survey_question_title_check CHECK (btrim(title) <> '' AND length(title) <= 200)
);
CREATE INDEX survey_question_reward_id_idx ON survey_question (reward_id);

-- Wiped with the address, half a year after the delivery is over.
CREATE TABLE survey_answer (
    pledge_id uuid NOT NULL,
    question_id uuid NOT NULL,
    answer text NOT NULL,
    answered_at timestamptz NOT NULL,
    CONSTRAINT survey_answer_pkey PRIMARY KEY (pledge_id, question_id),
    CONSTRAINT survey_answer_pledge_fkey FOREIGN KEY (pledge_id) REFERENCES pledge (id),
    CONSTRAINT survey_answer_question_fkey
        FOREIGN KEY (question_id) REFERENCES survey_question (id),
    CONSTRAINT survey_answer_answer_check CHECK (btrim(answer) <> '' AND length(answer) <= 1000)
);
CREATE INDEX survey_answer_question_id_idx ON survey_answer (question_id);

-- Who wants to hear from a sponsor; counts until the next update.
CREATE TABLE update_wish (
    campaign_id uuid NOT NULL,
    person_id uuid NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT update_wish_pkey PRIMARY KEY (campaign_id, person_id),
    CONSTRAINT update_wish_campaign_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT update_wish_person_fkey FOREIGN KEY (person_id) REFERENCES person (id)
);
CREATE INDEX update_wish_person_id_idx ON update_wish (person_id);

-- That the promised month has been over for so many days was told.
CREATE TABLE late_notice (
    campaign_id uuid NOT NULL,
    promised_for date NOT NULL,
    days int NOT NULL,
    told_at timestamptz NOT NULL,
    CONSTRAINT late_notice_pkey PRIMARY KEY (campaign_id, promised_for, days),
    CONSTRAINT late_notice_campaign_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id)
);

"""


def upgrade() -> None:
    """Create the tables."""
    op.get_bind().connection.driver_connection.execute(ASKING)
