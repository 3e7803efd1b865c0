"""Loan products whole: methods, periods, fees, late and prepayment rules, calendars."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# The same columns on a product and on the loans signed under it: copied, never read back.
TERMS = """
ALTER TABLE {table}
    ADD COLUMN period_every int NOT NULL DEFAULT 1,
    ADD COLUMN period_unit text NOT NULL DEFAULT 'MONTHS',
    -- Whose holidays shift due dates to the next business day; '' shifts none.
    ADD COLUMN calendar text NOT NULL DEFAULT '',
    ADD COLUMN late_fee_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN late_grace_days int NOT NULL DEFAULT 0,
    -- Simple interest a year on overdue principal and interest, ACT/365F.
    ADD COLUMN penalty_bps_per_year int NOT NULL DEFAULT 0,
    ADD COLUMN prepayment_fee_bps int NOT NULL DEFAULT 0,
    ADD COLUMN prepayment_fee_cap text NOT NULL DEFAULT 'interest_saved',
    ADD COLUMN allocation_due text[] NOT NULL
        DEFAULT '{{penalty,fee,interest,principal}}',
    ADD COLUMN allocation_in_advance text[] NOT NULL
        DEFAULT '{{penalty,fee,interest,principal}}',
    ADD COLUMN allocation_mode text NOT NULL DEFAULT 'instalment_first',
    ADD COLUMN reflection_days int NOT NULL DEFAULT 4,
    ADD COLUMN funding_min_bps int NOT NULL DEFAULT 10000,
    ADD COLUMN documents text[] NOT NULL DEFAULT '{{}}',
    ADD COLUMN collateral boolean NOT NULL DEFAULT false,
    ADD COLUMN sign_days int NOT NULL DEFAULT 14,
    -- What one borrower may owe over all loans of this currency; 10 million is the most there is.
    ADD COLUMN exposure_max_minor bigint NOT NULL DEFAULT 1000000000,
    ADD CONSTRAINT {table}_period_check CHECK (
        period_every BETWEEN 1 AND 12 AND period_unit IN ('MONTHS', 'WEEKS')),
    ADD CONSTRAINT {table}_method_check CHECK (method IN (
        'equal_instalment', 'equal_principal', 'interest_only', 'bullet', 'flat')),
    ADD CONSTRAINT {table}_day_count_check CHECK (day_count IN (
        'EQUAL_PERIOD', 'ACT/365F', 'ACT/360', 'ACT/ACT ISDA', '30E/360')),
    ADD CONSTRAINT {table}_calendar_check CHECK (
        calendar IN ('', 'TARGET', 'US', 'GB', 'CN', 'HK')),
    ADD CONSTRAINT {table}_late_check CHECK (
        late_fee_minor >= 0 AND late_grace_days BETWEEN 0 AND 60
        AND penalty_bps_per_year BETWEEN 0 AND 10000),
    ADD CONSTRAINT {table}_prepayment_check CHECK (
        prepayment_fee_bps BETWEEN 0 AND 10000
        AND prepayment_fee_cap IN ('none', 'interest_saved', 'eu_consumer')),
    ADD CONSTRAINT {table}_allocation_check CHECK (
        allocation_due @> '{{penalty,fee,interest,principal}}' AND cardinality(allocation_due) = 4
        AND allocation_in_advance @> '{{penalty,fee,interest,principal}}'
        AND cardinality(allocation_in_advance) = 4
        AND allocation_mode IN ('instalment_first', 'portion_first')),
    ADD CONSTRAINT {table}_funding_check CHECK (
        reflection_days BETWEEN 0 AND 30 AND funding_min_bps BETWEEN 1 AND 10000
        AND sign_days BETWEEN 1 AND 60 AND exposure_max_minor BETWEEN 1 AND 1000000000),
    ADD CONSTRAINT {table}_lender_fee_check CHECK (lender_fee_bps BETWEEN 0 AND 5000)
"""

# What was counted in months is counted in periods; every product so far has months.
PRODUCTS = """
ALTER TABLE loan_product RENAME COLUMN term_min_months TO instalments_min;
ALTER TABLE loan_product RENAME COLUMN term_max_months TO instalments_max;
ALTER TABLE loan_product DROP CONSTRAINT loan_product_lender_fee_bps_check;
ALTER TABLE loan_product
    ADD COLUMN summary text NOT NULL DEFAULT '',
    ADD COLUMN published_at timestamptz,
    ADD CONSTRAINT loan_product_instalments_check CHECK (instalments_max <= 600);
"""

# `term_months` stays for sorting and showing: what the periods come to, in whole months.
LOANS = """
ALTER TABLE loan ADD COLUMN instalments int NOT NULL DEFAULT 0;
UPDATE loan SET instalments = term_months;
ALTER TABLE loan ADD CONSTRAINT loan_instalments_check CHECK (
    instalments BETWEEN 0 AND 600 AND (state IN ('draft', 'withdrawn') OR instalments > 0));
"""

# A version comes from a proposal that one person made and another approved, and never changes but
# for being offered no more. Those that came with the house have no proposal.
VERSIONS = """
CREATE TABLE loan_product_proposal (
    id uuid PRIMARY KEY,
    state text NOT NULL,
    code text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_]{1,31}$'),
    currency char(3) NOT NULL,
    -- what was cloned, and the whole version that would follow: columns and grades
    base_id uuid NOT NULL REFERENCES loan_product (id),
    columns jsonb NOT NULL,
    grades jsonb NOT NULL,
    note text NOT NULL CHECK (note <> ''),
    proposed_by uuid NOT NULL REFERENCES person (id),
    proposed_at timestamptz NOT NULL,
    decided_by uuid REFERENCES person (id),
    decided_at timestamptz,
    product_id uuid UNIQUE REFERENCES loan_product (id),
    CONSTRAINT loan_product_proposal_decided_check
        CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT loan_product_proposal_four_eyes_check
        CHECK (product_id IS NULL OR decided_by <> proposed_by)
);
-- One proposal at a time for a product: the second would be made on what the first changes.
CREATE UNIQUE INDEX loan_product_proposal_open_key ON loan_product_proposal (code, currency)
    WHERE state = 'proposed';
CREATE INDEX loan_product_proposal_code_idx ON loan_product_proposal (code, currency, id DESC);

CREATE FUNCTION loan_product_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL AND (TG_OP = 'DELETE'
       OR to_jsonb(NEW) - 'active' IS DISTINCT FROM to_jsonb(OLD) - 'active') THEN
        RAISE EXCEPTION 'a published version of a product never changes'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER loan_product_stays BEFORE UPDATE OR DELETE ON loan_product
    FOR EACH ROW EXECUTE FUNCTION loan_product_stays();
CREATE TRIGGER loan_grade_append_only BEFORE UPDATE OR DELETE ON loan_grade
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

# What can be borrowed from the first day, in each currency with the calendar of its banks. No fee
# is below 2 %: the provider keeps its own of what lenders pay in, and the house would be short.
SEEDS = """
UPDATE loan_product SET summary = 'For nearly everything: the same amount each month.'
WHERE code = 'personal';

INSERT INTO loan_product
    (id, code, version, currency, name, summary, amount_min_minor, amount_max_minor,
     instalments_min, instalments_max, period_every, period_unit, method, day_count,
     rounding_mode, calendar, origination_fee_bps, lender_fee_bps, fraction_min_minor,
     funding_min_bps, funding_days, offer_days, sign_days, bill_lead_days, late_fee_minor,
     late_grace_days, penalty_bps_per_year, prepayment_fee_bps, prepayment_fee_cap, documents,
     collateral, exposure_max_minor)
SELECT ('01900000-0000-7000-8000-0000000001' || to_hex(place.n * 16 + seed.n))::uuid, seed.code, 1,
    place.currency, seed.name, seed.summary, seed.least, seed.most, seed.shortest, seed.longest,
    seed.every, seed.unit, seed.method, seed.day_count, 'HALF_UP', place.calendar, seed.fee,
    seed.lender_fee, seed.fraction, seed.funded, seed.days, 14, 14, seed.lead, seed.late_fee,
    seed.grace, seed.penalty, seed.early, seed.cap, seed.documents, seed.collateral, seed.exposure
FROM (VALUES (1, 'EUR', 'TARGET'), (2, 'USD', 'US'), (3, 'GBP', 'GB'))
    AS place (n, currency, calendar)
CROSS JOIN (VALUES
    (1, 'business', 'Business loan',
     'For machines, stock and rooms: equal repayments each month, so the interest falls.',
     500000, 25000000, 6, 60, 1, 'MONTHS', 'equal_principal', 'ACT/365F', 250, 1000, 2500, 8000,
     21, 10, 2500, 5, 900, 100, 'interest_saved',
     '{identity,accounts,tax,bank_statement,purpose}'::text[], false, 50000000),
    (2, 'bridging', 'Bridging loan',
     'Until a sale or a grant arrives: interest each quarter, the loan itself at the end.',
     1000000, 50000000, 2, 8, 3, 'MONTHS', 'interest_only', 'ACT/365F', 300, 1000, 5000, 10000,
     21, 14, 5000, 5, 1000, 50, 'interest_saved',
     '{identity,income,purpose,collateral_title}'::text[], true, 100000000),
    (3, 'harvest', 'Harvest loan',
     'From seed to sale: nothing to pay before the harvest, everything after it.',
     100000, 5000000, 3, 12, 1, 'MONTHS', 'bullet', 'ACT/365F', 200, 1000, 1000, 8000, 14, 21,
     1500, 10, 800, 0, 'none', '{identity,accounts,purpose}'::text[], false, 10000000),
    (4, 'micro', 'Weekly micro loan',
     'A small sum for who is paid by the week: the same amount every week.',
     5000, 200000, 4, 52, 1, 'WEEKS', 'equal_instalment', 'ACT/365F', 300, 1000, 1000, 10000, 7,
     3, 250, 3, 0, 0, 'none', '{identity,bank_statement}'::text[], false, 500000),
    (5, 'appliance', 'Appliance loan',
     'For one purchase: interest on the whole price, the same sum in every month.',
     20000, 500000, 3, 24, 1, 'MONTHS', 'flat', 'EQUAL_PERIOD', 200, 1000, 1000, 10000, 14, 7,
     500, 5, 800, 0, 'none', '{identity,income,purpose}'::text[], false, 2000000),
    (6, 'vehicle', 'Secured vehicle loan',
     'The vehicle stands behind the loan: lower rates, over up to seven years.',
     200000, 7500000, 12, 84, 1, 'MONTHS', 'equal_instalment', '30E/360', 200, 800, 1000, 10000,
     14, 7, 1000, 5, 700, 100, 'eu_consumer',
     '{identity,income,bank_statement,collateral_title}'::text[], true, 10000000)
) AS seed (n, code, name, summary, least, most, shortest, longest, every, unit, method, day_count,
    fee, lender_fee, fraction, funded, days, lead, late_fee, grace, penalty, early, cap, documents,
    collateral, exposure);

-- Each priced from the personal table: so much more or less a year, so much more or less lost.
INSERT INTO loan_grade (product_id, grade, rate_from, rate_to, loss_rate)
SELECT product.id, base.grade, base.rate_from + price.spread, base.rate_to + price.spread,
    round(base.loss_rate * price.losses, 4)
FROM loan_product product
JOIN (VALUES ('business', 0.005, 1.1), ('bridging', 0.02, 0.8), ('harvest', 0.01, 1.2),
             ('micro', 0.05, 1.3), ('appliance', -0.015, 1.0), ('vehicle', -0.01, 0.6))
    AS price (code, spread, losses) ON price.code = product.code
JOIN loan_product personal ON personal.code = 'personal' AND personal.currency = product.currency
JOIN loan_grade base ON base.product_id = personal.id;
"""


def upgrade() -> None:
    """Add the terms to both tables, count terms in periods, and sell more than one product."""
    connection = op.get_bind().connection.driver_connection
    for table in ("loan_product", "loan"):
        connection.execute(TERMS.format(table=table))
    for script in (PRODUCTS, LOANS, SEEDS, VERSIONS):
        connection.execute(script)
