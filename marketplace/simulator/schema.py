"""The bank's own tables, in a schema of its own that it creates and upgrades itself."""

from __future__ import annotations

from typing import Final

CREATE: Final = """
SELECT pg_advisory_xact_lock(7213004);  -- two processes may start at once
CREATE SCHEMA IF NOT EXISTS simulator;

CREATE TABLE IF NOT EXISTS simulator.till (
    sole boolean PRIMARY KEY DEFAULT true CHECK (sole),
    offset_seconds bigint NOT NULL DEFAULT 0,
    movements bigint NOT NULL DEFAULT 0,
    events bigint NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS simulator.balance (
    currency char(3) PRIMARY KEY,
    available_minor bigint NOT NULL DEFAULT 0,  -- below zero after a dispute
    pending_minor bigint NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS simulator.checkout (
    id text PRIMARY KEY,
    mode text NOT NULL DEFAULT 'payment' CHECK (mode IN ('payment', 'setup')),
    operation_id text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    description text NOT NULL,
    bundle text NOT NULL,
    return_url text NOT NULL,
    cancel_url text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'paid', 'saved', 'expired')),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX IF NOT EXISTS checkout_operation ON simulator.checkout (operation_id);
CREATE INDEX IF NOT EXISTS checkout_open ON simulator.checkout (expires_at) WHERE state = 'open';

CREATE TABLE IF NOT EXISTS simulator.means (
    id text PRIMARY KEY,
    checkout_id text NOT NULL UNIQUE REFERENCES simulator.checkout,
    card text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE IF NOT EXISTS simulator.charge (
    id text PRIMARY KEY,
    checkout_id text UNIQUE REFERENCES simulator.checkout,
    means_id text REFERENCES simulator.means,
    operation_id text NOT NULL,
    state text NOT NULL DEFAULT 'succeeded' CHECK (state IN ('succeeded', 'failed')),
    failure text,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    fee_minor bigint NOT NULL CHECK (fee_minor >= 0),
    refunded_minor bigint NOT NULL DEFAULT 0,
    currency char(3) NOT NULL,
    method text NOT NULL,
    habit text NOT NULL,
    created_at timestamptz NOT NULL,
    available_at timestamptz NOT NULL,
    dispute_at timestamptz,
    CHECK (num_nonnulls(checkout_id, means_id) = 1),
    CHECK (refunded_minor BETWEEN 0 AND amount_minor)
);

CREATE TABLE IF NOT EXISTS simulator.dispute (
    id text PRIMARY KEY,
    charge_id text NOT NULL UNIQUE REFERENCES simulator.charge,
    operation_id text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    fee_minor bigint NOT NULL CHECK (fee_minor >= 0),
    currency char(3) NOT NULL,
    reason text NOT NULL,
    leaning text NOT NULL CHECK (leaning IN ('won', 'lost')),
    state text NOT NULL CHECK (state IN ('needs_response', 'under_review', 'won', 'lost')),
    evidence text,
    created_at timestamptz NOT NULL,
    respond_by timestamptz NOT NULL,
    due_at timestamptz,
    finished_at timestamptz
);
CREATE INDEX IF NOT EXISTS dispute_operation ON simulator.dispute (operation_id);
CREATE INDEX IF NOT EXISTS dispute_due ON simulator.dispute (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS simulator.refund (
    id text PRIMARY KEY,
    charge_id text NOT NULL REFERENCES simulator.charge,
    operation_id text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed', 'returned')),
    reason text NOT NULL,
    failure text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    returns_at timestamptz
);
CREATE INDEX IF NOT EXISTS refund_operation ON simulator.refund (operation_id);
CREATE INDEX IF NOT EXISTS refund_waiting
    ON simulator.refund (currency, created_at, id) WHERE state = 'pending';

CREATE TABLE IF NOT EXISTS simulator.payee (
    id text PRIMARY KEY,
    operation_id text NOT NULL,
    reference text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    state text NOT NULL CHECK (state IN ('new', 'ready', 'restricted')),
    account_number text,
    created_at timestamptz NOT NULL,
    ready_at timestamptz
);
CREATE INDEX IF NOT EXISTS payee_operation ON simulator.payee (operation_id);

CREATE TABLE IF NOT EXISTS simulator.onboarding (
    id text PRIMARY KEY,
    payee_id text NOT NULL REFERENCES simulator.payee,
    return_url text NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE IF NOT EXISTS simulator.transfer (
    id text PRIMARY KEY,
    payee_id text NOT NULL REFERENCES simulator.payee,
    operation_id text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    reversed_minor bigint NOT NULL DEFAULT 0,
    currency char(3) NOT NULL,
    bundle text NOT NULL,
    description text NOT NULL,
    state text NOT NULL DEFAULT 'paid' CHECK (state IN ('paid', 'returned')),
    failure text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    returns_at timestamptz,
    CHECK (reversed_minor BETWEEN 0 AND amount_minor)
);
CREATE INDEX IF NOT EXISTS transfer_operation ON simulator.transfer (operation_id);

CREATE TABLE IF NOT EXISTS simulator.reversal (
    id text PRIMARY KEY,
    transfer_id text NOT NULL REFERENCES simulator.transfer,
    operation_id text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS reversal_operation ON simulator.reversal (operation_id);

CREATE TABLE IF NOT EXISTS simulator.topup (
    id text PRIMARY KEY,
    operation_id text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS topup_operation ON simulator.topup (operation_id);

CREATE TABLE IF NOT EXISTS simulator.payout (
    id text PRIMARY KEY,
    operation_id text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    description text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'paid', 'failed', 'returned')),
    failure text,
    created_at timestamptz NOT NULL,
    due_at timestamptz,
    finished_at timestamptz
);
CREATE INDEX IF NOT EXISTS payout_operation ON simulator.payout (operation_id);

CREATE TABLE IF NOT EXISTS simulator.verification (
    id text PRIMARY KEY,
    operation_id text NOT NULL,
    email text NOT NULL,
    return_url text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'verified')),
    failure text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX IF NOT EXISTS verification_operation ON simulator.verification (operation_id);

-- Numbered without gaps in commit order, so that "everything after 41" never misses a late one.
CREATE TABLE IF NOT EXISTS simulator.movement (
    position bigint PRIMARY KEY,
    kind text NOT NULL,
    source_id text NOT NULL,
    operation_id text NOT NULL,
    amount_minor bigint NOT NULL,
    fee_minor bigint NOT NULL DEFAULT 0,
    currency char(3) NOT NULL,
    available_at timestamptz NOT NULL,
    matured boolean NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS movement_ripening
    ON simulator.movement (available_at) WHERE NOT matured;

CREATE TABLE IF NOT EXISTS simulator.event (
    position bigint PRIMARY KEY,
    id text NOT NULL UNIQUE,
    type text NOT NULL,
    body text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'given_up')),
    attempts int NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    last_answer text,
    created_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS event_due ON simulator.event (due_at, position) WHERE state = 'waiting';

CREATE TABLE IF NOT EXISTS simulator.fault (
    kind text PRIMARY KEY,
    times int,
    percent int CHECK (percent BETWEEN 1 AND 100),
    until timestamptz,
    size int NOT NULL DEFAULT 3
);

CREATE TABLE IF NOT EXISTS simulator.mood (
    sole boolean PRIMARY KEY DEFAULT true CHECK (sole),
    seed bigint NOT NULL,
    calls bigint NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS simulator.mishap (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    what text NOT NULL,
    at timestamptz NOT NULL
);

CREATE TABLE IF NOT EXISTS simulator.request (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    method text NOT NULL,
    path text NOT NULL,
    sent_key text,
    live_key text UNIQUE,
    body_digest bytea,
    status int NOT NULL,
    answer text,
    sticky int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL
);

-- A bank opened before it could save cards and take money back.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = 'simulator'
                   AND table_name = 'checkout' AND column_name = 'mode') THEN
        ALTER TABLE simulator.checkout ADD mode text NOT NULL DEFAULT 'payment'
            CHECK (mode IN ('payment', 'setup')), DROP CONSTRAINT checkout_state_check,
            ADD CHECK (state IN ('open', 'paid', 'saved', 'expired'));
        ALTER TABLE simulator.charge ALTER checkout_id DROP NOT NULL,
            ADD means_id text REFERENCES simulator.means, ADD dispute_at timestamptz,
            ADD state text NOT NULL DEFAULT 'succeeded' CHECK (state IN ('succeeded', 'failed')),
            ADD failure text, ADD CHECK (num_nonnulls(checkout_id, means_id) = 1);
        ALTER TABLE simulator.refund ADD returns_at timestamptz,
            DROP CONSTRAINT refund_state_check,
            ADD CHECK (state IN ('pending', 'succeeded', 'failed', 'returned'));
        ALTER TABLE simulator.payee DROP CONSTRAINT payee_state_check,
            ADD CHECK (state IN ('new', 'ready', 'restricted'));
        ALTER TABLE simulator.transfer ADD failure text, ADD finished_at timestamptz,
            ADD returns_at timestamptz,
            ADD state text NOT NULL DEFAULT 'paid' CHECK (state IN ('paid', 'returned'));
        ALTER TABLE simulator.balance DROP CONSTRAINT balance_available_minor_check;
        ALTER TABLE simulator.fault ALTER times DROP NOT NULL, ADD until timestamptz,
            ADD percent int CHECK (percent BETWEEN 1 AND 100),
            ADD size int NOT NULL DEFAULT 3;
        ALTER TABLE simulator.request ADD sticky int NOT NULL DEFAULT 0;
    END IF;
END $$;

CREATE INDEX IF NOT EXISTS charge_operation ON simulator.charge (operation_id);
CREATE INDEX IF NOT EXISTS charge_dispute
    ON simulator.charge (dispute_at) WHERE dispute_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS refund_returning
    ON simulator.refund (returns_at) WHERE returns_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS transfer_returning
    ON simulator.transfer (returns_at) WHERE returns_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS payout_due ON simulator.payout (due_at) WHERE due_at IS NOT NULL;
"""
