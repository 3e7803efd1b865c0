"""How long money is held: the last day of every payment, alarms, decisions, what nobody takes."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE escrow_instruction ADD COLUMN leave_by date;
-- Payments of before: the providers there were hold money for 90 days, less a week's margin.
UPDATE escrow_instruction SET leave_by = (finished_at AT TIME ZONE 'UTC')::date + 83
    WHERE kind IN ('checkout', 'charge') AND state = 'succeeded';
ALTER TABLE escrow_instruction ADD CONSTRAINT escrow_instruction_leave_by_check
    CHECK ((leave_by IS NOT NULL) = (kind IN ('checkout', 'charge') AND state = 'succeeded'));

-- What was lent from the wallet is as old as the oldest money it took out of it.
ALTER TABLE commitment ADD COLUMN leave_by date;
UPDATE commitment SET leave_by = (created_at AT TIME ZONE 'UTC')::date + 83
    WHERE source = 'wallet';
ALTER TABLE commitment ADD CONSTRAINT commitment_leave_by_check
    CHECK ((leave_by IS NOT NULL) = (source = 'wallet'));

ALTER TABLE pledge DROP CONSTRAINT pledge_refund_reason_check,
    ADD CONSTRAINT pledge_refund_reason_check CHECK (refund_reason IN ('taken_back',
        'goal_missed', 'too_late', 'held_too_long', 'sponsor_unpaid'));

-- Each alarm is raised once: about what, by which last day, so many days before.
CREATE TABLE holding_alarm (
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    currency char(3) NOT NULL,
    leave_by date NOT NULL,
    days integer NOT NULL,
    person_id uuid,
    amount_minor bigint NOT NULL,
    raised_at timestamptz NOT NULL,
    CONSTRAINT holding_alarm_pkey PRIMARY KEY (kind, subject_id, currency, leave_by, days),
    CONSTRAINT holding_alarm_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT holding_alarm_days_check CHECK (days IN (14, 7, 3)),
    CONSTRAINT holding_alarm_amount_check CHECK (amount_minor > 0)
);
CREATE INDEX holding_alarm_raised_idx ON holding_alarm (raised_at);

-- What an officer wants done before the last day, and the second one who agrees.
CREATE TABLE holding_decision (
    id uuid NOT NULL,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    currency char(3) NOT NULL,
    choice text NOT NULL,
    reason text NOT NULL,
    state text NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    CONSTRAINT holding_decision_pkey PRIMARY KEY (id),
    CONSTRAINT holding_decision_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES person (id),
    CONSTRAINT holding_decision_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES person (id),
    CONSTRAINT holding_decision_choice_check CHECK (choice IN ('give_back', 'pay_on')),
    CONSTRAINT holding_decision_reason_check CHECK (btrim(reason) <> ''),
    CONSTRAINT holding_decision_state_check CHECK (state IN ('proposed', 'done', 'refused')),
    CONSTRAINT holding_decision_decided_check
        CHECK ((decided_at IS NOT NULL) = (state <> 'proposed')),
    CONSTRAINT holding_decision_four_eyes_check CHECK (state <> 'done' OR decided_by <> proposed_by)
);
CREATE UNIQUE INDEX holding_decision_proposed_key
    ON holding_decision (kind, subject_id, currency) WHERE state = 'proposed';

-- What could neither be paid out nor given back: off the wallet, until its owner says where to.
CREATE TABLE holding_stranded (
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    amount_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    leave_by date NOT NULL,
    stranded_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT holding_stranded_pkey PRIMARY KEY (id),
    CONSTRAINT holding_stranded_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT holding_stranded_amount_check CHECK (amount_minor > 0)
);
CREATE INDEX holding_stranded_open_idx ON holding_stranded (person_id) WHERE ended_at IS NULL;

-- A note stays for ever, but for one case: its loan was undone before its borrower had a cent.
DROP TRIGGER note_stays ON note;
CREATE TRIGGER note_stays BEFORE TRUNCATE OR UPDATE OF id ON note
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION note_goes_with_its_loan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.principal_back_minor > 0 OR OLD.interest_back_minor > 0 OR NOT EXISTS (
            SELECT FROM loan WHERE id = OLD.loan_id AND state = 'expired'
            AND disbursed_on IS NULL) THEN
        RAISE EXCEPTION 'note is append-only: DELETE is refused'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER note_goes_with_its_loan BEFORE DELETE ON note
    FOR EACH ROW EXECUTE FUNCTION note_goes_with_its_loan();

-- When all that is held was last looked through.
CREATE TABLE holding_watch (
    only_row boolean NOT NULL DEFAULT true,
    looked_at timestamptz,
    waiting integer NOT NULL DEFAULT 0,
    CONSTRAINT holding_watch_pkey PRIMARY KEY (only_row),
    CONSTRAINT holding_watch_only_row_check CHECK (only_row)
);
INSERT INTO holding_watch DEFAULT VALUES;
"""


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute(TABLES)
