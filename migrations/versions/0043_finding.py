"""Lists over several states keep their order by an index, however many campaigns there are."""

from __future__ import annotations

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

ORDERS = """
CREATE INDEX campaign_launched_idx ON campaign (launched_at, id) WHERE launched_at IS NOT NULL;
CREATE INDEX campaign_deadline_idx ON campaign (deadline, id) WHERE launched_at IS NOT NULL;
-- Trends look at the last week only.
CREATE INDEX pledge_lately_idx ON pledge ((coalesce(held_at, promised_at)));

-- Which texts hold words, `most` at most, always through the index of words: of the start of a word
-- the planner does not know how rare it is, and would read every text in the hope of a few soon.
CREATE FUNCTION campaign_found(asked tsquery, most int) RETURNS SETOF uuid
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
    SELECT id FROM campaign WHERE search @@ asked AND launched_at IS NOT NULL LIMIT most
$$;
"""


def upgrade() -> None:
    """Create the indexes."""
    op.get_bind().connection.driver_connection.execute(ORDERS)
