"""Persons, their sessions and staff roles; what was mailed; how often somebody guessed."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PERSONS = """
CREATE TABLE person (
    id uuid PRIMARY KEY,
    email citext NOT NULL UNIQUE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    confirmed_at timestamptz,
    locale text,
    theme text NOT NULL DEFAULT 'auto' CHECK (theme IN ('auto', 'light', 'dark')),
    created_at timestamptz NOT NULL
);
CREATE INDEX person_search_idx ON person USING gin (lower(name || ' ' || email::text) gin_trgm_ops);
CREATE INDEX person_newest_idx ON person (id DESC);

-- Staff roles only: what every confirmed person may do is derived, never stored. The primary key
-- is the person alone: where four eyes need two persons, one person can never be both.
CREATE TABLE person_role (
    person_id uuid PRIMARY KEY REFERENCES person (id),
    role text NOT NULL CHECK (role IN
        ('moderator', 'first_reviewer', 'second_reviewer', 'finance_officer', 'admin')),
    granted_at timestamptz NOT NULL,
    granted_by uuid REFERENCES person (id)
);
CREATE INDEX person_role_role_idx ON person_role (role);

CREATE TABLE staff_invitation (
    id uuid PRIMARY KEY,
    email citext NOT NULL,
    role text NOT NULL CHECK (role IN
        ('moderator', 'first_reviewer', 'second_reviewer', 'finance_officer', 'admin')),
    token_digest text NOT NULL UNIQUE,
    invited_by uuid REFERENCES person (id),
    invited_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    accepted_by uuid REFERENCES person (id),
    withdrawn_at timestamptz
);
CREATE UNIQUE INDEX staff_invitation_open_key ON staff_invitation (email)
    WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
"""

SESSIONS = """
CREATE TABLE login_session (
    id uuid PRIMARY KEY,
    token_digest text NOT NULL UNIQUE,
    person_id uuid NOT NULL REFERENCES person (id),
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    user_agent text NOT NULL,
    address text NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX login_session_person_idx ON login_session (person_id) WHERE revoked_at IS NULL;
CREATE INDEX login_session_expiry_idx ON login_session (expires_at);

-- Every try is written as failed before the password is looked at, and corrected afterwards: so
-- a hundred tries at once cannot all be the first. The account is a digest of what was typed.
CREATE TABLE login_attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_key text NOT NULL,
    address text NOT NULL,
    device text,
    at timestamptz NOT NULL,
    outcome text NOT NULL DEFAULT 'failed' CHECK (outcome IN ('failed', 'entered'))
);
CREATE INDEX login_attempt_account_idx ON login_attempt (account_key, at DESC);
CREATE INDEX login_attempt_at_idx ON login_attempt (at);
"""

MAILED = """
-- What a visitor asked us to mail to an address. It is answered by a job, so that the page takes
-- the same path whether or not the address belongs to somebody.
CREATE TABLE mail_request (
    id uuid PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('sign_up', 'confirm', 'reset')),
    email citext NOT NULL,
    name text,
    password_hash text,
    locale text,
    asked_at timestamptz NOT NULL,
    answered_at timestamptz,
    mailed boolean NOT NULL DEFAULT false
);
CREATE INDEX mail_request_email_idx ON mail_request (email, asked_at) WHERE mailed;
CREATE INDEX mail_request_asked_idx ON mail_request (asked_at);

CREATE TABLE mailed_link (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person (id),
    purpose text NOT NULL CHECK (purpose IN ('confirm', 'reset')),
    token_digest text NOT NULL UNIQUE,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX mailed_link_person_idx ON mailed_link (person_id, purpose) WHERE used_at IS NULL;
"""


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    for part in (PERSONS, SESSIONS, MAILED):
        connection.execute(part)
