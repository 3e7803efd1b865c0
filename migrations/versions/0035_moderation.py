"""One queue of everything reviewable, campaigns suspended and ended, and what finds them."""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

SUSPENSIONS = """
CREATE TABLE suspension (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    state text NOT NULL,
    code text NOT NULL,
    words text NOT NULL,
    suspended_by uuid NOT NULL,
    suspended_at timestamptz NOT NULL,
    -- Who wants it ended, and why; a second person decides.
    end_words text,
    proposed_by uuid,
    proposed_at timestamptz,
    decided_by uuid,
    decided_at timestamptz,
    decision_words text NOT NULL DEFAULT '',
    CONSTRAINT suspension_pkey PRIMARY KEY (id),
    CONSTRAINT suspension_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT suspension_suspended_by_fkey FOREIGN KEY (suspended_by) REFERENCES person (id),
    CONSTRAINT suspension_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES person (id),
    CONSTRAINT suspension_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES person (id),
    CONSTRAINT suspension_state_check
        CHECK (state IN ('standing', 'proposed', 'lifted', 'stopped')),
    CONSTRAINT suspension_words_check CHECK (btrim(words) <> '' AND length(words) <= 2000
        AND length(end_words) <= 2000 AND length(decision_words) <= 2000),
    CONSTRAINT suspension_proposed_check CHECK (
        (proposed_by IS NULL) = (proposed_at IS NULL)
        AND (proposed_by IS NULL) = (end_words IS NULL)
        AND (state NOT IN ('proposed', 'stopped') OR proposed_by IS NOT NULL)),
    CONSTRAINT suspension_decided_check CHECK ((decided_by IS NULL) = (decided_at IS NULL)
        AND (decided_at IS NOT NULL) = (state IN ('lifted', 'stopped'))),
    CONSTRAINT suspension_four_eyes_check CHECK (state <> 'stopped' OR decided_by <> proposed_by)
);
CREATE UNIQUE INDEX suspension_standing_key ON suspension (campaign_id)
    WHERE state IN ('standing', 'proposed');
CREATE INDEX suspension_campaign_id_idx ON suspension (campaign_id, suspended_at);
"""


CASES = """
-- Whatever a moderator decides on: what it is about is a type and an id, its domain knows the rest.
CREATE TABLE moderation_case (
    id uuid NOT NULL,
    kind text NOT NULL,
    subject_type text NOT NULL,
    subject_id uuid NOT NULL,
    -- Whose it is: that person never decides on it, and may appeal.
    owner_id uuid NOT NULL,
    title text NOT NULL,
    priority smallint NOT NULL,
    state text NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    CONSTRAINT moderation_case_pkey PRIMARY KEY (id),
    CONSTRAINT moderation_case_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES person (id),
    CONSTRAINT moderation_case_title_check CHECK (length(title) <= 200),
    CONSTRAINT moderation_case_priority_check CHECK (priority BETWEEN 1 AND 4),
    CONSTRAINT moderation_case_state_check CHECK (state IN ('open', 'decided', 'closed')),
    CONSTRAINT moderation_case_closed_check CHECK ((closed_at IS NOT NULL) = (state = 'closed'))
);
CREATE UNIQUE INDEX moderation_case_open_key ON moderation_case (kind, subject_type, subject_id)
    WHERE state <> 'closed';
CREATE INDEX moderation_case_queue_idx ON moderation_case (priority, opened_at, id)
    WHERE state = 'open';
CREATE INDEX moderation_case_subject_id_idx ON moderation_case (subject_id, opened_at);

-- A decision can be undone until its effect; then it stands, and only an appeal changes anything.
CREATE TABLE moderation_decision (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    moderator_id uuid NOT NULL,
    outcome text NOT NULL,
    code text NOT NULL,
    words text NOT NULL,
    decided_at timestamptz NOT NULL,
    effective_at timestamptz NOT NULL,
    took_effect_at timestamptz,
    undone_at timestamptz,
    CONSTRAINT moderation_decision_pkey PRIMARY KEY (id),
    CONSTRAINT moderation_decision_case_id_fkey
        FOREIGN KEY (case_id) REFERENCES moderation_case (id),
    CONSTRAINT moderation_decision_moderator_id_fkey
        FOREIGN KEY (moderator_id) REFERENCES person (id),
    CONSTRAINT moderation_decision_words_check CHECK (length(words) <= 2000),
    CONSTRAINT moderation_decision_effective_check CHECK (effective_at > decided_at),
    CONSTRAINT moderation_decision_once_check CHECK (took_effect_at IS NULL OR undone_at IS NULL)
);
CREATE UNIQUE INDEX moderation_decision_standing_key ON moderation_decision (case_id)
    WHERE undone_at IS NULL;
CREATE INDEX moderation_decision_due_idx ON moderation_decision (effective_at)
    WHERE took_effect_at IS NULL AND undone_at IS NULL;
CREATE INDEX moderation_decision_log_idx ON moderation_decision (took_effect_at, id)
    WHERE took_effect_at IS NOT NULL;

-- What a visitor thinks is wrong. Who is not signed in says it without a name.
CREATE TABLE report (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    reporter_id uuid,
    form_key text NOT NULL,
    code text NOT NULL,
    words text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT report_pkey PRIMARY KEY (id),
    CONSTRAINT report_case_id_fkey FOREIGN KEY (case_id) REFERENCES moderation_case (id),
    CONSTRAINT report_reporter_id_fkey FOREIGN KEY (reporter_id) REFERENCES person (id),
    CONSTRAINT report_form_key_key UNIQUE (form_key),
    CONSTRAINT report_words_check CHECK (length(words) <= 2000)
);
CREATE INDEX report_case_id_idx ON report (case_id, at);
CREATE UNIQUE INDEX report_person_key ON report (case_id, reporter_id)
    WHERE reporter_id IS NOT NULL;

CREATE TABLE appeal (
    decision_id uuid NOT NULL,
    appellant_id uuid NOT NULL,
    case_id uuid NOT NULL,
    words text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT appeal_pkey PRIMARY KEY (decision_id),
    CONSTRAINT appeal_decision_id_fkey
        FOREIGN KEY (decision_id) REFERENCES moderation_decision (id),
    CONSTRAINT appeal_appellant_id_fkey FOREIGN KEY (appellant_id) REFERENCES person (id),
    CONSTRAINT appeal_case_id_fkey FOREIGN KEY (case_id) REFERENCES moderation_case (id),
    CONSTRAINT appeal_words_check CHECK (btrim(words) <> '' AND length(words) <= 2000)
);
CREATE UNIQUE INDEX appeal_case_id_key ON appeal (case_id);

-- What waits for its review already.
INSERT INTO moderation_case (id, kind, subject_type, subject_id, owner_id, title, priority, state,
    opened_at)
SELECT gen_random_uuid(), 'submission', 'campaign', id, sponsor_id, title, 3, 'open', submitted_at
FROM campaign WHERE state = 'in_review';
"""

FINDING = """
-- How much a live campaign is backed lately, against others; worked out every quarter of an hour.
CREATE TABLE trend (
    campaign_id uuid NOT NULL,
    score double precision NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT trend_pkey PRIMARY KEY (campaign_id),
    CONSTRAINT trend_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT trend_score_check CHECK (score >= 0)
);
CREATE INDEX trend_score_idx ON trend (score DESC, campaign_id DESC);

CREATE TABLE saved_search (
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    asked jsonb NOT NULL,
    mail boolean NOT NULL,
    saved_at timestamptz NOT NULL,
    told_until timestamptz NOT NULL,
    CONSTRAINT saved_search_pkey PRIMARY KEY (id),
    CONSTRAINT saved_search_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT saved_search_asked_key UNIQUE (person_id, asked)
);
CREATE INDEX saved_search_told_idx ON saved_search (told_until) WHERE mail;
"""


def upgrade() -> None:
    """Create the tables; what waits for its review is in the queue at once."""
    connection = op.get_bind().connection.driver_connection
    for part in (SUSPENSIONS, CASES, FINDING):
        connection.execute(part)
