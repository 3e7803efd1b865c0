"""What being late costs, how late each loan is, who was told, and the proof of each day."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

# How days are counted where a period is broken off by an early payoff; '' is as the schedule
# counts. Equal periods say nothing of days, so a day is one of a year of 365 there.
INTEREST_TO_DATE = """
ALTER TABLE {table} ADD COLUMN interest_to_date text NOT NULL DEFAULT '';
ALTER TABLE {table} ADD CONSTRAINT {table}_interest_to_date_check CHECK (interest_to_date IN (
    '', 'EQUAL_PERIOD', 'ACT/365F', 'ACT/360', 'ACT/ACT ISDA', '30E/360'));
UPDATE {table} SET interest_to_date = 'ACT/365F' WHERE day_count = 'EQUAL_PERIOD';
"""

# Charges are rows that stay. A backdated payment, or one that is taken back, corrects a day's
# charge by the difference, as a further revision: the sum of a key's rows is what is charged.
CHARGES = """
CREATE TABLE loan_charge (
    loan_id uuid NOT NULL,
    kind text NOT NULL,
    n int NOT NULL,
    on_date date NOT NULL,
    revision int NOT NULL,
    amount_minor bigint NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT loan_charge_pkey PRIMARY KEY (loan_id, kind, n, on_date, revision),
    CONSTRAINT loan_charge_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT loan_charge_kind_check CHECK (kind IN ('late_fee', 'penalty', 'prepayment_fee')),
    CONSTRAINT loan_charge_revision_check CHECK (revision > 0),
    CONSTRAINT loan_charge_amount_check CHECK (
        CASE revision WHEN 1 THEN amount_minor > 0 ELSE amount_minor <> 0 END)
);
CREATE INDEX loan_charge_on_date_idx ON loan_charge (on_date);
CREATE TRIGGER loan_charge_append_only BEFORE UPDATE OR DELETE ON loan_charge
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER loan_charge_no_truncate BEFORE TRUNCATE ON loan_charge
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

# `penalty_units` is the exact penalty interest to date, 3,650,000 to a minor unit (see
# marketplace/loans/late_charges.py). Penalties and late fees are those of this instalment, what
# was waived taken off. All of it is what replaying the loan's events gives.
ARREARS = """
ALTER TABLE instalment
    ADD COLUMN penalty_units bigint NOT NULL DEFAULT 0,
    ADD COLUMN penalty_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN fee_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN charges_paid_minor bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT instalment_late_charges_check CHECK (
        penalty_units >= 0 AND penalty_minor >= 0 AND fee_minor >= 0
        AND charges_paid_minor BETWEEN 0 AND penalty_minor + fee_minor);
CREATE INDEX instalment_open_idx ON instalment (due_on, loan_id)
    WHERE paid_minor < principal_minor + interest_minor;
ALTER TABLE bill
    ADD COLUMN penalty_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN fee_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN charges_paid_minor bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT bill_late_charges_check CHECK (
        penalty_minor >= 0 AND fee_minor >= 0
        AND charges_paid_minor BETWEEN 0 AND penalty_minor + fee_minor);
ALTER TABLE loan
    -- Charges are made and lateness is counted up to and with this day.
    ADD COLUMN last_closed_on date,
    ADD COLUMN days_past_due int NOT NULL DEFAULT 0,
    ADD COLUMN bucket text NOT NULL DEFAULT 'current',
    ADD CONSTRAINT loan_bucket_check CHECK (
        bucket IN ('current', '1-30', '31-60', '61-90', '90+')
        AND days_past_due >= 0 AND (bucket = 'current') = (days_past_due = 0));
UPDATE loan SET last_closed_on = disbursed_on WHERE disbursed_on IS NOT NULL;
CREATE INDEX loan_late_idx ON loan (days_past_due DESC, id)
    WHERE state = 'active' AND days_past_due > 0;
"""

# Who is told what about an instalment, once each: T-7, T-1, T0, T+1, T+3.
ALERTS = """
CREATE TABLE arrears_alert (
    loan_id uuid NOT NULL,
    n int NOT NULL,
    kind text NOT NULL,
    on_date date NOT NULL,
    made_at timestamptz NOT NULL,
    -- When an officer took note of it on the desk.
    seen_at timestamptz,
    seen_by uuid,
    CONSTRAINT arrears_alert_pkey PRIMARY KEY (loan_id, n, kind),
    CONSTRAINT arrears_alert_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT arrears_alert_seen_by_fkey FOREIGN KEY (seen_by) REFERENCES person (id),
    CONSTRAINT arrears_alert_kind_check CHECK (kind IN ('T-7', 'T-1', 'T0', 'T+1', 'T+3')),
    CONSTRAINT arrears_alert_seen_check CHECK ((seen_by IS NULL) = (seen_at IS NULL))
);
CREATE INDEX arrears_alert_on_date_idx ON arrears_alert (on_date, loan_id);
CREATE INDEX arrears_alert_unseen_idx ON arrears_alert (on_date, loan_id)
    WHERE seen_at IS NULL AND kind IN ('T+1', 'T+3');
"""

# A day is closed once; its hash is over its figures and the hash of the day before.
DAYS = """
CREATE TABLE closing_day (
    on_date date NOT NULL,
    closed_at timestamptz NOT NULL,
    figures jsonb NOT NULL,
    sha256 text NOT NULL,
    CONSTRAINT closing_day_pkey PRIMARY KEY (on_date),
    CONSTRAINT closing_day_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$')
);
CREATE TRIGGER closing_day_append_only BEFORE UPDATE OR DELETE ON closing_day
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER closing_day_no_truncate BEFORE TRUNCATE ON closing_day
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """Create everything; a loan that runs is closed up to its disbursement."""
    connection = op.get_bind().connection.driver_connection
    for table in ("loan_product", "loan"):
        connection.execute(INTEREST_TO_DATE.format(table=table))
    for script in (CHARGES, ARREARS, ALERTS, DAYS):
        connection.execute(script)
