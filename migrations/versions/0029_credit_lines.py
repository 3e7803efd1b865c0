"""Credit lines: a limit granted once, drawn on by loans of their own, with a monthly statement."""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# A product with these is no loan but a line: what is granted is a limit, and each draw is a loan.
PRODUCTS = """
ALTER TABLE loan_product
    -- For how many months after the grant it may be drawn on.
    ADD COLUMN draw_months int,
    ADD COLUMN draw_min_minor bigint,
    -- The day of the month on which its statements are written.
    ADD COLUMN statement_day int,
    ADD CONSTRAINT loan_product_line_check CHECK (
        num_nulls(draw_months, draw_min_minor, statement_day) IN (0, 3)
        AND draw_months BETWEEN 1 AND 60 AND statement_day BETWEEN 1 AND 28
        AND draw_min_minor BETWEEN fraction_min_minor AND amount_min_minor);
"""

LINES = """
CREATE TABLE credit_line (
    id uuid NOT NULL,
    borrower_id uuid NOT NULL,
    -- The request whose two reviews fixed limit, grade and rate; its terms are those of the draws.
    application_id uuid NOT NULL,
    currency char(3) NOT NULL,
    state text NOT NULL,
    limit_minor bigint NOT NULL,
    grade char(1) NOT NULL,
    annual_rate numeric(9, 6) NOT NULL,
    instalments_min int NOT NULL,
    instalments_max int NOT NULL,
    draw_min_minor bigint NOT NULL,
    statement_day int NOT NULL,
    bill_lead_days int NOT NULL,
    draw_until date NOT NULL,
    granted_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    closed_at timestamptz,
    CONSTRAINT credit_line_pkey PRIMARY KEY (id),
    -- What a draw points at, so that it is of the same borrower and currency.
    CONSTRAINT credit_line_whose_key UNIQUE (id, borrower_id, currency),
    CONSTRAINT credit_line_borrower_id_fkey FOREIGN KEY (borrower_id) REFERENCES person (id),
    CONSTRAINT credit_line_application_id_fkey FOREIGN KEY (application_id) REFERENCES loan (id),
    CONSTRAINT credit_line_application_id_key UNIQUE (application_id),
    CONSTRAINT credit_line_state_check CHECK (state IN ('open', 'frozen', 'closed')),
    CONSTRAINT credit_line_closed_check CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT credit_line_limit_check CHECK (limit_minor > 0),
    CONSTRAINT credit_line_rate_check CHECK (annual_rate BETWEEN 0 AND 1),
    CONSTRAINT credit_line_terms_check CHECK (
        1 <= instalments_min AND instalments_min <= instalments_max AND instalments_max <= 600
        AND draw_min_minor > 0 AND statement_day BETWEEN 1 AND 28
        AND bill_lead_days BETWEEN 0 AND 31)
);
-- A new review renews the line somebody has; nobody has two.
CREATE UNIQUE INDEX credit_line_one_key ON credit_line (borrower_id, currency)
    WHERE state <> 'closed';
CREATE INDEX credit_line_borrower_id_idx ON credit_line (borrower_id, id DESC);

-- What the limit was, from when on.
CREATE TABLE credit_line_limit (
    line_id uuid NOT NULL,
    n int NOT NULL,
    at timestamptz NOT NULL,
    limit_minor bigint NOT NULL,
    CONSTRAINT credit_line_limit_pkey PRIMARY KEY (line_id, n),
    CONSTRAINT credit_line_limit_line_id_fkey FOREIGN KEY (line_id) REFERENCES credit_line (id),
    CONSTRAINT credit_line_limit_limit_check CHECK (limit_minor > 0)
);
CREATE TRIGGER credit_line_limit_append_only BEFORE UPDATE OR DELETE ON credit_line_limit
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

# Draws are listed side by side; anything else a person asks for one at a time.
DRAWS = """
ALTER TABLE loan
    ADD COLUMN line_id uuid,
    -- The request whose reviews a draw rests on.
    ADD COLUMN application_id uuid,
    ADD CONSTRAINT loan_line_id_fkey FOREIGN KEY (line_id, borrower_id, currency)
        REFERENCES credit_line (id, borrower_id, currency),
    ADD CONSTRAINT loan_application_id_fkey FOREIGN KEY (application_id) REFERENCES loan (id),
    ADD CONSTRAINT loan_draw_check CHECK ((line_id IS NULL) = (application_id IS NULL));
CREATE INDEX loan_line_id_idx ON loan (line_id, id) WHERE line_id IS NOT NULL;
DROP INDEX loan_one_request_idx;
CREATE UNIQUE INDEX loan_one_request_idx ON loan (borrower_id)
    WHERE line_id IS NULL
      AND state IN ('submitted', 'returned', 'first_passed', 'offered', 'listed');
"""

# A statement is written once. What becomes known later of an earlier day stands in the next one.
STATEMENTS = """
CREATE TABLE credit_line_statement (
    id uuid NOT NULL,
    line_id uuid NOT NULL,
    n int NOT NULL,
    from_on date NOT NULL,
    -- Everything before this day is in it.
    closes_on date NOT NULL,
    pay_by date NOT NULL,
    limit_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    written_at timestamptz NOT NULL,
    CONSTRAINT credit_line_statement_pkey PRIMARY KEY (id),
    CONSTRAINT credit_line_statement_line_id_n_key UNIQUE (line_id, n),
    CONSTRAINT credit_line_statement_line_id_closes_on_key UNIQUE (line_id, closes_on),
    CONSTRAINT credit_line_statement_line_id_fkey FOREIGN KEY (line_id) REFERENCES credit_line (id),
    CONSTRAINT credit_line_statement_days_check
        CHECK (n > 0 AND from_on < closes_on AND closes_on <= pay_by AND limit_minor > 0)
);
CREATE TRIGGER credit_line_statement_append_only BEFORE UPDATE OR DELETE ON credit_line_statement
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE credit_line_statement_draw (
    statement_id uuid NOT NULL,
    loan_id uuid NOT NULL,
    -- Principal owed before, paid out, repaid, and owed after; interest and charges paid.
    opening_minor bigint NOT NULL,
    drawn_minor bigint NOT NULL,
    repaid_minor bigint NOT NULL,
    interest_minor bigint NOT NULL,
    charges_minor bigint NOT NULL,
    closing_minor bigint NOT NULL,
    -- What falls due by the statement's pay-by day and was open when it was written.
    due_minor bigint NOT NULL,
    CONSTRAINT credit_line_statement_draw_pkey PRIMARY KEY (statement_id, loan_id),
    CONSTRAINT credit_line_statement_draw_statement_id_fkey
        FOREIGN KEY (statement_id) REFERENCES credit_line_statement (id),
    CONSTRAINT credit_line_statement_draw_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT credit_line_statement_draw_sum_check CHECK (
        closing_minor = opening_minor + drawn_minor - repaid_minor
        AND closing_minor >= 0 AND due_minor >= 0)
);
CREATE INDEX credit_line_statement_draw_loan_id_idx ON credit_line_statement_draw (loan_id);
CREATE TRIGGER credit_line_statement_draw_append_only
    BEFORE UPDATE OR DELETE ON credit_line_statement_draw
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

# From the first day there is a line in each currency, priced as the personal loan is.
SEEDS = """
INSERT INTO loan_product
    (id, code, version, currency, name, summary, amount_min_minor, amount_max_minor,
     instalments_min, instalments_max, period_every, period_unit, method, day_count,
     rounding_mode, calendar, origination_fee_bps, lender_fee_bps, fraction_min_minor,
     funding_min_bps, funding_days, offer_days, sign_days, bill_lead_days, late_fee_minor,
     late_grace_days, penalty_bps_per_year, prepayment_fee_bps, prepayment_fee_cap, documents,
     collateral, exposure_max_minor, interest_to_date, draw_months, draw_min_minor, statement_day,
     active)
SELECT ('01900000-0000-7000-8000-0000000001' || to_hex(place.n * 16 + 7))::uuid, 'line', 1,
    place.currency, 'Credit line',
    'A limit granted once: draw what you need when you need it, each draw repaid by itself.',
    50000, 1000000, 3, 24, 1, 'MONTHS', 'equal_instalment', 'EQUAL_PERIOD', 'HALF_UP',
    place.calendar, 200, 1000, 1000, 10000, 14, 14, 14, 14, 1000, 5, 800, 0, 'none',
    '{identity,income,bank_statement}'::text[], false, 2000000, 'ACT/365F', 12, 10000, 15, true
FROM (VALUES (1, 'EUR', 'TARGET'), (2, 'USD', 'US'), (3, 'GBP', 'GB'))
    AS place (n, currency, calendar);

INSERT INTO loan_grade (product_id, grade, rate_from, rate_to, loss_rate)
SELECT product.id, base.grade, base.rate_from, base.rate_to, base.loss_rate
FROM loan_product product
JOIN loan_product personal ON personal.code = 'personal' AND personal.version = 1
    AND personal.currency = product.currency
JOIN loan_grade base ON base.product_id = personal.id
WHERE product.code = 'line';
"""


def upgrade() -> None:
    """Let products be lines, and keep lines with their draws, limits and statements."""
    connection = op.get_bind().connection.driver_connection
    for script in (PRODUCTS, LINES, DRAWS, STATEMENTS, SEEDS):
        connection.execute(script)
