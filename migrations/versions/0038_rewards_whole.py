"""What is in a reward and which choices it leaves, what sending it costs, what backers chose."""

from __future__ import annotations

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

CONTENTS = """
CREATE TABLE reward_item (
    id uuid NOT NULL,
    reward_id uuid NOT NULL,
    position smallint NOT NULL,
    title text NOT NULL,
    quantity smallint NOT NULL DEFAULT 1,
    CONSTRAINT reward_item_pkey PRIMARY KEY (id),
    CONSTRAINT reward_item_reward_id_fkey FOREIGN KEY (reward_id) REFERENCES reward (id)
        ON DELETE CASCADE,
    CONSTRAINT reward_item_title_check CHECK (btrim(title) <> '' AND length(title) <= 80),
    CONSTRAINT reward_item_quantity_check CHECK (quantity BETWEEN 1 AND 999)
);
CREATE INDEX reward_item_reward_id_idx ON reward_item (reward_id, position);

-- What a backer chooses about an item: its colour, its size.
CREATE TABLE item_option (
    item_id uuid NOT NULL,
    position smallint NOT NULL,
    reward_id uuid NOT NULL,
    name text NOT NULL,
    choices text[] NOT NULL,
    CONSTRAINT item_option_pkey PRIMARY KEY (item_id, position),
    CONSTRAINT item_option_item_id_fkey FOREIGN KEY (item_id) REFERENCES reward_item (id)
        ON DELETE CASCADE,
    CONSTRAINT item_option_name_check CHECK (btrim(name) <> '' AND length(name) <= 40),
    CONSTRAINT item_option_choices_check CHECK (cardinality(choices) BETWEEN 2 AND 30)
);

-- Zone: a country, 'EU', or '*' for wherever else. A reward without any has no price of sending.
CREATE TABLE reward_shipping (
    reward_id uuid NOT NULL,
    zone text NOT NULL,
    price_minor bigint NOT NULL,
    CONSTRAINT reward_shipping_pkey PRIMARY KEY (reward_id, zone),
    CONSTRAINT reward_shipping_reward_id_fkey FOREIGN KEY (reward_id) REFERENCES reward (id)
        ON DELETE CASCADE,
    CONSTRAINT reward_shipping_zone_check CHECK (zone ~ '^([A-Z]{2}|[*])$'),
    CONSTRAINT reward_shipping_price_check CHECK (price_minor >= 0)
);

-- What somebody has pledged for keeps its contents and its prices of sending; zones may be added.
CREATE FUNCTION reward_contents_stand() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about uuid := CASE TG_OP WHEN 'INSERT' THEN NEW.reward_id ELSE OLD.reward_id END;
BEGIN
    IF EXISTS (SELECT FROM pledge_line WHERE reward_id = about) THEN
        RAISE EXCEPTION 'reward % was pledged for: what is in it stays', about
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER reward_contents BEFORE INSERT OR UPDATE OR DELETE ON reward_item
    FOR EACH ROW EXECUTE FUNCTION reward_contents_stand();
CREATE TRIGGER reward_contents BEFORE INSERT OR UPDATE OR DELETE ON item_option
    FOR EACH ROW EXECUTE FUNCTION reward_contents_stand();
CREATE TRIGGER reward_contents BEFORE UPDATE OR DELETE ON reward_shipping
    FOR EACH ROW EXECUTE FUNCTION reward_contents_stand();
"""

CHOICES = """
-- What a backer chose, in the words of that day.
CREATE TABLE pledge_choice (
    pledge_id uuid NOT NULL,
    line smallint NOT NULL,
    item_id uuid NOT NULL,
    option_position smallint NOT NULL,
    item text NOT NULL,
    option text NOT NULL,
    choice text NOT NULL,
    CONSTRAINT pledge_choice_pkey PRIMARY KEY (pledge_id, line, item_id, option_position),
    CONSTRAINT pledge_choice_line_fkey FOREIGN KEY (pledge_id, line)
        REFERENCES pledge_line (pledge_id, position),
    CONSTRAINT pledge_choice_option_fkey FOREIGN KEY (item_id, option_position)
        REFERENCES item_option (item_id, position)
);
CREATE TRIGGER pledge_choice_append_only BEFORE UPDATE OR DELETE ON pledge_choice
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER pledge_choice_no_truncate BEFORE TRUNCATE ON pledge_choice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON pledge_choice FROM kindling_app;
"""


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    for part in (CONTENTS, CHOICES):
        connection.execute(part)
