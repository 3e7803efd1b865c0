"""What somebody narrowed the list of projects to is looked up in one index, words and all."""

from __future__ import annotations

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

FINDING = """
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- Each filter cuts the set before any row is read, in whatever company it is asked.
CREATE INDEX campaign_found_idx ON campaign
    USING gin (search, state, category, currency, model) WHERE launched_at IS NOT NULL;
DROP INDEX campaign_search_idx;
DROP FUNCTION campaign_found(tsquery, int);

-- Which public campaigns are meant, `most` at most; what is NULL was not asked. Always through
-- indexes as sets: of the start of a word, or of two filters that hang together, the planner does
-- not know how rare they are, and would walk along an order in the hope of a few soon.
CREATE FUNCTION campaign_found(asked tsquery, states text[], category text, currency text,
    model text, ends_after timestamptz, ends_by timestamptz, inspected boolean, most int)
RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_indexscan = off AS $$
BEGIN
    RETURN QUERY EXECUTE 'SELECT id FROM campaign c WHERE ' || concat_ws(' AND ',
        'launched_at IS NOT NULL',
        CASE WHEN asked IS NOT NULL THEN 'search @@ $1' END,
        CASE WHEN states IS NOT NULL THEN 'state = ANY($2)' END,
        CASE WHEN states = '{live}' THEN 'suspended_at IS NULL' END,
        CASE WHEN category IS NOT NULL THEN 'category = $3' END,
        CASE WHEN currency IS NOT NULL THEN 'currency = $4' END,
        CASE WHEN model IS NOT NULL THEN 'model = $5' END,
        CASE WHEN ends_by IS NOT NULL THEN 'deadline BETWEEN $6 AND $7' END,
        -- Asked for each row: as a join, all parts of all campaigns would be read.
        CASE WHEN inspected THEN '(SELECT true FROM release_part r
            WHERE r.campaign_id = c.id AND r.kind = ''inspection'')' END
    ) || ' LIMIT $8'
    USING asked, states, category, currency, model, ends_after, ends_by, most;
END $$;
"""


def upgrade() -> None:
    """Create the index and the function."""
    op.get_bind().connection.driver_connection.execute(FINDING)
