"""Paid in parts: each payout to a sponsor, and whether a milestone's objection is upheld."""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

PAYOUTS = """
-- What a sponsor who is paid in parts got, or gets. The first is asked for by the campaign's own
-- release; a tranche by its own instruction, and while one is under way no other is planned.
CREATE TABLE campaign_payout (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    number int NOT NULL,
    kind text NOT NULL,
    gross_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    net_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    instruction_id uuid,
    planned_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT campaign_payout_pkey PRIMARY KEY (id),
    CONSTRAINT campaign_payout_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign (id),
    CONSTRAINT campaign_payout_number_key UNIQUE (campaign_id, number),
    CONSTRAINT campaign_payout_kind_check CHECK (kind IN ('first', 'tranche')),
    CONSTRAINT campaign_payout_amount_check
        CHECK (net_minor >= 0 AND fee_minor >= 0 AND gross_minor = net_minor + fee_minor),
    CONSTRAINT campaign_payout_instruction_check
        CHECK ((kind = 'tranche') = (instruction_id IS NOT NULL)),
    CONSTRAINT campaign_payout_ended_check CHECK (ended_at >= planned_at)
);
CREATE UNIQUE INDEX campaign_payout_open_key ON campaign_payout (campaign_id)
    WHERE ended_at IS NULL;
"""

OBJECTIONS = """
-- Whether an objection to a milestone is right: then the milestone is not reached.
ALTER TABLE objection
    ADD COLUMN upheld boolean,
    ADD CONSTRAINT objection_upheld_check CHECK (upheld IS NULL OR part_id IS NOT NULL),
    DROP CONSTRAINT objection_proposed_check,
    ADD CONSTRAINT objection_proposed_check CHECK (state <> 'proposed'
        OR (proposed_by IS NOT NULL AND proposed_at IS NOT NULL AND reason IS NOT NULL
            AND btrim(reason) <> '' AND (back_minor IS NULL) = (part_id IS NOT NULL)
            AND (upheld IS NULL) = (part_id IS NULL)));
"""


def upgrade() -> None:
    """Create the table and the column."""
    connection = op.get_bind().connection.driver_connection
    for part in (PAYOUTS, OBJECTIONS):
        connection.execute(part)
