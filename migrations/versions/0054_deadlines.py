"""Totals that follow many pledges as quickly as few; stretch goals; late pledges found at once."""

from __future__ import annotations

from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

# As in 0014, but nothing in it joins what a statement changed with what it was: such a plan is
# kept by the connection, and one made for a single pledge took a minute for ten thousand.
TOTALS = """
CREATE OR REPLACE FUNCTION campaign_total_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM campaign_total WHERE campaign_id IN (
        SELECT campaign_id FROM (
            SELECT campaign_id, state, 1 AS pledges, amount_minor AS amount FROM is_now
            UNION ALL
            SELECT campaign_id, state, -1, -amount_minor FROM was
        ) change
        GROUP BY campaign_id, state HAVING sum(pledges) <> 0 OR sum(amount) <> 0
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
CREATE INDEX pledge_late_idx ON pledge (campaign_id, state) WHERE is_late;
"""

STRETCH = """
-- What becomes possible with more than the goal: shown to backers, decides nothing.
CREATE TABLE stretch_goal (
    campaign_id uuid NOT NULL,
    position smallint NOT NULL,
    amount_minor bigint NOT NULL,
    title text NOT NULL,
    text text NOT NULL DEFAULT '',
    -- When so much was raised for the first time.
    reached_at timestamptz,
    CONSTRAINT stretch_goal_pkey PRIMARY KEY (campaign_id, position),
    CONSTRAINT stretch_goal_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT stretch_goal_amount_key UNIQUE (campaign_id, amount_minor),
    CONSTRAINT stretch_goal_amount_check CHECK (amount_minor > 0),
    CONSTRAINT stretch_goal_title_check CHECK (btrim(title) <> '' AND length(title) <= 80),
    CONSTRAINT stretch_goal_text_check CHECK (length(text) <= 1000)
);
CREATE INDEX stretch_goal_waiting_idx ON stretch_goal (campaign_id) WHERE reached_at IS NULL;
"""


def upgrade() -> None:
    """Mend the trigger's function; create the table."""
    connection = op.get_bind().connection.driver_connection
    connection.execute(TOTALS)
    connection.execute(STRETCH)
