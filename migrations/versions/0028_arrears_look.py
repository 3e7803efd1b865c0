"""What officers did about late loans; penalty interest of many days is let off as one."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

LOOKS = """
CREATE TABLE arrears_look (
    id uuid NOT NULL,
    loan_id uuid NOT NULL,
    note text NOT NULL,
    -- Whether the borrower reads the note too.
    is_told boolean NOT NULL,
    seen_on date NOT NULL,
    seen_at timestamptz NOT NULL,
    seen_by uuid NOT NULL,
    again_on date NOT NULL,
    CONSTRAINT arrears_look_pkey PRIMARY KEY (id),
    CONSTRAINT arrears_look_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT arrears_look_seen_by_fkey FOREIGN KEY (seen_by) REFERENCES person (id),
    CONSTRAINT arrears_look_note_check CHECK (note <> ''),
    CONSTRAINT arrears_look_again_check CHECK (again_on > seen_on)
);
CREATE INDEX arrears_look_loan_id_idx ON arrears_look (loan_id, id DESC);
CREATE TRIGGER arrears_look_append_only BEFORE UPDATE OR DELETE ON arrears_look
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER arrears_look_no_truncate BEFORE TRUNCATE ON arrears_look
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

# Penalty interest is charged by the day: a waiver may be of all days up to this one.
WAIVERS = """
ALTER TABLE charge_waiver
    ADD COLUMN charge_last_on date,
    ADD CONSTRAINT charge_waiver_last_check CHECK (charge_last_on >= charge_on);
"""


def upgrade() -> None:
    """Create the table and the column."""
    connection = op.get_bind().connection.driver_connection
    for script in (LOOKS, WAIVERS):
        connection.execute(script)
