"""Tables of campaigns: what sponsors write, what backers pledge, and the totals of both."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
-- The rate in force; a campaign keeps the one it was submitted with.
CREATE TABLE campaign_fee (
    valid_from timestamptz PRIMARY KEY,
    fee_bps int NOT NULL CHECK (fee_bps BETWEEN 0 AND 10000)
);
INSERT INTO campaign_fee VALUES ('2020-01-01T00:00:00Z', 500);

CREATE TABLE campaign (
    id uuid PRIMARY KEY,
    sponsor_id uuid NOT NULL REFERENCES person (id),
    form_key text NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'in_review', 'live', 'closing', 'funded',
        'paid_out', 'unfunded', 'refunded', 'cancelled')),
    title text NOT NULL CHECK (length(title) <= 80),
    tagline text NOT NULL DEFAULT '' CHECK (length(tagline) <= 160),
    category text NOT NULL,
    story_html text NOT NULL DEFAULT '',
    story_stripped text[] NOT NULL DEFAULT '{}',
    risks text NOT NULL DEFAULT '' CHECK (length(risks) <= 4000),
    currency char(3),
    goal_minor bigint CHECK (goal_minor > 0),
    deadline timestamptz,
    cover_id uuid REFERENCES picture (id),
    fee_bps int CHECK (fee_bps BETWEEN 0 AND 10000),
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    submitted_at timestamptz,
    launched_at timestamptz,
    closed_at timestamptz,
    decided_at timestamptz,
    ended_at timestamptz,
    fee_minor bigint CHECK (fee_minor >= 0),
    net_minor bigint CHECK (net_minor >= 0),
    release_id uuid,
    return_reason text,
    search tsvector NOT NULL DEFAULT '',
    UNIQUE (sponsor_id, form_key),
    CHECK ((goal_minor IS NULL) = (currency IS NULL)),
    CHECK (state IN ('draft', 'cancelled') OR (goal_minor IS NOT NULL AND deadline IS NOT NULL
        AND fee_bps IS NOT NULL AND cover_id IS NOT NULL AND risks <> '')),
    CHECK (state NOT IN ('funded', 'paid_out') OR (fee_minor IS NOT NULL AND net_minor IS NOT NULL))
);
CREATE INDEX campaign_sponsor_idx ON campaign (sponsor_id, id);
CREATE INDEX campaign_ending_idx ON campaign (state, deadline, id);
CREATE INDEX campaign_newest_idx ON campaign (state, launched_at, id);
CREATE INDEX campaign_queue_idx ON campaign (submitted_at, id) WHERE state = 'in_review';
CREATE INDEX campaign_search_idx ON campaign USING gin (search);

-- What changes with every pledge stands apart from what a sponsor wrote: a campaign everyone
-- pledges to rewrites this narrow row and none of the indexes above.
CREATE TABLE campaign_total (
    campaign_id uuid PRIMARY KEY REFERENCES campaign (id),
    currency char(3) NOT NULL,
    goal_minor bigint NOT NULL CHECK (goal_minor > 0),
    held_minor bigint NOT NULL DEFAULT 0 CHECK (held_minor >= 0),
    released_minor bigint NOT NULL DEFAULT 0 CHECK (released_minor >= 0),
    refunding_minor bigint NOT NULL DEFAULT 0 CHECK (refunding_minor >= 0),
    refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
    -- What was raised: held and released, standing still once the campaign is decided.
    raised_minor bigint NOT NULL DEFAULT 0 CHECK (raised_minor >= 0),
    backers int NOT NULL DEFAULT 0 CHECK (backers >= 0),
    decided boolean NOT NULL DEFAULT false,
    funded_bps bigint GENERATED ALWAYS AS (
        (raised_minor::numeric * 10000 / goal_minor)::bigint) STORED
) WITH (fillfactor = 50);
CREATE INDEX campaign_total_funded_idx ON campaign_total (funded_bps, campaign_id);

CREATE TABLE campaign_picture (
    campaign_id uuid NOT NULL REFERENCES campaign (id),
    picture_id uuid NOT NULL REFERENCES picture (id),
    position int NOT NULL,
    PRIMARY KEY (campaign_id, picture_id)
);

CREATE TABLE reward (
    id uuid PRIMARY KEY,
    campaign_id uuid NOT NULL REFERENCES campaign (id),
    form_key text NOT NULL,
    title text NOT NULL CHECK (btrim(title) <> '' AND length(title) <= 80),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 1000),
    price_minor bigint NOT NULL CHECK (price_minor > 0),
    currency char(3) NOT NULL,
    quantity int CHECK (quantity > 0),
    taken int NOT NULL DEFAULT 0 CHECK (taken >= 0),
    delivery date,
    UNIQUE (campaign_id, form_key),
    UNIQUE (id, campaign_id),
    CONSTRAINT reward_not_oversold CHECK (quantity IS NULL OR taken <= quantity)
);
CREATE INDEX reward_campaign_idx ON reward (campaign_id, price_minor, id);

CREATE TABLE pledge (
    id uuid PRIMARY KEY,
    campaign_id uuid NOT NULL REFERENCES campaign (id),
    backer_id uuid NOT NULL REFERENCES person (id),
    form_key text NOT NULL,
    state text NOT NULL CHECK (state IN ('awaiting_payment', 'held', 'released', 'refunding',
        'refunded', 'expired', 'cancelled')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    reward_id uuid,
    -- What was agreed, whatever the sponsor writes later.
    reward_title text,
    reward_price_minor bigint,
    reward_delivery date,
    anonymous boolean NOT NULL DEFAULT false,
    placed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    checkout_id uuid,
    refund_id uuid,
    refund_reason text CHECK (refund_reason IN ('taken_back', 'goal_missed', 'too_late')),
    held_at timestamptz,
    ended_at timestamptz,
    UNIQUE (backer_id, form_key),
    FOREIGN KEY (reward_id, campaign_id) REFERENCES reward (id, campaign_id),
    CHECK ((reward_id IS NULL) = (reward_title IS NULL))
);
CREATE INDEX pledge_campaign_idx ON pledge (campaign_id, state, held_at, id);
CREATE INDEX pledge_campaign_backer_idx ON pledge (campaign_id, backer_id, state);
CREATE INDEX pledge_backer_idx ON pledge (backer_id, id);
CREATE INDEX pledge_open_idx ON pledge (expires_at) WHERE state = 'awaiting_payment';

CREATE TABLE campaign_update (
    id uuid PRIMARY KEY,
    campaign_id uuid NOT NULL REFERENCES campaign (id),
    author_id uuid NOT NULL REFERENCES person (id),
    form_key text NOT NULL,
    title text NOT NULL CHECK (btrim(title) <> '' AND length(title) <= 80),
    body_html text NOT NULL,
    posted_at timestamptz NOT NULL,
    UNIQUE (campaign_id, form_key)
);
CREATE INDEX campaign_update_campaign_idx ON campaign_update (campaign_id, posted_at, id);
"""

# The totals follow the pledges by themselves, row by row or ten thousand at once: no code path
# can change a pledge and forget them.
TOTALS = """
CREATE FUNCTION campaign_total_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE campaign_total t SET
        held_minor = held_minor + d.held,
        released_minor = released_minor + d.released,
        refunding_minor = refunding_minor + d.refunding,
        refunded_minor = refunded_minor + d.refunded,
        raised_minor = raised_minor
            + CASE WHEN t.decided THEN 0 ELSE d.held + d.released END,
        backers = backers + CASE WHEN t.decided THEN 0 ELSE coalesce(b.change, 0) END
    FROM (
        SELECT campaign_id,
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
                   AND p.state IN ('held', 'released')) AS counted_now
            FROM (
                SELECT campaign_id, backer_id, 1 AS step FROM is_now
                WHERE state IN ('held', 'released')
                UNION ALL
                SELECT campaign_id, backer_id, -1 FROM was
                WHERE state IN ('held', 'released')
            ) c
            GROUP BY c.campaign_id, c.backer_id
        ) people
        GROUP BY campaign_id
    ) b ON b.campaign_id = d.campaign_id
    WHERE t.campaign_id = d.campaign_id
      AND (d.held, d.released, d.refunding, d.refunded) <> (0, 0, 0, 0);
    RETURN NULL;
END $$;

CREATE TRIGGER pledge_total AFTER UPDATE ON pledge
    REFERENCING OLD TABLE AS was NEW TABLE AS is_now
    FOR EACH STATEMENT EXECUTE FUNCTION campaign_total_follow();

-- A pledge is an agreement: who, to what and how much never change, and none disappears.
CREATE FUNCTION pledge_terms_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.campaign_id, NEW.backer_id, NEW.amount_minor, NEW.currency,
            NEW.reward_id, NEW.placed_at) IS DISTINCT FROM (OLD.campaign_id, OLD.backer_id,
            OLD.amount_minor, OLD.currency, OLD.reward_id, OLD.placed_at) THEN
        RAISE EXCEPTION 'the terms of a pledge do not change'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pledge_terms BEFORE UPDATE OF campaign_id, backer_id, amount_minor, currency,
        reward_id, placed_at OR DELETE ON pledge
    FOR EACH ROW EXECUTE FUNCTION pledge_terms_stand();
CREATE TRIGGER pledge_no_insert_held BEFORE INSERT ON pledge
    FOR EACH ROW WHEN (NEW.state <> 'awaiting_payment') EXECUTE FUNCTION refuse_change();
"""

# Latin words are kept as they are and as their English stem; everything else as it is.
SEARCH = """
CREATE FUNCTION campaign_lexemes(words text[]) RETURNS tsvector LANGUAGE sql STABLE AS $$
    SELECT array_to_tsvector(coalesce(array_agg(DISTINCT lexeme), '{}'))
    FROM (
        SELECT word AS lexeme FROM unnest(words) word
        UNION
        SELECT (ts_lexize('english_stem', word))[1] FROM unnest(words) word
        WHERE word ~ '^[a-z]{3,}$'
    ) found
    WHERE lexeme <> ''
$$;

-- All words must be there. A word of letters may be the start of a longer one, or the stem of
-- another form of itself; signs of CJK runs must stand as they are. Words hold letters and
-- digits only (marketplace/campaigns/search.py), so quoting them is enough.
CREATE FUNCTION campaign_query(words text[], starts boolean[]) RETURNS tsquery
LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(
        CASE WHEN start THEN format('(''%1$s'':*%2$s)', word,
            ' | ''' || CASE WHEN word ~ '^[a-z]{3,}$'
                THEN (ts_lexize('english_stem', word))[1] END || '''')
        ELSE format('''%s''', word) END, ' & '), '''nothing was asked for''')::tsquery
    FROM unnest(words, starts) AS asked (word, start)
$$;
"""


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    connection.execute(TABLES)
    connection.execute(TOTALS)
    connection.execute(SEARCH)
