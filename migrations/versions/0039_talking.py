"""What people say to each other, and what they follow."""

from __future__ import annotations

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

COMMUNITY = """
CREATE TABLE comment (
    id uuid PRIMARY KEY,
    subject_type text NOT NULL,
    subject_id uuid NOT NULL,
    parent_id uuid REFERENCES comment (id),
    author_id uuid NOT NULL REFERENCES person (id),
    kind text NOT NULL CHECK (kind IN ('comment', 'question')),
    form_key text NOT NULL,
    body text NOT NULL CHECK (btrim(body) <> '' AND length(body) <= 2000),
    by_owner boolean NOT NULL,
    posted_at timestamptz NOT NULL,
    answered_at timestamptz,
    hidden_at timestamptz,
    hidden_by uuid REFERENCES person (id),
    hidden_code text,
    UNIQUE (author_id, form_key),
    CHECK ((hidden_at IS NULL) = (hidden_code IS NULL)),
    CHECK (hidden_by IS NULL OR hidden_by <> author_id),
    CHECK (answered_at IS NULL OR (kind = 'question' OR parent_id IS NULL))
);
CREATE INDEX comment_subject_idx ON comment (subject_type, subject_id, kind, id)
    WHERE parent_id IS NULL;
CREATE INDEX comment_parent_idx ON comment (parent_id, id) WHERE parent_id IS NOT NULL;
CREATE INDEX comment_author_idx ON comment (author_id, posted_at);

-- Nobody changes what somebody said, not even who said it; it can only be hidden.
CREATE FUNCTION comment_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.id, NEW.subject_type, NEW.subject_id, NEW.parent_id, NEW.author_id,
            NEW.kind, NEW.body, NEW.by_owner, NEW.posted_at) IS DISTINCT FROM (OLD.id,
            OLD.subject_type, OLD.subject_id, OLD.parent_id, OLD.author_id, OLD.kind, OLD.body,
            OLD.by_owner, OLD.posted_at) THEN
        RAISE EXCEPTION 'what was said stays as it was said'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER comment_stands BEFORE UPDATE OR DELETE ON comment
    FOR EACH ROW EXECUTE FUNCTION comment_stands();

CREATE TABLE follow (
    person_id uuid NOT NULL REFERENCES person (id),
    subject_type text NOT NULL CHECK (subject_type IN ('campaign', 'sponsor')),
    subject_id uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (person_id, subject_type, subject_id)
);
CREATE INDEX follow_subject_idx ON follow (subject_type, subject_id, person_id);
"""


def upgrade() -> None:
    """Create the tables."""
    op.get_bind().connection.driver_connection.execute(COMMUNITY)
