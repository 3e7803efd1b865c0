"""Escrow whole: saved means, payouts, what comes back, disputes, remedies, the pace of calls."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE escrow_instruction
    ADD COLUMN method text,
    ADD COLUMN returned_at timestamptz,
    -- Since when the present key is in use, and how often a fault was the answer to it.
    ADD COLUMN keyed_at timestamptz,
    ADD COLUMN faults integer NOT NULL DEFAULT 0,
    DROP CONSTRAINT escrow_instruction_kind_check,
    DROP CONSTRAINT escrow_instruction_state_check,
    DROP CONSTRAINT escrow_instruction_finished_check,
    ADD CONSTRAINT escrow_instruction_kind_check CHECK (kind IN ('checkout', 'setup', 'charge',
        'refund', 'transfer', 'reversal', 'top_up', 'payout')),
    ADD CONSTRAINT escrow_instruction_state_check CHECK (state IN ('planned', 'sent', 'unknown',
        'succeeded', 'failed', 'expired', 'returned')),
    ADD CONSTRAINT escrow_instruction_finished_check
        CHECK ((finished_at IS NOT NULL) = (state NOT IN ('planned', 'sent', 'unknown'))),
    ADD CONSTRAINT escrow_instruction_returned_check
        CHECK ((returned_at IS NOT NULL) = (state = 'returned'));

CREATE TABLE escrow_dispute (
    id uuid NOT NULL,
    provider text NOT NULL,
    provider_ref text NOT NULL,
    -- The payment that is disputed.
    instruction_id uuid NOT NULL,
    amount_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    opened_at timestamptz NOT NULL,
    respond_by timestamptz,
    -- Whether the provider has the money just now.
    withdrawn boolean NOT NULL,
    -- How much of the loss was charged to those who had the money.
    recovered_minor bigint NOT NULL DEFAULT 0,
    -- How far that is: `waiting` is tried again, `undone` was given back after a won dispute.
    recovery text NOT NULL DEFAULT 'none',
    -- What an officer decided to answer, and when the provider had it.
    answer text,
    evidence text,
    answered_by uuid,
    answered_at timestamptz,
    answer_sent_at timestamptz,
    -- Who proposed to concede a large one; another officer must agree.
    conceding_by uuid,
    conceding_at timestamptz,
    read_at timestamptz NOT NULL,
    closed_at timestamptz,
    CONSTRAINT escrow_dispute_pkey PRIMARY KEY (id),
    CONSTRAINT escrow_dispute_provider_provider_ref_key UNIQUE (provider, provider_ref),
    CONSTRAINT escrow_dispute_instruction_id_fkey
        FOREIGN KEY (instruction_id) REFERENCES escrow_instruction (id),
    CONSTRAINT escrow_dispute_answered_by_fkey FOREIGN KEY (answered_by) REFERENCES person (id),
    CONSTRAINT escrow_dispute_conceding_by_fkey FOREIGN KEY (conceding_by) REFERENCES person (id),
    CONSTRAINT escrow_dispute_recovery_check
        CHECK (recovery IN ('none', 'due', 'waiting', 'done', 'undone')),
    CONSTRAINT escrow_dispute_answer_check CHECK (answer IN ('contest', 'concede')),
    CONSTRAINT escrow_dispute_answered_check
        CHECK ((answer IS NOT NULL) = (answered_at IS NOT NULL)
            AND (answer IS NOT NULL) = (answered_by IS NOT NULL)),
    CONSTRAINT escrow_dispute_evidence_check
        CHECK ((evidence IS NOT NULL) = (answer IS NOT DISTINCT FROM 'contest')),
    CONSTRAINT escrow_dispute_four_eyes_check
        CHECK (conceding_by IS NULL OR answer IS NULL OR answer <> 'concede'
            OR answered_by <> conceding_by),
    CONSTRAINT escrow_dispute_amount_check CHECK (amount_minor > 0),
    CONSTRAINT escrow_dispute_recovered_check
        CHECK (recovered_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT escrow_dispute_state_check
        CHECK (state IN ('needs_response', 'under_review', 'won', 'lost')),
    CONSTRAINT escrow_dispute_closed_check
        CHECK ((closed_at IS NOT NULL) = (state IN ('won', 'lost')))
);
CREATE INDEX escrow_dispute_instruction_id_idx ON escrow_dispute (instruction_id);
CREATE INDEX escrow_dispute_open_idx ON escrow_dispute (respond_by) WHERE closed_at IS NULL;
CREATE INDEX escrow_dispute_recovery_idx
    ON escrow_dispute (opened_at) WHERE recovery IN ('due', 'waiting');

-- Each amount of a dispute's loss that somebody was charged, and to whom it would go back.
CREATE TABLE escrow_recovery (
    id uuid NOT NULL,
    dispute_id uuid NOT NULL,
    route text NOT NULL,
    from_account bigint NOT NULL,
    back_account bigint NOT NULL,
    person_id uuid,
    -- The reversal that takes it back from a payee.
    instruction_id uuid,
    amount_minor bigint NOT NULL,
    state text NOT NULL,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT escrow_recovery_pkey PRIMARY KEY (id),
    CONSTRAINT escrow_recovery_dispute_id_fkey
        FOREIGN KEY (dispute_id) REFERENCES escrow_dispute (id),
    CONSTRAINT escrow_recovery_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT escrow_recovery_instruction_id_fkey
        FOREIGN KEY (instruction_id) REFERENCES escrow_instruction (id),
    CONSTRAINT escrow_recovery_amount_check CHECK (amount_minor > 0),
    CONSTRAINT escrow_recovery_state_check
        CHECK (state IN ('waiting', 'taken', 'failed', 'given_back')),
    CONSTRAINT escrow_recovery_finished_check
        CHECK ((finished_at IS NOT NULL) = (state <> 'waiting'))
);
CREATE INDEX escrow_recovery_dispute_id_idx ON escrow_recovery (dispute_id, id);
CREATE INDEX escrow_recovery_instruction_id_idx ON escrow_recovery (instruction_id);

-- The house's own money, put in or paid out: two officers.
CREATE TABLE escrow_house_order (
    id uuid NOT NULL,
    kind text NOT NULL,
    amount_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    state text NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    instruction_id uuid,
    CONSTRAINT escrow_house_order_pkey PRIMARY KEY (id),
    CONSTRAINT escrow_house_order_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES person (id),
    CONSTRAINT escrow_house_order_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES person (id),
    CONSTRAINT escrow_house_order_instruction_id_fkey
        FOREIGN KEY (instruction_id) REFERENCES escrow_instruction (id),
    CONSTRAINT escrow_house_order_kind_check CHECK (kind IN ('top_up', 'payout')),
    CONSTRAINT escrow_house_order_amount_check CHECK (amount_minor > 0),
    CONSTRAINT escrow_house_order_state_check CHECK (state IN ('proposed', 'ordered', 'refused')),
    CONSTRAINT escrow_house_order_decided_check
        CHECK ((decided_at IS NOT NULL) = (state <> 'proposed')),
    CONSTRAINT escrow_house_order_ordered_check
        CHECK ((instruction_id IS NOT NULL) = (state = 'ordered')),
    CONSTRAINT escrow_house_order_four_eyes_check
        CHECK (state <> 'ordered' OR decided_by <> proposed_by)
);
CREATE INDEX escrow_house_order_proposed_idx
    ON escrow_house_order (proposed_at) WHERE state = 'proposed';

-- What is stuck, and what two people decide to do about it.
CREATE TABLE escrow_remedy (
    id uuid NOT NULL,
    instruction_id uuid,
    delivery_id uuid,
    kind text NOT NULL,
    reason text NOT NULL,
    -- What settled it, in the provider's books.
    provider_ref text,
    state text NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    CONSTRAINT escrow_remedy_pkey PRIMARY KEY (id),
    CONSTRAINT escrow_remedy_instruction_id_fkey
        FOREIGN KEY (instruction_id) REFERENCES escrow_instruction (id),
    CONSTRAINT escrow_remedy_delivery_id_fkey
        FOREIGN KEY (delivery_id) REFERENCES escrow_delivery (id),
    CONSTRAINT escrow_remedy_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES person (id),
    CONSTRAINT escrow_remedy_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES person (id),
    CONSTRAINT escrow_remedy_subject_check
        CHECK (num_nonnulls(instruction_id, delivery_id) = 1),
    CONSTRAINT escrow_remedy_kind_check CHECK (kind IN ('retry', 'resolve', 'cancel')),
    CONSTRAINT escrow_remedy_state_check CHECK (state IN ('proposed', 'applied', 'refused')),
    CONSTRAINT escrow_remedy_reason_check CHECK (btrim(reason) <> ''),
    CONSTRAINT escrow_remedy_decided_check
        CHECK ((decided_at IS NOT NULL) = (state <> 'proposed')),
    CONSTRAINT escrow_remedy_provider_ref_check
        CHECK ((provider_ref IS NOT NULL) = (kind = 'resolve')),
    -- One may withdraw what one proposed, but not approve it.
    CONSTRAINT escrow_remedy_four_eyes_check
        CHECK (kind = 'retry' OR state <> 'applied' OR decided_by <> proposed_by)
);
CREATE INDEX escrow_remedy_instruction_id_idx ON escrow_remedy (instruction_id);
CREATE INDEX escrow_remedy_delivery_id_idx ON escrow_remedy (delivery_id);
CREATE UNIQUE INDEX escrow_remedy_proposed_key
    ON escrow_remedy (coalesce(instruction_id, delivery_id)) WHERE state = 'proposed';

-- One row for each endpoint of the provider, and one for the provider itself: the next free
-- moment, and until when nobody calls because of troubles in a row; for all processes together.
CREATE UNLOGGED TABLE escrow_pace (
    endpoint text NOT NULL,
    next_at timestamptz NOT NULL,
    troubles integer NOT NULL DEFAULT 0,
    closed_until timestamptz,
    CONSTRAINT escrow_pace_pkey PRIMARY KEY (endpoint)
);

-- How often a notice was turned away at the door. What it said is not kept.
CREATE TABLE escrow_forgery (
    provider text NOT NULL,
    reason text NOT NULL,
    hour timestamptz NOT NULL,
    count integer NOT NULL,
    last_at timestamptz NOT NULL,
    CONSTRAINT escrow_forgery_pkey PRIMARY KEY (provider, reason, hour)
);
"""


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute(TABLES)
