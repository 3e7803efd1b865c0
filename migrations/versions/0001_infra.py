"""The role the site works as, jobs, mails, the trails and the business clock."""

from __future__ import annotations

from alembic import op
from procrastinate.app import App
from procrastinate.schema import SchemaManager
from procrastinate.testing import InMemoryConnector

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROLE = """
DO $$
BEGIN
    -- Roles belong to the whole server: another database of it may have made this one already,
    -- perhaps in the same instant.
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kindling_app') THEN
        CREATE ROLE kindling_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'kindling_app', 'MEMBER') THEN
        GRANT kindling_app TO CURRENT_USER;
    END IF;
EXCEPTION WHEN unique_violation OR duplicate_object THEN NULL;
END $$;
GRANT USAGE ON SCHEMA public TO kindling_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kindling_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO kindling_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO kindling_app;
CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
"""

TABLES = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE state_transition (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject_type text NOT NULL,
    subject_id uuid NOT NULL,
    move text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    actor text NOT NULL,
    actor_id uuid,
    reason text,
    at timestamptz NOT NULL
);
CREATE INDEX state_transition_subject_idx ON state_transition (subject_id, subject_type, id);

CREATE TABLE audit_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor text NOT NULL,
    actor_id uuid,
    action text NOT NULL,
    subject_type text NOT NULL,
    subject_id uuid,
    facts jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL
);
CREATE INDEX audit_entry_subject_idx ON audit_entry (subject_id, id);
CREATE INDEX audit_entry_actor_idx ON audit_entry (actor_id, id);

CREATE TABLE mail_message (
    id uuid PRIMARY KEY,
    key text NOT NULL UNIQUE,
    person_id uuid,
    to_address text NOT NULL,
    subject text NOT NULL,
    body_text text NOT NULL,
    body_html text,
    created_at timestamptz NOT NULL,
    sent_at timestamptz
);
CREATE INDEX mail_message_person_idx ON mail_message (person_id, id DESC);
CREATE INDEX mail_message_address_idx ON mail_message (to_address, id DESC);

CREATE TABLE business_clock (
    id int PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    offset_seconds bigint NOT NULL DEFAULT 0 CHECK (offset_seconds >= 0)
);
INSERT INTO business_clock DEFAULT VALUES;
"""

APPEND_ONLY = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON {table} FROM kindling_app;
"""


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    connection.execute(ROLE)
    connection.execute(SchemaManager(App(connector=InMemoryConnector()).connector).get_schema())
    connection.execute(TABLES)
    for table in ("state_transition", "audit_entry"):
        connection.execute(APPEND_ONLY.format(table=table))
