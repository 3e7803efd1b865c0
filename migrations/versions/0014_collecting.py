"""Money taken later: cards saved for a campaign's deadline, and mandates for bills."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE campaign
    ADD COLUMN collection text NOT NULL DEFAULT 'now',
    -- Until when cards that were declined can be mended.
    ADD COLUMN collect_until timestamptz,
    DROP CONSTRAINT campaign_state_check,
    ADD CONSTRAINT campaign_state_check CHECK (state IN ('draft', 'in_review', 'live', 'closing',
        'collecting', 'funded', 'paid_out', 'unfunded', 'refunded', 'cancelled')),
    ADD CONSTRAINT campaign_collection_check CHECK (collection IN ('now', 'deadline')),
    ADD CONSTRAINT campaign_collecting_check
        CHECK (state <> 'collecting' OR (collection = 'deadline' AND collect_until IS NOT NULL));
CREATE INDEX campaign_collecting_idx ON campaign (collect_until, id) WHERE state = 'collecting';

-- Promised: the card is saved, nothing is charged. It counts as pledged and not as collected.
ALTER TABLE campaign_total
    ADD COLUMN promised_minor bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT campaign_total_promised_minor_check CHECK (promised_minor >= 0);

ALTER TABLE pledge
    -- The saved means; `checkout_id` stays the payment itself.
    ADD COLUMN setup_id uuid,
    ADD COLUMN promised_at timestamptz,
    -- The latest charge of the saved means, and how many there were.
    ADD COLUMN charge_id uuid,
    ADD COLUMN charges int NOT NULL DEFAULT 0,
    ADD COLUMN decline_reason text,
    ADD COLUMN reminded_at timestamptz,
    DROP CONSTRAINT pledge_state_check,
    ADD CONSTRAINT pledge_state_check CHECK (state IN ('awaiting_payment', 'promised', 'charging',
        'declined', 'held', 'released', 'refunding', 'refunded', 'charged_back', 'expired',
        'cancelled', 'lapsed')),
    ADD CONSTRAINT pledge_charges_check CHECK ((charges > 0) = (charge_id IS NOT NULL)),
    ADD CONSTRAINT pledge_promised_check CHECK (
        state NOT IN ('promised', 'charging', 'declined', 'lapsed')
        OR (setup_id IS NOT NULL AND promised_at IS NOT NULL)),
    ADD CONSTRAINT pledge_declined_check
        CHECK (state <> 'declined' OR (decline_reason IS NOT NULL AND reminded_at IS NOT NULL));

-- What was paid for a pledge that was paid already: it goes back by itself.
CREATE TABLE pledge_surplus (
    instruction_id uuid NOT NULL,
    pledge_id uuid NOT NULL,
    amount_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    paid_at timestamptz NOT NULL,
    refund_id uuid,
    ended_at timestamptz,
    CONSTRAINT pledge_surplus_pkey PRIMARY KEY (instruction_id),
    CONSTRAINT pledge_surplus_pledge_id_fkey FOREIGN KEY (pledge_id) REFERENCES pledge (id),
    CONSTRAINT pledge_surplus_amount_check CHECK (amount_minor > 0)
);
CREATE INDEX pledge_surplus_pledge_id_idx ON pledge_surplus (pledge_id);

-- A borrower's word that bills may be charged to a saved means.
CREATE TABLE loan_mandate (
    id uuid NOT NULL,
    loan_id uuid NOT NULL,
    borrower_id uuid NOT NULL,
    setup_id uuid NOT NULL,
    state text NOT NULL,
    created_at timestamptz NOT NULL,
    active_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT loan_mandate_pkey PRIMARY KEY (id),
    CONSTRAINT loan_mandate_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT loan_mandate_borrower_id_fkey FOREIGN KEY (borrower_id) REFERENCES person (id),
    CONSTRAINT loan_mandate_state_check
        CHECK (state IN ('waiting', 'active', 'ended', 'expired')),
    CONSTRAINT loan_mandate_active_check CHECK (state <> 'active' OR active_at IS NOT NULL),
    CONSTRAINT loan_mandate_ended_check
        CHECK ((ended_at IS NOT NULL) = (state IN ('ended', 'expired')))
);
CREATE UNIQUE INDEX loan_mandate_loan_key ON loan_mandate (loan_id) WHERE ended_at IS NULL;

ALTER TABLE bill
    ADD COLUMN charge_id uuid,
    ADD COLUMN charges int NOT NULL DEFAULT 0,
    ADD COLUMN charge_told_at timestamptz,
    ADD COLUMN declined_at timestamptz,
    ADD COLUMN decline_reason text,
    ADD CONSTRAINT bill_charges_check CHECK ((charges > 0) = (charge_id IS NOT NULL)),
    ADD CONSTRAINT bill_declined_check
        CHECK ((declined_at IS NULL) = (decline_reason IS NULL));
"""

# As in 0006, with what is promised beside what is held; and the totals are locked before anything
# is counted, so that of a backer's two pledges paid at the same moment the second sees the first.
TOTALS = """
CREATE OR REPLACE FUNCTION campaign_total_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM campaign_total WHERE campaign_id IN (
        SELECT is_now.campaign_id FROM is_now JOIN was USING (id) WHERE is_now.state <> was.state
    ) ORDER BY campaign_id FOR UPDATE;
    UPDATE campaign_total t SET
        promised_minor = promised_minor + d.promised,
        held_minor = held_minor + d.held,
        released_minor = released_minor + d.released,
        refunding_minor = refunding_minor + d.refunding,
        refunded_minor = refunded_minor + d.refunded,
        raised_minor = raised_minor
            + CASE WHEN t.decided THEN 0 ELSE d.promised + d.held + d.released END,
        backers = backers + CASE WHEN t.decided THEN 0 ELSE coalesce(b.change, 0) END
    FROM (
        SELECT campaign_id,
            coalesce(sum(amount) FILTER (
                WHERE state IN ('promised', 'charging', 'declined')), 0) AS promised,
            coalesce(sum(amount) FILTER (WHERE state = 'held'), 0) AS held,
            coalesce(sum(amount) FILTER (WHERE state = 'released'), 0) AS released,
            coalesce(sum(amount) FILTER (WHERE state = 'refunding'), 0) AS refunding,
            coalesce(sum(amount) FILTER (WHERE state = 'refunded'), 0) AS refunded
        FROM (
            SELECT campaign_id, state, amount_minor AS amount FROM is_now
            UNION ALL
            SELECT campaign_id, state, -amount_minor FROM was
        ) change
        GROUP BY campaign_id
    ) d
    LEFT JOIN (
        -- A person counts once, however many pledges they hold.
        SELECT campaign_id,
            sum((counted_now > 0)::int - (counted_now - change > 0)::int) AS change
        FROM (
            SELECT c.campaign_id, c.backer_id, sum(c.step) AS change,
                (SELECT count(*) FROM pledge p
                 WHERE p.campaign_id = c.campaign_id AND p.backer_id = c.backer_id
                   AND p.state IN ('promised', 'charging', 'declined', 'held', 'released')
                ) AS counted_now
            FROM (
                SELECT campaign_id, backer_id, 1 AS step FROM is_now
                WHERE state IN ('promised', 'charging', 'declined', 'held', 'released')
                UNION ALL
                SELECT campaign_id, backer_id, -1 FROM was
                WHERE state IN ('promised', 'charging', 'declined', 'held', 'released')
            ) c
            GROUP BY c.campaign_id, c.backer_id
        ) people
        GROUP BY campaign_id
    ) b ON b.campaign_id = d.campaign_id
    WHERE t.campaign_id = d.campaign_id
      AND (d.promised, d.held, d.released, d.refunding, d.refunded) <> (0, 0, 0, 0, 0);
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    connection.execute(TABLES)
    connection.execute(TOTALS)
