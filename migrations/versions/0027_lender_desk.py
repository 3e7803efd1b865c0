"""Auto-invest rules, what came of them, and what lenders may expect of each instalment."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# A rule never changes: one that is edited ends, and a new one stands in its place.
RULES = """
CREATE TABLE auto_invest_rule (
    id uuid NOT NULL,
    lender_id uuid NOT NULL,
    form_key text NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    currency char(3) NOT NULL,
    -- Empty lists let everything through.
    grades text[] NOT NULL,
    purposes text[] NOT NULL,
    products text[] NOT NULL,
    rate_min numeric(9, 6) NOT NULL,
    term_max_months int,
    amount_minor bigint NOT NULL,
    borrower_max_minor bigint,
    grade_max_minor bigint,
    reserve_minor bigint NOT NULL,
    month_max_minor bigint,
    terms_hash char(64) NOT NULL,
    created_at timestamptz NOT NULL,
    activated_at timestamptz,
    -- Since when the rule waits for an order: who has waited longest comes first.
    waiting_since timestamptz,
    ended_at timestamptz,
    CONSTRAINT auto_invest_rule_pkey PRIMARY KEY (id),
    CONSTRAINT auto_invest_rule_lender_id_form_key_key UNIQUE (lender_id, form_key),
    CONSTRAINT auto_invest_rule_lender_id_fkey FOREIGN KEY (lender_id) REFERENCES person (id),
    CONSTRAINT auto_invest_rule_state_check
        CHECK (state IN ('draft', 'active', 'paused', 'ended')),
    CONSTRAINT auto_invest_rule_amounts_check CHECK (
        amount_minor > 0 AND borrower_max_minor > 0 AND grade_max_minor > 0
        AND reserve_minor >= 0 AND month_max_minor > 0),
    CONSTRAINT auto_invest_rule_rate_check CHECK (rate_min BETWEEN 0 AND 1),
    CONSTRAINT auto_invest_rule_term_check CHECK (term_max_months > 0),
    CONSTRAINT auto_invest_rule_waiting_check
        CHECK (state <> 'active' OR (waiting_since IS NOT NULL AND activated_at IS NOT NULL))
);
CREATE INDEX auto_invest_rule_lender_id_idx ON auto_invest_rule (lender_id, id DESC);
CREATE INDEX auto_invest_rule_active_idx ON auto_invest_rule (currency) WHERE state = 'active';

-- The lender's word that orders may be placed on the terms of a rule.
CREATE TABLE auto_invest_mandate (
    rule_id uuid NOT NULL,
    lender_id uuid NOT NULL,
    terms_hash char(64) NOT NULL,
    given_at timestamptz NOT NULL,
    CONSTRAINT auto_invest_mandate_pkey PRIMARY KEY (rule_id),
    CONSTRAINT auto_invest_mandate_rule_id_fkey
        FOREIGN KEY (rule_id) REFERENCES auto_invest_rule (id),
    CONSTRAINT auto_invest_mandate_lender_id_fkey FOREIGN KEY (lender_id) REFERENCES person (id)
);
CREATE TRIGGER auto_invest_mandate_append_only BEFORE UPDATE OR DELETE ON auto_invest_mandate
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What came of a listing a rule lets through: an order, or the reason there was none. A listing
-- the rule does not let through needs no row: why follows from the two.
CREATE TABLE auto_invest_outcome (
    rule_id uuid NOT NULL,
    loan_id uuid NOT NULL,
    lender_id uuid NOT NULL,
    outcome text NOT NULL,
    amount_minor bigint,
    commitment_id uuid,
    at timestamptz NOT NULL,
    CONSTRAINT auto_invest_outcome_pkey PRIMARY KEY (rule_id, loan_id),
    CONSTRAINT auto_invest_outcome_rule_id_fkey
        FOREIGN KEY (rule_id) REFERENCES auto_invest_rule (id),
    CONSTRAINT auto_invest_outcome_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT auto_invest_outcome_commitment_id_fkey
        FOREIGN KEY (commitment_id) REFERENCES commitment (id),
    CONSTRAINT auto_invest_outcome_ordered_check CHECK (
        (outcome = 'ordered') = (commitment_id IS NOT NULL)
        AND (outcome = 'ordered') = (amount_minor IS NOT NULL))
);
CREATE INDEX auto_invest_outcome_loan_id_idx ON auto_invest_outcome (loan_id)
    WHERE outcome = 'ordered';
CREATE INDEX auto_invest_outcome_month_idx ON auto_invest_outcome (rule_id, at)
    WHERE outcome = 'ordered';
CREATE INDEX auto_invest_outcome_commitment_id_idx ON auto_invest_outcome (commitment_id)
    WHERE outcome = 'ordered';
-- A dry run looks at what was listed lately.
CREATE INDEX loan_listed_at_idx ON loan (listed_at, id) WHERE listed_at IS NOT NULL;
"""

# Each note's exact part of each instalment, by its position: the split of the distribution
# (largest remainder over everything to date, ties to the lower position), worked out once when a
# schedule is written, because a portfolio of thousands of notes cannot rank them for each page.
PLANS = """
ALTER TABLE instalment
    ADD COLUMN principal_shares int[],
    ADD COLUMN interest_shares int[];

CREATE FUNCTION plan_shares(loans uuid[]) RETURNS void LANGUAGE sql AS $$
    WITH to_date AS (
        SELECT i.loan_id, i.n, l.amount_minor AS whole, part.kind, part.minor
        FROM (
            SELECT loan_id, n, outstanding_minor,
                sum(interest_minor) OVER (PARTITION BY loan_id ORDER BY n)::bigint AS interest
            FROM instalment WHERE loan_id = ANY (loans)
        ) i JOIN loan l ON l.id = i.loan_id CROSS JOIN LATERAL (VALUES
            ('principal', l.amount_minor - i.outstanding_minor), ('interest', i.interest)
        ) AS part (kind, minor)
    ), floors AS (
        SELECT t.loan_id, t.n, t.kind, t.minor, p.position,
            t.minor * p.principal_minor / t.whole AS whole_cents,
            mod(t.minor * p.principal_minor, t.whole) AS remainder
        FROM to_date t JOIN note p ON p.loan_id = t.loan_id
    ), summed AS (
        SELECT loan_id, n, kind, position, whole_cents
            + CASE WHEN row_number() OVER (PARTITION BY loan_id, n, kind
                    ORDER BY remainder DESC, position)
                <= minor - sum(whole_cents) OVER (PARTITION BY loan_id, n, kind)
                THEN 1 ELSE 0 END AS share
        FROM floors
    ), shares AS (
        SELECT loan_id, n, kind, position, share - coalesce(lag(share) OVER (
            PARTITION BY loan_id, kind, position ORDER BY n), 0) AS share
        FROM summed
    ), planned AS (
        SELECT loan_id, n,
            array_agg(share::int ORDER BY position) FILTER (WHERE kind = 'principal') AS principal,
            array_agg(share::int ORDER BY position) FILTER (WHERE kind = 'interest') AS interest
        FROM shares GROUP BY loan_id, n
    )
    UPDATE instalment i
    SET principal_shares = planned.principal, interest_shares = planned.interest
    FROM planned WHERE i.loan_id = planned.loan_id AND i.n = planned.n
$$;
SELECT plan_shares(ARRAY (SELECT id FROM loan WHERE state = 'active'));
"""

# What a lender lost on a note when its claim was given up, and what came of it after all.
LOSSES = """
ALTER TABLE note
    ADD COLUMN written_off_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN recovered_minor bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT note_written_off_check CHECK (
        written_off_minor BETWEEN 0 AND principal_minor - principal_back_minor
        AND recovered_minor BETWEEN 0 AND written_off_minor);

-- The same by date, for tax years; a note's columns are the sums of its rows.
CREATE TABLE note_loss (
    id uuid NOT NULL,
    note_id uuid NOT NULL,
    at timestamptz NOT NULL,
    written_off_minor bigint NOT NULL,
    recovered_minor bigint NOT NULL,
    CONSTRAINT note_loss_pkey PRIMARY KEY (id),
    CONSTRAINT note_loss_note_id_fkey FOREIGN KEY (note_id) REFERENCES note (id),
    CONSTRAINT note_loss_amounts_check CHECK (
        written_off_minor >= 0 AND recovered_minor >= 0
        AND written_off_minor + recovered_minor > 0)
);
CREATE INDEX note_loss_note_id_idx ON note_loss (note_id);
CREATE TRIGGER note_loss_append_only BEFORE UPDATE OR DELETE ON note_loss
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """Create the tables and plan what is running."""
    connection = op.get_bind().connection.driver_connection
    for script in (RULES, PLANS, LOSSES):
        connection.execute(script)
