"""Changes of what was promised, after the launch: proposed, decided, and agreed to anew."""

from __future__ import annotations

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

CHANGES = """
-- When what backers are told last changed: a page shown before that is not agreed to any more.
ALTER TABLE campaign ADD COLUMN terms_at timestamptz;

CREATE TABLE material_change (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    reason text NOT NULL,
    -- Only the parts that differ, as they were and as they are to be.
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    -- Other words for the same: nobody is asked.
    is_wording boolean NOT NULL,
    state text NOT NULL,
    moderator_id uuid,
    decided_at timestamptz,
    words text NOT NULL DEFAULT '',
    reconfirm_until timestamptz,
    CONSTRAINT material_change_pkey PRIMARY KEY (id),
    CONSTRAINT material_change_id_campaign_id_key UNIQUE (id, campaign_id),
    CONSTRAINT material_change_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT material_change_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES person (id),
    CONSTRAINT material_change_moderator_id_fkey FOREIGN KEY (moderator_id) REFERENCES person (id),
    CONSTRAINT material_change_state_check CHECK (state IN ('proposed', 'asking', 'done',
        'refused', 'withdrawn', 'lapsed')),
    CONSTRAINT material_change_words_check CHECK (btrim(reason) <> '' AND length(reason) <= 2000
        AND length(words) <= 2000),
    CONSTRAINT material_change_parts_check CHECK (after <> '{}' AND before <> after),
    CONSTRAINT material_change_decided_check CHECK (
        (moderator_id IS NOT NULL) = (state IN ('asking', 'done', 'refused'))
        AND (decided_at IS NOT NULL) = (moderator_id IS NOT NULL)
        AND (reconfirm_until IS NOT NULL) = (state IN ('asking', 'done'))),
    CONSTRAINT material_change_four_eyes_check CHECK (moderator_id <> proposed_by)
);
-- One at a time: nobody is asked about two changes at once.
CREATE UNIQUE INDEX material_change_standing_key ON material_change (campaign_id)
    WHERE state IN ('proposed', 'asking');
CREATE INDEX material_change_campaign_id_idx ON material_change (campaign_id, proposed_at);
CREATE INDEX material_change_proposed_idx ON material_change (id) WHERE state = 'proposed';

CREATE TABLE reconfirmation (
    change_id uuid NOT NULL,
    pledge_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    answer text,
    answered_at timestamptz,
    reminded_at timestamptz,
    CONSTRAINT reconfirmation_pkey PRIMARY KEY (change_id, pledge_id),
    CONSTRAINT reconfirmation_change_fkey
        FOREIGN KEY (change_id, campaign_id) REFERENCES material_change (id, campaign_id),
    CONSTRAINT reconfirmation_pledge_fkey
        FOREIGN KEY (pledge_id, campaign_id) REFERENCES pledge (id, campaign_id),
    CONSTRAINT reconfirmation_answer_check CHECK (answer IN ('keep', 'leave', 'silent')
        AND (answer IS NULL) = (answered_at IS NULL))
);
CREATE INDEX reconfirmation_pledge_id_idx ON reconfirmation (pledge_id);
CREATE INDEX reconfirmation_unsettled_idx ON reconfirmation (campaign_id)
    WHERE answer IS DISTINCT FROM 'keep';
"""


def upgrade() -> None:
    """Create the tables and the column."""
    op.get_bind().connection.driver_connection.execute(CHANGES)
