"""Risk reports, archived as they came, and the scores made from them."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE risk_request (
    id uuid NOT NULL,
    -- whatever the report is about; this floor does not know what it is
    subject_id uuid NOT NULL,
    person_id uuid NOT NULL,
    purpose text NOT NULL,
    -- which kinds of facts the sources were told
    kinds text[] NOT NULL,
    facts jsonb NOT NULL,
    facts_hash char(64) NOT NULL,
    asked_by text NOT NULL,
    asked_by_id uuid,
    asked_at timestamptz NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL,
    trouble text,
    -- when it was answered, or overtaken by a question with other facts
    closed_at timestamptz,
    CONSTRAINT risk_request_pkey PRIMARY KEY (id),
    CONSTRAINT risk_request_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT risk_request_asked_by_id_fkey FOREIGN KEY (asked_by_id) REFERENCES person (id),
    CONSTRAINT risk_request_purpose_check CHECK (purpose <> ''),
    CONSTRAINT risk_request_kinds_check CHECK (cardinality(kinds) > 0),
    CONSTRAINT risk_request_attempts_check CHECK (attempts >= 0)
);
CREATE UNIQUE INDEX risk_request_waiting_key ON risk_request (subject_id)
    WHERE closed_at IS NULL;
CREATE INDEX risk_request_due_idx ON risk_request (not_before) WHERE closed_at IS NULL;
CREATE INDEX risk_request_subject_idx ON risk_request (subject_id, id DESC);
CREATE INDEX risk_request_person_idx ON risk_request (person_id, id DESC);

-- What came, byte by byte: also what made no sense. The hash is the database's own.
CREATE TABLE risk_answer (
    request_id uuid NOT NULL,
    source text NOT NULL,
    attempt int NOT NULL,
    provider text NOT NULL,
    raw bytea NOT NULL,
    raw_hash text NOT NULL GENERATED ALWAYS AS (encode(sha256(raw), 'hex')) STORED,
    readable boolean NOT NULL,
    as_of date,
    received_at timestamptz NOT NULL,
    CONSTRAINT risk_answer_pkey PRIMARY KEY (request_id, source, attempt),
    CONSTRAINT risk_answer_request_id_fkey FOREIGN KEY (request_id) REFERENCES risk_request (id),
    CONSTRAINT risk_answer_source_check CHECK (source IN ('bureau', 'big_data')),
    CONSTRAINT risk_answer_as_of_check CHECK (readable = (as_of IS NOT NULL))
);
CREATE UNIQUE INDEX risk_answer_readable_key ON risk_answer (request_id, source) WHERE readable;

-- What a version of the scorecard made of both answers. `input` gives it again, at any time.
CREATE TABLE risk_report (
    id uuid NOT NULL,
    request_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    person_id uuid NOT NULL,
    version int NOT NULL,
    input jsonb NOT NULL,
    outcome text NOT NULL,
    codes text[] NOT NULL,
    points int NOT NULL,
    points_max int NOT NULL,
    grade char(1) NOT NULL,
    lines jsonb NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT risk_report_pkey PRIMARY KEY (id),
    CONSTRAINT risk_report_request_key UNIQUE (request_id),
    CONSTRAINT risk_report_request_id_fkey FOREIGN KEY (request_id) REFERENCES risk_request (id),
    CONSTRAINT risk_report_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT risk_report_outcome_check CHECK (outcome IN ('approve', 'refer', 'decline')),
    CONSTRAINT risk_report_points_check CHECK (points BETWEEN 0 AND points_max),
    CONSTRAINT risk_report_grade_check CHECK (grade BETWEEN 'A' AND 'G')
);
CREATE INDEX risk_report_subject_idx ON risk_report (subject_id, id DESC);
CREATE INDEX risk_report_at_idx ON risk_report (at, id);
"""

APPEND_ONLY = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON {table} FROM kindling_app;
"""

# A question is only ever worked on, never rewritten or taken back.
QUESTION_STAYS = """
CREATE TRIGGER risk_request_stays
    BEFORE DELETE OR UPDATE OF id, subject_id, person_id, purpose, kinds, facts, facts_hash,
        asked_by, asked_by_id, asked_at ON risk_request
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
REVOKE DELETE ON risk_request FROM kindling_app;
"""


def upgrade() -> None:
    """Create everything; answers and reports are append-only."""
    connection = op.get_bind().connection.driver_connection
    connection.execute(TABLES)
    for table in ("risk_answer", "risk_report"):
        connection.execute(APPEND_ONLY.format(table=table))
    connection.execute(QUESTION_STAYS)
