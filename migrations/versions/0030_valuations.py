"""What collateral is worth: valuations, and the limit and haircut of each product."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# Terms like all others: of a version, and copied onto the loan that is asked for under it.
TERMS = """
ALTER TABLE {table}
    ADD COLUMN ltv_max_bps int NOT NULL DEFAULT 0,
    ADD COLUMN haircut_bps int NOT NULL DEFAULT 0,
    ADD CONSTRAINT {table}_ltv_check CHECK (
        ltv_max_bps BETWEEN 0 AND 10000 AND haircut_bps BETWEEN 0 AND 9000);
"""

# What was offered before never named the two: 80 % of four fifths, wherever something is pledged.
GIVEN = """
ALTER TABLE loan_product DISABLE TRIGGER loan_product_stays;
UPDATE loan_product SET ltv_max_bps = 8000, haircut_bps = 2000 WHERE collateral;
ALTER TABLE loan_product ENABLE TRIGGER loan_product_stays;
UPDATE loan SET ltv_max_bps = 8000, haircut_bps = 2000 WHERE collateral;
UPDATE loan_product_proposal SET columns = columns || CASE WHEN (columns ->> 'collateral')::boolean
    THEN '{"ltv_max_bps": 8000, "haircut_bps": 2000}'::jsonb
    ELSE '{"ltv_max_bps": 0, "haircut_bps": 0}'::jsonb END;
-- The products the site came with ask for an appraiser's paper from now on; a version somebody
-- published stays as it is, and there the reviewer asks.
UPDATE loan_product SET documents = documents || '{collateral_value}'::text[]
WHERE collateral AND published_at IS NULL AND NOT 'collateral_value' = ANY (documents);
"""

VALUATIONS = """
ALTER TABLE loan_document ADD CONSTRAINT loan_document_id_loan_id_key UNIQUE (id, loan_id);

-- As read in an appraiser's paper. One that is wrong or old is followed by another, never changed.
CREATE TABLE loan_valuation (
    id uuid NOT NULL,
    loan_id uuid NOT NULL,
    document_id uuid NOT NULL,
    form_key text NOT NULL,
    appraiser text NOT NULL,
    licence text NOT NULL,
    method text NOT NULL,
    value_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    haircut_bps int NOT NULL,
    valued_on date NOT NULL,
    valid_until date NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT loan_valuation_pkey PRIMARY KEY (id),
    CONSTRAINT loan_valuation_recorded_by_form_key_key UNIQUE (recorded_by, form_key),
    CONSTRAINT loan_valuation_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT loan_valuation_document_id_fkey
        FOREIGN KEY (document_id, loan_id) REFERENCES loan_document (id, loan_id),
    CONSTRAINT loan_valuation_recorded_by_fkey FOREIGN KEY (recorded_by) REFERENCES person (id),
    CONSTRAINT loan_valuation_words_check CHECK (appraiser <> '' AND licence <> ''),
    CONSTRAINT loan_valuation_method_check
        CHECK (method IN ('comparison', 'income', 'cost', 'price_guide', 'nominal')),
    CONSTRAINT loan_valuation_value_check CHECK (value_minor > 0),
    CONSTRAINT loan_valuation_haircut_check CHECK (haircut_bps BETWEEN 0 AND 9000),
    CONSTRAINT loan_valuation_days_check CHECK (valid_until >= valued_on)
);
-- The newest one counts: by the day it speaks of, then by when it was written down.
CREATE INDEX loan_valuation_newest_idx ON loan_valuation
    (loan_id, valued_on DESC, recorded_at DESC, id DESC);
CREATE TRIGGER loan_valuation_append_only BEFORE UPDATE OR DELETE ON loan_valuation
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER loan_valuation_no_truncate BEFORE TRUNCATE ON loan_valuation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION loan_valuation_of_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM loan l WHERE l.id = NEW.loan_id AND l.currency = NEW.currency
                     AND l.borrower_id <> NEW.recorded_by) THEN
        RAISE EXCEPTION 'a borrower values nothing, and a value is in the currency of its loan'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'loan_valuation_of_another';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER loan_valuation_of_another BEFORE INSERT ON loan_valuation
    FOR EACH ROW EXECUTE FUNCTION loan_valuation_of_another();
"""


def upgrade() -> None:
    """Give products and loans the two terms, and make the table of valuations."""
    connection = op.get_bind().connection.driver_connection
    for table in ("loan_product", "loan"):
        connection.execute(TERMS.format(table=table))
    for script in (GIVEN, VALUATIONS):
        connection.execute(script)
