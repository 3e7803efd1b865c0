"""The ground of crowdfunding: how a campaign is judged, what a reward is, lines of pledges, parts.

Money first: what a pledge is made of (`pledge_line`), and where each part of it is after success
(`pledge_part`), so that a part can be held back until what was promised has arrived.
"""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

CAMPAIGNS = """
ALTER TABLE campaign
    -- By what is it judged: all or nothing, whatever was raised, or a minimum and an optimum.
    ADD COLUMN model text NOT NULL DEFAULT 'all_or_nothing',
    -- What must be collected for the campaign to be funded; NULL: all of the goal.
    ADD COLUMN floor_minor bigint,
    ADD COLUMN optimum_minor bigint,
    ADD COLUMN round smallint NOT NULL DEFAULT 1,
    ADD COLUMN round_two_days smallint,
    ADD COLUMN first_deadline timestamptz,
    -- The zone its sponsor meant; the deadline itself is an instant.
    ADD COLUMN deadline_zone text NOT NULL DEFAULT 'UTC',
    ADD COLUMN late_until timestamptz,
    ADD COLUMN launch_at timestamptz,
    ADD COLUMN announced_at timestamptz,
    ADD COLUMN preview_digest text,
    ADD COLUMN inspection_days smallint NOT NULL DEFAULT 14,
    -- While this stands no money of it moves, whatever the state.
    ADD COLUMN suspended_at timestamptz,
    ADD COLUMN fulfilled_at timestamptz,
    DROP CONSTRAINT campaign_state_check,
    ADD CONSTRAINT campaign_state_check CHECK (state IN ('draft', 'in_review', 'scheduled', 'live',
        'closing', 'collecting', 'funded', 'paid_out', 'unfunded', 'refunded', 'cancelled')),
    ADD CONSTRAINT campaign_model_check
        CHECK (model IN ('all_or_nothing', 'keep_what_you_raise', 'two_rounds')),
    ADD CONSTRAINT campaign_floor_check
        CHECK (floor_minor IS NULL OR floor_minor BETWEEN 1 AND coalesce(goal_minor, 0)),
    ADD CONSTRAINT campaign_rounds_check CHECK (CASE WHEN model = 'two_rounds'
        THEN optimum_minor IS NOT NULL AND optimum_minor > coalesce(goal_minor, 0)
            AND round_two_days IS NOT NULL AND round_two_days BETWEEN 1 AND 60
        ELSE optimum_minor IS NULL AND round_two_days IS NULL AND round = 1 END),
    ADD CONSTRAINT campaign_round_check
        CHECK (round IN (1, 2) AND (round = 2) = (first_deadline IS NOT NULL)),
    ADD CONSTRAINT campaign_scheduled_check CHECK (state <> 'scheduled' OR launch_at IS NOT NULL),
    ADD CONSTRAINT campaign_late_check CHECK (late_until IS NULL OR late_until > deadline),
    ADD CONSTRAINT campaign_inspection_check CHECK (inspection_days BETWEEN 1 AND 60),
    ADD CONSTRAINT campaign_preview_digest_key UNIQUE (preview_digest);
CREATE INDEX campaign_scheduled_idx ON campaign (launch_at) WHERE state = 'scheduled';
CREATE INDEX campaign_suspended_idx ON campaign (suspended_at) WHERE suspended_at IS NOT NULL;

-- Who may do what of a sponsor's work. The sponsor has every right, and is not a member.
CREATE TABLE campaign_member (
    campaign_id uuid NOT NULL,
    person_id uuid NOT NULL,
    rights text[] NOT NULL,
    invited_by uuid NOT NULL,
    invited_at timestamptz NOT NULL,
    accepted_at timestamptz,
    removed_at timestamptz,
    CONSTRAINT campaign_member_pkey PRIMARY KEY (campaign_id, person_id),
    CONSTRAINT campaign_member_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT campaign_member_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT campaign_member_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES person (id),
    CONSTRAINT campaign_member_rights_check CHECK (cardinality(rights) > 0 AND rights
        <@ ARRAY['story', 'rewards', 'talk', 'fulfil', 'see_money', 'see_backers'])
);
CREATE INDEX campaign_member_person_id_idx ON campaign_member (person_id)
    WHERE removed_at IS NULL;
"""

REWARDS = """
ALTER TABLE reward
    ADD COLUMN kind text NOT NULL DEFAULT 'physical',
    -- Bought beside a tier, never alone.
    ADD COLUMN is_addon boolean NOT NULL DEFAULT false,
    ADD COLUMN per_person int,
    ADD COLUMN opens_at timestamptz,
    ADD COLUMN closes_at timestamptz,
    -- Of the link that shows it; NULL: everybody sees it.
    ADD COLUMN secret_digest text,
    ADD COLUMN picture_id uuid,
    ADD COLUMN position smallint NOT NULL DEFAULT 0,
    ADD COLUMN withdrawn_at timestamptz,
    ADD CONSTRAINT reward_kind_check CHECK (kind IN ('physical', 'digital', 'experience')),
    ADD CONSTRAINT reward_per_person_check CHECK (per_person > 0),
    ADD CONSTRAINT reward_window_check CHECK (closes_at > opens_at),
    ADD CONSTRAINT reward_secret_digest_key UNIQUE (secret_digest),
    ADD CONSTRAINT reward_picture_id_fkey FOREIGN KEY (picture_id) REFERENCES picture (id);
"""

LINES = """
ALTER TABLE pledge
    -- Made after the campaign was funded: charged at once, never part of what was raised.
    ADD COLUMN is_late boolean NOT NULL DEFAULT false,
    ADD COLUMN country char(2),
    -- Which way its backer came.
    ADD COLUMN source text,
    -- The pledge that ends once this one is paid or promised.
    ADD COLUMN replaces_id uuid,
    ADD CONSTRAINT pledge_id_campaign_id_key UNIQUE (id, campaign_id),
    ADD CONSTRAINT pledge_country_check CHECK (country ~ '^[A-Z]{2}$'),
    ADD CONSTRAINT pledge_source_check CHECK (length(source) BETWEEN 1 AND 40),
    ADD CONSTRAINT pledge_replaces_fkey
        FOREIGN KEY (replaces_id, campaign_id) REFERENCES pledge (id, campaign_id),
    ADD CONSTRAINT pledge_replaces_check CHECK (replaces_id <> id),
    DROP CONSTRAINT pledge_refund_reason_check,
    ADD CONSTRAINT pledge_refund_reason_check CHECK (refund_reason IN ('taken_back', 'goal_missed',
        'too_late', 'held_too_long', 'sponsor_unpaid', 'changed', 'stopped', 'not_reconfirmed'));
-- Of several tries to change a pledge one at a time.
CREATE UNIQUE INDEX pledge_replaces_key ON pledge (replaces_id)
    WHERE replaces_id IS NOT NULL AND state NOT IN ('expired', 'cancelled');

-- What a backer pays for, line by line, as it was agreed: whatever the sponsor writes later.
CREATE TABLE pledge_line (
    pledge_id uuid NOT NULL,
    position smallint NOT NULL,
    campaign_id uuid NOT NULL,
    kind text NOT NULL,
    reward_id uuid,
    title text NOT NULL DEFAULT '',
    quantity int NOT NULL DEFAULT 1,
    unit_minor bigint NOT NULL,
    amount_minor bigint NOT NULL GENERATED ALWAYS AS (quantity * unit_minor) STORED,
    currency char(3) NOT NULL,
    CONSTRAINT pledge_line_pkey PRIMARY KEY (pledge_id, position),
    CONSTRAINT pledge_line_pledge_fkey
        FOREIGN KEY (pledge_id, campaign_id) REFERENCES pledge (id, campaign_id),
    CONSTRAINT pledge_line_reward_fkey
        FOREIGN KEY (reward_id, campaign_id) REFERENCES reward (id, campaign_id),
    CONSTRAINT pledge_line_kind_check CHECK (kind IN ('reward', 'add_on', 'shipping', 'bonus')),
    CONSTRAINT pledge_line_reward_check
        CHECK ((kind IN ('reward', 'add_on')) = (reward_id IS NOT NULL AND title <> '')),
    CONSTRAINT pledge_line_amount_check CHECK (quantity > 0 AND unit_minor > 0),
    CONSTRAINT pledge_line_quantity_check CHECK (quantity = 1 OR kind = 'add_on')
);
CREATE UNIQUE INDEX pledge_line_single_key ON pledge_line (pledge_id, kind)
    WHERE kind <> 'add_on';
CREATE INDEX pledge_line_reward_id_idx ON pledge_line (reward_id) WHERE reward_id IS NOT NULL;

INSERT INTO pledge_line (pledge_id, position, campaign_id, kind, reward_id, title, unit_minor,
    currency)
SELECT id, 1, campaign_id, 'reward', reward_id, reward_title, reward_price_minor, currency
FROM pledge WHERE reward_id IS NOT NULL;
INSERT INTO pledge_line (pledge_id, position, campaign_id, kind, unit_minor, currency)
SELECT id, 2, campaign_id, 'bonus', amount_minor - coalesce(reward_price_minor, 0), currency
FROM pledge WHERE amount_minor > coalesce(reward_price_minor, 0);

CREATE TRIGGER pledge_line_append_only BEFORE UPDATE OR DELETE ON pledge_line
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER pledge_line_no_truncate BEFORE TRUNCATE ON pledge_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON pledge_line FROM kindling_app;

-- The lines of a pledge are its amount: looked at when the transaction ends.
CREATE FUNCTION pledge_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about uuid;
    promised bigint;
    listed bigint;
BEGIN
    IF TG_TABLE_NAME = 'pledge' THEN
        about := NEW.id;
    ELSE
        about := NEW.pledge_id;
    END IF;
    SELECT amount_minor INTO promised FROM pledge WHERE id = about;
    SELECT sum(l.amount_minor) INTO listed
    FROM pledge_line l JOIN pledge p ON p.id = l.pledge_id AND p.currency = l.currency
    WHERE l.pledge_id = about;
    IF listed IS DISTINCT FROM promised THEN
        RAISE EXCEPTION 'the lines of pledge % are %, not %', about, listed, promised
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pledge_adds_up';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER pledge_adds_up AFTER INSERT ON pledge
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pledge_adds_up();
CREATE CONSTRAINT TRIGGER pledge_adds_up AFTER INSERT ON pledge_line
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pledge_adds_up();

-- As in 0006, with what came since.
DROP TRIGGER pledge_terms ON pledge;
CREATE OR REPLACE FUNCTION pledge_terms_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.campaign_id, NEW.backer_id, NEW.amount_minor, NEW.currency,
            NEW.reward_id, NEW.placed_at, NEW.is_late, NEW.country, NEW.replaces_id)
            IS DISTINCT FROM (OLD.campaign_id, OLD.backer_id, OLD.amount_minor, OLD.currency,
            OLD.reward_id, OLD.placed_at, OLD.is_late, OLD.country, OLD.replaces_id) THEN
        RAISE EXCEPTION 'the terms of a pledge do not change'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pledge_terms BEFORE UPDATE OF campaign_id, backer_id, amount_minor, currency,
        reward_id, placed_at, is_late, country, replaces_id OR DELETE ON pledge
    FOR EACH ROW EXECUTE FUNCTION pledge_terms_stand();

-- What somebody has pledged for stays what it was. More of it, or less, is the sponsor's to say.
CREATE FUNCTION reward_promise_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (TG_OP = 'DELETE' OR (NEW.campaign_id, NEW.title, NEW.description, NEW.price_minor,
            NEW.currency, NEW.kind, NEW.is_addon) IS DISTINCT FROM (OLD.campaign_id, OLD.title,
            OLD.description, OLD.price_minor, OLD.currency, OLD.kind, OLD.is_addon))
            AND EXISTS (SELECT FROM pledge_line WHERE reward_id = OLD.id) THEN
        RAISE EXCEPTION 'reward % was pledged for: what it is and costs stays', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER reward_promise BEFORE UPDATE OF campaign_id, title, description, price_minor,
        currency, kind, is_addon OR DELETE ON reward
    FOR EACH ROW EXECUTE FUNCTION reward_promise_stands();
"""

PARTS = """
-- In which parts the sponsor of a funded campaign gets the money, and after what. A campaign
-- without a plan is paid out whole at its success.
CREATE TABLE release_part (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    position smallint NOT NULL,
    kind text NOT NULL,
    share_bps int NOT NULL,
    title text NOT NULL DEFAULT '',
    due date,
    -- A milestone is claimed, may be objected to, and is granted; the other kinds have no state.
    state text,
    evidence_html text NOT NULL DEFAULT '',
    claimed_at timestamptz,
    objections_until timestamptz,
    decided_at timestamptz,
    reason text,
    CONSTRAINT release_part_pkey PRIMARY KEY (id),
    CONSTRAINT release_part_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT release_part_id_campaign_id_key UNIQUE (id, campaign_id),
    CONSTRAINT release_part_position_key UNIQUE (campaign_id, position),
    CONSTRAINT release_part_kind_check CHECK (kind IN ('first', 'milestone', 'inspection')),
    CONSTRAINT release_part_first_check CHECK ((kind = 'first') = (position = 1)),
    CONSTRAINT release_part_share_check CHECK (share_bps BETWEEN 1 AND 10000),
    CONSTRAINT release_part_title_check
        CHECK ((kind = 'milestone') = (btrim(title) <> '') AND length(title) <= 80),
    CONSTRAINT release_part_state_check CHECK (CASE WHEN kind = 'milestone'
        THEN state IS NOT NULL AND state IN ('planned', 'claimed', 'objected', 'granted', 'ended')
        ELSE state IS NULL END),
    CONSTRAINT release_part_claimed_check CHECK (state NOT IN ('claimed', 'objected')
        OR (claimed_at IS NOT NULL AND objections_until > claimed_at AND evidence_html <> '')),
    CONSTRAINT release_part_decided_check
        CHECK (state NOT IN ('granted', 'ended') OR decided_at IS NOT NULL)
);
CREATE UNIQUE INDEX release_part_inspection_key ON release_part (campaign_id)
    WHERE kind = 'inspection';
CREATE INDEX release_part_claimed_idx ON release_part (objections_until) WHERE state = 'claimed';

CREATE FUNCTION release_parts_are_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about uuid;
    shares bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        about := OLD.campaign_id;
    ELSE
        about := NEW.campaign_id;
    END IF;
    SELECT sum(share_bps) INTO shares FROM release_part WHERE campaign_id = about;
    IF shares <> 10000 THEN
        RAISE EXCEPTION 'the parts of campaign % are % of 10000', about, shares
            USING ERRCODE = 'check_violation', CONSTRAINT = 'release_parts_are_whole';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER release_parts_are_whole
    AFTER INSERT OR DELETE OR UPDATE OF share_bps, campaign_id ON release_part
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION release_parts_are_whole();

-- Where each part of a released pledge is. Amounts are gross: our fee is taken of what is
-- released only. They never change: a part decided in two is `divided` into pieces of their own.
CREATE TABLE pledge_part (
    id uuid NOT NULL,
    pledge_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    part_id uuid NOT NULL,
    piece smallint NOT NULL DEFAULT 1,
    amount_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    state text NOT NULL,
    refund_id uuid,
    ended_at timestamptz,
    CONSTRAINT pledge_part_pkey PRIMARY KEY (id),
    CONSTRAINT pledge_part_pledge_fkey
        FOREIGN KEY (pledge_id, campaign_id) REFERENCES pledge (id, campaign_id),
    CONSTRAINT pledge_part_part_fkey
        FOREIGN KEY (part_id, campaign_id) REFERENCES release_part (id, campaign_id),
    CONSTRAINT pledge_part_piece_key UNIQUE (pledge_id, part_id, piece),
    CONSTRAINT pledge_part_amount_check
        CHECK (amount_minor > 0 AND fee_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT pledge_part_state_check CHECK (state IN ('held', 'released', 'returning', 'returned',
        'charged_back', 'divided')),
    CONSTRAINT pledge_part_refund_check
        CHECK (state NOT IN ('returning', 'returned') OR refund_id IS NOT NULL),
    CONSTRAINT pledge_part_ended_check
        CHECK ((ended_at IS NOT NULL) = (state NOT IN ('held', 'returning')))
);
CREATE INDEX pledge_part_held_idx ON pledge_part (campaign_id, part_id)
    WHERE state IN ('held', 'returning');
CREATE INDEX pledge_part_campaign_id_idx ON pledge_part (campaign_id, state);

CREATE FUNCTION pledge_part_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.id, NEW.pledge_id, NEW.campaign_id, NEW.part_id, NEW.piece,
            NEW.amount_minor, NEW.fee_minor, NEW.currency) IS DISTINCT FROM (OLD.id,
            OLD.pledge_id, OLD.campaign_id, OLD.part_id, OLD.piece, OLD.amount_minor,
            OLD.fee_minor, OLD.currency) THEN
        RAISE EXCEPTION 'the amount of a part does not change'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pledge_part_stands BEFORE UPDATE OF id, pledge_id, campaign_id, part_id, piece,
        amount_minor, fee_minor, currency OR DELETE ON pledge_part
    FOR EACH ROW EXECUTE FUNCTION pledge_part_stands();
"""

FULFILMENTS = """
-- What a backer was promised, on its way: one for each released pledge with a reward.
CREATE TABLE fulfilment (
    pledge_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    backer_id uuid NOT NULL,
    state text NOT NULL,
    promised_for date,
    shipped_at timestamptz,
    -- The end of the inspection: silence until then accepts.
    inspect_until timestamptz,
    carrier text NOT NULL DEFAULT '',
    tracking text NOT NULL DEFAULT '',
    ended_at timestamptz,
    CONSTRAINT fulfilment_pkey PRIMARY KEY (pledge_id),
    CONSTRAINT fulfilment_pledge_fkey
        FOREIGN KEY (pledge_id, campaign_id) REFERENCES pledge (id, campaign_id),
    CONSTRAINT fulfilment_backer_id_fkey FOREIGN KEY (backer_id) REFERENCES person (id),
    CONSTRAINT fulfilment_state_check CHECK (state IN ('to_ship', 'shipped', 'accepted',
        'auto_accepted', 'objected', 'released', 'partly_released', 'returned', 'void')),
    CONSTRAINT fulfilment_shipped_check CHECK (
        (shipped_at IS NULL) = (inspect_until IS NULL)
        AND (state NOT IN ('shipped', 'auto_accepted') OR shipped_at IS NOT NULL)),
    CONSTRAINT fulfilment_inspection_check CHECK (inspect_until > shipped_at),
    CONSTRAINT fulfilment_tracking_check CHECK (length(carrier) <= 60 AND length(tracking) <= 80),
    CONSTRAINT fulfilment_ended_check
        CHECK ((ended_at IS NULL) = (state IN ('to_ship', 'shipped', 'objected')))
);
CREATE INDEX fulfilment_campaign_id_idx ON fulfilment (campaign_id, state, pledge_id);
CREATE INDEX fulfilment_backer_id_idx ON fulfilment (backer_id, state);
CREATE INDEX fulfilment_inspected_idx ON fulfilment (inspect_until) WHERE state = 'shipped';
CREATE INDEX fulfilment_late_idx ON fulfilment (promised_for) WHERE state = 'to_ship';

-- A backer's word against a release: what came is not what was promised, or a milestone is not
-- reached. A moderator proposes, a finance officer agrees; nobody decides alone, but the clock on
-- the last day of what is held.
CREATE TABLE objection (
    id uuid NOT NULL,
    pledge_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    -- The milestone; NULL: what this backer was promised.
    part_id uuid,
    form_key text NOT NULL,
    code text NOT NULL,
    words text NOT NULL,
    state text NOT NULL,
    opened_at timestamptz NOT NULL,
    -- What of the part that is held goes back to the backer; the rest is the sponsor's.
    back_minor bigint,
    reason text,
    proposed_by uuid,
    proposed_at timestamptz,
    decided_by uuid,
    decided_at timestamptz,
    CONSTRAINT objection_pkey PRIMARY KEY (id),
    CONSTRAINT objection_pledge_fkey
        FOREIGN KEY (pledge_id, campaign_id) REFERENCES pledge (id, campaign_id),
    CONSTRAINT objection_part_fkey
        FOREIGN KEY (part_id, campaign_id) REFERENCES release_part (id, campaign_id),
    CONSTRAINT objection_form_key_key UNIQUE (pledge_id, form_key),
    CONSTRAINT objection_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES person (id),
    CONSTRAINT objection_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES person (id),
    CONSTRAINT objection_words_check CHECK (btrim(words) <> '' AND length(words) <= 2000),
    CONSTRAINT objection_state_check
        CHECK (state IN ('open', 'proposed', 'decided', 'withdrawn')),
    CONSTRAINT objection_back_check
        CHECK (back_minor IS NULL OR (back_minor >= 0 AND part_id IS NULL)),
    CONSTRAINT objection_proposed_check CHECK (state <> 'proposed'
        OR (proposed_by IS NOT NULL AND proposed_at IS NOT NULL AND reason IS NOT NULL
            AND btrim(reason) <> '' AND (back_minor IS NOT NULL OR part_id IS NOT NULL))),
    CONSTRAINT objection_decided_check
        CHECK ((decided_at IS NOT NULL) = (state IN ('decided', 'withdrawn'))),
    -- `decided_by` stays empty where the backer withdrew, and where the last day decided.
    CONSTRAINT objection_four_eyes_check CHECK (decided_by IS NULL
        OR (proposed_by IS NOT NULL AND decided_by <> proposed_by))
);
CREATE UNIQUE INDEX objection_open_key ON objection (pledge_id, part_id) NULLS NOT DISTINCT
    WHERE state IN ('open', 'proposed');
CREATE INDEX objection_queue_idx ON objection (opened_at) WHERE state IN ('open', 'proposed');
"""


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    for part in (CAMPAIGNS, REWARDS, LINES, PARTS, FULFILMENTS):
        connection.execute(part)
