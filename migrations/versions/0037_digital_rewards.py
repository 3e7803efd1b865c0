"""Films, sound and files that only some people may have, and who got what of them when."""

from __future__ import annotations

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

MEDIA = """
CREATE TABLE recording (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES person (id),
    kind text NOT NULL CHECK (kind IN ('film', 'audio')),
    title text NOT NULL CHECK (btrim(title) <> '' AND length(title) <= 120),
    key text NOT NULL UNIQUE CHECK (key ~ '^[0-9a-f]{64}$'),
    media_type text NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    captions text NOT NULL DEFAULT '' CHECK (captions = '' OR captions LIKE 'WEBVTT%'),
    captions_language text NOT NULL DEFAULT '',
    transcript text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    CHECK ((captions = '') = (captions_language = ''))
);
CREATE INDEX recording_owner_idx ON recording (owner_id, created_at);

CREATE TABLE digital_file (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES person (id),
    key text NOT NULL UNIQUE CHECK (key ~ '^[0-9a-f]{64}$'),
    title text NOT NULL CHECK (btrim(title) <> '' AND length(title) <= 120),
    media_type text NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    listing text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL
);
CREATE INDEX digital_file_owner_idx ON digital_file (owner_id, created_at);
"""

REWARDS = """
-- What comes with a reward, to be played or saved. It is withdrawn, never deleted: who got it is
-- kept with it.
CREATE TABLE reward_file (
    id uuid PRIMARY KEY,
    campaign_id uuid NOT NULL,
    reward_id uuid NOT NULL,
    position smallint NOT NULL,
    recording_id uuid REFERENCES recording (id),
    file_id uuid REFERENCES digital_file (id),
    licence text NOT NULL CHECK (btrim(licence) <> '' AND length(licence) <= 4000),
    quota smallint NOT NULL CHECK (quota BETWEEN 1 AND 100),
    form_key text NOT NULL,
    added_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    FOREIGN KEY (reward_id, campaign_id) REFERENCES reward (id, campaign_id),
    UNIQUE (campaign_id, form_key),
    UNIQUE (reward_id, position),
    CHECK ((recording_id IS NULL) <> (file_id IS NULL))
);
CREATE INDEX reward_file_campaign_idx ON reward_file (campaign_id);

-- Evidence: what a person took or played of a pledge's reward. Append-only.
CREATE TABLE reward_download (
    id uuid PRIMARY KEY,
    reward_file_id uuid NOT NULL REFERENCES reward_file (id),
    pledge_id uuid NOT NULL REFERENCES pledge (id),
    person_id uuid NOT NULL REFERENCES person (id),
    kind text NOT NULL CHECK (kind IN ('save', 'play')),
    form_key text NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    at timestamptz NOT NULL,
    UNIQUE (pledge_id, reward_file_id, form_key)
);
CREATE INDEX reward_download_person_idx ON reward_download (person_id, reward_file_id);
CREATE TRIGGER reward_download_append_only BEFORE UPDATE OR DELETE ON reward_download
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reward_download_no_truncate BEFORE TRUNCATE ON reward_download
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON reward_download FROM kindling_app;
"""


def upgrade() -> None:
    """Create the tables."""
    connection = op.get_bind().connection.driver_connection
    for part in (MEDIA, REWARDS):
        connection.execute(part)
