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
ALTER TABLE loan_product ADD CONSTRAINT loan_product_instalments_check
    CHECK (instalments_max <= 600);
"""

# `term_months` stays for sorting and showing: what the periods come to, in whole months.
LOANS = """
ALTER TABLE loan ADD COLUMN instalments int NOT NULL DEFAULT 0;
UPDATE loan SET instalments = term_months;
ALTER TABLE loan ADD CONSTRAINT loan_instalments_check CHECK (
    instalments BETWEEN 0 AND 600 AND (state IN ('draft', 'withdrawn') OR instalments > 0));
"""


def upgrade() -> None:
    """Add the terms to both tables and count terms in periods."""
    connection = op.get_bind().connection.driver_connection
    for table in ("loan_product", "loan"):
        connection.execute(TERMS.format(table=table))
    connection.execute(PRODUCTS)
    connection.execute(LOANS)
