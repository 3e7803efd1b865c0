-- The ledger's tables. One row of ledger_transfer debits one account and credits another by the
-- same amount: debits equal credits by construction, and no trigger has to count them.

CREATE TYPE ledger_side AS ENUM ('debit', 'credit');
CREATE TYPE ledger_mode AS ENUM ('running', 'append');
CREATE TYPE ledger_guard AS ENUM ('none', 'debits', 'credits');
CREATE TYPE ledger_verb AS ENUM ('post', 'hold', 'settle', 'void', 'reverse');
CREATE TYPE ledger_phase AS ENUM ('single', 'pending', 'post', 'void');

-- ISO 4217. The last three digits of an account's number are its currency's number: two
-- accounts of different currencies can then be told apart by arithmetic alone, without a
-- look-up and without locking anything (docs/adr/0004-ledger-rows.md).
CREATE FUNCTION ledger_currency_number(p_currency char(3)) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE p_currency
        WHEN 'AUD' THEN 36 WHEN 'CHF' THEN 756 WHEN 'CNY' THEN 156 WHEN 'EUR' THEN 978
        WHEN 'GBP' THEN 826 WHEN 'HKD' THEN 344 WHEN 'JPY' THEN 392 WHEN 'KWD' THEN 414
        WHEN 'SGD' THEN 702 WHEN 'TWD' THEN 901 WHEN 'USD' THEN 840
    END
$$;

CREATE SEQUENCE ledger_account_serial;

CREATE TABLE ledger_account (
    id bigint PRIMARY KEY,
    currency char(3) NOT NULL,
    kind text COLLATE "C" NOT NULL,
    owner_type text,
    owner_id uuid,
    book text NOT NULL,
    side ledger_side NOT NULL,
    mode ledger_mode NOT NULL,
    overdraft_allowed boolean NOT NULL,
    guard ledger_guard NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN overdraft_allowed THEN 'none'::ledger_guard
            WHEN side = 'credit' THEN 'debits'::ledger_guard
            ELSE 'credits'::ledger_guard
        END
    ) STORED,
    -- Whether a movement must be applied to the account, and not only be written.
    debits_apply boolean NOT NULL GENERATED ALWAYS AS (
        mode = 'running' OR NOT overdraft_allowed AND side = 'credit'
    ) STORED,
    credits_apply boolean NOT NULL GENERATED ALWAYS AS (
        mode = 'running' OR NOT overdraft_allowed AND side = 'debit'
    ) STORED,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at timestamptz,
    CONSTRAINT ledger_account_number_is_currency
        CHECK (id > 1000 AND ledger_currency_number(currency) IS NOT NULL
               AND id % 1000 = ledger_currency_number(currency)),
    CONSTRAINT ledger_account_book CHECK (book IN ('money', 'memo')),
    CONSTRAINT ledger_account_owner CHECK ((owner_type IS NULL) = (owner_id IS NULL)),
    CONSTRAINT ledger_account_once UNIQUE NULLS NOT DISTINCT (kind, owner_id, currency)
);
CREATE INDEX ledger_account_owner ON ledger_account (owner_id) WHERE owner_id IS NOT NULL;
COMMENT ON TABLE ledger_account IS
    'Who can hold money. `running` keeps a balance row; `append` is summed, so that any number can post at once.';

CREATE TABLE ledger_balance (
    account_id bigint PRIMARY KEY REFERENCES ledger_account,
    guard ledger_guard NOT NULL,
    debits_pending bigint NOT NULL DEFAULT 0,
    debits_posted bigint NOT NULL DEFAULT 0,
    credits_pending bigint NOT NULL DEFAULT 0,
    credits_posted bigint NOT NULL DEFAULT 0,
    CONSTRAINT ledger_balance_counts_up CHECK (debits_pending >= 0 AND credits_pending >= 0),
    CONSTRAINT ledger_balance_debits_covered
        CHECK (guard <> 'debits' OR debits_pending + debits_posted <= credits_posted),
    CONSTRAINT ledger_balance_credits_covered
        CHECK (guard <> 'credits' OR credits_pending + credits_posted <= debits_posted)
) WITH (fillfactor = 50);  -- room for the next version in the same page: updates touch no index
COMMENT ON TABLE ledger_balance IS
    'What a running account holds. The CHECKs are the last word on overdrafts, counting what is pending.';

CREATE TABLE ledger_checkpoint (
    account_id bigint PRIMARY KEY REFERENCES ledger_account,
    upto_journal bigint NOT NULL DEFAULT 0,
    debits_pending bigint NOT NULL DEFAULT 0,
    debits_posted bigint NOT NULL DEFAULT 0,
    credits_pending bigint NOT NULL DEFAULT 0,
    credits_posted bigint NOT NULL DEFAULT 0,
    withdrawals bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
COMMENT ON TABLE ledger_checkpoint IS
    'What an append account held up to a journal. `withdrawals` is bumped, and so the row locked, by whoever takes from a guarded one.';

CREATE TABLE ledger_mark (
    upto_journal bigint NOT NULL,
    horizon xid8 NOT NULL,
    applied boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE ledger_mark IS
    'Journal numbers seen when `horizon` was the next transaction: safe to checkpoint once all before it are over.';

CREATE SEQUENCE ledger_journal_id_seq;

CREATE TABLE ledger_journal (
    id bigint PRIMARY KEY DEFAULT nextval('ledger_journal_id_seq'),
    subject_id bigint,
    request_hash bigint NOT NULL,
    happened_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz,
    verb ledger_verb NOT NULL,
    operation_id text COLLATE "C" NOT NULL,
    cause text COLLATE "C" NOT NULL,
    actor text NOT NULL,
    CONSTRAINT ledger_journal_subject CHECK ((subject_id IS NULL) = (verb <= 'hold')),
    CONSTRAINT ledger_journal_operation UNIQUE (operation_id)
);
CREATE INDEX ledger_journal_cause ON ledger_journal (cause, id);
-- A hold is settled or voided, anything else reversed: each by one journal.
CREATE UNIQUE INDEX ledger_journal_followed_once ON ledger_journal (subject_id) WHERE subject_id IS NOT NULL;
CREATE INDEX ledger_journal_expiring ON ledger_journal (expires_at) WHERE expires_at IS NOT NULL;
COMMENT ON TABLE ledger_journal IS
    'One business operation: its id is the idempotency key, its hash covers what it wrote.';

-- CHECK expressions are compiled anew for every statement, 2 to 4 microseconds each: these are
-- short on purpose. A phase implies what may be filled in; amounts are never zero.
CREATE TABLE ledger_transfer (
    journal_id bigint NOT NULL,
    debit_account bigint NOT NULL,
    credit_account bigint NOT NULL,
    amount bigint NOT NULL,
    line integer NOT NULL,
    phase ledger_phase NOT NULL,
    code text NOT NULL,
    pending_journal bigint,
    pending_amount bigint,
    PRIMARY KEY (journal_id, line),
    CONSTRAINT ledger_transfer_amount CHECK (amount > 0),
    CONSTRAINT ledger_transfer_two_accounts CHECK (debit_account <> credit_account),
    CONSTRAINT ledger_transfer_one_currency CHECK ((debit_account - credit_account) % 1000 = 0),
    CONSTRAINT ledger_transfer_resolves
        CHECK ((phase >= 'post') = (pending_journal IS NOT NULL AND pending_amount IS NOT NULL)),
    CONSTRAINT ledger_transfer_within_hold CHECK (pending_amount >= amount)
);
CREATE INDEX ledger_transfer_debits ON ledger_transfer (debit_account, journal_id);
CREATE INDEX ledger_transfer_credits ON ledger_transfer (credit_account, journal_id);
CREATE UNIQUE INDEX ledger_transfer_resolved_once
    ON ledger_transfer (pending_journal, line) WHERE pending_journal IS NOT NULL;
COMMENT ON TABLE ledger_transfer IS
    'One movement: debits one account and credits another by the same minor units. Rows never change.';

CREATE FUNCTION ledger_refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'rows of % never change: a correction is a new journal', TG_TABLE_NAME
        USING ERRCODE = 'KL006';
END
$$;
CREATE TRIGGER ledger_journal_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_journal
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_transfer_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_account_stays
    BEFORE DELETE OR TRUNCATE OR UPDATE OF
        id, currency, kind, owner_type, owner_id, book, side, mode, overdraft_allowed
    ON ledger_account
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
