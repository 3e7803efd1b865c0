"""What ledger and provider disagree on, kept from its first sight to its end."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE escrow_difference (
    id uuid NOT NULL,
    provider text NOT NULL,
    type text NOT NULL,
    currency char(3) NOT NULL,
    here_minor bigint NOT NULL,
    there_minor bigint NOT NULL,
    provider_ref text,
    instruction_id uuid,
    -- When the provider says that it happened; null for totals.
    since timestamptz,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    -- When a proof no longer found it.
    gone_at timestamptz,
    alarmed_at timestamptz,
    owner_id uuid,
    note text,
    proposed_by uuid,
    proposed_at timestamptz,
    explained_by uuid,
    explained_at timestamptz,
    CONSTRAINT escrow_difference_pkey PRIMARY KEY (id),
    CONSTRAINT escrow_difference_instruction_id_fkey
        FOREIGN KEY (instruction_id) REFERENCES escrow_instruction (id),
    CONSTRAINT escrow_difference_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES person (id),
    CONSTRAINT escrow_difference_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES person (id),
    CONSTRAINT escrow_difference_explained_by_fkey
        FOREIGN KEY (explained_by) REFERENCES person (id),
    CONSTRAINT escrow_difference_type_check CHECK (type IN ('timing', 'fee', 'missing_here',
        'missing_there', 'amount', 'duplicate', 'unknown', 'total')),
    CONSTRAINT escrow_difference_proposed_check
        CHECK ((proposed_by IS NULL) = (proposed_at IS NULL)
            AND (proposed_by IS NULL OR note <> '')),
    CONSTRAINT escrow_difference_explained_check
        CHECK ((explained_by IS NULL) = (explained_at IS NULL)),
    CONSTRAINT escrow_difference_four_eyes_check CHECK (explained_by <> proposed_by)
);
-- One open row for one disagreement; what was explained once is not told again.
CREATE UNIQUE INDEX escrow_difference_open_key ON escrow_difference
    (provider, type, currency, here_minor, there_minor, provider_ref, instruction_id)
    NULLS NOT DISTINCT WHERE gone_at IS NULL;
CREATE INDEX escrow_difference_explained_idx ON escrow_difference (provider)
    WHERE explained_at IS NOT NULL;
"""


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute(TABLES)
