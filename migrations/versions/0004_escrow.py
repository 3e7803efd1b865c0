"""Tables of escrow: instructions, deliveries, payees, the mirror of the statement."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE escrow_instruction (
    id uuid NOT NULL,
    kind text NOT NULL,
    purpose text NOT NULL,
    subject_id uuid NOT NULL,
    sequence integer NOT NULL,
    person_id uuid,
    of_id uuid,
    provider text NOT NULL,
    amount_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    state text NOT NULL,
    account_id bigint NOT NULL,
    cause text NOT NULL,
    description text NOT NULL,
    return_path text,
    cancel_path text,
    expires_at timestamptz,
    provider_ref text,
    payment_ref text,
    url text,
    attempts integer NOT NULL DEFAULT 0,
    refusals integer NOT NULL DEFAULT 0,
    last_error text,
    not_before timestamptz,
    lease_until timestamptz,
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    finished_at timestamptz,
    CONSTRAINT escrow_instruction_pkey PRIMARY KEY (id),
    CONSTRAINT escrow_instruction_kind_purpose_subject_id_sequence_key
        UNIQUE (kind, purpose, subject_id, sequence),
    CONSTRAINT escrow_instruction_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT escrow_instruction_of_id_fkey
        FOREIGN KEY (of_id) REFERENCES escrow_instruction (id),
    CONSTRAINT escrow_instruction_amount_check CHECK (amount_minor > 0),
    CONSTRAINT escrow_instruction_kind_check
        CHECK (kind IN ('checkout', 'refund', 'transfer', 'reversal', 'top_up')),
    CONSTRAINT escrow_instruction_state_check
        CHECK (state IN ('planned', 'sent', 'unknown', 'succeeded', 'failed', 'expired')),
    CONSTRAINT escrow_instruction_finished_check
        CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'expired'))),
    CONSTRAINT escrow_instruction_succeeded_check
        CHECK (state <> 'succeeded' OR provider_ref IS NOT NULL)
);
CREATE INDEX escrow_instruction_subject_id_idx ON escrow_instruction (subject_id);
CREATE INDEX escrow_instruction_person_id_idx ON escrow_instruction (person_id, id);
CREATE INDEX escrow_instruction_of_id_idx ON escrow_instruction (of_id);
CREATE INDEX escrow_instruction_planned_idx ON escrow_instruction (created_at)
    WHERE state = 'planned';
CREATE INDEX escrow_instruction_unheard_idx ON escrow_instruction (lease_until)
    WHERE state IN ('sent', 'unknown');
CREATE UNIQUE INDEX escrow_instruction_provider_ref_key
    ON escrow_instruction (provider, kind, provider_ref);

CREATE TABLE escrow_delivery (
    id uuid NOT NULL,
    provider text NOT NULL,
    provider_event_id text NOT NULL,
    kind text NOT NULL,
    body bytea NOT NULL,
    verified_at timestamptz NOT NULL,
    state text NOT NULL,
    instruction_id uuid,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    not_before timestamptz,
    finished_at timestamptz,
    CONSTRAINT escrow_delivery_pkey PRIMARY KEY (id),
    CONSTRAINT escrow_delivery_provider_provider_event_id_key UNIQUE (provider, provider_event_id),
    CONSTRAINT escrow_delivery_instruction_id_fkey
        FOREIGN KEY (instruction_id) REFERENCES escrow_instruction (id),
    CONSTRAINT escrow_delivery_state_check
        CHECK (state IN ('stored', 'applied', 'ignored', 'failed'))
);
CREATE INDEX escrow_delivery_stored_idx ON escrow_delivery (id) WHERE state = 'stored';
CREATE INDEX escrow_delivery_instruction_id_idx ON escrow_delivery (instruction_id);

CREATE TABLE escrow_payee (
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    provider text NOT NULL,
    provider_ref text,
    state text NOT NULL,
    created_at timestamptz NOT NULL,
    ready_at timestamptz,
    CONSTRAINT escrow_payee_pkey PRIMARY KEY (id),
    CONSTRAINT escrow_payee_person_id_provider_key UNIQUE (person_id, provider),
    CONSTRAINT escrow_payee_provider_provider_ref_key UNIQUE (provider, provider_ref),
    CONSTRAINT escrow_payee_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT escrow_payee_state_check CHECK (state IN ('pending', 'ready'))
);

CREATE TABLE escrow_movement (
    id uuid NOT NULL,
    provider text NOT NULL,
    provider_ref text NOT NULL,
    kind text NOT NULL,
    source_ref text NOT NULL,
    operation_id text NOT NULL,
    instruction_id uuid,
    amount_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    available_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    fee_booked boolean NOT NULL,
    matured boolean NOT NULL,
    CONSTRAINT escrow_movement_pkey PRIMARY KEY (id),
    CONSTRAINT escrow_movement_provider_provider_ref_key UNIQUE (provider, provider_ref),
    CONSTRAINT escrow_movement_instruction_id_fkey
        FOREIGN KEY (instruction_id) REFERENCES escrow_instruction (id)
);
CREATE INDEX escrow_movement_instruction_id_idx ON escrow_movement (instruction_id);
CREATE INDEX escrow_movement_fee_due_idx ON escrow_movement (id) WHERE NOT fee_booked;
CREATE INDEX escrow_movement_ripening_idx ON escrow_movement (available_at) WHERE NOT matured;

-- How far the mirror has read, and when ledger and provider were last proved equal.
CREATE TABLE escrow_mirror (
    provider text NOT NULL,
    cursor text NOT NULL DEFAULT '',
    read_at timestamptz,
    proved_at timestamptz,
    differences integer,
    CONSTRAINT escrow_mirror_pkey PRIMARY KEY (provider)
);
"""


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute(TABLES)
