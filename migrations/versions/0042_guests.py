"""People who come in by a mailed link alone, without a password, and where they were going."""

from __future__ import annotations

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

GUESTS = """
-- Has never chosen a password: what is kept as one fits nothing.
ALTER TABLE person ADD COLUMN is_guest boolean NOT NULL DEFAULT false;
ALTER TABLE mail_request
    ADD COLUMN next_path text,
    ADD CONSTRAINT mail_request_next_path_check
        CHECK (next_path LIKE '/%' AND length(next_path) <= 2000),
    DROP CONSTRAINT mail_request_purpose_check,
    ADD CONSTRAINT mail_request_purpose_check
        CHECK (purpose IN ('sign_up', 'confirm', 'reset', 'guest'));
ALTER TABLE mailed_link
    ADD COLUMN next_path text,
    ADD CONSTRAINT mailed_link_next_path_check
        CHECK (next_path LIKE '/%' AND length(next_path) <= 2000),
    DROP CONSTRAINT mailed_link_purpose_check,
    ADD CONSTRAINT mailed_link_purpose_check CHECK (purpose IN ('confirm', 'reset', 'guest'));
"""


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute(GUESTS)
