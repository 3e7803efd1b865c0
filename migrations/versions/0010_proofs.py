"""What came of every proof: ledger against its invariants, ledger against the provider."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE proof_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text NOT NULL CHECK (subject IN ('ledger', 'provider')),
    at timestamptz NOT NULL,
    examined bigint NOT NULL CHECK (examined >= 0),
    differences int NOT NULL CHECK (differences >= 0),
    seconds numeric(9, 3) NOT NULL CHECK (seconds >= 0),
    facts jsonb NOT NULL
);
CREATE INDEX proof_run_latest_idx ON proof_run (subject, id DESC);
COMMENT ON TABLE proof_run IS
    'One proof: what was examined, how many differences there were, and the first of them.';

CREATE TRIGGER proof_run_append_only BEFORE UPDATE OR DELETE ON proof_run
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER proof_run_no_truncate BEFORE TRUNCATE ON proof_run
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON proof_run FROM kindling_app;

-- What the finance desk counts at every look, among millions that are long done.
CREATE INDEX escrow_instruction_failed_idx ON escrow_instruction (id) WHERE state = 'failed';
CREATE INDEX escrow_delivery_failed_idx ON escrow_delivery (id) WHERE state = 'failed';
CREATE INDEX escrow_instruction_paid_idx ON escrow_instruction (finished_at)
    WHERE kind = 'checkout' AND state = 'succeeded';
"""


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute(TABLES)
