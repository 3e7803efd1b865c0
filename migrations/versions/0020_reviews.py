"""Two reviews with questions back, counter-offers and exposure limits."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# One row for each decision: a request that was returned for more comes back for another round.
ROUNDS = """
ALTER TABLE loan_review
    ADD COLUMN round int NOT NULL DEFAULT 1,
    -- the report that lay on the desk, and the case as it was read
    ADD COLUMN risk_report_id uuid,
    ADD COLUMN snapshot jsonb NOT NULL DEFAULT '{}',
    -- what was offered, and what the score had said
    ADD COLUMN grade char(1),
    ADD COLUMN score_grade char(1),
    ADD COLUMN deviation text,
    ADD COLUMN annual_rate numeric(9, 6),
    ADD COLUMN amount_minor bigint,
    ADD COLUMN instalments int,
    ADD COLUMN counter_code text;
ALTER TABLE loan_review DROP CONSTRAINT loan_review_pkey;
ALTER TABLE loan_review DROP CONSTRAINT loan_review_decision_check;
ALTER TABLE loan_review
    ADD CONSTRAINT loan_review_pkey PRIMARY KEY (loan_id, stage, round),
    ADD CONSTRAINT loan_review_risk_report_id_fkey
        FOREIGN KEY (risk_report_id) REFERENCES risk_report (id),
    ADD CONSTRAINT loan_review_round_check CHECK (round > 0),
    ADD CONSTRAINT loan_review_decision_check
        CHECK (decision IN ('passed', 'returned', 'offered', 'declined')),
    -- Whoever decides otherwise than the score says why.
    ADD CONSTRAINT loan_review_deviation_check
        CHECK (grade IS NOT DISTINCT FROM score_grade OR deviation <> '' OR grade IS NULL),
    -- Nobody passes a request without a report. What was decided before there were reports stays.
    ADD CONSTRAINT loan_review_report_check
        CHECK (decision NOT IN ('passed', 'offered') OR risk_report_id IS NOT NULL) NOT VALID;
"""

# Beside the loan's own checks: over all rounds, whoever decided at one stage never decides at the
# other, and nobody decides on an own request.
FOUR_EYES = """
CREATE FUNCTION loan_review_four_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM loan l
               WHERE l.id = NEW.loan_id AND l.borrower_id = NEW.reviewer_id)
       OR EXISTS (SELECT FROM loan_review r
                  WHERE r.loan_id = NEW.loan_id AND r.stage <> NEW.stage
                    AND r.reviewer_id = NEW.reviewer_id) THEN
        RAISE EXCEPTION 'a request is decided by two people, and never by its borrower'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'loan_review_four_eyes';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER loan_review_four_eyes BEFORE INSERT ON loan_review
    FOR EACH ROW EXECUTE FUNCTION loan_review_four_eyes();
"""

# Who works on a case just now; a claim that is over may be taken by anybody.
CLAIMS = """
CREATE TABLE loan_claim (
    loan_id uuid NOT NULL,
    person_id uuid NOT NULL,
    claimed_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    CONSTRAINT loan_claim_pkey PRIMARY KEY (loan_id),
    CONSTRAINT loan_claim_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT loan_claim_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT loan_claim_until_check CHECK (until > claimed_at)
);
"""

# What was asked for, where the offer is another; null where nothing else was offered.
COUNTER_OFFERS = """
ALTER TABLE loan
    ADD COLUMN wished_minor bigint,
    ADD COLUMN wished_instalments int,
    ADD COLUMN counter_code text,
    ADD CONSTRAINT loan_wished_check CHECK (
        (wished_minor IS NULL) = (wished_instalments IS NULL)
        AND (wished_minor IS NULL) = (counter_code IS NULL)
        AND (wished_minor IS NULL OR (wished_minor > 0 AND wished_instalments > 0)));
"""

# No borrower may owe more than this share of all loans of a currency, once they come to so much
# that a share means something.
EXPOSURE = """
CREATE TABLE single_name_limit (
    currency char(3) NOT NULL,
    share_bps int NOT NULL,
    book_from_minor bigint NOT NULL,
    CONSTRAINT single_name_limit_pkey PRIMARY KEY (currency),
    CONSTRAINT single_name_limit_share_check CHECK (share_bps BETWEEN 1 AND 10000),
    CONSTRAINT single_name_limit_book_check CHECK (book_from_minor >= 0)
);
INSERT INTO single_name_limit (currency, share_bps, book_from_minor) VALUES
    ('EUR', 500, 100000000), ('USD', 500, 100000000), ('GBP', 500, 100000000);
"""


def upgrade() -> None:
    """Change the reviews and create the rest."""
    connection = op.get_bind().connection.driver_connection
    for script in (ROUNDS, FOUR_EYES, CLAIMS, COUNTER_OFFERS, EXPOSURE):
        connection.execute(script)
