"""In which language a campaign is told, and finding campaigns by it."""

from __future__ import annotations

from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

LANGUAGE = """
-- What was written before was written for a house that spoke English.
ALTER TABLE campaign
    ADD COLUMN language text NOT NULL DEFAULT 'en',
    ADD CONSTRAINT campaign_language_check CHECK (language ~ '^[a-z]{2,3}(-[A-Z][a-z]{3})?$');

-- A version that is gone back to says its language too.
ALTER TABLE campaign_version DISABLE TRIGGER campaign_version_stands;
UPDATE campaign_version SET parts = jsonb_insert(parts, '{basics,-1}', '"en"', true);
ALTER TABLE campaign_version ENABLE TRIGGER campaign_version_stands;
"""

FINDING = """
DROP INDEX campaign_found_idx;
CREATE INDEX campaign_found_idx ON campaign
    USING gin (search, state, category, currency, model, language) WHERE launched_at IS NOT NULL;

-- As it was, and by language.
DROP FUNCTION campaign_found(tsquery, text[], text, text, text, timestamptz, timestamptz, boolean,
    int);
CREATE FUNCTION campaign_found(asked tsquery, states text[], category text, currency text,
    model text, language text, ends_after timestamptz, ends_by timestamptz, inspected boolean,
    most int)
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
        CASE WHEN language IS NOT NULL THEN 'language = $6' END,
        CASE WHEN ends_by IS NOT NULL THEN 'deadline BETWEEN $7 AND $8' END,
        -- Asked for each row: as a join, all parts of all campaigns would be read.
        CASE WHEN inspected THEN '(SELECT true FROM release_part r
            WHERE r.campaign_id = c.id AND r.kind = ''inspection'')' END
    ) || ' LIMIT $9'
    USING asked, states, category, currency, model, language, ends_after, ends_by, most;
END $$;
"""


def upgrade() -> None:
    """Add the column, and look it up in the index and the function that find campaigns."""
    for sql in (LANGUAGE, FINDING):
        op.get_bind().connection.driver_connection.execute(sql)
